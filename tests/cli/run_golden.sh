#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run_golden.sh [--update] VDEVCTL FILE...
#
# Runs the commands of transcripts and compares what they print. In a
# transcript
#
#   $ vdevctl --root igb list   is a command,
#   2> message                  a line of its standard error,
#   ? 4                         its exit status, unless 0,
#   # text                      a remark,
#
# and every other line one of its standard output. Commands run in a directory
# in which the trees of tests/fixtures/mktree.py are made when they are named.
# $streams is the directory of saved states, $captures that of captured
# machines; a transcript whose name ends in .capture.txt is skipped where there
# are none of the latter. --update writes what was printed into the transcripts.
set -u

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
mktree=$here/../fixtures/mktree.py
update=
[ "${1-}" = --update ] && update=1 && shift
vdevctl=$(realpath "$1")
shift

work=$(mktemp -d "${TMPDIR:-/tmp}/vdev-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/trees"
ln -s "$vdevctl" "$work/bin/vdevctl"
export PATH=$work/bin:$PATH LC_ALL=C captures=$here/../captures \
	streams=$here/../streams
unset COLUMNS NO_COLOR

trees=$("$mktree" --list | awk '{ print $1 }')

make_trees() {
	local word
	for word in $1; do
		word=${word#--root=}
		if [ ! -e "$work/trees/$word" ] &&
			printf '%s\n' "$trees" | grep -qxF -- "$word"; then
			"$mktree" "$word" "$work/trees/$word" || exit 1
		fi
	done
}

# Nodes belong to whoever made the tree.
same_owner() {
	sed -e "s/owner $(id -u):$(id -g)/owner 0:0/" \
		-e "s/\"uid\": $(id -u),/\"uid\": 0,/" \
		-e "s/\"gid\": $(id -g),/\"gid\": 0,/"
}

play() {
	local line status begun=
	while IFS= read -r line; do
		case "$line" in
		'#'*) printf '%s\n' "$line" ;;
		'$ '*)
			[ -z "$begun" ] || printf '\n'
			begun=1
			printf '%s\n' "$line"
			make_trees "${line#'$ '}"
			status=0
			(cd "$work/trees" && eval "${line#'$ '}") \
				>"$work/out" 2>"$work/err" </dev/null || status=$?
			same_owner <"$work/out"
			sed 's/^/2> /' "$work/err"
			[ "$status" = 0 ] || printf '? %s\n' "$status"
			;;
		esac
	done <"$1"
}

failed=0
for file in "$@"; do
	name=$(basename "$file" .txt)
	case "$name" in
	*.capture)
		if ! compgen -G "$captures/*.tar.xz" >/dev/null; then
			echo "ok - $name # SKIP no captures in tests/captures"
			continue
		fi
		;;
	esac
	play "$file" >"$work/played"
	if [ -n "$update" ]; then
		cp "$work/played" "$file"
	elif diff -u --label "$name: expected" --label "$name: printed" \
		"$file" "$work/played"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		failed=1
	fi
done
echo "1..$#"
exit "$failed"
