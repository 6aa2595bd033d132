# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lab's kernels: source package (or tree) + patches + configuration
# fragments, built once and kept in the cache under a key of all three.
# Expects: LAB_CACHE, LAB_REPO, lab_say, lab_die, lab_with_lock, apt.sh.
# Sets LAB_KERNEL_DIR (bzImage, config, System.map, modules/, headers/, source).

# name | source package | suites, newest kernel first | patches | fragments
# Fragments are files below tests/lab. An option that is listed in the file
# kernel.absent-in-NAME may be missing from kernel NAME.
LAB_KERNELS='
stock   | linux-source-7.2 | sid forky trixie-backports | -                  | kernel.config
patched | linux-source-7.2 | sid forky trixie-backports | kernel-patches/7.2 | kernel.config kernel-patched.config
6.12    | linux-source-6.12 | trixie                    | -                  | kernel.config
6.12-patched | linux-source-6.12 | trixie               | kernel-patches/6.12 | kernel.config
6.1     | linux-source-6.1 | bookworm                   | -                  | kernel.config kernel-6.1.config
'

lab_kernel_names() {
	awk -F'|' 'NF > 1 { gsub(/ /, "", $1); print $1 }' <<<"$LAB_KERNELS"
}

# Sets LAB_K_* from the table.
lab_kernel_select() {
	local name package suites patches fragments
	case $1 in
	*-debug)
		LAB_DEBUG=yes
		set -- "${1%-debug}"
		;;
	esac
	while IFS='|' read -r name package suites patches fragments; do
		name=${name// /}
		[ "$name" = "$1" ] || continue
		LAB_K_NAME=$name
		LAB_K_PACKAGE=${package// /}
		read -ra LAB_K_SUITES <<<"$suites"
		LAB_K_PATCHES=${patches// /}
		read -ra LAB_K_FRAGMENTS <<<"$fragments"
		LAB_K_BASE=${LAB_K_NAME%-patched}
		lab_kernel_available
		[ -z "${LAB_DEBUG-}" ] || lab_kernel_debug
		return
	done <<<"$LAB_KERNELS"
	lab_die 2 "no kernel named '$1'; there are: $(lab_kernel_names | xargs)"
}

# The same kernel with all that finds faults in it.
lab_kernel_debug() {
	LAB_K_NAME+=-debug
	LAB_K_FRAGMENTS+=(kernel-debug.config)
}

lab_kernel_available() {
	local fragment
	if [ "$LAB_K_PATCHES" = - ]; then
		LAB_K_PATCHES=
	else
		LAB_K_PATCHES=$LAB_REPO/$LAB_K_PATCHES
		[ -e "$LAB_K_PATCHES/series" ] || lab_die 2 \
			"kernel '$LAB_K_NAME' is not available: no patch series in ${LAB_K_PATCHES#"$LAB_REPO/"}"
	fi
	for fragment in "${LAB_K_FRAGMENTS[@]}"; do
		[ -e "$LAB_REPO/tests/lab/$fragment" ] || lab_die 2 \
			"kernel '$LAB_K_NAME' is not available: no tests/lab/$fragment"
	done
	[ "$LAB_K_NAME" = stock ] || [ "$LAB_K_NAME" = patched ] ||
		[ -e "$LAB_REPO/tests/lab/kernel.absent-in-$LAB_K_BASE" ] || lab_die 2 \
		"kernel '$LAB_K_NAME' is not available yet: no tests/lab/kernel.absent-in-$LAB_K_BASE"
}

# --- Source -----------------------------------------------------------------

# Sets LAB_SOURCE (a tree) and LAB_SOURCE_ID (what goes into the key).
lab_need_source() {
	local tree
	if [ -n "${VDEV_LAB_KERNEL_SRC-}" ] && [[ $LAB_K_PACKAGE == linux-source-7.* ]]; then
		lab_source_given "$VDEV_LAB_KERNEL_SRC"
		return
	fi
	tree=$(lab_source_cached)
	if [ -z "$tree" ]; then
		lab_with_lock source lab_source_fetch
		tree=$(lab_source_cached)
	fi
	[ -n "$tree" ] || lab_die 126 "no source of $LAB_K_PACKAGE"
	LAB_SOURCE=$tree
	LAB_SOURCE_ID=${tree##*/}
}

lab_source_given() {
	[ -e "$1/Kbuild" ] || lab_die 126 "VDEV_LAB_KERNEL_SRC=$1 is no kernel tree"
	[ ! -e "$1/.config" ] || lab_die 126 \
		"$1 was built in place, which hinders building elsewhere; run 'make mrproper' there"
	LAB_SOURCE=$(readlink -f -- "$1")
	LAB_SOURCE_ID="$(make -s -C "$1" kernelversion) at $LAB_SOURCE $(
		find "$LAB_SOURCE" -name .git -prune -o -type f -printf '%T@ %s %p\n' |
			sort | sha256sum | cut -c 1-16)"
}

# The newest tree of the package in the cache.
lab_source_cached() {
	local tree newest=
	for tree in "$LAB_CACHE/src/${LAB_K_PACKAGE}"_*; do
		case $tree in *.new | *\*) continue ;; esac
		if [ -z "$newest" ] || dpkg --compare-versions "${tree##*_}" gt "${newest##*_}"; then
			newest=$tree
		fi
	done
	printf '%s' "$newest"
}

lab_source_fetch() {
	local deb version dir
	[ -z "$(lab_source_cached)" ] || return 0
	lab_need_packages xz-utils
	lab_apt_set "kernel-$LAB_K_NAME" "${LAB_K_SUITES[@]}"
	lab_say "fetching $LAB_K_PACKAGE (about 160 MB)"
	deb=$(lab_apt_fetch "$LAB_K_PACKAGE" "$LAB_CACHE/download") || lab_die 126 \
		"apt offers no $LAB_K_PACKAGE that can be fetched (see $LAB_CACHE/apt/download.log); give a tree in VDEV_LAB_KERNEL_SRC"
	version=$(dpkg-deb -f "$deb" Version)
	dir=$LAB_CACHE/src/${LAB_K_PACKAGE}_$version
	lab_say "unpacking $LAB_K_PACKAGE $version"
	rm -rf "$dir.new" && mkdir -p "$dir.new"
	dpkg-deb --fsys-tarfile "$deb" |
		tar -xO "./usr/src/$LAB_K_PACKAGE.tar.xz" |
		tar -xJ -C "$dir.new" --strip-components=1 ||
		lab_die 126 "cannot unpack $deb"
	rm -rf "$LAB_CACHE/download"
	mv "$dir.new" "$dir"
}

# The source with the patches of the series applied, always in one place: only
# files that differ are touched, so that make builds only what they concern.
# Beside the tree lie TREE.source (what it was made of), TREE.files (what is
# patched) and TREE.series (a digest of the patches).
lab_patched_source() {
	local tree=$LAB_CACHE/src/patched-${LAB_K_PATCHES##*/} digest
	digest=$(lab_patches_digest)
	if [ "$(cat "$tree.source" 2>/dev/null)" != "$LAB_SOURCE_ID" ]; then
		lab_patched_tree "$tree"
	fi
	if [ "$(cat "$tree.series" 2>/dev/null)" != "$digest" ]; then
		lab_say "patching $LAB_SOURCE_ID"
		lab_patch_tree "$tree"
		printf '%s\n' "$digest" >"$tree.series"
	fi
	LAB_SOURCE=$tree
}

# Linked where that is possible: nothing is ever changed in place.
lab_patched_tree() {
	local tree=$1
	rm -rf "$tree" "$tree".*
	cp -al "$LAB_SOURCE" "$tree" 2>/dev/null || {
		rm -rf "$tree"
		cp -a "$LAB_SOURCE" "$tree"
	}
	: >"$tree.files"
	printf '%s\n' "$LAB_SOURCE_ID" >"$tree.source"
}

# The files of the patches are patched beside the tree; then those that came out
# otherwise than they are in it are replaced, also where a patch that is no
# longer there had touched them.
lab_patch_tree() {
	local tree=$1 beside=$1.patched file patch
	rm -rf "$beside" "$tree.series" && mkdir "$beside"
	lab_patched_files | sort -u >"$tree.files.new"
	while read -r file; do
		mkdir -p "$beside/$(dirname -- "$file")"
		[ ! -e "$LAB_SOURCE/$file" ] || cp "$LAB_SOURCE/$file" "$beside/$file"
	done < <(sort -u "$tree.files" "$tree.files.new")
	while read -r patch; do
		patch -d "$beside" -p1 -s -f -i "$LAB_K_PATCHES/$patch" >&2 || lab_die 126 \
			"$patch does not apply to $LAB_SOURCE_ID"
	done < <(lab_series)
	while read -r file; do
		lab_replace_file "$tree/$file" "$beside/$file"
	done < <(sort -u "$tree.files" "$tree.files.new")
	mv "$tree.files.new" "$tree.files"
	rm -rf "$beside"
}

lab_replace_file() {
	if [ ! -e "$2" ]; then
		rm -f "$1"
	elif ! cmp -s "$1" "$2"; then
		mkdir -p "$(dirname -- "$1")"
		# Removed first: it may be linked to the unpatched one.
		rm -f "$1"
		cp "$2" "$1"
	fi
}

lab_patched_files() {
	local patch
	lab_series | while read -r patch; do
		sed -nE 's,^(---|\+\+\+) [ab]/([^[:space:]]+).*,\2,p' "$LAB_K_PATCHES/$patch"
	done
}

lab_series() {
	grep -vE '^[[:space:]]*(#|$)' "$LAB_K_PATCHES/series"
}

lab_patches_digest() {
	local patch
	lab_series | while read -r patch; do
		cat "$LAB_K_PATCHES/$patch"
	done | sha256sum
}

# --- Build ------------------------------------------------------------------

lab_fragments() {
	(cd "$LAB_REPO/tests/lab" && cat "${LAB_K_FRAGMENTS[@]}")
}

# Options that this kernel does not know, or knows by another name.
lab_tolerated() {
	cat "$LAB_REPO/tests/lab/kernel.absent-in-$LAB_K_BASE" 2>/dev/null
}

# All that decides what comes out of the build; the version at its head is to be
# raised when the steps below change in a way that matters.
lab_kernel_key() {
	{
		echo "1 $LAB_SOURCE_ID"
		lab_fragments
		lab_tolerated
		[ -z "$LAB_K_PATCHES" ] || lab_patches_digest
	} | sha256sum | cut -c 1-12
}

lab_need_kernel() {
	lab_kernel_select "$1"
	lab_need_source
	LAB_KERNEL_DIR=$LAB_CACHE/kernel/$LAB_K_NAME-$(lab_kernel_key)
	[ -e "$LAB_KERNEL_DIR/bzImage" ] || lab_with_lock kernel lab_kernel_build
}

lab_kernel_build() {
	local obj=$LAB_CACHE/build/$LAB_K_NAME new=$LAB_KERNEL_DIR.new
	# Another lab may have built it while this one waited for the lock.
	[ ! -e "$LAB_KERNEL_DIR/bzImage" ] || return 0
	lab_need_packages gcc make flex bison bc libelf-dev libssl-dev kmod \
		patch perl xz-utils
	[ -z "$LAB_K_PATCHES" ] || lab_patched_source
	mkdir -p "$obj" "$LAB_CACHE/log"
	lab_kernel_configure "$obj"
	lab_kernel_make "$obj"
	lab_kernel_collect "$obj" "$new"
	rm -rf "$LAB_KERNEL_DIR"
	mv "$new" "$LAB_KERNEL_DIR"
}

lab_make() {
	(lab_make_exec "$@")
}

lab_make_exec() {
	# Not the caller's: ARCH, CROSS_COMPILE, MAKEFLAGS and the like.
	exec env -u MAKEFLAGS -u ARCH -u CROSS_COMPILE -u KBUILD_OUTPUT -u CFLAGS \
		KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab \
		make -C "$LAB_SOURCE" O="$1" "${@:2}"
}

lab_kernel_configure() {
	local obj=$1 log=$LAB_CACHE/log/config-$LAB_K_NAME.log dropped
	{
		lab_make "$obj" tinyconfig &&
			lab_fragments >>"$obj/.config" &&
			lab_make "$obj" olddefconfig
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		lab_die 126 "cannot configure the kernel"
	}
	dropped=$(lab_dropped_options "$obj/.config")
	[ -z "$dropped" ] || lab_die 126 \
		"options of the fragment that did not make it into .config (a dependency is missing, or the name is wrong):
$dropped"
}

lab_dropped_options() {
	lab_fragments | grep '^CONFIG_' | grep -vxF -f "$1" | while IFS= read -r line; do
		lab_tolerated | grep -qxF -- "${line%%=*}" || printf '\t%s\n' "$line"
	done
}

lab_kernel_make() {
	local obj=$1 log=$LAB_CACHE/log/build-$LAB_K_NAME.log start=$SECONDS pid
	lab_say "building kernel '$LAB_K_NAME' from $LAB_SOURCE_ID; about 10 minutes on two cores"
	# In the place of the shell that is started, so that a signal reaches it.
	lab_make_exec "$obj" -j"$(nproc)" bzImage modules >"$log" 2>&1 &
	pid=$!
	LAB_CHILDREN+=("$pid")
	while kill -0 "$pid" 2>/dev/null; do
		lab_kernel_progress "$log" "$((SECONDS - start))"
		sleep 1
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	wait "$pid" || {
		grep -B 2 -A 8 -m 3 -E 'error:|Error [0-9]' "$log" >&2
		lab_die 126 "the kernel does not build; log: $log"
	}
	lab_say "kernel built in $((SECONDS - start)) s"
}

# Every compiled file is a line of make's output. The total is that of a full
# build of this fragment; close is good enough for a progress line.
LAB_KERNEL_STEPS=2900

lab_kernel_progress() {
	local steps percent
	[ -t 2 ] || return 0
	steps=$(grep -c '^  ' "$1")
	percent=$((steps * 100 / LAB_KERNEL_STEPS))
	[ "$percent" -le 99 ] || percent=99
	printf '\r\033[Klab: building the kernel: %d %% (%d:%02d)' \
		"$percent" "$(($2 / 60))" "$(($2 % 60))" >&2
}

# What is needed later; the object folder stays, for quick rebuilds.
lab_kernel_collect() {
	local obj=$1 new=$2 log=$LAB_CACHE/log/install-$LAB_K_NAME.log
	rm -rf "$new" && mkdir -p "$new"
	{
		lab_make "$obj" INSTALL_MOD_PATH="$new/mod" modules_install &&
			lab_make "$obj" headers &&
			mkdir "$new/headers" &&
			cp -r "$obj/usr/include" "$new/headers/" &&
			mv "$new/mod/lib/modules" "$new/modules" &&
			rm -rf "$new"/modules/*/{build,source} "$new/mod" &&
			cp "$obj/System.map" "$new/" &&
			cp "$obj/.config" "$new/config" &&
			ln -s "$LAB_SOURCE" "$new/source" &&
			printf '%s\n' "$LAB_SOURCE_ID" >"$new/source-id" &&
			cp "$obj/arch/x86/boot/bzImage" "$new/"
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		lab_die 126 "cannot collect the built kernel"
	}
}
