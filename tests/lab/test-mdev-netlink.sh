#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: patched
# timeout: 300
#
# Mediated devices by generic netlink, on a kernel that has it.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/mdev.sh"

MDEV_BY=netlink
mdev_types
mdev_verbs
mdev_in_use
mdev_attributes
mdev_all
mdev_hundred
mdev_rivals
mdev_parent_goes
t_run "remove the last one" 0 vdevctl mdev remove $UUID

# --- It is netlink indeed

# Without sysfs to write to.
read_only() {
	# shellcheck disable=SC2016 # of the inner shell
	unshare -m bash -c 'mount -o remount,bind,ro /sys && exec "$@"' - "$@"
}

t_run "create without writing to sysfs" 0 read_only \
	vdevctl --verbose mdev create --parent mtty --type mtty-1 --uuid $UUID
t_like "make an mdev $UUID of type mtty-1 by netlink" "$T_ERR" "the log says how"
t_run "and remove it" 0 read_only vdevctl --verbose mdev remove $UUID
t_like "$UUID: remove it by netlink" "$T_ERR" "likewise"
t_ok "it is gone" test ! -e $DEVICES/$UUID

# --- Where it is not to be had, sysfs does it

t_run "in another network namespace" 0 unshare -n \
	vdevctl --verbose mdev create --parent mtty --type mtty-1 --uuid $UUID
t_like "by sysfs" "$T_ERR" "sysfs does it"
t_run "and removes it" 0 unshare -n vdevctl mdev remove $UUID
t_run "without CAP_NET_ADMIN" 0 setpriv --bounding-set -net_admin --inh-caps -net_admin \
	vdevctl --verbose mdev create --parent mtty --type mtty-1 --uuid $UUID
t_like "by sysfs, as" "$T_ERR" "too"
t_run "and removes it" 0 setpriv --bounding-set -net_admin --inh-caps -net_admin \
	vdevctl mdev remove $UUID
t_run "others than root" 5 setpriv --reuid 65534 --clear-groups \
	vdevctl mdev create --parent mtty --type mtty-1
t_is "" "$(ls $DEVICES)" "make none"

# --- Settings

t_ok "the test device is there" modprobe vsim
echo "1 mdev" >/sys/bus/vsim/new_device
t_run "its types" 0 vdevctl --json mdev types vsim1
t_schema mdev-types "are a document by the schema"
t_is "vsim-emu 16,vsim-pasid 16" "$(document '[.[] | "\(.type) \(.available_instances)"] | join(",")')" \
	"there are two"
mdev_watch
for attr in mem-bytes=8193 mem-bytes=0 mem-bytes=words mem-bytes=-4096 nr-irqs=4294967296 \
	nr-queues=1; do
	t_run "a refused setting: $attr" 1 vdevctl mdev create --parent vsim1 \
		--type vsim-pasid --uuid $UUID --attr mem-bytes=4096 --attr "$attr"
	t_like "attribute.*${attr%%=*}" "$T_ERR" "is named"
done
t_run "what its driver says" 1 vdevctl mdev create --parent vsim1 --type vsim-emu \
	--attr mem-bytes=8193
t_like "1 to 16 pages of 4 KiB" "$T_ERR" "is said"
t_run "a driver without settings" 1 vdevctl mdev create --parent mtty --type mtty-1 \
	--attr nr-irqs=1
t_like "Devices of this parent have no settings" "$T_ERR" "says so"
t_is "" "$(ls $DEVICES)" "nothing is left"
t_run "create with a setting" 0 vdevctl mdev create --parent vsim1 --type vsim-emu \
	--uuid $UUID --attr mem-bytes=0x2000 --attr power/control=on
mdev_watched 1
t_is "added vsim1 vsim-emu" "$(jq -r '"\(.event) \(.parent) \(.type)"' "$T_DIR/events")" \
	"of those refused none was ever there"
t_is on "$(cat $DEVICES/$UUID/power/control)" "what is a file is written"
t_run "its regions" 0 vdevctl --json region list $UUID
t_like '"size": 8192\b' "$T_OUT" "the setting has its effect"
t_run "a file refused after a setting" 1 vdevctl mdev create --parent vsim1 \
	--type vsim-emu --uuid $OTHER --attr mem-bytes=4096 --attr power/control=bogus
t_like "power/control.*removed again" "$T_ERR" "is named"
t_is $UUID "$(ls $DEVICES)" "nothing is left of it"

# --- A removal that waits

mdev_watch
bash -c 'exec 9<>"$1"; exec sleep 1000' - "$(vdevctl mdev show $UUID --json | jq -r '.[0].vfio_cdev')" &
user=$!
t_ok "somebody has it open" t_wait 10 test -e /proc/$user/fd/9
t_run "by force" 8 vdevctl --force=busy mdev remove $UUID --timeout 1
t_like "has not ended" "$T_ERR" "it has not ended"
t_run "its UUID" 4 vdevctl mdev create --parent vsim1 --type vsim-emu --uuid $UUID
t_like "there is an mdev $UUID already" "$T_ERR" "is not free yet"
kill $user
mdev_watched 1
t_is removed "$T_OUT" "it goes when its user does"
t_run "then its UUID is free" 0 vdevctl mdev create --parent vsim1 --type vsim-emu --uuid $UUID
t_run "and it is removed" 0 vdevctl mdev remove $UUID

# --- All of it goes and comes again

mdev_watch
echo 1 >/sys/bus/vsim/del_device
rmmod vsim mtty
t_ok "the family goes" rmmod mdev
modprobe mtty
t_run "create" 0 vdevctl mdev create --parent mtty --type mtty-2 --uuid $UUID
mdev_watched 4
t_is "parent-removed parent-removed parent-added added" "$T_OUT" \
	"what the family tells when it is there again is heard"
t_run "remove" 0 vdevctl mdev remove $UUID

t_done
