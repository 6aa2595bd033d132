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

# Opened, it does all but what an IOMMU would do.
t_run "its registers can be read" 0 vdevctl config read "$IGB" vendor_id
t_like '0x8086' "$T_OUT" "and are igb's"
t_run "its BAR too" 0 vdevctl region read "$IGB" bar0 8
t_run "its interrupts arrive" 0 vdevctl --json irq test "$IGB"
t_is true "$(jq -r .passed "$T_DIR/out")" "all of them"
t_run "it can be reset" 0 vdevctl reset "$IGB"
t_run "all it tells" 0 vdevctl --json show "$IGB" --open
t_is "type1 null" "$(jq -r '.[0].open | "\(.backend) \(.iova)"' "$T_DIR/out")" \
	"there are no IOVAs"
t_run "they are asked for" 6 vdevctl iommu ranges "$IGB"
t_like 'physical addresses' "$T_ERR" "and it is said why not"
t_run "without the capability" 5 setpriv --bounding-set -sys_rawio \
	vdevctl config read "$IGB" vendor_id
t_like 'CAP_SYS_RAWIO' "$T_ERR" "that it takes"
if [ -e /dev/iommu ]; then
	t_run "an iommufd is no use" 6 vdevctl config read "$IGB" --backend compat
	t_like 'backend type1' "$T_ERR" "and what is"
fi
t_run "restore" 0 vdevctl restore "$IGB"
t_ok "all is as before" pristine "$IGB" igb

t_done
