/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_LIBVDEV_H
#define LIBVDEV_LIBVDEV_H

/*
 * libvdev: VFIO and iommufd devices on Linux.
 *
 * This header includes the whole library. Each header it names compiles
 * alone, as C11 and as C++17.
 */

#include <libvdev/ctx.h>
#include <libvdev/device.h>
#include <libvdev/pci.h>
#include <libvdev/token.h>
#include <libvdev/group.h>
#include <libvdev/bind.h>
#include <libvdev/sriov.h>
#include <libvdev/vf.h>
#include <libvdev/devlink.h>
#include <libvdev/mdev.h>
#include <libvdev/aux.h>
#include <libvdev/iommu.h>
#include <libvdev/hwpt.h>
#include <libvdev/fault.h>
#include <libvdev/viommu.h>
#include <libvdev/pasid.h>
#include <libvdev/file.h>
#include <libvdev/migration.h>
#include <libvdev/bitmap.h>
#include <libvdev/dirty.h>
#include <libvdev/capture.h>

#endif
