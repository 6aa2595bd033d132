# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A QEMU that is new enough: the system's, or the newest on offer for this
# release, unpacked into the cache (not installed, so the host keeps its own).
# Expects: LAB_CACHE, lab_say, lab_die, apt.sh. Sets LAB_QEMU.

# 9.2 is the first with all devices and properties that the profiles use.
LAB_QEMU_MIN=9.2

lab_qemu_version() {
	"$1" --version 2>/dev/null | sed -n '1s/.*version \([0-9.]*\).*/\1/p'
}

lab_qemu_serves() {
	local version
	version=$(lab_qemu_version "$1")
	[ -n "$version" ] && dpkg --compare-versions "$version" ge "$LAB_QEMU_MIN"
}

lab_need_qemu() {
	local candidate
	for candidate in "${VDEV_LAB_QEMU-}" \
		"$(command -v qemu-system-x86_64)" \
		"$LAB_CACHE/qemu/bin/qemu-system-x86_64"; do
		if [ -x "$candidate" ] && lab_qemu_serves "$candidate"; then
			LAB_QEMU=$candidate
			return
		fi
	done
	lab_with_lock qemu lab_qemu_unpack
	LAB_QEMU=$LAB_CACHE/qemu/bin/qemu-system-x86_64
	lab_qemu_serves "$LAB_QEMU" ||
		lab_die 126 "the unpacked QEMU does not run: $("$LAB_QEMU" --version 2>&1 | head -n 3)"
}

# Downloads what apt would install for qemu-system-x86 on this system and
# unpacks it side by side.
lab_qemu_unpack() {
	local new=$LAB_CACHE/qemu.new deb
	! lab_qemu_serves "$LAB_CACHE/qemu/bin/qemu-system-x86_64" || return 0
	lab_apt_system
	lab_qemu_pin
	lab_say "fetching QEMU $(lab_qemu_candidate)"
	rm -rf "$new" "$LAB_APT_ARCHIVES"
	mkdir -p "$new/bin" "$LAB_APT_ARCHIVES/partial"
	lab_apt apt-get install -y -qq --download-only -o Debug::NoLocking=1 \
		qemu-system-x86 ipxe-qemu >"$LAB_CACHE/apt/qemu.log" 2>&1 || {
		tail -n 20 "$LAB_CACHE/apt/qemu.log" >&2
		lab_die 126 "apt-get could not fetch QEMU"
	}
	for deb in "$LAB_APT_ARCHIVES"/*.deb; do
		dpkg-deb -x "$deb" "$new/root"
	done
	lab_qemu_wrapper >"$new/bin/qemu-system-x86_64"
	chmod +x "$new/bin/qemu-system-x86_64"
	rm -rf "$LAB_APT_ARCHIVES" "$LAB_CACHE/qemu"
	mv "$new" "$LAB_CACHE/qemu"
}

lab_qemu_candidate() {
	lab_apt apt-cache policy qemu-system-x86 | sed -n 's/^ *Candidate: //p'
}

# Backports only where the release's own QEMU is too old, and only QEMU itself.
lab_qemu_pin() {
	local version
	version=$(lab_qemu_candidate)
	! dpkg --compare-versions "${version#*:}" ge "$LAB_QEMU_MIN" || return 0
	printf '%s\n' 'Package: src:qemu src:seabios src:ipxe' \
		'Pin: release n=*-backports' 'Pin-Priority: 990' \
		>"$LAB_CACHE/apt/system/preferences"
	version=$(lab_qemu_candidate)
	dpkg --compare-versions "${version#*:}" ge "$LAB_QEMU_MIN" || lab_die 126 \
		"QEMU $LAB_QEMU_MIN or later is needed; apt offers ${version:-none}. Name one in VDEV_LAB_QEMU"
}

# Finds its own place, so that it also runs inside the guest.
lab_qemu_wrapper() {
	cat <<-'EOF'
		#!/bin/sh
		root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")/root
		lib=$root/usr/lib/x86_64-linux-gnu
		export LD_LIBRARY_PATH="$lib:$root/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
		export QEMU_MODULE_DIR="$lib/qemu"
		exec "$root/usr/bin/qemu-system-x86_64" -L "$root/usr/share/qemu" \
			-L "$root/usr/share/seabios" -L "$root/usr/lib/ipxe/qemu" "$@"
	EOF
}
