#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# full-profile: legacy
# kernel: stock 6.1
# timeout: 400
#
# What only an open device tells, by each backend, and who may not open it.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

BACKENDS='type1 compat'
[ ! -e "/sys/class/vfio-dev" ] || BACKENDS='iommufd type1 compat'
# Linux 6.1 has no iommufd.
[ -e /dev/iommu ] || BACKENDS=type1

# json FILTER: of the document printed last.
json() { jq -r "$1" "$T_DIR/out"; }

t_run "a device with its own driver is refused" 3 vdevctl show "$IGB" --open
t_like 'bound to igb, not to a VFIO driver.*vdevctl bind' "${T_ERR//$'\n'/ }" \
	"and it is said what to do"
for dev in "$IGB" "$NVME"; do
	t_run "bind $dev" 0 vdevctl bind "$dev" --force=network --force=storage
done

t_run "without --open" 0 vdevctl --json show "$IGB"
t_is null "$(json '.[0].open')" "nothing of it is there"
t_schema show "without --open: by the schema"

# The count of MSI-X vectors, as lspci tells it.
vectors() { lspci -vv -s "$1" | sed -n 's/.*MSI-X:.*Count=\([0-9]*\).*/\1/p'; }

for backend in $BACKENDS; do
	for dev in "$IGB" "$NVME"; do
		t_run "$dev by $backend" 0 vdevctl --json show "$dev" --open \
			--backend "$backend"
		t_schema show "$dev by $backend: by the schema"
		t_is "$backend" "$(json '.[0].open.backend')" "$dev by $backend: so it was opened"
		t_is "$(vectors "$dev")" \
			"$(json '.[0].open.interrupts[] | select(.name == "msix").count')" \
			"$dev by $backend: as many MSI-X vectors as lspci says"
		t_is "$(json '.[0].bars[] | select(.index == 0).size')" \
			"$(json '.[0].open.regions[] | select(.name == "bar0").size')" \
			"$dev by $backend: BAR 0 has its size"
		t_is true "$(json '.[0].open.reset')" "$dev by $backend: it can be reset"
		t_is "0x0 0xfedfffff" "$(json '.[0].open.iova.ranges[0] | .first + " " + .last')" \
			"$dev by $backend: the IOVAs end before the interrupt range"
		t_is 4096 "$(json '.[0].open.iova.alignment')" "$dev by $backend: in pages"
		t_is "$dev true" \
			"$(json '.[0].open.reset_set[0] | "\(.address) \(.owned)"')" \
			"$dev by $backend: it is alone on its bus"
		expect=null
		[ "$backend" != iommufd ] || expect=intel-vtd
		t_is $expect "$(json '.[0].open.iommu.type')" "$dev by $backend: its IOMMU"
	done
done

t_run "by whatever there is" 0 vdevctl show "$NVME" --open
t_like "opened by +${BACKENDS%% *}" "$T_OUT" "is by ${BACKENDS%% *}"
t_like 'regions +0 bar0: 16 KiB, read, write' "$T_OUT" "the text has regions"
t_like 'IOVA +0x0 to 0xfedfffff' "$T_OUT" "and IOVAs"

# In use elsewhere.
coproc HOLD { exec "$VDEV_LAB_BUILD/tests/lab/prog/test_file" hold "${BACKENDS%% *}" "$IGB"; }
read -r line <&"${HOLD[0]}"
t_is open "$line" "somebody holds $IGB"
for backend in $BACKENDS; do
	t_run "$backend: it is in use" 4 vdevctl show "$IGB" --open --backend "$backend"
	t_like "test_file \\(pid $HOLD_PID\\)" "$T_ERR" "$backend: by whom is said"
done
t_run "it is in use, as JSON" 4 vdevctl --json show "$IGB" --open
t_is in-use "$(jq -r .error.kind "$T_DIR/err")" "the kind is in-use"
input=${HOLD[1]}
exec {input}>&-
wait "$HOLD_PID"
t_run "and is free again" 0 vdevctl show "$IGB" --open

# Without the right to the nodes.
for node in /dev/iommu /dev/vfio/vfio; do
	[ ! -e $node ] || chmod a+rw $node
done
for backend in $BACKENDS; do
	t_run "$backend: no right to the node" 5 \
		setpriv --reuid 65534 --regid 65534 --clear-groups \
		vdevctl show "$IGB" --open --backend "$backend"
	t_like '--owner' "$T_ERR" "$backend: it is said what to do"
done

t_run "nothing is opened for a dry run" 2 vdevctl --dry-run show "$IGB" --open
if [ ! -e /dev/iommu ]; then
	t_run "what the kernel lacks" 3 vdevctl show "$IGB" --open --backend iommufd
	t_like 'there is no /dev/iommu' "$T_ERR" "is named"
fi

t_run "restore" 0 vdevctl restore "$IGB" "$NVME"
t_ok "all is as before" pristine "$IGB" igb
t_done
