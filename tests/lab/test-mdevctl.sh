#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock patched
# timeout: 200
#
# Our program under mdevctl's name, and the scripts of its protocol, on mdevs
# of the kernel's samples.
. "${BASH_SOURCE[0]%/*}/tap.sh"

UUID=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
OTHER=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
DEVICES=/sys/bus/mdev/devices
CALLOUTS=/etc/mdevctl.d/scripts.d/callouts
NOTIFIERS=/etc/mdevctl.d/scripts.d/notifiers

mkdir "$T_DIR/bin"
for name in mdevctl lsmdev; do
	ln -s "$(command -v vdevctl)" "$T_DIR/bin/$name"
done
PATH=$T_DIR/bin:$PATH
rm -rf /etc/mdevctl.d
modprobe mtty
modprobe mdpy

t_run "types" 0 mdevctl types -p mtty
t_like "^mtty
  mtty-1
    Available instances: [0-9]+
    Device API: vfio-pci
    Name: Single port serial
  mtty-2" "$T_OUT" "in mdevctl's form"
t_run "types in JSON" 0 mdevctl types --dumpjson
t_is "mdpy mtty" "$(jq -r '.[0] | keys | join(" ")' <"$T_DIR/out")" "of both parents"

# As libvirt does it.
config='{"mdev_type":"mtty-2","start":"manual","attrs":[{"power/control":"on"}]}'
define() {
	mdevctl "$1" --parent=mtty --jsonfile=/dev/stdin --uuid="$2" <<<"$config"
}
t_run "define" 0 define define $UUID
t_run "what is defined" 0 mdevctl list --dumpjson --defined
t_is "$config" "$(jq -c ".[0].mtty[0][\"$UUID\"]" <"$T_DIR/out")" "is as it was given"
t_run "start" 0 mdevctl start -u $UUID
t_is on "$(cat $DEVICES/$UUID/power/control)" "its attribute is set"
t_run "start what is not defined" 0 define start $OTHER
t_run "list" 0 mdevctl list
t_is "$UUID mtty mtty-2 manual (defined)
$OTHER mtty mtty-2 manual" "$T_OUT" "both are there"
t_run "lsmdev" 0 lsmdev -u $OTHER
t_is "$OTHER mtty mtty-2 manual" "$T_OUT" "lists one"
t_run "start it again" 1 mdevctl start -u $UUID
t_run "autostart" 0 mdevctl modify --uuid $UUID --auto
t_run "stop" 0 mdevctl stop -u $UUID
t_run "start with the parent" 0 mdevctl start-parent-mdevs mtty
t_ok "it is there" test -d $DEVICES/$UUID
t_run "another spelling of the parent" 1 mdevctl start -p MTTY -t mtty-1
t_like "mtty is meant" "$T_ERR" "its name is told"
t_run "no such type" 1 mdevctl start -p mtty -t mtty-9
t_run "define without such a parent" 0 mdevctl define -u $OTHER -p nothing -t mtty-1
t_like "no parent nothing" "$T_ERR" "is a warning"
t_run "undefine" 0 mdevctl undefine -u $OTHER
config='{"mdev_type":"mtty-2","start":"auto","attrs":[{"power/control":"bogus"}]}'
t_run "a refused attribute" 1 define start ${UUID%1}3
t_like "power/control.*removed again" "$T_ERR" "is named"

# In use: the kernel waits for its user, and so does stop.
node=$(vdevctl mdev show $OTHER --json | jq -r '.[0] | .vfio_group // .vfio_cdev')
bash -c 'exec 9<>"$1"; exec sleep 1000' - "$node" &
user=$!
t_wait 10 test -e /proc/$user/fd/9
t_run "stop, strictly" 1 mdevctl stop --strict -u $OTHER
t_like "open in sleep" "$T_ERR" "its user is named"
kill $user
wait $user 2>/dev/null
t_run "stop" 0 mdevctl stop -u $OTHER

# Scripts. This one changes what is there, and objects to UUIDs that end in 9.
mkdir -p $CALLOUTS $NOTIFIERS
cat >$CALLOUTS/mtty <<'SCRIPT'
#!/bin/bash
[[ $2 == mtty-* ]] || exit 2
uuid=${10} control=/sys/bus/mdev/devices/${10}/power/control
case $4.$6 in
get.capabilities)
	echo '{"supports":{"version":2,"actions":["start","stop","define",
		"undefine","modify","attributes","capabilities"],
		"events":["pre","post","get","live"]}}' ;;
get.attributes) echo "[{\"power/control\":\"$(<"$control")\"}]" ;;
pre.*) [[ $uuid != *9 ]] || { echo "not this one" >&2; exit 1; } ;;
live.modify) jq -r '.attrs[-1]["power/control"]' >"$control" ;;
esac
SCRIPT
cat >$NOTIFIERS/note <<SCRIPT
#!/bin/sh
echo "\$6 \$8 \${10}" >>$T_DIR/notes
SCRIPT
chmod +x $CALLOUTS/mtty $NOTIFIERS/note
t_run "create one that is refused" 1 vdevctl mdev create --parent mtty \
	--type mtty-1 --uuid ${UUID%1}9
t_like "mtty: not this one" "$T_ERR" "the script says why"
t_ok "it is not there" test ! -e $DEVICES/${UUID%1}9
t_run "by force" 0 vdevctl --force=callout mdev create --parent mtty \
	--type mtty-1 --uuid ${UUID%1}9
t_run "remove it" 1 vdevctl mdev remove ${UUID%1}9
t_run "by force" 0 vdevctl --force=callout mdev remove ${UUID%1}9
t_run "mdpy has no script" 0 vdevctl mdev create --parent mdpy --type mdpy-vga \
	--uuid ${UUID%1}9
t_run "and is removed" 0 vdevctl mdev remove ${UUID%1}9
t_is "start none ${UUID%1}9
start success ${UUID%1}9
stop none ${UUID%1}9
stop success ${UUID%1}9
start success ${UUID%1}9
stop success ${UUID%1}9" "$(cat "$T_DIR/notes")" "the notifier hears of all"
t_run "list with attributes" 0 mdevctl list -v
t_is "$UUID mtty mtty-2 auto (defined)
  Attrs:
    @{0}: {\"power/control\":\"on\"}" "$T_OUT" "as the script tells them"
t_run "change it while it is there" 0 vdevctl mdev modify $UUID --live \
	--attr power/control=auto --json
t_schema mdev-definition "what it prints is a document by the schema"
t_is auto "$(cat $DEVICES/$UUID/power/control)" "it is changed"
config='{"mdev_type":"mtty-2","start":"auto","attrs":[{"power/control":"on"}]}'
t_run "change both" 0 bash -c "mdevctl modify --parent=mtty --uuid=$UUID --live \
	--defined --jsonfile=/dev/stdin <<<'$config'"
t_is on "$(cat $DEVICES/$UUID/power/control)" "the one that is there"
t_is "$config" "$(jq -c . </etc/mdevctl.d/mtty/$UUID)" "and the stored one"
rm -r $CALLOUTS
t_run "without a script" 6 vdevctl mdev modify $UUID --live --attr power/control=auto
t_run "without a script" 1 bash -c "mdevctl modify -p mtty -u $UUID -l \
	--jsonfile /dev/stdin <<<'$config'"
t_run "stop" 0 mdevctl stop -u $UUID
t_run "nothing is left" 0 mdevctl list --dumpjson
t_is "[]" "$T_OUT" "no mdev"

t_done
