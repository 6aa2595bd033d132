#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock 6.1
# timeout: 300
#
# Mediated devices of the kernel's samples.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/mdev.sh"

MDEV_BY=sysfs
mdev_types
mdev_verbs
mdev_in_use
mdev_attributes
mdev_all
mdev_hundred
mdev_rivals
mdev_parent_goes

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
