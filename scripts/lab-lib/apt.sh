# shellcheck shell=bash disable=SC2034 # variables shared with scripts/lab
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian packages through an apt state of the lab's own: its lists, sources and
# cache live in the lab's cache folder, so the system's stay as they are.
# Expects: LAB_CACHE, lab_say, lab_die.

# The mirror the system itself uses (or VDEV_LAB_MIRROR). indextargets reads
# both source formats and needs no downloaded lists.
lab_mirror() {
	local uri release component
	if [ -n "${VDEV_LAB_MIRROR-}" ]; then
		printf '%s\n' "$VDEV_LAB_MIRROR"
		return
	fi
	while read -r uri release component; do
		# "bookworm", not "bookworm-updates" or "bookworm-security".
		case "$component $release" in
		*-* | */*) ;;
		main*) printf '%s\n' "$uri"; return ;;
		esac
	done < <(lab_system_targets)
	lab_die 126 "no Debian mirror in the system's apt sources; name one in VDEV_LAB_MIRROR"
}

lab_system_targets() {
	# shellcheck disable=SC2016 # apt replaces these, not the shell
	apt-get indextargets --no-release-info \
		--format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		sort -u
}

lab_codename() {
	# shellcheck disable=SC1091
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME-}")
}

# lab_apt_set NAME SUITE... makes the state NAME with these suites of the mirror
# (and, for the name "system", the system's own security suites) and reads
# their lists. A suite that the mirror does not have is no error: what is
# missing shows when a package is asked for.
lab_apt_set() {
	local name=$1 dir=$LAB_CACHE/apt/$1 mirror suite opts
	shift
	LAB_APT_CONF=$dir/apt.conf
	LAB_APT_ARCHIVES=$dir/archives
	mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/parts"
	mirror=$(lab_mirror) || exit 126
	opts="arch=$(dpkg --print-architecture)"
	# An older or newer keyring package still serves; apt reports a bad key.
	if [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
		opts+=" signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
	fi
	{
		for suite; do
			echo "deb [$opts] $mirror $suite main"
		done
		[ "$name" != system ] || lab_security_sources "$opts"
	} >"$dir/sources.list"
	lab_apt_conf "$dir" >"$LAB_APT_CONF"
	: >"$dir/preferences"
	lab_say "reading package lists ($*)"
	lab_apt apt-get update -qq >"$dir/update.log" 2>&1 || true
}

lab_security_sources() {
	local uri release component
	while read -r uri release component; do
		case "$release/$component" in
		*-security/main) echo "deb [$1] $uri $release $component" ;;
		esac
	done < <(lab_system_targets)
}

lab_apt_conf() {
	cat <<-EOF
		Dir::State::Lists "$1/lists";
		Dir::Etc::SourceList "$1/sources.list";
		Dir::Etc::SourceParts "$1/parts";
		Dir::Etc::Preferences "$1/preferences";
		Dir::Etc::PreferencesParts "$1/parts";
		Dir::Cache "$1";
		Dir::Cache::archives "$1/archives";
		Acquire::Languages "none";
		Acquire::Retries "3";
		APT::Install-Recommends "false";
		APT::Sandbox::User "$(id -un)";
	EOF
}

lab_apt() {
	APT_CONFIG=$LAB_APT_CONF DEBIAN_FRONTEND=noninteractive "$@"
}

# The system's own suites, for tools the lab needs on the host.
lab_apt_system() {
	local codename
	codename=$(lab_codename)
	[ -n "$codename" ] || codename=sid
	case $codename in
	sid) lab_apt_set system sid ;;
	*) lab_apt_set system "$codename" "$codename-updates" "$codename-backports" ;;
	esac
}

# lab_need_packages PACKAGE... installs those that are missing. The only place
# where the lab changes the host, and apt-get does it.
lab_need_packages() {
	local p missing=()
	for p; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
			missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" -eq 0 ] ||
		lab_die 126 "these packages are needed, and only root can install them: ${missing[*]}"
	lab_apt_system
	lab_say "installing ${missing[*]}"
	lab_apt apt-get install -y -qq -o Dpkg::Use-Pty=0 "${missing[@]}" \
		>"$LAB_CACHE/apt/install.log" 2>&1 || {
		tail -n 20 "$LAB_CACHE/apt/install.log" >&2
		lab_die 126 "apt-get could not install: ${missing[*]}"
	}
}

# The versions of a package on offer in the present state, newest first.
lab_apt_versions() {
	local versions v i
	mapfile -t versions < <(lab_apt apt-cache madison "$1" 2>/dev/null |
		awk -F'|' '{ gsub(/ /, "", $2); print $2 }' | sort -u)
	# A plain sort cannot order Debian versions ("~" sorts before the end).
	while [ ${#versions[@]} -gt 0 ]; do
		i=0
		for v in "${!versions[@]}"; do
			! dpkg --compare-versions "${versions[v]}" gt "${versions[i]}" || i=$v
		done
		printf '%s\n' "${versions[i]}"
		unset "versions[i]"
		versions=("${versions[@]}")
	done
}

# lab_apt_fetch PACKAGE DIR downloads the newest version that the pool really
# has (a superseded one can be listed and gone) into DIR, and prints the file.
lab_apt_fetch() {
	local package=$1 dir=$2 version file
	mkdir -p "$dir"
	while read -r version; do
		rm -f "$dir/${package}"_*.deb
		if (cd "$dir" && lab_apt apt-get download -qq "$package=$version") \
			>>"$LAB_CACHE/apt/download.log" 2>&1; then
			for file in "$dir/${package}"_*.deb; do
				printf '%s\n' "$file"
				return 0
			done
		fi
	done < <(lab_apt_versions "$package")
	return 1
}
