#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 400
#
# Sessions: many commands in one process, on real devices and on the kernel's
# mock of devices and IOMMUs.
# shellcheck disable=SC2016 # '$' of sessions, and of shells started here
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

MOCK=$VDEV_LAB_BUILD/tests/lab/prog/test_mock

# batch STATUS NAME OPTION...: runs the lines on standard input.
batch() {
	local status=$1 name=$2
	shift 2
	cat >"$T_DIR/lines"
	t_run "$name" "$status" vdevctl "$@" batch "$T_DIR/lines"
}

# What a Python expression makes of the document d that was printed last.
in_document() {
	python3 -c "import json, sys; d = json.load(sys.stdin); print($1)" \
		<"$T_DIR/out"
}

# Who has VFIO or iommufd open: a killed session must leave nothing.
holders() {
	local fd
	for fd in /proc/[0-9]*/fd/*; do
		case $(readlink "$fd") in
		/dev/iommu | /dev/vfio/*) readlink "$fd" ;;
		esac
	done
}

SCHEMA="
import json, sys, jsonschema
def schema(name):
    with open('$VDEV_LAB_SRC/schema/' + name + '.schema.json') as f:
        return json.load(f)
d = json.load(sys.stdin)
jsonschema.validate(d, schema('batch'))
for entry in d:
    if entry['command'].split()[0] not in ('list', 'show'):
        jsonschema.validate(entry['result'], schema('session'))
"

# valid NAME: the document that was printed last.
valid() {
	if python3 -c 'import jsonschema' 2>/dev/null; then
		t_ok "$1" python3 -c "$SCHEMA" <"$T_DIR/out"
	else
		t_skip "$1" "no python3-jsonschema"
	fi
}

t_run "bind $IGB" 0 vdevctl bind "$IGB"

# --- An address space, memory and a device

batch 0 "memory is mapped for a device" --json <<-EOF2
	ram = memory alloc 16M
	guest = ioas alloc
	ioas map \$guest \$ram --iova 0x100000
	nic = device open $IGB
	device attach \$nic \$guest
	ioas ranges \$guest
	objects
	list $IGB
	device detach \$nic
	ioas unmap \$guest --all
	drop \$nic \$guest \$ram \$iommu
	objects
EOF2
valid "each result is as its schema says"
t_is "16777216 0x100000" \
	"$(in_document 'd[2]["result"]["length"], d[2]["result"]["iova"]' |
		tr -d "(),'")" "it is mapped where it was asked for"
t_is "guest,iommu,nic,ram" "$(in_document '",".join(sorted(o["name"] for o in d[6]["result"]))')" \
	"all objects are listed, and the iommufd that was opened"
t_is "attached" "$(in_document '[u["how"] for o in d[6]["result"] for u in o["uses"] if o["name"] == "nic" and u["name"] == "guest"][0]')" \
	"with what the device is attached to"
t_is 12 "$(in_document 'len(d)')" "every command has its place"
t_is "[]" "$(in_document 'd[11]["result"]')" "nothing is left at the end"

# --- Objects that depend on each other

cat >"$T_DIR/kept" <<-EOF2
	guest = ioas alloc
	ram = memory alloc 1M
	ioas map \$guest \$ram --iova 0x100000
	nic = device open $IGB
	device attach \$nic \$guest
	drop \$guest
	drop \$ram
	drop \$iommu
	ioas unmap \$guest 0x100000 4K
	guest = ioas alloc
	objects
EOF2
t_run "what another object uses is not dropped" 7 \
	vdevctl --json batch --keep-going "$T_DIR/kept"
t_is "4 4 4 3 2" "$(in_document '" ".join(str(e["error"]["code"]) for e in d if e["error"])')" \
	"each for its reason"
t_like 'nic is attached to it' "$(in_document 'd[5]["error"]["message"]')" \
	"an address space that a device is attached to"
t_like 'guest has it mapped at 0x100000' "$(in_document 'd[6]["error"]["message"]')" \
	"memory that is mapped"
t_like 'is made of it' "$(in_document 'd[7]["error"]["message"]')" \
	"the iommufd of all of it"
t_is 4 "$(in_document 'len(d[10]["result"])')" "all is as before"
t_run "the first failure ends it" 4 vdevctl batch "$T_DIR/kept"
t_like 'kept:6: \$guest cannot be dropped: \$nic is attached' "$T_ERR" \
	"and is told with its line"

batch 0 "a HWPT, a copy and two address spaces" <<-EOF2
	nic = device open $IGB
	ram = memory alloc 2M
	one = ioas alloc
	two = ioas alloc --huge-pages off
	ioas map \$one \$ram --iova 0x200000
	ioas copy \$two \$one 0x200000 2M --iova 0x400000 --access read
	own = hwpt alloc \$one --device \$nic
	other = hwpt alloc \$two --device \$nic --pasid
	device attach \$nic \$own
	device attach \$nic \$two
	device attach \$nic \$other
	drop \$own
	device detach \$nic
	ioas allow \$one 0x0-0xfffffff
	ioas unmap \$two 0x400000 2M
	ioas unmap \$one --all
	drop \$ram
	objects
EOF2
t_like 'other +hwpt.* pasid' "$T_OUT" "the HWPT knows what it is for"

batch 0 "a container, and a file as memory" <<-EOF2
	c = iommu open --backend type1
	nic = device open $IGB --iommu \$c
	space = ioas alloc --iommu \$c
	self = memory file /proc/self/exe --read-only --length 8K
	ram = memory alloc 4K
	memory write \$ram --from /proc/version
	ioas map \$space \$ram --iova 0x10000
	ioas map \$space \$self --iova 0x20000
	device attach \$nic \$space
	memory read \$ram --length 16
EOF2
t_like 'Linux version' "$T_OUT" "a file was written to memory"

batch 0 "a memfd is mapped as a file" <<-EOF2
	nic = device open $IGB
	ram = memory alloc 1M --memfd
	guest = ioas alloc
	ioas map \$guest \$ram --file --offset 64K --length 64K
	device attach \$nic \$guest
EOF2

batch 0 "commands take a device that is open, and leave it so" <<-EOF2
	nic = device open $IGB
	guest = ioas alloc
	region list \$nic
	irq list \$nic
	config read \$nic
	iommu info \$nic
	device attach \$nic \$guest
	ioas ranges \$guest
	drop \$nic \$guest
EOF2
t_like 'bar0' "$T_OUT" "and tell of it"

batch 4 "a device is opened once" <<-EOF2
	one = device open $IGB
	two = device open $IGB
EOF2
t_like ':2: .*open elsewhere' "$T_ERR" "and the second time refused"

batch 3 "no device without a VFIO driver" <<-EOF2
	nic = device open $NVME
EOF2
t_run "a dry run opens nothing" 0 vdevctl --dry-run batch "$T_DIR/lines"

# --- Ordinary commands

batch 0 "devices are bound, seen and restored in one session" <<-EOF2
	bind 03:00.0
	list 03:00.0 --columns driver --no-header
	two = device open 03:00.0
	drop \$two
	restore 03:00.0
	list 03:00.0 --columns driver --no-header
EOF2
t_like 'vfio-pci.*restored.*igb' "${T_OUT//$'\n'/ }" "in that order"
batch 4 "what is open is not restored" <<-EOF2
	nic = device open $IGB
	restore $IGB
EOF2
t_run "it is once the session has ended" 0 vdevctl restore "$IGB"
t_run "bind $IGB" 0 vdevctl bind "$IGB"

# --- PASIDs, where there are none

batch 6 "a device without PASIDs is refused one" <<-EOF2
	nic = device open $IGB
	p = pasid alloc \$nic
EOF2
t_like 'lacks the PCI capability' "$T_ERR" "and said that it is the device"
cat >"$T_DIR/lines" <<-EOF2
	nic = device open $IGB
	guest = ioas alloc
	plain = hwpt alloc \$guest --device \$nic
	own = hwpt alloc \$guest --device \$nic --pasid
	pasid attach \$nic 1 \$plain
	pasid attach \$nic 1 99
	pasid replace \$nic 1 \$plain
	pasid detach \$nic 1
	pasid list \$nic
	pasid detach-all \$nic
EOF2
t_run "nor does it get one any other way" 7 \
	vdevctl --json batch --keep-going "$T_DIR/lines"
t_is "5 6 7 8" "$(in_document '" ".join(str(e["line"]) for e in d if e["error"] and e["error"]["code"] == 6)')" \
	"each is not supported"

# --- The kernel's mock, by an iommufd that was inherited

pasid_lines() {
	cat <<-EOF2
		i = iommu import 3
		guest = ioas import $MOCK_IOAS
		dev = device import 4 --iommu \$i --device-id $MOCK_DEVICE
		own = hwpt alloc \$guest --device-id $MOCK_DEVICE --pasid
		one = hwpt alloc \$guest --device \$dev --pasid
		two = hwpt alloc \$guest --device \$dev --pasid
		device attach \$dev \$own
		p = pasid alloc \$dev
		q = pasid alloc \$dev --number 5
		pasid attach \$dev \$p \$one
		pasid attach \$dev \$q \$two
		pasid attach \$dev \$p \$two
		pasid replace \$dev \$p \$two
		pasid replace \$dev 6 \$two
		pasid list \$dev
		drop \$two
		pasid detach \$dev \$p
		pasid attach \$dev \$p \$one
		pasid detach-all \$dev
		pasid attach \$dev 1048576 \$one
		pasid list \$dev
		device attach \$dev $MOCK_IOAS
		drop \$two \$one
		objects
	EOF2
}

if [ -d /sys/bus/iommufd_mock ]; then
	export -f pasid_lines
	t_run "PASIDs on the mock" 7 "$MOCK" pasid bash -c \
		'pasid_lines >"$0"; LD_PRELOAD=$MOCK_VFIO exec vdevctl --json batch -k "$0"' \
		"$T_DIR/lines"
	t_is "12:4 14:3 16:4 20:2" "$(in_document '" ".join("%d:%d" % (e["line"], e["error"]["code"]) for e in d if e["error"])')" \
		"what is wrong is refused"
	grep '^mock: ' "$T_DIR/err" | tr -d '0123456789' | paste -sd, |
		sed 's/mock: //g' >"$T_DIR/said"
	t_is "the device has ,attach,PASID  has HWPT ,attach,PASID  has HWPT ,replace,PASID  has HWPT ,PASID  has none,attach,PASID  has HWPT ,PASID  has none,PASID  has none,the device has " \
		"$(cat "$T_DIR/said")" "the kernel has each where it was put"
	t_is "1:two 5:two" "$(in_document '" ".join("%d:%s" % (p["pasid"], p["hwpt"]) for p in d[14]["result"])')" \
		"and so has the list"
	t_like 'PASID [15] of .dev is attached to it' "$(in_document 'd[15]["error"]["message"]')" \
		"a HWPT that a PASID has is not dropped"
	t_is "1 5" "$(in_document '" ".join(str(p["pasid"]) for p in d[20]["result"] if p["taken"] and not p["attached"])')" \
		"the numbers are still taken when nothing is attached"

	raw() {
		printf '%s\n' "i = iommu import 3" \
			"x = hwpt alloc $MOCK_IOAS --device-id $MOCK_DEVICE $*"
	}
	export -f raw
	t_run "a mock without PASIDs is refused one" 6 "$MOCK" plain bash -c \
		'pasid_lines | grep -v -e hwpt -e own | LD_PRELOAD=$MOCK_VFIO vdevctl batch'
	t_like 'has no PASIDs' "$T_ERR" "and said why"
	t_run "but one for dirty tracking" 0 \
		"$MOCK" plain bash -c 'raw --dirty-tracking | vdevctl batch'
	t_run "the mock's own type nests" 0 "$MOCK" plain bash -c \
		'{ raw --nest-parent; echo "n = hwpt alloc \$x --device-id $MOCK_DEVICE --type 0xdead --data efbead0b00000000"; } | vdevctl batch'
	t_run "another one does not" 6 "$MOCK" plain bash -c \
		'{ raw --nest-parent; echo "n = hwpt alloc \$x --device-id $MOCK_DEVICE --type vtd-s1 --data 00"; } | vdevctl batch'
	t_run "a fault queue that is not there" 3 \
		"$MOCK" plain bash -c 'raw --fault 77 | vdevctl batch'
else
	t_skip "the kernel's mock" "the kernel has no CONFIG_IOMMUFD_TEST"
fi

# --- Killed

coproc SESSION { exec vdevctl batch 2>&1; }
printf '%s\n' "ram = memory alloc 64M" "guest = ioas alloc" \
	"ioas map \$guest \$ram" "nic = device open $IGB" \
	"device attach \$nic \$guest" >&"${SESSION[1]}"
while read -r -t 100 line <&"${SESSION[0]}"; do
	[[ $line != *attached* ]] || break
done
t_like 'attached to' "$line" "results are told while the session waits"
session=$SESSION_PID
t_like vfio "$(holders)" "it has the device open"
kill -9 "$session"
wait "$session"
t_is 137 "$?" "it is killed"
t_is "" "$(holders)" "nothing is open any more"
batch 0 "the device can be used at once" <<-EOF2
	nic = device open $IGB
EOF2

# --- Interrupted, and told by SIGTERM

coproc SESSION { exec vdevctl batch 2>&1; }
session=$SESSION_PID
printf '%s\n' "nic = device open $IGB" >&"${SESSION[1]}"
read -r -t 100 line <&"${SESSION[0]}"
kill -TERM "$session"
read -r -t 100 line <&"${SESSION[0]}"
t_like 'interrupted' "$line" "SIGTERM ends a session"
wait "$session"
t_is 1 "$?" "with exit code 1"
t_is "" "$(holders)" "and nothing open"

t_run "restore $IGB" 0 vdevctl restore "$IGB"
t_ok "all is as before" pristine "$IGB" igb

t_done
