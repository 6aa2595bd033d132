#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test_completion.sh VDEVCTL
#
# What the shells offer. bash is asked as readline asks it; zsh and fish are
# asked if they are there.
. "${BASH_SOURCE[0]%/*}/../lab/tap.sh"

fixtures=$(realpath "${BASH_SOURCE[0]%/*}/../fixtures")
mkdir "$T_DIR/bin"
ln -s "$(realpath "$1")" "$T_DIR/bin/vdevctl"
export PATH=$T_DIR/bin:$PATH
"$fixtures/mktree.py" workstation "$T_DIR/tree" || t_bail "mktree.py"

for shell in bash zsh fish; do
	vdevctl completion "$shell" >"$T_DIR/$shell" || t_bail "completion"
done

# shellcheck disable=SC1091
. "$T_DIR/bash"
# An option of readline, which is not here.
# shellcheck disable=SC2317
compopt() { :; }

# offered LINE: the completions of the line's end, in one line.
offered() {
	local spaced=${1//:/ : }
	COMP_LINE=$1
	COMP_POINT=${#1}
	read -ra COMP_WORDS <<<"${spaced//=/ = }"
	case "$1" in
	*[[:space:]]) COMP_WORDS+=('') ;;
	esac
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_vdevctl
	printf '%s' "${COMPREPLY[*]}"
}

# The first words of the table's commands, but for those of sessions.
all=$(vdevctl --json help | python3 -c 'import json, sys
print(*sorted({c["name"].split()[0] for c in json.load(sys.stdin)["commands"]
               if not c["session"]}))')
t_is "$all" "$(offered 'vdevctl ' | tr ' ' '\n' | LC_ALL=C sort | paste -sd' ')" \
	"bash: commands"
t_is restore "$(offered 'vdevctl res' | tr ' ' '\n' | grep -x restore)" "bash: a command"
t_is "list show" "$(offered 'vdevctl group ')" "bash: verbs of an object"
t_is "list" "$(offered 'vdevctl --json group l')" "bash: behind an option"
t_is "--driver" "$(offered 'vdevctl bind --dri')" "bash: an option"
t_is "--dry-run" "$(offered 'vdevctl list --dry')" "bash: a global option"
t_is "" "$(offered 'vdevctl list --driv')" "bash: no other command's option"
t_is "assign migration pasid" "$(offered 'vdevctl bind --for ')" \
	"bash: the words of an option"
t_is "migration" "$(offered 'vdevctl bind --for=mi')" "bash: behind a ="
t_is "auto iommufd type1 compat" "$(offered 'vdevctl region list --backend ')" \
	"bash: backends"
t_is "address,driver address,driver_override" \
	"$(offered 'vdevctl list --columns address,dri')" "bash: a list"
t_is "0000:01:00.0 0000:01:10.0 0000:01:10.2" \
	"$(offered "vdevctl --root $T_DIR/tree show 0000:01" |
		sed 's/\(^\| \)01/\10000:01/g')" "bash: devices"
t_is "10.0 10.2" "$(offered "vdevctl --root=$T_DIR/tree bind 0000:01:1")" \
	"bash: only what follows the colon"
t_is "11 12" "$(offered "vdevctl --root $T_DIR/tree group show 1" |
	tr ' ' '\n' | grep -x '1[12]' | paste -sd' ')" "bash: groups"
t_is "igb igbvf" "$(offered "vdevctl --root $T_DIR/tree bind --driver ig")" \
	"bash: drivers"
t_is "storage" "$(offered 'vdevctl --force=st')" "bash: checks"
t_is "driver= driver=none" \
	"$(offered 'vdevctl list dri')" "bash: filters"
t_like "root" "$(offered 'vdevctl bind --owner roo')" "bash: users"
t_like "$T_DIR/tree" "$(offered "vdevctl --root $T_DIR/tr")" "bash: files"
t_like "(^| )sleep( |$)" "$(offered 'vdevctl exec 0000:01:00.0 -- slee')" \
	"bash: a program"
t_is "$T_DIR/tree" "$(offered "vdevctl exec --user root 1 -- ls -l $T_DIR/tr")" \
	"bash: what is given to it"
t_is "" "$(offered 'vdevctl show -- --dri')" "bash: only for exec"
_command_offset() { COMPREPLY=("from ${COMP_WORDS[$1]}"); }
t_is "from ls" "$(offered 'vdevctl exec 0000:01:00.0 -- ls --al')" \
	"bash: the program's own completion"
unset -f _command_offset

if command -v zsh >/dev/null; then
	t_ok "zsh: the script parses" zsh -n "$T_DIR/zsh"
	# shellcheck disable=SC2016 # what zsh expands
	t_is "3 ls -l x" "$(zsh -f -c 'compdef() { :; }
		_normal() { print -r -- "$CURRENT $words"; }
		. "$1"
		words=(vdevctl exec --user root 1 -- ls -l x) CURRENT=9 PREFIX=x
		_vdevctl' zsh "$T_DIR/zsh")" "zsh: a program has its own completion"
else
	t_skip "zsh: the script parses" "zsh is not installed"
fi

if command -v fish >/dev/null; then
	fish_offers() {
		fish --no-config -c "source $T_DIR/fish; complete -C'$1'" |
			cut -f1 | paste -sd' '
	}
	t_is "$all" "$(fish_offers 'vdevctl ')" "fish: commands"
	t_is "list show" "$(fish_offers 'vdevctl group ')" "fish: verbs"
	t_is "assign migration pasid" "$(fish_offers 'vdevctl bind --for ')" \
		"fish: the words of an option"
	t_is "--driver --dry-run" "$(fish_offers 'vdevctl bind --dr')" \
		"fish: options"
	t_like "(^| )sleep( |$)" \
		"$(fish_offers 'vdevctl exec 0000:01:00.0 -- slee')" "fish: a program"
	t_is "$T_DIR/tree/" "$(fish_offers "vdevctl exec 1 -- ls -l $T_DIR/tr")" \
		"fish: what is given to it"
else
	t_skip "fish" "fish is not installed"
fi

t_done
