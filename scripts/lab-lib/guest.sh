# shellcheck shell=bash disable=SC2034 # variables shared with scripts/lab
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One run of a guest: its work folder, its QEMU arguments from the table of
# profiles, its output, its end.
# Expects: LAB_*, lab_say, lab_die. Sets LAB_RESULT.

LAB_PROFILES_FILE=$LAB_REPO/tests/lab/profiles

# --- Profiles ---------------------------------------------------------------

# NAME and what it is for, a line each.
lab_profile_list() {
	awk '$1 == "profile" { name = $2 }
		$1 == "about" { $1 = ""; printf "%-9s%s\n", name, $0 }' "$LAB_PROFILES_FILE"
}

# The lines of a block (`profile NAME` or `set NAME`), sets included.
lab_profile_lines() {
	local key value
	while read -r key value; do
		case $key in
		include) lab_profile_lines set "$value" ;;
		*) printf '%s %s\n' "$key" "$value" ;;
		esac
	done < <(awk -v kind="$1" -v name="$2" '
		/^[ \t]*(#|$)/ { next }
		$1 == "profile" || $1 == "set" { on = $1 == kind && $2 == name; next }
		on' "$LAB_PROFILES_FILE")
}

# Sets LAB_QEMU_ARGV and LAB_APPEND.
lab_profile_load() {
	local lines key value id size words
	lines=$(lab_profile_lines profile "$1")
	[ -n "$lines" ] || lab_die 2 \
		"no profile named '$1'; there are: $(lab_profile_list | awk '{ print $1 }' | xargs)"
	LAB_QEMU_ARGV=()
	LAB_APPEND=
	while read -r key value; do
		case $key in
		about) ;;
		machine) LAB_QEMU_ARGV+=(-machine "$value") ;;
		memory) LAB_QEMU_ARGV+=(-m "$value") ;;
		kernel) LAB_APPEND+=" $value" ;;
		qemu)
			read -ra words <<<"$value"
			LAB_QEMU_ARGV+=("${words[@]}")
			;;
		disk)
			read -r id size <<<"$value"
			truncate -s "$size" "$LAB_WORK/$id.img"
			LAB_QEMU_ARGV+=(-drive "if=none,id=$id,format=raw,file=$LAB_WORK/$id.img")
			;;
		*) lab_die 126 "tests/lab/profiles: unknown keyword '$key'" ;;
		esac
	done <<<"$lines"
}

# --- The work folder --------------------------------------------------------

# Its path stands in QEMU options and on the kernel command line, so it must
# hold no space, comma or quote.
lab_work_folder() {
	local base=${TMPDIR:-/tmp}
	case $base in *[!A-Za-z0-9/._-]* | [!/]*) base=/tmp ;; esac
	LAB_WORK=$(mktemp -d "$base/vdev-lab.XXXXXXXX") || lab_die 126 "cannot make a work folder"
	mkfifo "$LAB_WORK/out" "$LAB_WORK/err"
	cp "$LAB_REPO/tests/lab/init" "$LAB_WORK/init"
	chmod 755 "$LAB_WORK" "$LAB_WORK/init"
}

# What the guest's init reads; NUL-separated, since a NUL is the one byte that
# neither an argument nor a variable can hold.
lab_write_files() {
	printf '%s\0' "$@" >"$LAB_WORK/args"
	printf '%s\0' \
		repo "$LAB_REPO" cache "$LAB_CACHE" cwd "$PWD" \
		modules "$LAB_KERNEL_DIR/modules" \
		out "${LAB_OUT:+yes}" \
		tty "${LAB_TTY:+yes}" size "$LAB_TTY_SIZE" \
		stdin "${LAB_STDIN:+yes}" >"$LAB_WORK/vars"
	lab_guest_environ >"$LAB_WORK/environ"
}

lab_guest_environ() {
	local build=$LAB_REPO/build/$LAB_PRESET name
	printf '%s\0' \
		"PATH=$build/cli:$build/examples:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$LAB_CACHE/qemu/bin" \
		HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 \
		"TERM=${TERM:-dumb}" \
		VDEV_LAB=1 "VDEV_LAB_PROFILE=$LAB_PROFILE" "VDEV_LAB_KERNEL=$LAB_K_NAME" \
		"VDEV_LAB_SRC=$LAB_REPO" "VDEV_LAB_BUILD=$build" \
		"VDEV_LAB_HEADERS=$LAB_KERNEL_DIR/headers/include"
	# What a caller wants to tell a test.
	for name in $(compgen -e VDEV_TEST_); do
		printf '%s\0' "$name=${!name}"
	done
}

# --- QEMU's arguments -------------------------------------------------------

lab_qemu_machine() {
	LAB_QEMU_ARGV+=(
		-nodefaults -no-user-config -display none -monitor none -no-reboot
		-name "vdev-lab-$LAB_PROFILE" -smp 2
		-serial "file:$LAB_WORK/console"
		-fsdev "local,id=hostfs,path=/,security_model=none,readonly=on,multidevs=remap"
		-device "virtio-9p-pci,addr=1c.0,fsdev=hostfs,mount_tag=hostfs"
	)
	# With a thread for each CPU, QEMU 10 loses a race between a device reset,
	# which moves its registers, and the other CPU: one run in two with many
	# resets died of "iotlb_to_section: Assertion failed" or lost its timer. One
	# thread for both CPUs is reliable, and boots no slower.
	if [ "$LAB_ACCEL" = kvm ]; then
		LAB_QEMU_ARGV+=(-accel kvm -cpu host)
	else
		LAB_QEMU_ARGV+=(-accel "tcg,thread=single" -cpu max)
	fi
	if [ -n "$LAB_OUT" ]; then
		LAB_QEMU_ARGV+=(
			-fsdev "local,id=labout,path=${LAB_OUT//,/,,},security_model=none,multidevs=remap"
			-device "virtio-9p-pci,addr=1e.0,fsdev=labout,mount_tag=labout"
		)
	fi
}

# The serial console carries kernel messages and nothing else; all that the
# command says goes over ports of its own.
lab_qemu_ports() {
	LAB_QEMU_ARGV+=(-device "virtio-serial-pci,addr=1d.0,id=lab")
	if [ -n "$LAB_TTY" ]; then
		LAB_QEMU_ARGV+=(-chardev "stdio,id=tty,signal=off"
			-device "virtconsole,bus=lab.0,chardev=tty")
	else
		lab_qemu_port out "file,path=$LAB_WORK/out"
		lab_qemu_port err "file,path=$LAB_WORK/err"
	fi
	[ -z "$LAB_STDIN" ] || lab_qemu_port in "stdio,signal=off"
	lab_qemu_port status "file,path=$LAB_WORK/status"
}

lab_qemu_port() {
	LAB_QEMU_ARGV+=(-chardev "${2%%,*},id=$1,${2#*,}"
		-device "virtserialport,bus=lab.0,chardev=$1,name=lab.$1")
}

lab_qemu_kernel() {
	local append="console=ttyS0 loglevel=6 panic=-1 oops=panic"
	append+=" root=hostfs rootfstype=9p"
	append+=" rootflags=trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000"
	append+=" init=$LAB_WORK/init"
	# No devices that nobody asked for.
	append+=" bonding.max_bonds=0 dummy.numdummies=0"
	# A loaded host makes an emulated CPU stand still for long: no stall yet, and
	# no proof at boot that the timer does not work.
	append+=" rcupdate.rcu_cpu_stall_timeout=120 no_timer_check"
	append+="$LAB_APPEND ${VDEV_LAB_APPEND-}"
	LAB_QEMU_ARGV+=(-kernel "$LAB_KERNEL_DIR/bzImage" -append "$append")
	if [ -n "${VDEV_LAB_QEMU_ARGS-}" ]; then
		local words
		read -ra words <<<"$VDEV_LAB_QEMU_ARGS"
		LAB_QEMU_ARGV+=("${words[@]}")
	fi
}

# --- Running ----------------------------------------------------------------

# lab_guest COMMAND... boots, runs, and sets LAB_RESULT to the exit status.
lab_guest() {
	lab_work_folder
	lab_profile_load "$LAB_PROFILE"
	lab_write_files "$@"
	lab_qemu_machine
	lab_qemu_ports
	lab_qemu_kernel
	lab_relay
	lab_run_qemu
	lab_relay_end
	lab_verdict
}

lab_relay() {
	cat "$LAB_WORK/out" &
	LAB_RELAYS=("$!")
	cat "$LAB_WORK/err" >&2 &
	LAB_RELAYS+=("$!")
	LAB_CHILDREN+=("${LAB_RELAYS[@]}")
}

# A QEMU that never opened the FIFOs leaves the relays waiting; opening both
# ends lets them see the end of the file.
lab_relay_end() {
	exec 7<>"$LAB_WORK/out" 8<>"$LAB_WORK/err"
	exec 7>&- 8>&-
	wait "${LAB_RELAYS[@]}"
}

# QEMU is told to die with this script even if that is killed outright. bash
# gives a background command /dev/null as its input, hence the copy.
lab_run_qemu() {
	local start=$SECONDS
	exec 5>"$LAB_WORK/qemu.log"
	exec 6<&0
	[ -n "$LAB_TTY$LAB_STDIN" ] || exec 6</dev/null
	# With --shell on a terminal QEMU's stdout is that terminal.
	[ -n "$LAB_TTY" ] || exec 4>&1 1>&5
	setpriv --pdeathsig TERM \
		timeout --foreground --kill-after=5 "$LAB_TIMEOUT" \
		setpriv --pdeathsig KILL \
		"$LAB_QEMU" "${LAB_QEMU_ARGV[@]}" <&6 2>&5 4>&- 5>&- &
	LAB_QEMU_PID=$!
	[ -n "$LAB_TTY" ] || exec 1>&4 4>&-
	LAB_CHILDREN+=("$LAB_QEMU_PID")
	# bash says so itself when a child aborts; the verdict below says it better.
	{ wait "$LAB_QEMU_PID"; } 2>/dev/null
	LAB_QEMU_STATUS=$?
	exec 5>&- 6<&-
	[ -z "${LAB_TTY_SAVED-}" ] || stty "$LAB_TTY_SAVED"
	LAB_ELAPSED=$((SECONDS - start))
}

# --- The verdict ------------------------------------------------------------

# Kernel messages, which all start with a time stamp on the console.
LAB_SPLAT='^\[ *[0-9]+\.[0-9]+\](\[[^]]*\])? .*(BUG: |BUG at |WARNING: |Oops|general protection|Kernel panic|KASAN: |KFENCE: |UBSAN: |KCSAN: |unable to handle|INFO: (task .* blocked|possible |suspicious |inconsistent |trying to register|lockdep)|(self-)?detected (expedited )?stall|soft lockup|hard LOCKUP|refcount_t: |list_(add|del) corruption|scheduling while atomic|sleeping function called|bad unlock balance|new suspected memory leaks|nobody cared|stack-protector:|invalid opcode:|double fault)'

lab_splats() {
	tr -d '\r' <"$LAB_WORK/console" 2>/dev/null | grep -aE "$LAB_SPLAT" |
		if [ -n "${VDEV_LAB_IGNORE_SPLAT-}" ]; then
			grep -avE -- "$VDEV_LAB_IGNORE_SPLAT"
		else
			cat
		fi
}

lab_show_splat() {
	local first
	first=$(lab_splats | head -n 1)
	tr -d '\r' <"$LAB_WORK/console" | grep -aF -A 40 -m 1 -- "$first" |
		sed 's/^/lab: kernel: /' >&2
}

lab_verdict() {
	local status
	status=$(sed -n 's/^status \([0-9]*\)$/\1/p' "$LAB_WORK/status" 2>/dev/null)
	if [ -n "$(lab_splats)" ]; then
		lab_show_splat
		lab_say "the kernel complained (above); the command's own exit status: ${status:-none}"
		LAB_RESULT=125
	elif [ "$LAB_QEMU_STATUS" = 124 ] || [ "$LAB_QEMU_STATUS" = 137 ]; then
		lab_say "time limit of $LAB_TIMEOUT s reached; the guest was stopped"
		LAB_RESULT=124
	elif [ -n "$status" ]; then
		LAB_RESULT=$status
	else
		lab_show_death
		LAB_RESULT=126
	fi
}

lab_show_death() {
	sed 's/^/lab: qemu: /' "$LAB_WORK/qemu.log" >&2
	tr -d '\r' <"$LAB_WORK/console" 2>/dev/null | tail -n 15 | sed 's/^/lab: console: /' >&2
	lab_say "the guest died after $LAB_ELAPSED s without a result (QEMU's exit status $LAB_QEMU_STATUS)"
}
