#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 400
# full
#
# A stock QEMU, run by a user without a right to any node, boots a virtual
# machine with a device that 'vdevctl exec' handed over. It is a machine in a
# machine in an emulator: on a busy host its timers get lost. Where its kernel
# never says a word, which no device keeps it from, what it would say is skipped.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

# Nobody may look into root's folders, where the cache may be.
mkdir -p /mnt/qemu
QEMU=$(command -v qemu-system-x86_64)
mount --bind "$(dirname "$(dirname "$QEMU")")" /mnt/qemu
BZIMAGE=${VDEV_LAB_HEADERS%/headers/include}/bzImage
chmod 755 "$T_DIR"

modprobe vfio-pci
# Where it can be used by everybody that is no right to a device; not here.
chmod 600 /dev/vfio/vfio
t_run "bind" 0 vdevctl bind "$NVME"
# shellcheck disable=SC2016 # the program's own variables
t_run "nobody may open no node" 0 setpriv --reuid nobody --regid nogroup --clear-groups sh -c '
	for n in /dev/iommu /dev/vfio/vfio /dev/vfio/[0-9]* /dev/vfio/devices/*; do
		! test -r "$n" && ! test -w "$n" || exit 1
	done'

# KVM works through the emulated processor's SVM, with which a virtual machine
# that moves between the CPUs, or is on the first one, often loses its timer. A
# serial port would cost a minute: each character leaves the guest twice.
chmod 666 /dev/kvm
cp "$BZIMAGE" /tmp/bzImage
console=$T_DIR/console
touch "$console"
chmod 666 "$console"
start_qemu() {
	: >"$console"
	vdevctl exec "$NVME" --user nobody --memory 256M -- taskset 2 \
		/mnt/qemu/bin/qemu-system-x86_64 -M q35 -accel kvm -cpu max \
		-m 256 -display none -nodefaults -no-reboot \
		-object 'iommufd,id=i0,fd={iommufd}' \
		-device 'vfio-pci,fd={0},iommufd=i0,id=disk' \
		-device virtio-serial-pci -device virtconsole,chardev=console \
		-chardev "file,id=console,path=$console" \
		-kernel /tmp/bzImage -append 'console=hvc0 panic=-1 nohpet nox2apic' \
		>"$T_DIR/qemu" 2>&1 &
	qemu=$!
}
is_up() {
	grep -qE 'nvme nvme0: [0-9]+/0/0 default' "$console" || ! kill -0 "$qemu"
}
for try in 1 2 3; do
	start_qemu
	t_wait 80 is_up && break
	t_diag "no driver after 80 s, try $try"
	[ "$try" -lt 3 ] || break
	kill "$qemu"
	wait "$qemu" 2>/dev/null
done
t_like '65534 qemu' "$(stat -c %u "/proc/$qemu") $(cat "/proc/$qemu/comm")" \
	"QEMU runs as nobody"
if [ -s "$console" ]; then
	t_like 'Hypervisor|kvm|nvme' "$(cat "$console")" "its guest's kernel talks"
	t_like 'nvme nvme0: [0-9]+/0/0 default' "$(cat "$console")" \
		"the device's driver comes up in the guest" || {
		t_diag "$(cat "$T_DIR/qemu")"
		t_diag "$(tail -n 40 "$console")"
	}
	t_diag "$(grep -a nvme "$console")"
else
	t_skip "the device's driver comes up in the guest" \
		"the machine in the machine did not boot"
fi
kill "$qemu"
wait "$qemu" 2>/dev/null

t_run "restore" 0 vdevctl restore "$NVME"
t_ok "all is as before" pristine "$NVME" nvme
t_done
