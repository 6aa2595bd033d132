#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: noiommu
# kernel: stock 6.1
# timeout: 200
#
# Without an IOMMU nothing is handed over unless it is asked for twice.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

t_run "refused without an IOMMU" 4 vdevctl bind "$IGB"
t_like 'no IOMMU' "$T_ERR" "and said why"
t_run "forced, the kernel refuses" 1 vdevctl bind "$IGB" --force=iommu
t_ok "and all is as before" pristine "$IGB" igb
echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
t_run "no-IOMMU mode is never implicit" 4 vdevctl bind "$IGB"
t_like 'all memory' "$T_ERR" "the danger is named"
t_run "forced, it is bound" 0 vdevctl bind "$IGB" --force=iommu
t_like '/dev/vfio/noiommu-' "$T_OUT" "by its no-IOMMU node"
t_run "restore" 0 vdevctl restore "$IGB"
t_ok "all is as before" pristine "$IGB" igb

t_done
