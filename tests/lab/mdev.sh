# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is the same of mdevs by whatever interface the kernel is spoken to. For
# tests that have read tap.sh and set MDEV_BY to "sysfs" or "netlink".
declare -A MDEV_TELLS=([sysfs]=uevent [netlink]=netlink)

UUID=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
OTHER=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
DEVICES=/sys/bus/mdev/devices

document() {
	jq -r "$1" <"$T_DIR/out"
}

# Hears of all that happens from here on, until mdev_watched.
mdev_watch() {
	env --default-signal=INT vdevctl --verbose --json mdev watch "$@" \
		>"$T_DIR/events" 2>"$T_DIR/watch" &
	watcher=$!
	t_ok "watch" t_wait 10 grep -q "watching by ${MDEV_TELLS[$MDEV_BY]}" "$T_DIR/watch"
}

# mdev_watched COUNT: that many things have happened since; they are documents
# in $T_DIR/events, and their kinds in $T_OUT.
mdev_watched() {
	t_ok "$1 things are heard of" t_wait 20 \
		jq -es "length >= $1" "$T_DIR/events"
	kill -INT "$watcher"
	wait "$watcher"
	t_is 0 $? "an interrupt ends it well"
	t_is "$1" "$(jq -s length "$T_DIR/events")" "there are no more"
	t_is "${MDEV_TELLS[$MDEV_BY]}" "$(jq -r .interface "$T_DIR/events" | sort -u)" \
		"it is said who tells"
	head -n 1 "$T_DIR/events" >"$T_DIR/out"
	t_schema mdev-event "each is a document by the schema"
	T_OUT=$(jq -r .event "$T_DIR/events" | xargs)
}

mdev_types() {
	t_run "types without a parent" 0 vdevctl mdev types
	t_like "no device here" "$T_ERR" "it says that there is none"
	modprobe mtty
	modprobe mdpy

	t_run "types" 0 vdevctl --verbose --verbose mdev types --json
	t_like "mdevs: by $MDEV_BY" "$T_ERR" "the log says by which interface"
	t_schema mdev-types "the types are a document by the schema"
	t_is "mtty-1 mtty-2" "$(document '[.[] | select(.parent == "mtty") | .type] | join(" ")')" \
		"mtty's types"
	t_is vfio-pci "$(document '[.[].device_api] | unique | .[]')" "all are vfio-pci"
	t_run "types of one parent" 0 vdevctl mdev types mdpy
	t_like "mdpy-vga" "$T_OUT" "its own"
	t_unlike "mtty" "$T_OUT" "and no other's"
	t_run "types of no parent" 3 vdevctl mdev types nothing
	total=$(cat /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/available_instances)
}

# Making and removing.
mdev_verbs() {
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
}

# In use.
mdev_in_use() {
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
}

# Attributes.
mdev_attributes() {
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
}

# All that there can be.
mdev_all() {
	while vdevctl --quiet mdev create --parent mtty --type mtty-2 2>"$T_DIR/full"; do
		:
	done
	t_like "can make no more mdevs of type mtty-2" "$(cat "$T_DIR/full")" "it can be full"
	mapfile -t all < <(ls $DEVICES)
	t_run "all are removed by one command" 0 vdevctl --quiet mdev remove "${all[@]}"
	t_is "$total" "$(cat /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/available_instances)" \
		"nothing is lost"
}

# A hundred of them, by four processes.
mdev_hundred() {
	worker() {
		local i uuid
		for ((i = 0; i < 25; i++)); do
			read -r uuid </proc/sys/kernel/random/uuid
			vdevctl --quiet mdev create --parent mtty --type mtty-1 \
				--uuid "$uuid"
			vdevctl --quiet mdev list >/dev/null || echo list
			vdevctl --quiet mdev remove "$uuid" || echo "remove $uuid"
		done >>"$T_DIR/failures" 2>&1
	}
	touch "$T_DIR/failures"
	mdev_watch --parent mtty
	workers=()
	for i in 1 2 3 4; do
		worker &
		workers+=($!)
	done
	wait "${workers[@]}"
	t_is "" "$(cat "$T_DIR/failures")" "a hundred by four processes"
	t_is "" "$(ls $DEVICES)" "none is left"
	mdev_watched 200
	t_is "100 true" "$(jq -rs 'group_by(.uuid) | "\(length) \(all(.[]; .[0].event == "added" and .[1].event == "removed" and .[1].type == "mtty-1"))"' \
		"$T_DIR/events")" "each came and went"
}

# Two who want the same one: one of them gets it.
mdev_rivals() {
	for uuid in $UUID $OTHER; do
		workers=()
		for parent in mtty/mtty-1 mtty/mtty-2; do
			(
				rc=0
				vdevctl --quiet mdev create --parent ${parent%/*} \
					--type ${parent#*/} --uuid "$uuid" 2>/dev/null || rc=$?
				echo $rc >>"$T_DIR/$uuid"
			) &
			workers+=($!)
		done
		wait "${workers[@]}"
		t_is "0 4" "$(sort "$T_DIR/$uuid" | xargs)" "one UUID for two"
	done
}

# Its parent goes.
mdev_parent_goes() {
	mdev_watch
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
	mdev_watched 8
	t_is "added removed removed parent-removed parent-added added removed parent-removed" \
		"$T_OUT" "all was heard of, parents before and after their mdevs"
	t_is "mdpy mdpy-vga" "$(jq -rs '.[6] | "\(.parent) \(.type)"' "$T_DIR/events")" \
		"with what it was"
}
