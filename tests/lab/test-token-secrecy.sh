#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 300
#
# Tokens are nowhere: not in what ps and /proc show, not in core dumps, logs,
# documents, nor in files other than those that were asked for.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

PROG=$VDEV_LAB_BUILD/tests/lab/prog/test_token
TOKEN=$T_DIR/token OUT=$T_DIR/printed
mkdir "$T_DIR/cores"
ulimit -c unlimited
echo "$T_DIR/cores/%e.%p" >/proc/sys/kernel/core_pattern

echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
t_run "bind the PF" 0 vdevctl bind "$IGB" --force=network
echo 2 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"
VF=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/virtfn0")")
t_ok "the VF is bound too" t_wait 5 test -e "/sys/bus/pci/devices/$VF/vfio-dev"
t_run "make a token" 0 vdevctl token generate --output "$TOKEN"
TEXT=$(<"$TOKEN")
# A part of it is enough to be found, in either case and as bytes.
PART=${TEXT:9:14}
BYTES=$(tr -d - <<<"$TEXT" | cut -c 9-24 | sed 's/../\\x&/g')

# Whether a file holds it.
holds() {
	LC_ALL=C grep -aqiF "$PART" "$1" || LC_ALL=C grep -aqP "$BYTES" "$1"
}

# clean NAME FILE...
clean() {
	local name=$1 file found=
	shift
	for file; do
		if holds "$file"; then
			found+=" $file"
		fi
	done
	t_is "" "$found" "$name"
}

t_ok "a token is found where it is" holds "$TOKEN"
printf '%b' "$BYTES" >"$T_DIR/bytes"
t_ok "and its bytes are" holds "$T_DIR/bytes"

# --- What commands print, with everything told

say() {
	local status=$1
	shift
	t_run "$* exits with $status" "$status" vdevctl -v -v "$@"
	cat "$T_DIR/out" "$T_DIR/err" >>"$OUT"
}

: >"$OUT"
say 0 token set "$IGB" --token-file "$TOKEN"
say 0 --json token set "$IGB" --token-file "$TOKEN"
for backend in iommufd type1 compat; do
	say 0 token check "$VF" --backend $backend --token-file "$TOKEN"
done
say 0 --json token check "$VF" --token-file "$TOKEN"
say 2 token check "$VF" --token-file "$TEXT"
say 2 --json token check "$VF" --token-key "$TEXT"
say 2 --json token check "$VF" --token-fd "$TEXT"
say 2 token check "$VF" --token-file - < <(echo "$TEXT $TEXT")
say 0 token store "$IGB" --token-file "$TOKEN"
say 0 --json token list
say 0 show "$IGB" "$VF"
say 0 --json show "$IGB" "$VF"
vdevctl token generate >"$T_DIR/other"
chmod 600 "$T_DIR/other"
say 0 token set "$IGB" --token-file "$T_DIR/other"
say 5 --json token check "$VF" --token-file "$TOKEN"
say 0 token set "$IGB" --token-stored
clean "nothing printed has the token" "$OUT"
t_ok "but much was printed" test "$(wc -l <"$OUT")" -gt 200
dmesg >"$T_DIR/dmesg"
clean "nor has the kernel's log" "$T_DIR/dmesg"
rm "$OUT" "$T_DIR/bytes"
t_run "capture the machine" 0 vdevctl collect "$T_DIR/machine.tar"
mapfile -t files < <(find /run/vdev /var/log /etc/vdev "$T_DIR" -type f ! -path "$TOKEN" \
	! -path "/etc/vdev/tokens/$IGB")
clean "nor has any file but that which was stored" "${files[@]}"
t_is 600 "$(stat -c %a "/etc/vdev/tokens/$IGB")" "which only root can read"

# --- vdevctl while it has a token

# It has read the token, and waits for the end of the pipe.
mkfifo "$T_DIR/pipe"
vdevctl token check "$VF" --token-file "$T_DIR/pipe" >/dev/null 2>&1 &
PID=$!
exec 7>"$T_DIR/pipe"
printf %s "$TEXT" >&7
t_ok "vdevctl reads the token" t_wait 10 grep -q pipe_read "/proc/$PID/stack" "/proc/$PID/wchan"
sleep 0.5
for what in cmdline environ; do
	cat /proc/[0-9]*/$what >"$T_DIR/$what" 2>/dev/null
	clean "no /proc/*/$what has the token" "$T_DIR/$what"
done
ps axeww >"$T_DIR/ps"
t_like "token check $VF" "$(<"$T_DIR/ps")" "ps shows the process"
clean "but not the token" "$T_DIR/ps"
t_run "nobody else looks into its memory" 1 setpriv --reuid 65534 --regid 65534 \
	--clear-groups dd if="/proc/$PID/mem" bs=1 count=0 status=none
kill -SEGV "$PID"
wait "$PID"
t_is 139 "$?" "it is killed by SIGSEGV"
exec 7>&-
t_is "" "$(ls "$T_DIR/cores")" "and leaves no core dump"

# --- A program of somebody else that uses the library

tr a-f0-9 0-9a-f <"$TOKEN" >"$T_DIR/decoy"
DECOY=$(<"$T_DIR/decoy")
for kind in iommufd type1; do
	"$PROG" crash $kind "$VF" "$TOKEN" "$T_DIR/decoy" >"$T_DIR/said" 2>/dev/null
	t_is 134 "$?" "$kind: a program with a token aborts"
	core=$(ls "$T_DIR/cores"/test_token.* 2>/dev/null)
	t_ok "$kind: and leaves a core dump" test -s "$core"
	t_ok "$kind: with what was in ordinary memory" grep -aqF "$DECOY" "$core"
	clean "$kind: but not with the token" "$core"
	rm -f "$core"
done

t_done
