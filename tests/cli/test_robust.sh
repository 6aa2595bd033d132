#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test_robust.sh VDEVCTL
#
# Streams that fail, captures that lie, signals, a great many devices.
# shellcheck disable=SC2317 # t_run calls the functions
. "${BASH_SOURCE[0]%/*}/../lab/tap.sh"

fixtures=$(realpath "${BASH_SOURCE[0]%/*}/../fixtures")
mkdir "$T_DIR/bin" "$T_DIR/tmp"
ln -s "$(realpath "$1")" "$T_DIR/bin/vdevctl"
export PATH=$T_DIR/bin:$PATH TMPDIR=$T_DIR/tmp LC_ALL=C
unset COLUMNS NO_COLOR
for tree in igb bound workstation empty; do
	"$fixtures/mktree.py" "$tree" "$T_DIR/$tree" || t_bail "mktree.py $tree"
done
cd "$T_DIR" || exit 1

left_behind() {
	find "$TMPDIR" -mindepth 1 -maxdepth 1
}

# --- Streams

to_full() { vdevctl --root igb "$@" >/dev/full; }
to_closed() { vdevctl --root igb "$@" >&-; }
to_nobody() {
	python3 - vdevctl --root igb "$@" <<'PY'
import os, signal, sys
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 1)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
PY
}
all_closed() { vdevctl --root igb list <&- >&- 2>&-; }

for where in full closed nobody; do
	for command in list 'show eth0' 'group list' help \
		'bind --dry-run eth0' 'completion bash'; do
		# shellcheck disable=SC2086
		t_run "$command to $where: exit 1" 1 "to_$where" $command
		t_like 'cannot write to standard output' "$T_ERR" \
			"$command to $where: says so"
	done
	t_run "JSON to $where" 1 "to_$where" --json list
	t_is failed "$(python3 -c 'import json, sys
print(json.load(sys.stdin)["error"]["kind"])' <"$T_DIR/err")" \
		"JSON to $where: an error document"
done
t_run "all streams closed" 1 all_closed
t_run "collect to a full disk" 1 to_full collect -
t_like 'cannot write standard output: ' "$T_ERR" "which is said"

lines_to_full() {
	printf 'list\nlist\n' | vdevctl --root igb "$@" >/dev/full
}
t_run "lines to a full disk" 1 lines_to_full batch
t_like 'line 1: cannot write to standard output' "$T_ERR" "the first one fails"
t_run "lines to a full disk, going on" 1 lines_to_full batch -k
t_run "their document to a full disk" 1 lines_to_full --json batch
no_lines() { vdevctl batch <&-; }
t_run "lines from a standard input that is closed" 1 no_lines
t_like 'line 1: cannot read' "$T_ERR" "which is said"
mkfifo lines
(exec vdevctl --root igb batch lines >out 2>err) &
waiting=$!
exec 7>lines
# What it says of the first line shows that it waits for the next.
echo list >&7
for ((i = 0; i < 600; i++)); do
	[[ -s out ]] && break
	sleep 0.1
done
kill -TERM "$waiting"
wait "$waiting"
t_is 1 "$?" "SIGTERM ends a batch that waits for lines"
t_like 'lines:2: interrupted' "$(cat err)" "which is said"
exec 7>&-
rm lines out

# --- Options anywhere

t_run "options after the operands" 0 vdevctl list --root igb eth0 --json
t_run "options before the command" 0 vdevctl --json --root=igb list eth0
t_run "letters together" 0 vdevctl -jn --root igb list
t_run "an end of options" 3 vdevctl --root igb show -- -x
t_run "help goes before all that is missing" 0 vdevctl show --help
t_run "the version" 0 vdevctl --version
t_like '^vdevctl [0-9.]+ \(libvdev [0-9.]+\)$' "$T_OUT" "has both numbers"
t_run "no owner for a number that is no user" 0 \
	vdevctl --root igb --dry-run bind eth0 --owner 4242:4243 --owner-iommu
t_run "the login group" 0 vdevctl --root igb -n bind eth0 --owner root:

# --- Silence

t_run "quiet: a list is no message" 0 vdevctl -q --root igb list
t_like eth "$(vdevctl -q --root igb list --columns netdevs)" "it is printed"
t_run "quiet: nothing to restore" 0 vdevctl -q --root igb restore --all
t_is "" "$T_ERR" "quiet: no message"
t_run "quiet: errors are told" 3 vdevctl -q --root igb show 77:00.0
t_like 'there is no device' "$T_ERR" "quiet: as always"

# --- Terminals

# What vdevctl prints on a terminal of so many columns.
on_terminal() {
	python3 - "$@" <<'PY'
import os, pty, sys, fcntl, termios, struct, select
columns, *argv = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 25, int(columns), 0, 0))
    os.execvp(argv[0], argv)
out = b""
while True:
    try:
        chunk = os.read(fd, 65536)
    except OSError:
        break
    if not chunk:
        break
    out += chunk
os.waitpid(pid, 0)
sys.stdout.buffer.write(out.replace(b"\r", b""))
PY
}

export TERM=xterm
t_like $'\033' "$(on_terminal 80 vdevctl --root workstation list)" \
	"coloured on a terminal"
t_unlike $'\033' "$(NO_COLOR=1 on_terminal 80 vdevctl --root workstation list)" \
	"not with NO_COLOR"
t_unlike $'\033' "$(TERM=dumb on_terminal 80 vdevctl --root workstation list)" \
	"not on a terminal that cannot"
t_unlike $'\033' "$(on_terminal 80 vdevctl --color never --root igb list)" \
	"not with --color never"
t_like $'\033' "$(NO_COLOR=1 vdevctl --color=always --root workstation list)" \
	"with --color always everywhere"
t_unlike $'\033' "$(vdevctl --root workstation list)" "not into a pipe"
t_like 'nothing for a terminal' "$(on_terminal 80 vdevctl --root igb collect -)" \
	"no tar file on a terminal"
widest=$(on_terminal 100 vdevctl --root workstation --color never list bus=pci |
	awk '{ if (length > n) n = length } END { print n }')
t_is 100 "$widest" "names are cut to the terminal's width"
t_is 90 "$(COLUMNS=90 on_terminal 100 vdevctl --root workstation \
	--color never list 00:1f.2 | awk 'NR == 2 { print length }')" \
	"or to what COLUMNS says"
t_like '>$' "$(on_terminal 100 vdevctl --root workstation list 00:1f.2)" \
	"with a mark"
t_unlike '>' "$(vdevctl --root workstation list)" "never into a pipe"

# --- Captures

t_run "collect" 0 vdevctl --root workstation collect a.tar
for end in tar tar.gz tar.xz tar.zst; do
	rm -f "a.$end"
	t_run "collect a.$end" 0 vdevctl --root workstation collect "a.$end"
	t_is "$(vdevctl --root workstation --json list)" \
		"$(vdevctl --root "a.$end" --json list)" \
		"a list of a.$end is that of its tree"
	t_is "$(vdevctl --root workstation --json show 'bus=*' 2>&1)" \
		"$(vdevctl --root "a.$end" --json show 'bus=*' 2>&1)" \
		"so is all of it"
done
t_is "ustar" "$(head -c 262 a.tar | tail -c 5)" "it is a tar file"
cp a.tar b.tar
t_run "a file that is there is kept" 1 vdevctl --root workstation collect a.tar
t_ok "as it was" cmp a.tar b.tar
t_run "or replaced" 0 vdevctl --root workstation collect a.tar --overwrite
t_ok "the same capture is the same file" cmp a.tar b.tar
t_ok "also by way of standard output" sh -c \
	'vdevctl --root workstation collect - | cmp - a.tar'
t_run "a dry run writes nothing" 0 vdevctl -n --root igb collect c.tar
t_fails "nothing" test -e c.tar
t_run "nor to standard output" 0 vdevctl -n --root igb collect -
t_is "" "$T_OUT" "nothing at all"
t_run "nor into a directory that is not there" 1 \
	vdevctl --root igb collect nowhere/c.tar
t_run "a device is no file" 2 vdevctl --root igb collect --overwrite /dev/null
t_ok "it is left alone" test -c /dev/null
t_is "" "$(find . -maxdepth 1 -name '.vdevctl-*')" "no half file is left"

printf 'not a tar file at all, but long enough to be looked at\n' >text.tar
t_run "a file that is no tar file" 2 vdevctl --root text.tar list
head -c 20000 a.tar >short.tar
t_run "a tar file that is cut off" 2 vdevctl --root short.tar list

evil() {
	python3 - "$@" <<'PY'
import io, sys, tarfile
name, kind = sys.argv[1:]
with tarfile.open(name, "w") as tar:
    def add(path, **values):
        info = tarfile.TarInfo(path)
        for key, value in values.items():
            setattr(info, key, value)
        data = b"evil\n"
        info.size = len(data) if info.isreg() else 0
        tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
    if kind == "absolute":
        add(sys.argv[1].rsplit("/", 1)[0] + "/escaped")
    elif kind == "dotdot":
        add("../../escaped")
    elif kind == "link":
        add("sys", type=tarfile.SYMTYPE, linkname=sys.argv[1].rsplit("/", 1)[0])
        add("sys/escaped")
    elif kind == "hardlink":
        add("sys", type=tarfile.LNKTYPE, linkname="/etc/passwd")
    elif kind == "node":
        add("dev", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
    elif kind == "fifo":
        add("proc", type=tarfile.FIFOTYPE)
PY
}

for kind in absolute dotdot link hardlink node fifo; do
	evil "$T_DIR/$kind.tar" "$kind"
	t_run "a capture with $kind" 2 vdevctl --root "$T_DIR/$kind.tar" list
	t_is "" "$(find "$T_DIR" -name escaped)" "$kind: nothing got out"
done
t_is "" "$(left_behind)" "nothing is left in TMPDIR"

# Stopped in the middle: more to print than the pipe takes, and no reader.
"$fixtures/mktree.py" functions:300 "$T_DIR/some" || t_bail "mktree.py"
t_run "collect 300 functions" 0 vdevctl --root some collect some.tar
mkfifo fifo
vdevctl --root some.tar --json list >fifo 2>err &
stopped=$!
exec 7<fifo
IFS= read -r -n 1 -u 7 _
t_ok "it has unpacked" sh -c "test -e $TMPDIR/vdevctl-*/sys/kernel"
kill -TERM "$stopped"
wait "$stopped"
t_is 1 "$?" "SIGTERM: exit 1"
t_like 'ended by signal 15' "$(cat err)" "SIGTERM: which is said"
exec 7<&-
t_is "" "$(left_behind)" "SIGTERM leaves nothing in TMPDIR"
t_run "a TMPDIR that is not there" 1 \
	env TMPDIR="$T_DIR/nowhere" vdevctl --root a.tar list

# --- A tree to look at is never changed

sum() { (cd "$1" && find . -type f -readable -exec sha256sum {} + | sort); }
before=$(sum bound)
t_run "bind in a captured tree" 6 vdevctl --root bound unbind 01:00.0
t_run "restore in one" 6 vdevctl --root bound restore 01:00.0
t_is "$before" "$(sum bound)" "nothing was written"

# --- Rights

program=$(realpath bin/vdevctl)
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
chmod 755 "$T_DIR"
if [ "$(id -u)" = 0 ] && "${nobody[@]}" "$program" --version >/dev/null 2>&1
then
	mkdir -p igb/run/vdev/journal
	chmod 700 igb/run/vdev/journal
	t_run "a journal that only root may read" 5 \
		"${nobody[@]}" "$program" --root igb restore --all
	t_like 'hint: this needs root' "$T_ERR" "which is said"
else
	t_skip "a journal that only root may read" "nobody else to run it"
fi

# --- Many

"$fixtures/mktree.py" functions:10000 "$T_DIR/many" || t_bail "functions:10000"
t_run "ten thousand functions" 0 vdevctl --root many list
t_is 10001 "$(wc -l <"$T_DIR/out")" "all of them"
t_is 10000 "$(vdevctl --root many --json list |
	python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')" \
	"as a document too"
t_run "all VFs of one driver" 0 \
	vdevctl --root many --dry-run bind 'vf,driver=igbvf'
t_like 'devices +nothing in the way' "$T_OUT" "are told together"

t_done
