#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock 6.1
# timeout: 300
#
# Mediated devices of the kernel's samples.
. "${BASH_SOURCE[0]%/*}/tap.sh"

UUID=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
OTHER=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
DEVICES=/sys/bus/mdev/devices

document() {
	jq -r "$1" <"$T_DIR/out"
}

t_run "types without a parent" 0 vdevctl mdev types
t_like "no device here" "$T_ERR" "it says that there is none"
modprobe mtty
modprobe mdpy

t_run "types" 0 vdevctl mdev types --json
t_schema mdev-types "the types are a document by the schema"
t_is "mtty-1 mtty-2" "$(document '[.[] | select(.parent == "mtty") | .type] | join(" ")')" \
	"mtty's types"
t_is vfio-pci "$(document '[.[].device_api] | unique | .[]')" "all are vfio-pci"
t_run "types of one parent" 0 vdevctl mdev types mdpy
t_like "mdpy-vga" "$T_OUT" "its own"
t_unlike "mtty" "$T_OUT" "and no other's"
t_run "types of no parent" 3 vdevctl mdev types nothing
total=$(cat /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/available_instances)

# Making and removing.
t_run "a dry run" 0 vdevctl --dry-run mdev create --parent mtty --type mtty-1 --uuid $UUID
t_is "" "$(ls $DEVICES)" "makes nothing"
t_run "create" 0 vdevctl mdev create --parent mtty --type mtty-1 --uuid ${UUID^^} --json
t_schema mdev-create "what it prints is a document by the schema"
t_ok "its node is there" test -c "$(document '.vfio_cdev // .vfio_group')"
t_ok "it has a type" test -L $DEVICES/$UUID/mdev_type
t_run "the same UUID again" 4 vdevctl mdev create --parent mdpy --type mdpy-vga --uuid $UUID
t_run "list" 0 vdevctl mdev list --json
t_schema mdev-list "the list is a document by the schema"
t_is "$UUID mtty mtty-1" "$(document '.[] | "\(.uuid) \(.parent) \(.type)"')" "the mdev is listed"
t_run "list of another parent" 0 vdevctl mdev list --parent mdpy --json
t_is "[]" "$T_OUT" "is empty"
t_run "show" 0 vdevctl mdev show $UUID --json
t_schema mdev-show "what is shown is a document by the schema"
t_run "show in words" 0 vdevctl mdev show $UUID
t_like "mtty-1" "$T_OUT" "tells the type"
t_run "a type there is not" 3 vdevctl mdev create --parent mtty --type mtty-9
t_like "mtty offers no mdev type mtty-9" "$T_ERR" "the error names it"
t_run "a random UUID" 0 vdevctl mdev create --parent mdpy --type mdpy-vga
random=${T_OUT%%:*}
t_ok "is what it is called" test -e "$DEVICES/$random"

# In use.
node=$(vdevctl mdev show $UUID --json | jq -r '.[0] | .vfio_group')
bash -c 'exec 9<>"$1"; exec sleep 1000' - "$node" &
user=$!
t_wait 10 test -e /proc/$user/fd/9
t_run "an mdev in use is not removed" 4 vdevctl mdev remove $UUID
t_like "open in sleep \(pid $user\)" "$T_ERR" "its user is named"
t_like "force=busy" "$T_ERR" "and how to force it"
t_run "another force does not help" 2 vdevctl --force=network mdev remove $UUID
t_ok "it is there" test -e $DEVICES/$UUID
kill $user
wait $user 2>/dev/null
t_run "remove" 0 vdevctl mdev remove $UUID "$random" --json
t_schema mdev-remove "what it prints is a document by the schema"
t_is "" "$(ls $DEVICES)" "none is left"
t_run "remove what is gone" 3 vdevctl mdev remove $UUID

# Attributes.
t_run "create with attributes" 0 vdevctl mdev create --parent mtty --type mtty-2 \
	--uuid $UUID --attr power/control=on --attr power/control=auto
t_is auto "$(cat $DEVICES/$UUID/power/control)" "the last one counts"
t_run "remove" 0 vdevctl mdev remove $UUID
for attr in power/control=bogus nothing=1 vendor/sample_mdev_dev=1; do
	t_run "a refused attribute: $attr" 1 vdevctl mdev create --parent mtty \
		--type mtty-2 --uuid $UUID --attr power/control=on --attr "$attr"
	t_like "${attr%%=*}.*removed again" "$T_ERR" "is named"
	t_is "" "$(ls $DEVICES)" "nothing is left"
done
t_run "an attribute outside" 2 vdevctl mdev create --parent mtty --type mtty-2 \
	--attr ../../x=1
t_is "$total" "$(cat /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/available_instances)" \
	"nothing is lost"

# All that there can be.
while vdevctl --quiet mdev create --parent mtty --type mtty-2 2>"$T_DIR/full"; do
	:
done
t_like "can make no more mdevs of type mtty-2" "$(cat "$T_DIR/full")" "it can be full"
mapfile -t all < <(ls $DEVICES)
t_run "all are removed by one command" 0 vdevctl --quiet mdev remove "${all[@]}"
t_is "$total" "$(cat /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/available_instances)" \
	"nothing is lost"

# A hundred of them, by four processes.
worker() {
	local i uuid
	for ((i = 0; i < 25; i++)); do
		uuid=$(vdevctl mdev create --parent mtty --type mtty-1 --json |
			jq -r .uuid)
		vdevctl --quiet mdev list >/dev/null || echo list
		vdevctl --quiet mdev remove "$uuid" || echo "remove $uuid"
	done >>"$T_DIR/failures" 2>&1
}
touch "$T_DIR/failures"
for i in 1 2 3 4; do
	worker &
done
wait
t_is "" "$(cat "$T_DIR/failures")" "a hundred by four processes"
t_is "" "$(ls $DEVICES)" "none is left"

# Two who want the same one: one of them gets it.
for uuid in $UUID $OTHER; do
	for parent in mtty/mtty-1 mtty/mtty-2; do
		(
			rc=0
			vdevctl --quiet mdev create --parent ${parent%/*} \
				--type ${parent#*/} --uuid "$uuid" 2>/dev/null || rc=$?
			echo $rc >>"$T_DIR/$uuid"
		) &
	done
	wait
	t_is "0 4" "$(sort "$T_DIR/$uuid" | xargs)" "one UUID for two"
done

# Its parent goes.
t_run "a third one" 0 vdevctl mdev create --parent mdpy --type mdpy-vga
t_ok "the parent's module goes" rmmod mtty
t_run "list" 0 vdevctl mdev list --json
t_is mdpy "$(document '.[].parent')" "its mdevs go with it"
t_run "remove one of them" 3 vdevctl mdev remove $UUID
t_run "make another" 3 vdevctl mdev create --parent mtty --type mtty-1
t_like "mtty is no parent" "$T_ERR" "the parent is named"
modprobe mtty
t_run "make it again" 0 vdevctl mdev create --parent mtty --type mtty-1 --uuid $UUID
t_ok "the other parent's module goes" rmmod mdpy

# Definitions.
rm -rf /etc/mdevctl.d
t_run "define" 0 vdevctl mdev define --parent mtty --type mtty-2 --uuid $OTHER \
	--auto --attr power/control=on
t_is '{
  "mdev_type": "mtty-2",
  "start": "auto",
  "attrs": [
    {
      "power/control": "on"
    }
  ]
}' "$(cat /etc/mdevctl.d/mtty/$OTHER)" "the file has mdevctl's form"
t_run "define what is there" 0 vdevctl mdev define --uuid $UUID --json
t_schema mdev-definition "what it prints is a document by the schema"
t_run "define it again" 4 vdevctl mdev define --uuid $UUID
t_run "start" 0 vdevctl mdev start $OTHER
t_is on "$(cat $DEVICES/$OTHER/power/control)" "its attribute is set"
t_run "start it again" 4 vdevctl mdev start $OTHER
t_run "stop" 0 vdevctl mdev stop $OTHER
t_run "list --defined" 0 vdevctl mdev list --defined --json
t_schema mdev-list "the list is a document by the schema"
t_is "$UUID true,$OTHER false" \
	"$(document '[.[] | "\(.uuid) \(.active)"] | join(",")')" "both are listed"

# A boot: what is there, one that works, one whose attribute is refused, one
# whose parent is missing and one that is damaged.
t_run "start it by itself" 0 vdevctl mdev modify $UUID --start auto
t_run "define one that cannot start" 0 vdevctl mdev define --parent mtty \
	--type mtty-2 --uuid ${UUID%1}3 --auto --attr power/control=bogus
t_run "define one without a parent" 0 vdevctl mdev define --parent mdpy \
	--type mdpy-vga --uuid ${UUID%1}4 --auto
t_like "cannot be started now" "$T_ERR" "a warning tells so"
t_run "define one that does not start by itself" 0 vdevctl mdev define \
	--parent mtty --type mtty-2 --uuid ${UUID%1}5
echo '{' >/etc/mdevctl.d/mtty/${UUID%1}6
t_run "autostart of one parent" 7 vdevctl mdev autostart --parent mtty --json
t_schema mdev-autostart "what it prints is a document by the schema"
t_is "1 active,2 started,3 failed,6 failed" \
	"$(document '[.[] | "\(.uuid[-1:]) \(.outcome)"] | join(",")')" "what became of each"
t_like "power/control.*removed again" "$(document '.[] | select(.uuid[-1:] == "3") | .reason')" \
	"why one failed"
t_is "$UUID $OTHER" "$(echo $DEVICES/* | sed "s,$DEVICES/,,g")" "the others are started"
t_run "autostart" 7 vdevctl mdev autostart --json
t_is "mdpy failed" "$(document '.[] | select(.uuid[-1:] == "4") | "\(.parent) \(.outcome)"')" \
	"the one without a parent"
t_run "a damaged definition goes" 0 vdevctl mdev undefine ${UUID%1}6
for n in 1 2 3 4 5; do
	t_run "undefine" 0 vdevctl mdev undefine "${UUID%1}$n"
done
t_run "nothing is defined" 0 vdevctl mdev list --defined --json
t_is "[]" "$T_OUT" "the list is empty"
t_run "and nothing is to start" 0 vdevctl mdev autostart

t_done
