#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# full-profile: legacy
# kernel: stock 6.1
# timeout: 400
#
# Interrupts are listed and tried, resets done, and the IOMMU asked.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

BACKENDS='iommufd type1 compat'
[ -e /dev/iommu ] || BACKENDS=type1

json() { jq -r "$1" "$T_DIR/out"; }
vectors() { lspci -vv -s "$1" | sed -n 's/.*MSI-X:.*Count=\([0-9]*\).*/\1/p'; }

for dev in "$IGB" "$NVME"; do
	t_run "bind $dev" 0 vdevctl bind "$dev" --force=network --force=storage
	t_run "$dev: irq list" 0 vdevctl --json irq list "$dev"
	t_schema irq-list "$dev: irq list: by the schema"
	t_is "$(vectors "$dev")" "$(json '.interrupts[] | select(.name == "msix").count')" \
		"$dev: as many MSI-X vectors as lspci says"
	for backend in $BACKENDS; do
		t_run "$dev: irq test by $backend" 0 vdevctl --json irq test "$dev" \
			--backend "$backend"
		t_schema irq-test "$dev: irq test by $backend: by the schema"
		t_is true "$(json .passed)" "$dev: all arrive by $backend"
		t_is "$(vectors "$dev") 0" \
			"$(json '.interrupts[] | select(.name == "msix") |
				"\(.received) \(.missing | length)"')" \
			"$dev: each MSI-X vector of them by $backend"
	done
done
t_run "irq test as text" 0 vdevctl irq test "$IGB"
t_like '2  msix +10 +10  yes' "$T_OUT" "has a line for each"
t_run "irq list as text" 0 vdevctl irq list "$IGB"
t_like '0  intx +1  yes +yes +yes' "$T_OUT" "the pin can be masked"

# --- reset

for backend in $BACKENDS; do
	t_run "reset by $backend" 0 vdevctl --json reset "$IGB" "$NVME" --backend "$backend"
	t_schema reset "reset by $backend: by the schema"
	t_is "$IGB $NVME" "$(json '[.results[] | select(.done).address] | join(" ")')" \
		"both were reset by $backend"
done
t_run "dry run" 0 vdevctl --dry-run reset "$IGB"
t_like "$IGB: would be reset \(flr" "$T_OUT" "tells how"
t_run "with another driver" 3 vdevctl reset 0000:05:00.0
t_run "hot, dry run" 0 vdevctl --json --dry-run reset --hot "$IGB"
t_schema reset "hot, dry run: by the schema"
t_is "$IGB" "$(json '.results[0].reset_set[].address')" "the set is known without opening"
t_is "true false" "$(json '"\(.dry_run) \(.results[0].done)"')" "and nothing was done"
if echo 1 >"/sys/bus/pci/devices/$IGB/sriov_numvfs" 2>/dev/null; then
	t_run "hot, with a VF on the bus" 4 vdevctl --dry-run reset --hot "$IGB"
	t_like "resets 0000:01:10.0 too" "$T_ERR" "it is in the way"
	echo 0 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"
fi

# --- iommu

for backend in $BACKENDS; do
	t_run "ranges by $backend" 0 vdevctl --json iommu ranges "$IGB" --backend "$backend"
	t_schema iommu-ranges "ranges by $backend: by the schema"
	t_is "4096 0xfedfffff 0xfef00000" \
		"$(json '.iova | "\(.alignment) \(.ranges[0].last) \(.ranges[1].first)"')" \
		"around the interrupts by $backend"
done
if [ -e /dev/iommu ]; then
	t_run "info" 0 vdevctl --json iommu info "$IGB"
	t_schema iommu-info "info: by the schema"
	scalable=0
	for ecap in /sys/class/iommu/dmar*/intel-iommu/ecap; do
		scalable=$((0x$(<"$ecap") >> 43 & 1))
	done
	t_is "intel-vtd $scalable" "$(json '.iommu | .type + " " +
		(.facts[] | select(.name == "scalable-mode").value | tostring)')" \
		"scalable mode as sysfs has it"
fi
t_run "info by type1" 6 vdevctl iommu info "$IGB" --backend type1
t_like 'only an iommufd tells' "$T_ERR" "and what would tell"

# --- memlock

t_run "memlock" 0 vdevctl --json memlock "$IGB" "$NVME" --memory 16G
t_schema memlock "memlock: by the schema"
t_is "17179869184 1" "$(json '"\(.backends[0].required) \(.spaces)"')" "as much as is mapped"
t_run "memlock with a virtual IOMMU" 0 vdevctl --json memlock "$IGB" "$NVME" \
	--memory 16G --viommu
t_is "34359738368" "$(json '.backends[0].required')" "once for each device"
t_run "memlock without a right" 0 setpriv --reuid 65534 --regid 65534 --clear-groups \
	prlimit --memlock=65536:65536 vdevctl --json memlock "$IGB" --memory 1M
t_is "65536 false" "$(json '"\(.limit) \(.backends[0].sufficient)"')" "the limit does not do"
t_run "memlock as text" 0 setpriv --reuid 65534 --regid 65534 --clear-groups \
	prlimit --memlock=65536:65536 vdevctl memlock "$IGB" --memory 1M
t_like 'needed +1 MiB \(1048576\) by iommufd, within the limit: no' "$T_OUT" "is told"

t_run "restore" 0 vdevctl restore "$IGB" "$NVME"
t_ok "all is as before" pristine "$IGB" igb
t_done
