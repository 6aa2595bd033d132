#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock 6.1 6.12-patched/legacy
# timeout: 500
#
# VF tokens: what the kernel's match function makes of each in each state of
# the PF, through the library and through vdevctl, by group and by cdev.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

PROG=$VDEV_LAB_BUILD/tests/lab/prog/test_token
NATIVE=0000:03:00.0 # a PF that keeps its driver
RIGHT=$T_DIR/right WRONG=$T_DIR/wrong
KINDS='iommufd type1 compat'
[ -e /dev/iommu ] || KINDS=type1

# A PF bound to vfio-pci with VFs, which the kernel binds to it too.
echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
t_run "bind the PF and a device without VFs" 0 \
	vdevctl bind "$IGB" "$NVME" --force=network --force=storage
echo 2 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"
VF=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/virtfn0")")
VF2=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/virtfn1")")
t_ok "the VF is bound too" t_wait 5 test -e "/sys/bus/pci/devices/$VF/vfio-dev"

# --- The library

for kind in $KINDS; do
	t_run "$kind: the program ends" 0 "$PROG" matrix "$kind" "$IGB" "$VF" "$NVME"
	while read -r verdict name; do
		case $verdict in
		ok) t_pass "$name" ;;
		not) t_fail "${name#ok }" ;;
		*) t_diag "$verdict $name" ;;
		esac
	done <<<"$T_OUT"
	# A token nobody knows again.
	vdevctl unbind "$IGB" --force=vfs >/dev/null
	vdevctl bind "$IGB" >/dev/null
	echo 2 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"
	t_wait 5 test -e "/sys/bus/pci/devices/$VF2/vfio-dev"
done

# --- The commands

t_run "make a token" 0 vdevctl token generate --output "$RIGHT"
t_run "and another" 0 vdevctl token generate --output "$WRONG"

# checks STATE: the four tokens, both ways, by vdevctl token check.
checks() {
	local backend
	for backend in $KINDS; do
		t_run "$1, $backend: no token is a wrong command line" 2 \
			vdevctl token check "$VF" --backend "$backend"
		t_run "$1, $backend: the token is right" 0 \
			vdevctl token check "$VF" --backend "$backend" --token-file "$RIGHT"
		t_run "$1, $backend: another is wrong" 5 \
			vdevctl token check "$VF" --backend "$backend" --token-file "$WRONG"
		t_like 'is wrong, its PF' "$T_ERR" "and said why"
		t_run "$1, $backend: a VF of $NATIVE has none" 2 \
			vdevctl token check "$NATIVE_VF" --backend "$backend" --token-file "$RIGHT"
		t_like "its PF $NATIVE is bound to igb" "$T_ERR" "and said why"
	done
}

# A VF whose PF is igb's.
echo 0 >"/sys/bus/pci/devices/$NATIVE/sriov_drivers_autoprobe"
echo 1 >"/sys/bus/pci/devices/$NATIVE/sriov_numvfs"
NATIVE_VF=$(basename "$(readlink "/sys/bus/pci/devices/$NATIVE/virtfn0")")
t_run "bind a VF of igb" 0 vdevctl bind "$NATIVE_VF"

t_run "set the token" 0 vdevctl token set "$IGB" --token-file "$RIGHT"
t_is "$IGB: VF token set" "$T_OUT" "and said so"
t_is "" "$T_ERR" "without a warning"
checks "PF closed"
coproc HOLD { "$PROG" hold "${KINDS%% *}" "$IGB" -; }
read -r line <&"${HOLD[0]}"
t_is open "$line" "the PF is opened without a token"
checks "PF open"
t_run "no token is set while the PF is open" 4 \
	vdevctl token set "$IGB" --token-file "$WRONG"
t_like "$IGB is open in test_token \(pid [0-9]+\)" "$T_ERR" "and said who has it"
checks "PF still open"
input=${HOLD[1]}
exec {input}>&-
wait "$HOLD_PID"
checks "PF closed again"

for kind in ${KINDS% compat}; do
	coproc HOLD { "$PROG" hold "$kind" "$VF" "$(<"$RIGHT")"; }
	read -r line <&"${HOLD[0]}"
	t_is open "$line" "$kind: a VF is opened"
	t_run "$kind: no token is set meanwhile" 4 \
		vdevctl token set "$IGB" --token-file "$RIGHT"
	t_like "$VF is open in test_token" "$T_ERR" "and said whose VF"
	t_run "$kind: the VF is not opened to check" 4 \
		vdevctl token check "$VF" --token-file "$RIGHT"
	t_run "$kind: another VF is" 0 \
		vdevctl token check "$VF2" --token-file "$RIGHT"
	input=${HOLD[1]}
	exec {input}>&-
	wait "$HOLD_PID"
done

# --- Other commands that open devices

for backend in $KINDS; do
	t_run "$backend: show --open wants the token" 5 \
		vdevctl show --open "$VF" --backend "$backend"
	t_like 'VF token is required' "$T_ERR" "and said why"
	t_run "$backend: and takes it" 0 \
		vdevctl --json show --open "$VF" --backend "$backend" --token-file "$RIGHT"
	t_run "$backend: of no use to $NVME" 2 \
		vdevctl show --open "$NVME" --backend "$backend" --token-file "$RIGHT"
	t_run "$backend: nor to a VF of $NATIVE" 2 \
		vdevctl show --open "$NATIVE_VF" --backend "$backend" --token-file "$RIGHT"
	t_run "$backend: reset takes it" 0 \
		vdevctl reset "$VF" --backend "$backend" --token-file "$RIGHT"
	t_run "$backend: batch takes it" 0 vdevctl batch - <<-EOF
		v = device open $VF --backend $backend --token-file $RIGHT
		drop \$v
	EOF
	t_run "$backend: and is refused without" 5 vdevctl batch - <<-EOF
		v = device open $VF --backend $backend
	EOF
done
t_run "of several devices those with a use for it get it" 0 \
	vdevctl show --open "$VF" "$NVME" "$VF2" --token-file "$RIGHT"
t_like "$NVME has no use for a VF token" "$T_ERR" "and it says which has none"

# --- Where a token comes from

t_run "from standard input" 0 vdevctl token check "$VF" --token-file - <"$RIGHT"
t_run "from a pipe" 0 bash -c "cat '$RIGHT' | vdevctl token check $VF --token-fd 0"
t_run "from a descriptor" 0 vdevctl token check "$VF" --token-fd 9 9<"$RIGHT"
if command -v keyctl >/dev/null; then
	keyctl padd user vdev-right @u <"$RIGHT" >/dev/null
	keyctl padd user vdev-bad @u <<<'no token' >/dev/null
	t_run "from a key" 0 vdevctl token check "$VF" --token-key vdev-right
	t_run "a session of its own may not read it" 5 \
		keyctl session - vdevctl token check "$VF" --token-key vdev-right
	t_like 'keyctl link @u @s' "$T_ERR" "and said what to do"
	t_run "after that it may" 0 keyctl session - bash -c \
		"keyctl link @u @s && vdevctl token check $VF --token-key vdev-right"
	t_run "a key with no token" 2 vdevctl token check "$VF" --token-key vdev-bad
	t_run "no key" 3 vdevctl token check "$VF" --token-key vdev-none
	keyctl revoke "$(keyctl search @u user vdev-right)"
	t_run "a key that is revoked" 5 vdevctl token check "$VF" --token-key vdev-right
else
	t_skip "from a key" "keyctl is not installed (keyutils)"
fi
chmod 640 "$RIGHT"
t_run "a file that others can read" 5 vdevctl token check "$VF" --token-file "$RIGHT"
t_run "if told so" 0 vdevctl token check "$VF" --token-file "$RIGHT" --token-insecure
chmod 600 "$RIGHT"

# --- Stored ones

STORE=/etc/vdev/tokens
t_run "nothing is stored" 3 vdevctl token check "$VF" --token-stored
t_run "store the token" 0 vdevctl token store "$IGB" --token-file "$RIGHT"
t_is "600 0 0" "$(stat -c '%a %u %g' "$STORE/$IGB")" "its file is root's alone"
t_is "700 0 0" "$(stat -c '%a %u %g' "$STORE")" "and so is the folder"
t_run "it opens a VF" 0 vdevctl token check "$VF" --token-stored
t_run "list it" 0 vdevctl --json token list
t_is "$IGB usable" "$(jq -r '.[] | .address + " " + .state' <<<"$T_OUT")" "it is usable"
t_run "nobody else may read it" 5 \
	setpriv --reuid 65534 --regid 65534 --clear-groups vdevctl token list
t_run "store a new one" 0 vdevctl token store "$IGB" --generate
t_run "which the PF does not have yet" 5 vdevctl token check "$VF" --token-stored
t_run "set it" 0 vdevctl token set "$IGB" --token-stored
t_run "now it has" 0 vdevctl token check "$VF" --token-stored
t_run "and not the former" 5 vdevctl token check "$VF" --token-file "$RIGHT"

# Another device at the address, as it seems.
sed -i 's/^serial=.*/serial=00-00-00-00-00-00-00-01/' "$STORE/$IGB"
t_run "another device is refused it" 4 vdevctl token set "$IGB" --token-stored
t_like 'is that of another device' "$T_ERR" "and said why"
t_run "list it" 0 vdevctl token list --no-header
t_like 'other-device' "$T_OUT" "it is another device's"
t_run "forget it" 0 vdevctl token forget "$IGB"
t_run "it is gone" 3 vdevctl token forget "$IGB"

# --- Other VFs

# The kernel's own token would be random: it is made with the bind.
t_run "set a token" 0 vdevctl token set "$IGB" --token-file "$RIGHT"
t_run "no VFs" 0 vdevctl sriov clear "$IGB"
t_run "the PF keeps its token while it has none" 0 vdevctl sriov set "$IGB" 3
t_run "and its new VFs are opened with it" 0 \
	vdevctl token check "$VF2" --token-file "$RIGHT"
t_run "another one is wrong" 5 vdevctl token check "$VF2" --token-file "$WRONG"
t_run "no VFs" 0 vdevctl sriov clear "$IGB"
t_run "unbind the PF" 0 vdevctl unbind "$IGB"
t_run "and bind it" 0 vdevctl bind "$IGB"
t_run "VFs" 0 vdevctl sriov set "$IGB" 2
t_run "now its token is one that nobody knows" 5 \
	vdevctl token check "$VF2" --token-file "$RIGHT"

# --- A PF that another process drives, and its VF

drive() {
	t_run "bind an NVMe PF" 0 vdevctl bind "$DISK" --force=storage
	echo 1 >"/sys/bus/pci/devices/$DISK/sriov_numvfs"
	DISK_VF=$(basename "$(readlink "/sys/bus/pci/devices/$DISK/virtfn0")")
	t_ok "its VF is bound too" t_wait 5 test -e "/sys/bus/pci/devices/$DISK_VF/vfio-dev"
	t_run "store a token for it" 0 vdevctl token store "$DISK" --generate
	t_run "set it" 0 vdevctl token set "$DISK" --token-stored
	coproc HOLD { exec nvme-identify "$DISK" --enable-vf 0 --hold; }
	while read -r line <&"${HOLD[0]}"; do
		[ "$line" != holding ] || break
	done
	t_is holding "$line" "nvme-identify has the PF, without the token"
	t_run "the VF is refused without one" 1 nvme-identify "$DISK_VF"
	t_like 'VF token is required' "$T_ERR" "and said why"
	sed -n 's/^token=//p' "$STORE/$DISK" >"$RIGHT"
	t_run "and answers with it" 0 nvme-identify "$DISK_VF" --token-file "$RIGHT"
	t_like 'serial +lab0' "$T_OUT" "as the namespace's controller"
	kill "$HOLD_PID"
	wait "$HOLD_PID"
}

DISK=0000:02:00.0
# There the kernel's VT-d driver flushes the wrong pages in scalable mode and
# complains of it (drivers/iommu/intel/dmar.c, qi_flush_piotlb()).
if [ "$VDEV_LAB_KERNEL" = 6.1 ]; then
	t_skip "a PF driven in user space" "DMA through VT-d is broken in Linux 6.1"
else
	drive
fi

# --- The reset

t_like 'resets it' "$(vdevctl help token set)" "the help of set tells of the reset"
t_like 'resets it' "$(vdevctl help token check)" "that of check too"

t_done
