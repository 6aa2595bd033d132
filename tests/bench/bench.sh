# shellcheck shell=bash disable=SC2034 # MISSED is the exit status
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What benchmarks share. A figure out of reach makes one exit 1; whatever kept
# it from measuring, 2.

MISSED=0

# judge NAME VALUE REACH CONDITION: says it, and remembers a miss. The condition
# is one of awk, on v and r.
judge() {
	local word=ok
	if ! [[ $2 =~ ^[0-9.]+$ && $3 =~ ^[0-9.]+$ ]]; then
		echo "$1: '$2' and '$3' are no figures" >&2
		exit 2
	fi
	if ! awk -v v="$2" -v r="$3" "BEGIN { exit !($4) }"; then
		word=MISSED
		MISSED=1
	fi
	printf '%-50s %7s  reach %s: %s\n' "$1" "$2" "$3" "$word"
}

# verdict NAME VALUE REACH: whether VALUE is at most REACH.
verdict() {
	judge "$1" "$2" "$3" 'v <= r'
}

# verdict_least NAME VALUE REACH: whether VALUE is at least REACH.
verdict_least() {
	judge "$1" "$2" "$3" 'v >= r'
}

# in_lab ARGUMENT...: scripts/lab, where 1 can only be a figure out of reach.
in_lab() {
	local rc=0
	"$REPO/scripts/lab" "$@" || rc=$?
	case $rc in
	0) ;;
	1) MISSED=1 ;;
	*)
		echo "the lab ended with status $rc: nothing is measured" >&2
		exit 2
		;;
	esac
}
