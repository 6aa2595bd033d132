#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: legacy
# kernel: stock patched
# timeout: 300
#
# What a virtual IOMMU is built on: nested HWPTs, invalidations, faults, vIOMMUs,
# their devices, events and hardware queues, on the kernel's mock.
# shellcheck disable=SC2016 # '$' of sessions
. "${BASH_SOURCE[0]%/*}/tap.sh"

[ -d /sys/bus/iommufd_mock ] || t_bail "the kernel has no CONFIG_IOMMUFD_TEST"

t_run "the program ends" 0 "$VDEV_LAB_BUILD/tests/lab/prog/test_vsva"
while read -r verdict name; do
	case $verdict in
	ok) t_pass "$name" ;;
	not) t_fail "${name#ok }" ;;
	*) t_diag "$verdict $name" ;;
	esac
done <<<"$T_OUT"
[ -z "$T_ERR" ] || t_diag "$T_ERR"

# --- The same by commands of a session

# What line $1 of the document printed, r, by a Python expression.
told() {
	python3 -c '
import json, sys
e = json.load(open(sys.argv[1]))[int(sys.argv[2]) - 1]
r = e["result"]
print(eval(sys.argv[3]))' "$T_DIR/out" "$1" "$2"
}

lines() {
	cat <<-EOF2
		i = iommu import 3
		guest = ioas import $MOCK_IOAS
		ram = memory alloc 64K
		ioas map \$guest \$ram --iova 0x1000000
		dev = device import 4 --iommu \$i --device-id $MOCK_DEVICE
		parent = hwpt alloc \$guest --device \$dev --nest-parent
		q = fault alloc --iommu \$i
		nested = hwpt alloc \$parent --device \$dev --type 0xdead --data efbead0b00000000 --fault \$q
		fault read \$q
		device attach \$dev \$nested
		fault read \$q
		fault answer \$q 1 retry
		fault answer \$q 1 invalid
		hwpt invalidate \$nested --type 0xdeadbeef --data 0000000001000000
		hwpt invalidate \$nested --type 0xdeadbeef --size 8 --data 00000000010000000000000063000000
		hwpt invalidate \$nested --all
		v = viommu alloc \$parent --type 0xdeadbeef --device \$dev
		n = viommu device \$v \$dev 0x99
		e = viommu events \$v --type 0xbeefbeef --size 4 --depth 2
		inside = hwpt alloc \$v --device \$dev --type 0xdead --data efbead0b00000000 --fault \$q
		device attach \$dev \$inside
		viommu read \$e
		device attach \$dev \$nested
		device attach \$dev \$inside
		device attach \$dev \$inside
		device attach \$dev \$inside
		viommu read \$e
		viommu read \$e
		viommu invalidate \$v --type 0xdeadbeef --data 000000009900000001000000
		viommu invalidate \$v --type 0xdeadbeef --data 000000009800000001000000
		h = viommu queue \$v 0x1000000 4K --type 0xdeadbeef
		viommu queue \$v 0x1000000 4K --type 0xdeadbeef --index 3
		drop \$q
		drop \$v
		drop \$parent
		device attach \$dev $MOCK_IOAS
		drop \$inside \$nested \$h \$e \$n
		drop \$v \$q
		drop \$parent
		objects
	EOF2
}
export -f lines

t_run "a session" 7 "$VDEV_LAB_BUILD/tests/lab/prog/test_mock" plain bash -c \
	'lines >"$0"; MOCK_BUSY=1 LD_PRELOAD=$MOCK_VFIO exec vdevctl --json batch -k "$0"' "$T_DIR/lines"
t_is "13:2 15:7 16:2 30:2 32:2 33:4 34:4 35:4" "$(python3 -c '
import json, sys
print(*("%d:%d" % (e["line"], e["error"]["code"]) for e in json.load(open(sys.argv[1])) if e["error"]))' "$T_DIR/out")" \
	"what is wrong is refused"
t_schema batch "as the schema says"
for line in 9 11 14 22 27 28; do
	told "$line" 'json.dumps(r)' >"$T_DIR/result"
	cp "$T_DIR/out" "$T_DIR/all"
	cp "$T_DIR/result" "$T_DIR/out"
	t_schema session "and what line $line printed, too"
	cp "$T_DIR/all" "$T_DIR/out"
done
t_is "[]" "$(told 9 r)" "there is no fault yet"
t_is "1 None 0x5000 read+write 9 True 1" "$(told 11 '"%d %s %s %s %d %s %d" % (len(r), r[0]["pasid"],
	r[0]["address"], "+".join(r[0]["access"]), r[0]["group"], r[0]["last"], r[0]["cookie"])')" \
	"then there is one"
t_is 1 "$(told 14 'r["requests"]')" "a request is handled"
t_like 'request 1' "$(told 15 'e["error"]["message"]')" "and of two the second is not"
t_is "0 0 99000000" "$(told 22 '"%(sequence)d %(lost)d %(data)s" % r[0]')" "an event is read"
t_is "1:0:99000000 2:0:99000000 3:1:None" \
	"$(told 27 '" ".join("%(sequence)d:%(lost)d:%(data)s" % e for e in r)')" "of three one is lost"
t_is "[]" "$(told 28 r)" "and told once"
t_is "dev guest i ram" "$(told 40 '" ".join(sorted(o["name"] for o in r))')" \
	"all can be dropped in the reverse order"
t_done
