#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# host
# timeout: 600
#
# Tests of scripts/lab itself. Runs on the host; boots about ten guests, under
# scripts/check --full twenty.
# shellcheck disable=SC2016,SC1003,SC2317 # code for the guest stands in quotes
set -u
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
LAB=$HERE/../../scripts/lab
# shellcheck source=tests/lab/tap.sh
. "$HERE/tap.sh"

# The guests here need no vdevctl.
export VDEV_LAB_PRESET=none
# All work folders of this script's labs in one place, to see that none is left.
export TMPDIR=$T_DIR/work
mkdir "$TMPDIR"

lab() {
	"$LAB" "$@"
}

# QEMU processes whose command line names this script's work folders.
my_qemus() {
	local p cmd
	for p in /proc/[0-9]*; do
		cmd=$(tr '\0' ' ' 2>/dev/null <"$p/cmdline") || continue
		case $cmd in *qemu-system*"$TMPDIR"/*) echo "${p#/proc/}" ;; esac
	done
}

nothing_left() {
	t_is "" "$(my_qemus)" "$1: no QEMU is left running"
	t_is "" "$(ls -A "$TMPDIR")" "$1: no work folder is left"
}

test_usage() {
	t_run "--help succeeds" 0 lab --help
	t_like "Usage: scripts/lab" "$T_OUT" "--help prints the usage"
	t_run "--list succeeds" 0 lab --list
	local p
	for p in default legacy noiommu many amd virtio group; do
		t_like "(^|[[:space:]])$p " "$T_OUT" "--list names profile $p"
	done
	t_run "no command is a usage error" 2 lab
	t_run "an unknown option is a usage error" 2 lab --frobnicate -- true
	t_run "an unknown profile is a usage error" 2 lab --profile none-such -- true
	t_like "profile" "$T_ERR" "the message names the profile"
	t_run "an unknown kernel is a usage error" 2 lab --kernel 2.4 -- true
	t_run "a time limit must be a number" 2 lab --timeout soon -- true
	if [ ! -e "$HERE/../../kernel-patches/7.2/series" ]; then
		t_run "kernel 'patched' needs the patch series" 2 lab --kernel patched -- true
		t_like "kernel-patches/7.2" "$T_ERR" "the message says what is missing"
	fi
}

# Four boots: the statuses that other meanings could swallow.
test_status() {
	local s
	for s in 0 1 77 255; do
		t_run "exit status $s is carried out" "$s" lab -- sh -c "exit $s"
	done
	t_run "a command that does not exist is 127" 127 lab -- no-such-command
	t_run "a command killed by a signal is 128 and its number" 137 \
		lab -- sh -c 'kill -9 $$'
}

# Each argument comes back as a line of hexadecimal digits.
test_arguments() {
	local args=($'a\nb' "it's" '"' '' '*' '--' $'\xff\xfe' ' two  blanks ' '$HOME' '\' '-e' $'\t' 'ü')
	local code='import os, sys
for a in sys.argv[1:]: print(os.fsencode(a).hex())'
	local expected
	expected=$(python3 -c "$code" "${args[@]}")
	t_run "odd arguments: the command runs" 0 lab -- python3 -c "$code" "${args[@]}"
	t_is "$expected" "$T_OUT" "odd arguments arrive unchanged"
}

test_output() {
	local want
	t_run "stdout and stderr: the command runs" 0 lab -- \
		sh -c 'echo to-out; echo to-err >&2; echo again >/dev/stderr; cat'
	t_is to-out "$T_OUT" "stdout has what went there, and stdin is empty"
	t_is $'to-err\nagain' "$T_ERR" "stderr has what went there, and can be opened again"
	head -c 1048576 /dev/urandom >"$T_DIR/random"
	want=$(sha256sum <"$T_DIR/random")
	mkdir "$T_DIR/o"
	cp "$T_DIR/random" "$T_DIR/o/in"
	t_run "binary output: the command runs" 0 lab --out "$T_DIR/o" -- \
		sh -c 'cat /out/in; cp /out/in /out/copy'
	t_is "$want" "$(sha256sum <"$T_DIR/out")" "1 MiB of random data comes out intact"
	t_is "$want" "$(sha256sum <"$T_DIR/o/copy")" "a file written to /out is on the host"
	t_run "a background process that keeps stdout open does not hold the guest" 0 \
		lab --timeout 60 -- sh -c 'sleep 1000 & echo started'
	t_is started "$T_OUT" "and the output before it is there"
	t_run "with --shell, standard input is passed on" 5 \
		sh -c 'printf "echo in-\$((40+2))\nexit 5\n" | "$0" --shell' "$LAB"
	t_is in-42 "$T_OUT" "and the shell ran it"
	VDEV_TEST_WORD='a  b' t_run "variables VDEV_TEST_* are passed on" 0 \
		lab -- sh -c 'printf "%s" "$VDEV_TEST_WORD"'
	t_is 'a  b' "$T_OUT" "unchanged"
}

# The host's files, by a guest that tries.
test_host_untouched() {
	local probe=$HERE/../../.lab-selfcheck-probe mark
	mark=$(stat -c %Y.%s /etc/hostname)
	t_run "the guest can write to its own root, not to the source tree" 0 \
		lab -- sh -c '
			echo x >/etc/hostname && mkdir -p /etc/vdev && echo x >/etc/vdev/x &&
			echo x >"/lib/modules/$(uname -r)/modules.alias" &&
			echo x >/tmp/x && echo x >/root/x && echo x >/usr/x || exit 1
			! echo x 2>/dev/null >"$0"' "$probe"
	t_is "$mark" "$(stat -c %Y.%s /etc/hostname)" "the host's /etc is as before"
	t_ok "nothing was written to the host" test ! -e /usr/x -a ! -e "$probe" -a ! -e /etc/vdev/x
	t_run "the working directory is the caller's" 0 \
		sh -c 'cd "$1" && "$0" -- pwd' "$LAB" "$HERE"
	t_is "$HERE" "$T_OUT" "by name"
}

test_splats() {
	t_run "'BUG:' in the command's output is no splat" 0 \
		lab -- sh -c 'echo "[ 1.0] BUG: fake"; echo "WARNING: fake" >&2'
	t_run "a kernel warning fails the run" 125 lab -- sh -c '
		modprobe lkdtm && echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT; true'
	t_like "lab: kernel: .*WARNING: " "$T_ERR" "and is shown"
	t_like "own exit status: 0" "$T_ERR" "with the command's own status"
	VDEV_LAB_IGNORE_SPLAT='lkdtm' t_run "a complaint that is expected can be ignored" 0 \
		lab -- sh -c 'modprobe lkdtm && echo WARNING >/sys/kernel/debug/provoke-crash/DIRECT; true'
	t_run "a kernel bug fails the run and ends the guest" 125 lab --timeout 60 -- sh -c '
		modprobe lkdtm && echo BUG >/sys/kernel/debug/provoke-crash/DIRECT; sleep 100'
	t_like "kernel BUG at" "$T_ERR" "and is shown"
	t_run "a panic fails the run" 125 lab --timeout 60 -- sh -c '
		echo c >/proc/sysrq-trigger; sleep 100'
	t_like "Kernel panic" "$T_ERR" "and is shown"
	nothing_left "after a panic"
}

test_deaths() {
	t_run "a guest that ends without a status is an error" 126 \
		lab --timeout 60 -- sh -c 'echo b >/proc/sysrq-trigger; sleep 100'
	t_like "lab: the guest died" "$T_ERR" "which says so"
	VDEV_LAB_QEMU_ARGS='-device no-such-device' t_run "so is a QEMU that refuses" 126 lab -- true
	t_like "no-such-device" "$T_ERR" "with QEMU's own words"
	nothing_left "after a death"
}

test_time_limit() {
	t_run "the time limit gives 124" 124 lab --timeout 30 -- sh -c 'echo before; sleep 100'
	t_is before "$T_OUT" "output until then is there"
	t_like "time limit of 30 s" "$T_ERR" "the message names the limit"
	nothing_left "after the time limit"
}

# The signal goes to the script alone, as `kill` sends it; Ctrl-C reaches all.
test_signal() {
	local sig=$1 expect=$2 pid rc=0
	# As a foreground process has it: a background one would ignore SIGINT.
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$LAB" -- sleep 100 >/dev/null 2>&1 &
	pid=$!
	t_wait 30 some_qemu
	kill -"$sig" "$pid"
	wait "$pid" || rc=$?
	t_is "$expect" "$rc" "SIG$sig ends the lab with status $expect"
	nothing_left "after SIG$sig"
}

some_qemu() {
	[ -n "$(my_qemus)" ]
}

test_killed_outright() {
	local pid
	"$LAB" -- sleep 100 >/dev/null 2>&1 &
	pid=$!
	t_wait 30 some_qemu
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	t_ok "even SIGKILL leaves no QEMU" t_wait 15 no_qemu
	rm -rf "${TMPDIR:?}"/*
}

no_qemu() {
	[ -z "$(my_qemus)" ]
}

test_side_by_side() {
	local a b ra=0 rb=0
	lab -- sh -c 'cat /proc/sys/kernel/random/boot_id; sleep 5; exit 11' >"$T_DIR/a" 2>&1 &
	a=$!
	lab --profile noiommu -- sh -c 'cat /proc/sys/kernel/random/boot_id; sleep 5; exit 12' >"$T_DIR/b" 2>&1 &
	b=$!
	wait "$a" || ra=$?
	wait "$b" || rb=$?
	t_is "11 12" "$ra $rb" "two guests at once give each its own status"
	t_fails "and were two machines" cmp -s "$T_DIR/a" "$T_DIR/b"
	nothing_left "after two at once"
}

test_usage
test_splats
test_time_limit
test_signal INT 130
test_killed_outright
test_side_by_side
if [ -n "${VDEV_CHECK_FULL-}" ]; then
	test_status
	test_arguments
	test_output
	test_host_untouched
	test_deaths
	test_signal TERM 143
fi
t_done
