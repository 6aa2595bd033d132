#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: legacy
# kernel: stock 6.1 patched
# timeout: 300
#
# Dirty pages: of a container with a hardware device, of HWPTs bit for bit on the
# kernel's mock, and on the patched kernel of the test device: by its IOMMU, its
# own log and both, and by a container whose mediated device pins pages.
# shellcheck disable=SC2016 # '$' of sessions
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"
. "${BASH_SOURCE[0]%/*}/vsim.sh"

DIRTY=$VDEV_LAB_BUILD/tests/lab/prog/test_dirty
UUID=83b8f4f2-509f-382f-3c1e-e6bfe0fa2001

# try NAME ARGUMENT...: takes over what the program finds.
try() {
	local title=$1 verdict name
	shift
	t_run "$title: the program ends" 0 "$DIRTY" "$@"
	while read -r verdict name; do
		case $verdict in
		ok) t_pass "$title: $name" ;;
		not) t_fail "$title: ${name#ok }" ;;
		*) t_diag "$verdict $name" ;;
		esac
	done <<<"$T_OUT"
}

t_run "bind $IGB" 0 vdevctl bind "$IGB"
try "type 1" type1 "$IGB"

cat >"$T_DIR/lines" <<EOF
i = iommu open --backend type1
nic = device open $IGB --iommu \$i
a = ioas alloc --iommu \$i
device attach \$nic \$a
m = memory alloc 1M
ioas map \$a \$m --iova 0x4000000
d = dirty start \$a
dirty report \$d
dirty report \$d --page-size 64K
dirty report \$d --to $T_DIR/bits
dirty watch \$d --interval 1 --count 3
dirty stop \$d
EOF
t_run "type 1 in a session" 0 vdevctl batch --json "$T_DIR/lines"
[ "$T_RC" -eq 0 ] || t_diag "$T_ERR"
t_is "256 0x4000000 0x40fffff" "$(result "dirty report" 0 \
	'" ".join([str(r["pages"]), r["ranges"][0]["first"], r["ranges"][0]["last"]])')" \
	"all of the mapping is dirty"
t_is 16 "$(result "dirty report" 1 'r["pages"]')" "by larger pages too"
t_is "$(printf 'ff%.0s' {1..32})" "$(od -An -v -tx1 "$T_DIR/bits" | tr -d ' \n')" \
	"the file has a bit for each"
t_is 3 "$(result "dirty watch" 0 'len(r["samples"])')" "watch takes its samples"
rm "$T_DIR/bits"
t_run "type 1 in text" 0 vdevctl batch "$T_DIR/lines"
t_like "d: 256 dirty pages" "$T_OUT" "the count is told"
t_like "0x4000000-0x40fffff" "$T_OUT" "and the range"
t_like "a second" "$T_OUT" "and the rate"
t_unlike '\[#' "$T_OUT" "and nothing is drawn"
rm "$T_DIR/bits"
t_run "type 1 on a terminal" 0 script -qec \
	"stty cols 42; vdevctl batch $T_DIR/lines" /dev/null
t_is 5 "$(grep -cF "[$(printf '#%.0s' {1..40})]" <<<"$T_OUT")" \
	"each report and sample is drawn, too"
cat >"$T_DIR/lines" <<'EOF'
i = iommu open --backend type1
a = ioas alloc --iommu $i
d = dirty start $a
EOF
t_run "nothing mapped, nothing tracked" 2 vdevctl batch "$T_DIR/lines"

if [ -d /sys/bus/iommufd_mock ]; then
	try "mock" mock
else
	t_skip "the kernel's mock" "the kernel has no CONFIG_IOMMUFD_TEST"
fi

if modprobe -q vsim; then
	echo 0 >/sys/bus/vsim/new_device
	try "vsim" vsim "/dev/vfio/devices/$(vsim_node vsim0)"
	exec 9<>"/dev/vfio/devices/$(vsim_node vsim0)"
	cat >"$T_DIR/lines" <<-'EOF'
		i = iommu open
		a = ioas alloc --iommu $i
		m = memory alloc 1M
		ioas map $a $m --iova 0x100000
		dev = device import 9 --iommu $i
		h = hwpt alloc $a --device $dev --dirty-tracking
		device attach $dev $h
		d = dirty start $a $h $dev
		region write $dev 0 0x20 0x103000 --width 8
		region write $dev 0 0x28 0x2000 --width 8
		region write $dev 0 0x8 3
		dirty report $d
		dirty report $d
		dirty stop $d
		e = dirty start $a $h
		region write $dev 0 0x8 3
		dirty report $e --keep
		dirty report $e
		dirty stop $e
	EOF
	t_run "the test device in a session" 0 vdevctl batch --json "$T_DIR/lines"
	[ "$T_RC" -eq 0 ] || t_diag "$T_ERR"
	for n in 0 2 3; do
		t_is "0x103000 0x104fff 1" "$(result "dirty report" $n \
			'" ".join([r["ranges"][0]["first"], r["ranges"][0]["last"], str(len(r["ranges"]))])')" \
			"report $n has the pages it wrote to"
	done
	t_is 0 "$(result "dirty report" 1 'r["pages"]')" "the next one has none"
	exec 9>&-
	echo "1 mdev" >/sys/bus/vsim/new_device
	t_wait 5 test -d /sys/bus/vsim/devices/vsim1/mdev_supported_types
	echo "$UUID" >/sys/bus/vsim/devices/vsim1/mdev_supported_types/vsim-emu/create
	t_wait 5 vdevctl show "$UUID"
	try "pins" emulated "$UUID" "$IGB"
	echo 1 >"/sys/bus/mdev/devices/$UUID/remove"
	echo 1 >/sys/bus/vsim/del_device
	echo 0 >/sys/bus/vsim/del_device
else
	t_skip "the test device" "the kernel has no vsim"
fi
t_run "restore $IGB" 0 vdevctl restore "$IGB"
t_done
