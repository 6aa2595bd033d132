# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TAP output for test scripts; source it, test, end with t_done.
#
#   t_ok NAME COMMAND...           passes if COMMAND succeeds
#   t_fails NAME COMMAND...        passes if COMMAND fails
#   t_is EXPECTED ACTUAL NAME      passes if both strings are equal
#   t_like REGEX ACTUAL NAME       passes if the extended REGEX matches
#   t_unlike REGEX ACTUAL NAME     passes if it does not
#   t_run NAME STATUS COMMAND...   runs COMMAND, passes if it exits with STATUS;
#                                  its output is left in $T_OUT and $T_ERR and,
#                                  byte for byte, in the files $T_DIR/out and
#                                  $T_DIR/err, its status in $T_RC
#   t_schema SCHEMA NAME           passes if $T_DIR/out is a document by
#                                  schema/SCHEMA.schema.json
#   t_wait SECONDS COMMAND...      repeats COMMAND until it succeeds (no line)
#   t_pass NAME, t_fail NAME       a verdict found otherwise
#   t_skip NAME REASON             a test that cannot run here
#   t_diag TEXT...                 comment lines
#   t_bail TEXT...                 ends the script at once, as a failure
#   t_done                         prints the plan, exits 1 if a test failed
#
# Every verdict also returns 0 or 1, so `t_is ... || return` works. Leaving the
# script without t_done is a failure of its own. $T_DIR is removed at the end;
# commands named in the array T_CLEANUP are run before that.

T_COUNT=0
T_FAILED=0
T_SKIPPED=0
T_DONE=
T_OUT=
T_ERR=
T_RC=
T_CLEANUP=()
T_DIR=$(mktemp -d "${TMPDIR:-/tmp}/vdev-test.XXXXXX") || exit 1

t_diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# What is called for each verdict starts no process: there are thousands, and
# the machine is emulated.

# A name must stay on one line and hold no '#', which starts a TAP directive.
t_name() {
	T_NAME=${1//$'\n'/ }
	T_NAME=${T_NAME//'#'/}
}

t_pass() {
	T_COUNT=$((T_COUNT + 1))
	t_name "$1"
	printf 'ok %d - %s\n' "$T_COUNT" "$T_NAME"
}

t_fail() {
	T_COUNT=$((T_COUNT + 1))
	T_FAILED=$((T_FAILED + 1))
	t_name "$1"
	printf 'not ok %d - %s\n' "$T_COUNT" "$T_NAME"
	return 1
}

t_skip() {
	T_COUNT=$((T_COUNT + 1))
	T_SKIPPED=$((T_SKIPPED + 1))
	t_name "$1"
	printf 'ok %d - %s # SKIP ' "$T_COUNT" "$T_NAME"
	t_name "${2-}"
	printf '%s\n' "$T_NAME"
}

t_ok() {
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	if [ "$rc" -eq 0 ]; then
		t_pass "$name"
		return
	fi
	t_fail "$name"
	t_diag "exit status $rc: $*"
	[ -z "$out" ] || t_diag "$out"
	return 1
}

t_fails() {
	local name=$1 out
	shift
	if ! out=$("$@" 2>&1); then
		t_pass "$name"
		return
	fi
	t_fail "$name"
	t_diag "succeeded, but should have failed: $*"
	[ -z "$out" ] || t_diag "$out"
	return 1
}

t_is() {
	if [ "$1" = "$2" ]; then
		t_pass "$3"
		return
	fi
	t_fail "$3"
	t_diag "expected: $1"
	t_diag "actual:   $2"
	return 1
}

t_like() {
	if [[ $2 =~ $1 ]]; then
		t_pass "$3"
		return
	fi
	t_fail "$3"
	t_diag "expected to match: $1"
	t_diag "actual: $2"
	return 1
}

t_unlike() {
	if ! [[ $2 =~ $1 ]]; then
		t_pass "$3"
		return
	fi
	t_fail "$3"
	t_diag "expected not to match: $1"
	t_diag "actual: $2"
	return 1
}

t_run() {
	local name=$1 expect=$2
	shift 2
	T_RC=0
	"$@" >"$T_DIR/out" 2>"$T_DIR/err" || T_RC=$?
	# Without its zero bytes, of which the shell warns.
	{
		T_OUT=$(<"$T_DIR/out")
		T_ERR=$(<"$T_DIR/err")
	} 2>/dev/null
	if [ "$T_RC" = "$expect" ]; then
		t_pass "$name"
		return
	fi
	t_fail "$name"
	t_diag "exit status $T_RC, expected $expect: $*"
	[ -z "$T_OUT" ] || t_diag "stdout: ${T_OUT:0:4000}"
	[ -z "$T_ERR" ] || t_diag "stderr: ${T_ERR:0:4000}"
	return 1
}

# One process checks all documents of a script: starting it takes seconds.
t_schema() {
	local answer=
	if [ -z "${T_CHECKER_PID-}" ]; then
		coproc T_CHECKER { exec python3 "${BASH_SOURCE[0]%/*}/schema.py"; }
	fi
	printf '%s\n' "$VDEV_LAB_SRC/schema/$1.schema.json" "$T_DIR/out" \
		>&"${T_CHECKER[1]}" && read -r answer <&"${T_CHECKER[0]}"
	t_is valid "$answer" "$2"
}

t_wait() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

t_bail() {
	printf 'Bail out! %s\n' "$*"
	T_DONE=1
	exit 1
}

t_done() {
	T_DONE=1
	printf '1..%d\n' "$T_COUNT"
	t_diag "$((T_COUNT - T_FAILED - T_SKIPPED)) passed, $T_FAILED failed, $T_SKIPPED skipped"
	[ "$T_FAILED" -eq 0 ] || exit 1
	exit 0
}

t_exit() {
	local rc=$? cmd
	for cmd in ${T_CLEANUP[@]+"${T_CLEANUP[@]}"}; do
		eval "$cmd"
	done
	rm -rf "$T_DIR"
	if [ -z "$T_DONE" ]; then
		printf 'not ok %d - the script ended early (exit status %d)\n' \
			"$((T_COUNT + 1))" "$rc"
		printf '1..%d\n' "$((T_COUNT + 1))"
		exit 1
	fi
}
trap t_exit EXIT
