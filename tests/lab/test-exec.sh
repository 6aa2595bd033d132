#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 500
#
# Programs that are given devices by 'vdevctl exec': what they get and what they
# may do.
# shellcheck disable=SC2016 # the programs' own variables
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

NIC=0000:03:00.0

# Nobody may look into root's folders, where the cache and the build may be.
mkdir -p /mnt/build
mount --bind "$VDEV_LAB_BUILD" /mnt/build
export LD_LIBRARY_PATH=/mnt/build/lib
VDEVCTL=/mnt/build/cli/vdevctl
chmod 755 "$T_DIR"

modprobe vfio-pci
# Where it can be used by everybody that is no right to a device; not here.
chmod 600 /dev/vfio/vfio
t_run "bind" 0 vdevctl bind "$NIC" "$NVME"
cdev() { echo /dev/vfio/devices/"$(ls "/sys/bus/pci/devices/$1/vfio-dev")"; }

as_nobody() {
	vdevctl exec "$NIC" "$NVME" --user nobody "$@"
}

# --- What the program gets

t_run "run a program" 0 as_nobody -- sh -c '
	echo "$VDEV_IOMMUFD $VDEV_DEVICES $VDEV_DEVICE_0 $VDEV_DEVICE_1"
	echo "$VDEV_DEVICE_1_ADDRESS"
	echo "$LISTEN_FDS $LISTEN_FDNAMES $((LISTEN_PID - $$))"
	echo "$1 $2 $3 $4 $5"
	readlink /proc/self/fd/3 /proc/self/fd/4 /proc/self/fd/5
	[ -e /proc/self/fd/6 ] || echo no more
	echo "$USER $HOME"' \
	- '{iommufd}' '{0}' '{1}' '{03:00.0}' '{{0}}'
t_is "3 2 4 5
$NVME
3 iommufd:device0:device1 0
3 4 5 4 {0}
/dev/iommu
$(cdev "$NIC")
$(cdev "$NVME")
no more
nobody $(getent passwd nobody | cut -d: -f6)" "$T_OUT" "it has all it was promised"

t_run "look at its rights" 0 as_nobody --no-new-privs -- sh -c '
	id -u; id -g; id -G
	grep -E "^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)" /proc/self/status
	grep -E "^SigIgn" /proc/self/status
	ulimit -l; ulimit -n
	for n in /dev/iommu /dev/vfio/vfio /dev/vfio/[0-9]* /dev/vfio/devices/*; do
		if [ -r "$n" ] || [ -w "$n" ]; then echo "may use $n"; fi
		if (: <"$n") 2>/dev/null; then echo "can read $n"; fi
		if (: <>"$n") 2>/dev/null; then echo "can open $n"; fi
	done'
t_unlike ' n| can' "$T_OUT" "it has no right to any node of VFIO or iommufd"
t_like $'^65534\n65534\n65534\n' "$T_OUT" "it is nobody, in no other group"
t_is 4 "$(grep -cE '^Cap.*:.0+$' <<<"$T_OUT")" "it has no capability"
t_like $'NoNewPrivs:\t1' "$T_OUT" "and will get none"
t_like $'SigIgn:\t0+\n' "$T_OUT" "no signal is ignored"
t_like $'unlimited\n'"$(ulimit -n)" "$T_OUT" "the limits are as promised"

t_run "an exit status" 7 as_nobody -- sh -c 'exit 7'
t_run "a command that is not there" 127 as_nobody -- /no/such/command
t_run "one that cannot be run" 126 as_nobody -- /etc/passwd
t_like 'Permission denied' "$T_ERR" "which is said"
t_run "the same as a document" 126 vdevctl --json exec "$NIC" -- /etc/passwd
t_like '"code": 126' "$T_ERR" "with its code"
vdevctl exec "$NIC" -- sleep 1000 &
sleeper=$!
is_sleep() { [ "$(cat "/proc/$sleeper/comm")" = sleep ]; }
t_wait 20 is_sleep
t_ok "it runs in the place of vdevctl" is_sleep
t_run "which a second one sees" 4 vdevctl exec "$NIC" -- true
t_like "open in sleep \(pid $sleeper\)" "$T_ERR" "and names"
t_run "unless it is told not to mind" 0 vdevctl --force=busy exec "$NIC" -- true
kill -TERM "$sleeper"
t_rc=0
wait "$sleeper" || t_rc=$?
t_is 143 "$t_rc" "a signal ends the command itself"

exec 3</dev/null
t_run "with a descriptor 3 of the caller's" 0 vdevctl exec "$NIC" -- sh -c \
	'echo "$VDEV_IOMMUFD $1 ${LISTEN_FDS-none}"; readlink /proc/self/fd/3' - '{0}'
exec 3<&-
t_is $'4 5 none\n/dev/null' "$T_OUT" "that stays, and the others stand behind"
t_like 'LISTEN_FDS does not' "$T_ERR" "with a warning"

# --- What it can do with that

cat >"$T_DIR/unbound" <<'LINES'
i = iommu import 3
nic = device import 4 --iommu $i
disk = device import 5 --iommu $i
guest = ioas alloc --iommu $i
device attach $nic $guest
device attach $disk $guest
ram = memory alloc 256M
ioas map $guest $ram
LINES
chmod 644 "$T_DIR/unbound"
t_run "bind unbound devices and map memory" 0 \
	as_nobody -- "$VDEVCTL" batch "$T_DIR/unbound"
t_unlike 'stays until' "$T_ERR" "nothing is left in the iommufd"
t_run "the same with a limit that suffices" 0 \
	as_nobody --memory 256M -- "$VDEVCTL" batch "$T_DIR/unbound"
t_run "with one that does not" 1 \
	as_nobody --memory 16M -- "$VDEVCTL" batch "$T_DIR/unbound"
t_like 'RLIMIT_MEMLOCK, which is 150994944 bytes' "$T_ERR" "the error says so"
t_like 'hint: raise the limit' "$T_ERR" "and what to do"
t_run "a limit that a user cannot raise" 5 setpriv --reuid 65534 --clear-groups \
	--regid 65534 sh -c 'ulimit -l 64; exec "$@"' - \
	"$VDEVCTL" exec "$NIC" --memory 1G -- true
t_like '/dev/iommu|RLIMIT_MEMLOCK' "$T_ERR" "is explained"

cat >"$T_DIR/bound" <<'LINES'
i = iommu import 3
nic = device import 4 --iommu $i --device-id NIC
disk = device import 5 --iommu $i --device-id DISK
guest = ioas import IOAS --iommu $i
ram = memory alloc 4M
ioas map $guest $ram
LINES
chmod 644 "$T_DIR/bound"
t_run "use bound devices in a space that is there" 0 \
	as_nobody --bound --ioas -- sh -c '
		echo "$VDEV_IOAS $VDEV_DEVICE_0_ID $VDEV_DEVICE_1_ID $4"
		sed "s/NIC/$1/; s/DISK/$2/; s/IOAS/$3/" "$5" | "$0" batch' \
	"$VDEVCTL" '{0.id}' '{1.id}' '{ioas}' '{ioas} {0.id} {1.id}' "$T_DIR/bound"
t_like '^([0-9]+ [0-9]+ [0-9]+) \1' "$T_OUT" "the ids are those that are promised"

cat >"$T_DIR/group" <<'LINES'
c = iommu import 3
nic = device import 4 --iommu $c
guest = ioas alloc --iommu $c
ram = memory alloc 4M
ioas map $guest $ram
LINES
chmod 644 "$T_DIR/group"
t_run "through the group" 0 vdevctl exec "$NIC" --user nobody --backend type1 -- \
	sh -c 'echo "$VDEV_CONTAINER $VDEV_DEVICE_0 $VDEV_DEVICE_0_GROUP $1 $2"
		"$0" batch "$3"' "$VDEVCTL" '{container}' '{0.group}' "$T_DIR/group"
t_like '^3 4 5 3 5' "$T_OUT" "container, device and group are passed"

# --- What is refused

t_run "no placeholder for what is not passed" 2 vdevctl exec "$NIC" -- echo '{1}'
t_like 'no such device among the 1' "$T_ERR" "which is said"
t_run "an unbound device has no id" 2 vdevctl exec "$NIC" -- echo '{0.id}'
t_run "a device that is not bound to VFIO" 3 vdevctl exec "$IGB" -- true
t_like 'vdevctl bind' "$T_ERR" "with advice"
vdevctl exec "$NIC" --backend type1 -- sleep 1000 &
sleeper=$!
t_wait 20 is_sleep
t_run "a group that is in use" 4 vdevctl --force=busy exec "$NIC" -- true
t_like 'the other way' "$T_ERR" "which is said"
kill "$sleeper"
wait "$sleeper" 2>/dev/null

# --- A VF whose PF has a token

echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
vdevctl bind "$IGB" >/dev/null
echo 1 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"
VF=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/virtfn0")")
vdevctl token generate --output "$T_DIR/token" >/dev/null
t_run "set a token" 0 vdevctl token set "$IGB" --token-file "$T_DIR/token"
t_run "a VF without it" 5 vdevctl exec "$VF" --bound -- true
t_run "with it" 0 vdevctl exec "$VF" --bound --user nobody --token-file \
	"$T_DIR/token" -- sh -c 'echo "$VDEV_DEVICE_0_ID"'
t_like '^[0-9]+$' "$T_OUT" "a bound VF is passed"
exec 9<"$T_DIR/token"
t_run "from a descriptor" 0 vdevctl exec "$VF" --bound --user nobody --token-fd 9 \
	-- sh -c '[ ! -e /proc/self/fd/9 ]'
exec 9<&-
t_run "a token needs --bound" 2 vdevctl exec "$VF" --token-file "$T_DIR/token" -- true
t_run "an unbound one comes with a warning" 0 vdevctl exec "$VF" -- true
t_like 'VF token' "$T_ERR" "of the token it needs"

t_run "restore" 0 vdevctl restore "$NIC" "$NVME"
t_ok "all is as before" pristine "$NVME" nvme
t_done
