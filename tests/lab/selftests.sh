#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# host
# kernel: stock patched patched-debug
# timeout: 4800
#
# The lab's own check: the kernel's vfio and iommufd selftests, built from the
# lab kernel's source into the cache, run in a guest, their results compared
# with tests/lab/selftests.expected, of which selftests-KERNEL.expected changes
# lines and adds some. Nothing of them is in this tree but in kernel-patches/.
#
# Usage: selftests.sh [--kernel NAME]
# shellcheck disable=SC2317 # functions are called by name
set -u
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
LAB=$HERE/../../scripts/lab
# shellcheck source=tests/lab/tap.sh
. "$HERE/tap.sh"
KERNEL=stock
[ "${1-}" != --kernel ] || KERNEL=$2
EXPECTED=$T_DIR/expected
LIMIT=1500
[ "$KERNEL" = "${KERNEL%-debug}" ] || LIMIT=4500

# The guest needs no vdevctl.
export VDEV_LAB_PRESET=none

# --- On the host ------------------------------------------------------------

# On 7.2 up to at least .13 the tests use this macro without defining it.
compat_header() {
	cat <<-'EOF'
		#include <stdlib.h>
		#ifndef calloc_assert
		#define calloc_assert(n, size) \
			({ void *p_ = calloc(n, size); if (!p_) abort(); p_; })
		#endif
	EOF
}

# linked SOURCE DIR: the source by links, but for the harness: half a minute a
# test is too little for an emulated debug kernel.
linked() {
	local harness=tools/testing/selftests/kselftest_harness.h
	mkdir "$2"
	find "$1/" -mindepth 1 -maxdepth 1 ! -name tools -exec ln -s -t "$2" {} +
	cp -rs "$1/tools" "$2"
	rm "$2/$harness"
	sed 's/^#define TEST_TIMEOUT_DEFAULT 30$/#define TEST_TIMEOUT_DEFAULT 600/' \
		"$1/$harness" >"$2/$harness"
}

# build KERNEL-DIR OUTPUT
build() {
	local new=$2.new sub flags
	local source=$new/source/tools/testing/selftests
	rm -rf "$new"
	mkdir -p "$new/vfio" "$new/iommu"
	linked "$(readlink -f "$1/source")" "$new/source"
	compat_header >"$new/compat.h"
	flags="-isystem $1/headers/include -include $new/compat.h"
	for sub in vfio iommu; do
		make -s -j"$(nproc)" -C "$source/$sub" OUTPUT="$new/$sub" \
			KHDR_INCLUDES="$flags" >>"$new/build.log" 2>&1 || {
			tail -n 20 "$new/build.log" | sed 's/^/# /'
			return 1
		}
	done
	rm -rf "$2" "$new/source"
	mv "$new" "$2"
}

# --- In the guest -----------------------------------------------------------

# One word a test: its TAP output goes to stdout, headed by its name.
guest() {
	local dir=$1 folder program device passes skips
	local pf=0000:01:00.0 nvme=0000:02:00.0 bdf
	echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
	# Huge pages for the tests that map with them.
	echo 64 >/proc/sys/vm/nr_hugepages
	ulimit -l unlimited
	for bdf in $pf $nvme; do
		echo "$bdf" >"/sys/bus/pci/devices/$bdf/driver/unbind"
		echo vfio-pci >"/sys/bus/pci/devices/$bdf/driver_override"
		echo "$bdf" >/sys/bus/pci/drivers/vfio-pci/bind
	done
	while read -r folder program device passes skips; do
		case $folder in '' | '#'*) continue ;; esac
		echo "=== $program"
		case $device in
		-) device= ;;
		vsim)
			modprobe vsim
			[ -e /sys/bus/vsim/devices/vsim90 ] || echo 90 >/sys/bus/vsim/new_device
			device=$(echo /sys/bus/vsim/devices/vsim90/vfio-dev/vfio*)
			device=/dev/vfio/devices/${device##*/}
			;;
		esac
		# shellcheck disable=SC2086 # none or one argument
		"$dir/$folder/$program" $device 2>&1
	done <<<"$2"
}

# --- Comparison -------------------------------------------------------------

# count PROGRAM REGEX
count() {
	sed -n "/^=== $1\$/,/^=== /p" "$T_DIR/results" | grep -cE "$2"
}

compare() {
	local folder program device passes skips ok skipped failed
	while read -r folder program device passes skips; do
		case $folder in '' | '#'*) continue ;; esac
		skipped=$(count "$program" '^ok .*# SKIP')
		ok=$(($(count "$program" '^ok ') - skipped))
		failed=$(count "$program" '^not ok ')
		if [ "$ok" -ge "$passes" ] && [ "$skipped" -le "$skips" ] && [ "$failed" -eq 0 ]; then
			t_pass "$folder/$program: $ok passed, $skipped skipped"
			continue
		fi
		t_fail "$folder/$program: $ok passed, $skipped skipped, $failed failed; expected $passes passed, $skips skipped"
		sed -n "/^=== $program\$/,/^=== /p" "$T_DIR/results" |
			grep -B 5 -E '^not ok |^Bail' | head -n 40 | sed 's/^/# /'
	done <"$EXPECTED"
}

# Of two lines for one program the later one holds. patched-debug is patched.
expect() {
	local name=
	{
		cat "$HERE/selftests.expected"
		for name in "${KERNEL%-debug}" "$KERNEL"; do
			cat "$HERE/selftests-$name.expected" 2>/dev/null
		done
	} | awk '
		!/^#/ && NF {
			if (!($2 in line)) order[++n] = $2
			line[$2] = $0
		}
		END { for (i = 1; i <= n; i++) print line[order[i]] }' >"$EXPECTED"
}

main() {
	local kernel out
	expect
	kernel=$("$LAB" --kernel "$KERNEL" --print-kernel) || t_bail "no kernel"
	out=${kernel%/kernel/*}/selftests/${kernel##*/}-$(declare -f compat_header linked build | cksum | cut -d ' ' -f 1)
	"$LAB" --need libcap-dev || t_bail "libcap-dev is needed to build them"
	[ -d "$out" ] || t_ok "the selftests build" build "$kernel" "$out" || t_done
	t_run "the guest runs them" 0 "$LAB" --kernel "$KERNEL" --timeout "$LIMIT" -- \
		bash -c "$(declare -f guest); guest \"\$@\"" guest "$out" "$(cat "$EXPECTED")"
	cp "$T_DIR/out" "$T_DIR/results"
	[ -z "${VDEV_TEST_KEEP-}" ] || cp "$T_DIR/out" "$VDEV_TEST_KEEP"
	compare
	t_done
}

main
