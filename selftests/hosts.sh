# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2317
# Hosts out of network namespaces, cables between them, programs on them. What the selftests and the demo share: source it.
#
#   hosts       host, on, start, stop: network namespaces that play hosts, programs on them
#   topologies  topo_link, topo_router, topo_linux, topo_linux_router
#   waiting     wait_for: for a condition, never for a time
#   observing   counter, packets, ip4_sent, kite_listening, trace_on, trace: what the stack and its firewall say of themselves
#
# Whatever a script made is gone when it ends, however it ends: namespaces, programs, files. Names carry the script's name and
# process id, so that scripts may run side by side.

set -u
script=$(basename "$0" .sh)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=$(mktemp -d "/tmp/kite-$script.XXXXXX")
prefix=kite-$script-$$-
PATH=$here:$PATH:/usr/sbin:/sbin
ethertype=0x88b5
tracing=/sys/kernel/tracing/instances/kite-$script-$$

declare -a hosts=()	# names that host() was given
declare -A pids=()	# of the programs started: by name
words=			# a descriptor that no program started inherits: the writing end of a pipe into one of them
exec {never}<> <(:)	# a pipe into which nobody writes
exec </dev/null

# bail WHY: the script cannot go on
bail() { echo "$script: $1" >&2; exit 1; }

# at_exit: what the script has to undo beyond what is undone here; to be defined by the script, if anything
at_exit() { :; }

clean_up() {
	local status=$? name pid
	trap - EXIT
	exec 2>/dev/null	# where bash tells of what was killed
	for name in "${!pids[@]}"; do
		kill -KILL "${pids[$name]}"
	done
	for name in "${hosts[@]}"; do
		for pid in $(ip netns pids "$prefix$name"); do
			kill -KILL "$pid"
		done
		ip netns del "$prefix$name"
	done
	wait
	[ ! -d "$tracing" ] || rmdir "$tracing"
	at_exit
	rm -rf "$tmp"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# need PROGRAM...: what the script cannot do without
need() {
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || bail "no $program here"
	done
}

# need_kite: the module is loaded from here on
need_kite() {
	[ -d /sys/module/kite ] || modprobe kite || bail "cannot load kite"
}

# --- waiting -------------------------------------------------------------------------------------------------------------

patience=1
[ ! -e /proc/lockdep_chains ] || patience=6	# that slow is a kernel which checks its locks

# pause: let others run, for a moment
pause() { read -rt 0.05 -u "$never" _ || true; }

# wait_for SECONDS COMMAND...: until COMMAND succeeds; after SECONDS, say for what and fail. The debug kernel gets more time.
wait_for() {
	local limit=$(($1 * patience)) end=$((SECONDS + $1 * patience))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -gt "$end" ]; then
			echo "waited $limit s in vain for: $*"
			return 1
		fi
		pause
	done
}

# says NAME TEXT: the program NAME has printed TEXT
says() { grep -qF -- "$2" "$tmp/$1.out"; }

# running NAME: the program NAME has not ended yet. The kernel knows for sure: a shell that starts nothing may not notice for long.
running() {
	local stat
	read -r stat 2>/dev/null <"/proc/${pids[$1]}/stat" || return 1
	[[ ${stat##*) } != Z* ]]
}

# ended NAME SECONDS: the program NAME ends by itself within SECONDS; its exit status is the result
ended() {
	wait_for "$2" not running "$1" || return 1
	local status=0
	wait "${pids[$1]}" || status=$?
	unset "pids[$1]"
	return "$status"
}

# not COMMAND...: COMMAND fails
not() { ! "$@"; }

# --- hosts ---------------------------------------------------------------------------------------------------------------

# host NAME...: make hosts, each with its loopback up
host() {
	local name
	for name in "$@"; do
		ip netns add "$prefix$name" || bail "cannot make a network namespace"
		hosts+=("$name")
		ip -n "$prefix$name" link set lo up
	done
}

# unhost NAME: the host goes away, as far as nothing holds its namespace
unhost() {
	local name kept=()
	ip netns del "$prefix$1"
	for name in "${hosts[@]}"; do
		[ "$name" = "$1" ] || kept+=("$name")
	done
	hosts=("${kept[@]}")
}

# on HOST COMMAND...
on() {
	local name=$1
	shift
	ip netns exec "$prefix$name" "$@"
}

# inum HOST: the inode number of its namespace, by which tracepoints name it
inum() { stat -Lc %i "/run/netns/$prefix$1"; }

# start NAME HOST COMMAND...: run COMMAND in the background as NAME, on what the caller gives as input; its output goes to
# $tmp/NAME.out
start() {
	local name=$1 host=$2
	shift 2
	# What another of that name has said is gone before anybody looks; the shell below may come late.
	: >"$tmp/$name.out"
	(
		[ -z "$words" ] || exec {words}>&-
		exec ip netns exec "$prefix$host" "$@"
	) <&0 >"$tmp/$name.out" 2>&1 &
	pids[$name]=$!
}

# serve NAME HOST LISTEN: a plain Linux echo server on socat's address LISTEN; returns when its socket is bound. Of itself socat
# gives cat half a second to answer.
serve() { start "$1" "$2" socat -t 60 "$3",fork EXEC:cat && wait_for 10 listening "$2" "${3#*:}"; }
listening() { on "$1" ss -Hlntu | grep -q ":${2%%,*} "; }

# stop NAME...: end the programs that still run, and wait until they are gone
stop() {
	local name
	for name in "$@"; do
		[ -n "${pids[$name]-}" ] || continue
		kill -KILL "${pids[$name]}" 2>/dev/null
		wait "${pids[$name]}" 2>/dev/null
		unset "pids[$name]"
	done
}

# address HOST DEVICE ADDRESS/LENGTH
address() { ip -n "$prefix$1" address add "$3" dev "$2"; }

# route HOST DESTINATION via ADDRESS...
route() { ip -n "$prefix$1" route add "${@:2}"; }

# join HOST DEVICE HOST DEVICE: a veth pair as the cable between two hosts; returns when it carries packets
join() {
	ip link add "$2" netns "$prefix$1" type veth peer name "$4" netns "$prefix$3" &&
	ip -n "$prefix$1" link set "$2" up &&
	ip -n "$prefix$3" link set "$4" up &&
	wait_for 10 link_is_up "$1" "$2" && wait_for 10 link_is_up "$3" "$4"
}

link_is_up() { [[ $(ip -n "$prefix$1" -o link show dev "$2") == *"state UP"* ]]; }

# set_sysctl HOST NAME VALUE: NAME with slashes, below net/
# shellcheck disable=SC2016  # for the inner shell
set_sysctl() { on "$1" sh -c 'echo "$2" >"/proc/sys/net/$1"' sh "$2" "$3"; }

# kite_forwarding HOST 0|1: only where the module is loaded
kite_forwarding() { set_sysctl "$1" kite/forwarding "$2"; }

# --- topologies ----------------------------------------------------------------------------------------------------------

# topo_link: two hosts on one cable
#
#   A 10.0.1.1 toB ------ toA 10.0.1.2 B
topo_link() {
	host A B
	join A toB B toA && address A toB 10.0.1.1/24 && address B toA 10.0.1.2/24 || bail "cannot build the link"
}

# topo_router: two hosts and the router between them, which forwards what both stacks ask of a router
#
#   A 10.0.1.1 toR ------ toA 10.0.1.254 R 10.0.2.254 toB ------ toR 10.0.2.2 B
topo_router() {
	host A R B
	join A toR R toA && join R toB B toR &&
	address A toR 10.0.1.1/24 && address R toA 10.0.1.254/24 &&
	address B toR 10.0.2.2/24 && address R toB 10.0.2.254/24 &&
	route A default via 10.0.1.254 && route B default via 10.0.2.254 &&
	set_sysctl R ipv4/ip_forward 1 || bail "cannot build the network"
	if [ -d /sys/module/kite ]; then
		kite_forwarding R 1 || bail "no net.kite.forwarding"
	fi
}

# topo_linux: a KITE host and a plain Linux IPv4 host. Each IPv4 packet leaves L as a KITE packet and the reverse, so that
# KITE's sockets on K talk to Linux's own TCP, UDP and ICMP on L. ARP passes untouched.
#
#   K 10.0.3.1 toL ------ toK 10.0.3.2 L
topo_linux() {
	host K L
	join K toL L toK && address K toL 10.0.3.1/24 && address L toK 10.0.3.2/24 &&
	rewrite K toL "$ethertype" 0x0800 && rewrite L toK 0x0800 "$ethertype" || bail "cannot build the link"
}

# topo_linux_router: a KITE router between two plain Linux IPv4 hosts, all of whose packets are KITE packets on the cables
#
#   A 10.0.1.1 toR ------ lan 10.0.1.254 R 10.0.2.254 wan ------ toR 10.0.2.2 B
topo_linux_router() {
	host A R B
	join A toR R lan && join R wan B toR &&
	address A toR 10.0.1.1/24 && address R lan 10.0.1.254/24 &&
	address B toR 10.0.2.2/24 && address R wan 10.0.2.254/24 &&
	route A default via 10.0.1.254 && route B default via 10.0.2.254 &&
	rewrite A toR 0x0800 "$ethertype" && rewrite B toR 0x0800 "$ethertype" &&
	rewrite R lan "$ethertype" 0x0800 && rewrite R wan "$ethertype" 0x0800 &&
	set_sysctl R ipv4/ip_forward 1 && kite_forwarding R 1 || bail "cannot build the network"
}

# rewrite HOST DEVICE FROM TO: change the EtherType of what leaves by DEVICE. Has to be done where packets leave: on their
# arrival the stack has looked at the type already.
rewrite() {
	tc -n "$prefix$1" qdisc add dev "$2" clsact &&
	tc -n "$prefix$1" filter add dev "$2" egress protocol "$3" matchall action skbmod set etype "$4" 2>/dev/null
}

# queue HOST DEVICE [QDISC...]: from which its packets leave, tc(8), in the place of what was there; without QDISC the usual one
queue() {
	tc -n "$prefix$1" qdisc del dev "$2" root 2>/dev/null
	[ $# -eq 2 ] || tc -n "$prefix$1" qdisc add dev "$2" root "${@:3}"
}

# impair HOST DEVICE NETEM...: delay, loss, reorder, ... of what leaves by DEVICE, tc-netem(8), and nothing of what did before:
# a netem that is replaced by another keeps the rate, the corruption and the marks that the new words do not speak of
impair() { queue "$1" "$2" netem "${@:3}"; }

# --- observing -----------------------------------------------------------------------------------------------------------

# counter HOST GROUP.NAME: a counter of /proc/net/kite/snmp, as Ip.InReceives
counter() {
	# shellcheck disable=SC2016  # for awk
	on "$1" awk -v want="$2" '
		$1 != group { group = $1; split($0, names); next }
		{
			for (i = 2; i <= NF; i++)
				if (substr(group, 1, length(group) - 1) "." names[i] == want)
					print $i
			group = ""
		}' /proc/net/kite/snmp
}

# packets HOST NAME: packets that the counter NAME of the nft table "bridge kite" has seen
packets() { on "$1" nft list counter bridge kite "$2" | awk '$1 == "packets" { print $2 }'; }

# counts_more HOST GROUP.NAME NUMBER: the counter is above NUMBER
counts_more() { [ "$(counter "$1" "$2")" -gt "$3" ]; }

# ip4_sent HOST: packets that the host has sent by IPv4
# shellcheck disable=SC2016  # for awk
ip4_sent() { on "$1" awk '/^Ip:/ && $2 != "Forwarding" { print $11 }' /proc/net/snmp; }

# kite_listening HOST PORT: something on the host listens there or is bound, as KITE's own files say
kite_listening() { on "$1" grep -qi ":$(printf %04X "$2") 00000000:0000" /proc/net/kite/tcp /proc/net/kite/udp; }

# make_tracing: a trace of our own. It inherits the option to record the names of processes, which would patch the scheduler.
make_tracing() {
	local option=${tracing%/instances/*}/options/record-cmd was status=0

	was=$(cat "$option")
	echo 0 >"$option"
	mkdir "$tracing" || status=$?
	echo "$was" >"$option"
	return "$status"
}

# trace_on: write down what KITE's tracepoints see, from here on, in the order in which it happens
trace_on() {
	[ -d "$tracing" ] || make_tracing || bail "cannot trace"
	echo counter >"$tracing/trace_clock"
	: >"$tracing/trace"
	echo 1 >"$tracing/events/kite/enable"
}

# trace_off: no more
trace_off() { echo 0 >"$tracing/events/kite/enable"; }

# trace: what was seen, one event a line, "HOST EVENT REST"
trace() {
	local name names=
	for name in "${hosts[@]}"; do
		names+="$(inum "$name")=$name "
	done
	# shellcheck disable=SC2016  # for awk
	awk -v names="$names" '
		BEGIN {
			n = split(names, pair, " ")
			for (i = 1; i <= n; i++) {
				split(pair[i], part, "=")
				host["ns=" part[1]] = part[2]
			}
		}
		match($0, / kite_[a-z_]+: ns=[0-9]+ /) {
			split(substr($0, RSTART + 1, RLENGTH - 2), word, ": ")
			if (word[2] in host)
				print host[word[2]], word[1], substr($0, RSTART + RLENGTH)
		}' "$tracing/trace"
}
