/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_ABI_MDEV_H
#define VDEV_KERNEL_ABI_MDEV_H

#include "kernel/abi/types.h"

/*
 * Mediated devices over generic netlink: no released kernel has it, only Linux
 * 7.2 with kernel-patches/.
 */

#define MDEV_FAMILY_NAME    "mdev"
#define MDEV_FAMILY_VERSION 1
#define MDEV_MCGRP_MONITOR  "monitor"

enum mdev_cmd {
	MDEV_CMD_PARENT_GET = 1,
	MDEV_CMD_PARENT_ADD_NTF = 2,
	MDEV_CMD_PARENT_DEL_NTF = 3,
	MDEV_CMD_TYPE_GET = 4,
	MDEV_CMD_DEV_GET = 5,
	MDEV_CMD_DEV_NEW = 6,
	MDEV_CMD_DEV_DEL = 7,
	MDEV_CMD_DEV_ADD_NTF = 8,
	MDEV_CMD_DEV_DEL_NTF = 9,
};

enum mdev_parent_attr {
	MDEV_A_PARENT_ID = 1,
	MDEV_A_PARENT_BUS_NAME = 2,
	MDEV_A_PARENT_DEV_NAME = 3,
	MDEV_A_PARENT_DRIVER = 4,
	MDEV_A_PARENT_NR_TYPES = 5,
	MDEV_A_PARENT_MAX_PASIDS = 6,
};

enum mdev_type_attr {
	MDEV_A_TYPE_PARENT = 1,
	MDEV_A_TYPE_NAME = 2,
	MDEV_A_TYPE_PRETTY_NAME = 3,
	MDEV_A_TYPE_DEVICE_API = 4,
	MDEV_A_TYPE_AVAILABLE = 5,
	MDEV_A_TYPE_DESCRIPTION = 6,
	MDEV_A_TYPE_ISOLATION = 7,
};

enum mdev_cfg_attr {
	MDEV_A_CFG_MEM_BYTES = 1,
	MDEV_A_CFG_NR_QUEUES = 2,
	MDEV_A_CFG_NR_IRQS = 3,
};

enum mdev_dev_attr {
	MDEV_A_DEV_UUID = 1,
	MDEV_A_DEV_PARENT = 2,
	MDEV_A_DEV_TYPE = 3,
	MDEV_A_DEV_FLAGS = 4,
	MDEV_A_DEV_VFIO_INDEX = 5,
	MDEV_A_DEV_GROUP = 6,
	MDEV_A_DEV_CFG = 7,
	MDEV_A_DEV_DEL_FLAGS = 8,
	MDEV_A_DEV_ISOLATION = 9,
	MDEV_A_DEV_PASID = 10,
};

enum mdev_isolation {
	MDEV_ISOLATION_EMULATED = 1,
	MDEV_ISOLATION_IOMMU_PASID = 3,
};

enum mdev_dev_flags {
	MDEV_DEV_FLAGS_OPEN = 1,
	MDEV_DEV_FLAGS_REMOVING = 2,
};

enum mdev_del_flags {
	MDEV_DEL_FLAGS_FORCE = 1,
};

#endif
