#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# full-profile: legacy
# kernel: stock 6.1
# timeout: 400
#
# Regions and the configuration space of real devices, read and written.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

BACKENDS='iommufd type1 compat'
[ -e /dev/iommu ] || BACKENDS=type1

json() { jq -r "$1" "$T_DIR/out"; }
# bytes FILE OFFSET COUNT: in hexadecimal, as they are in the file.
bytes() { od -A n -t x1 -v -j "$2" -N "$3" "$1" | tr -d ' \n'; }

for dev in "$IGB" "$NVME"; do
	t_run "bind $dev" 0 vdevctl bind "$dev" --force=network --force=storage
done

# --- list, read

t_run "list" 0 vdevctl --json region list "$NVME"
t_schema region-list "list: by the schema"
t_is "bar0 config" "$(json '[.regions[].name] | join(" ")')" "an NVMe controller's regions"
t_run "list as text" 0 vdevctl region list "$IGB"
t_like '0  bar0 +128 KiB  read, write, mmap  0x0\+128 KiB' "$T_OUT" "a BAR of igb"
t_unlike 'rom|bar4' "$T_OUT" "what it does not have is not there"

for backend in $BACKENDS; do
	t_run "$backend: VS of NVMe" 0 vdevctl region read "$NVME" bar0 8 --backend "$backend"
	t_is 0x00010400 "$T_OUT" "$backend: is version 1.4"
done
t_run "by number, in two halves" 0 vdevctl region read "$NVME" 0 0x8 --width 2 --count 2
t_like '^00000008  0400 0001$' "$T_OUT" "is the same"
t_run "8 bytes" 0 vdevctl region read "$NVME" bar0 0 --width 8
cap=$T_OUT
t_run "as 4 and 4" 0 vdevctl --json region read "$NVME" bar0 0 --count 2
t_schema region-read "read: by the schema"
t_is "$cap" "$(json '"0x" + .values[1][2:] + .values[0][2:]')" "are the same"
t_run "the configuration space by bytes" 0 \
	vdevctl region read "$NVME" config --width 1 --count 4
t_like '^00000000  36 1b 10 00 +6\.\.\.$' "$T_OUT" "starts with the ids"
t_run "past the end" 2 vdevctl region read "$NVME" bar0 16384
t_like 'not in region bar0, which has 0x4000' "$T_ERR" "and how large it is"
t_run "a count that is too large" 2 vdevctl region read "$NVME" bar0 0 --count 0x1fffffffffffffff
t_run "a region it does not have" 3 vdevctl region read "$IGB" bar5
t_like 'its regions are 0 \(bar0\), 1 \(bar1\)' "$T_ERR" "those there are are named"

# --- write

t_run "write AQA" 0 vdevctl --json region write "$NVME" bar0 0x24 0x001f001f --verify
t_schema region-write "write: by the schema"
t_is "iommufd true false" "$(json '"\(.backend) \(.verified) \(.dry_run)"' |
	sed 's/^type1/iommufd/')" "and it was verified"
t_run "a register that is read only" 1 vdevctl region write "$NVME" bar0 8 1 --verify
t_like 'reads 0x00010400 after 0x00000001' "$T_ERR" "is told from one that is not"
printf '\x1f\x00\x0f\x00' >"$T_DIR/aqa"
t_run "what a file holds" 0 vdevctl region write "$NVME" bar0 0x24 --from "$T_DIR/aqa" --verify
t_run "in one access" 0 vdevctl region write "$NVME" bar0 0x24 --from "$T_DIR/aqa" --width 4 --verify
head -c 20000 /dev/zero >"$T_DIR/large"
t_run "a file that is too large" 2 vdevctl region write "$NVME" bar0 0 --from "$T_DIR/large"
t_run "an endless one" 2 vdevctl region write "$NVME" bar0 0 --from /dev/zero
: >"$T_DIR/empty"
t_run "an empty one" 2 vdevctl region write "$NVME" bar0 0 --from "$T_DIR/empty"

# --- dump

t_run "dump" 0 vdevctl --json region dump "$NVME" bar0 "$T_DIR/bar0"
t_schema region-dump "dump: by the schema"
t_is "16384 0" "$(json '"\(.size) \(.unreadable | length)"')" "all of it could be read"
t_is 16384 "$(stat -c %s "$T_DIR/bar0")" "the file has its size"
t_is 00040100 "$(bytes "$T_DIR/bar0" 8 4)" "and the version is in it"
t_run "a file that is there" 1 vdevctl region dump "$NVME" bar0 "$T_DIR/bar0"
t_run "a part of it, over the other" 0 vdevctl region dump "$NVME" bar0 "$T_DIR/bar0" \
	--offset 8 --size 4 --overwrite
t_is 00040100 "$(bytes "$T_DIR/bar0" 0 99)" "is that part"
vdevctl region dump "$IGB" config - >"$T_DIR/config"
t_is 4096 "$(stat -c %s "$T_DIR/config")" "standard output has all of the configuration space"
t_is 8680c910 "$(bytes "$T_DIR/config" 0 4)" "with igb's ids"
# Only some kilobytes of igb's 128 are not zero.
t_run "dump with holes" 0 vdevctl region dump "$IGB" bar0 "$T_DIR/holes"
t_is 131072 "$(stat -c %s "$T_DIR/holes")" "the file has its size"
t_ok "zeros take no room" [ "$(stat -c %b "$T_DIR/holes")" -lt 200 ]

# --- config

t_run "config read" 0 vdevctl --json config read "$IGB"
t_schema config-read "config read: by the schema"
t_is 0x8086 "$(json '.registers[] | select(.name == "vendor_id").value')" "the vendor"
t_is "$(lspci -vv -s "$IGB" | sed -n 's/.*MSI-X:.*Count=\([0-9]*\).*/\1/p')" \
	"$(json '.registers[] | select(.name == "msix.control").fields[] |
		select(.name == "table_size").value')" "as many MSI-X vectors as lspci says"
for name in msix express; do
	offset=$(json ".capabilities[] | select(.name == \"$name\").offset")
	lspci -v -s "$IGB" >"$T_DIR/lspci"
	t_like "Capabilities: \[$(printf %x "$offset")\] " "$(<"$T_DIR/lspci")" \
		"$name is where lspci finds it"
done
t_run "named ones" 0 vdevctl config read "$NVME" vendor_id bar0
t_like '0x000  vendor_id +0x1b36' "$T_OUT" "as text"
t_run "at an offset" 0 vdevctl config read "$NVME" 0x2 --width 2
t_like '0x0010' "$T_OUT" "too"
t_run "one there is not" 3 vdevctl config read "$NVME" msi.control
t_like "did you mean 'msix.control'" "$T_ERR" "has a namesake"
t_run "without opening" 0 vdevctl config read --sysfs "$NVME" vendor_id device_id
sysfs=$T_OUT
t_run "and by opening" 0 vdevctl config read "$NVME" vendor_id device_id
t_is "$sysfs" "$T_OUT" "are the same"

t_run "config write" 0 vdevctl --json config write "$IGB" command 0x6 --verify
t_schema config-write "config write: by the schema"
t_run "what the kernel keeps" 1 vdevctl config write "$IGB" vendor_id 0x1234 --verify
t_like 'vendor_id reads 0x8086 after 0x1234' "$T_ERR" "is told"
t_run "with memory access off" 0 vdevctl --dry-run config write "$IGB" command 0
t_run "nothing was opened" 0 vdevctl config read --sysfs "$IGB" command
t_run "no PCI device without one" 3 vdevctl config read 0000:05:00.0

# --- one that a batch has open, which keeps what was written

for backend in $BACKENDS; do
	cat >"$T_DIR/batch" <<-EOF
		d = device open $NVME --backend $backend
		region write \$d bar0 0x24 0x00070007 --verify
		region read \$d bar0 0x24
		config write \$d command 0x6
		config read \$d command --no-header
		irq test \$d --no-header
		reset \$d
	EOF
	t_run "$backend: a batch" 0 vdevctl batch "$T_DIR/batch"
	t_like '0x00070007' "$T_OUT" "$backend: a register keeps its value"
	t_like 'command  0x0006  memory bus_master' "$T_OUT" "$backend: and the command register"
	t_like '2  msix +([0-9]+) +[0-9]+  yes' "$T_OUT" "$backend: interrupts arrive"
	t_like "$NVME: reset" "$T_OUT" "$backend: it is reset"
	echo "iommu ranges \$d" >>"$T_DIR/batch"
	t_run "$backend: ranges of one that is open" 2 vdevctl batch "$T_DIR/batch"
	t_like "'ioas ranges' tells" "$T_ERR" "$backend: belong to its address space"
done

cat >"$T_DIR/batch" <<-EOF
	d = device open $NVME
	config write \$d command 0
	region dump \$d bar0 $T_DIR/unreadable
EOF
t_run "dump with memory access off" 1 vdevctl batch "$T_DIR/batch"
t_like ':3: cannot read bar0 of .*does not answer' "$T_ERR" "nothing can be read"
t_fails "and no file is left" [ -e "$T_DIR/unreadable" ]

# --- mediated devices, where not all is PCI

if modprobe mtty 2>/dev/null; then
	uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
	echo $uuid >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create
	t_run "an mdev's regions" 0 vdevctl region list $uuid
	t_like 'bar0 +8 B' "$T_OUT" "mtty has 8 bytes of BAR"
	t_run "an mdev's configuration space" 0 vdevctl config read $uuid vendor_id
	t_like '0x4348' "$T_OUT" "is played by its parent"
	t_run "and is nowhere else" 6 vdevctl config read --sysfs $uuid
	echo 1 >/sys/bus/mdev/devices/$uuid/remove
fi

t_run "restore" 0 vdevctl restore "$IGB" "$NVME"
t_ok "all is as before" pristine "$IGB" igb
t_done
