#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The module, a namespace or a device may go at any time, whatever arrives and whatever is open; or it is refused, and nothing
# has changed.
# time limit: 240 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip awk modprobe rmmod tc timeout
need_kite
at_exit() { modprobe kite; }

mac_of() { on "$1" cat "/sys/class/net/$2/address"; }

# flood HOST DEVICE HOST DEVICE SOURCE DESTINATION: KITE frames from the one to the other until "stop flood"
flood() { start flood "$1" frames "$2" "$(mac_of "$3" "$4")" "$5" "$6"; }

# come_and_go TIMES: load and unload; each time frames have come in before it goes
come_and_go() {
	local i
	for ((i = 1; i <= $1; i++)); do
		modprobe kite && wait_for 10 counts_more B Ip.InReceives 10 && rmmod kite ||
			{ echo "in round $i"; return 1; }
	done
	running flood
}

# echoes: a datagram from A is echoed by B
echoes() {
	start client A udp_echo_client.kite 10.0.1.2 7010 <<<"still there?"
	ended client 10 && says client "10.0.1.2 echoes: still there?"
}

refused_while_open() {
	local message
	message=$(rmmod kite 2>&1) && { echo "it went"; return 1; }
	[[ $message == *"in use"* ]] || { echo "$message"; return 1; }
	echoes
}

topo_link
rmmod kite || bail "kite is in use already"
flood A toB B toA 10.0.1.1 10.0.1.2
times=$((50 / patience))
check "it comes and goes $times times while frames arrive" come_and_go "$times"
stop flood

# What never becomes whole is given up after a second, and its sender would be told: that asks for the way back, also while the
# module goes.
fragments_expire() {
	local i
	set_sysctl B ipv4/ipfrag_time 1 && start fragments A frames -f toB "$(mac_of B toA)" 10.64.0.0 10.0.1.2 || return 1
	for ((i = 1; i <= $1; i++)); do
		modprobe kite && wait_for 20 counts_more B Ip.ReasmTimeout 1000 && timeout $((60 * patience)) rmmod kite ||
			{ echo "in round $i"; return 1; }
	done
	running fragments
}
check "it comes and goes five times while fragments are given up" fragments_expire 5
stop fragments

modprobe kite
start server B udp_echo_server.kite 10.0.1.2 7010
wait_for 10 says server waiting || bail "no server"
check "an echo server runs" echoes
check "the module does not go while a socket is open, which goes on working" refused_while_open
stop server
check "it goes once the socket is closed" rmmod kite
modprobe kite

# B looks in vain for whom it has to answer, and the module does not wait for that for longer than ARP does. Where ARP gives up,
# the sender would be told: a route that is made for that must not be left.
unanswered() {
	flood A toB B toA 10.0.1.77 10.0.1.2
	wait_for 10 on B sh -c 'ip neigh show 10.0.1.77 | grep -q INCOMPLETE' || return 1
	# The kernel complains of who is stuck in it.
	timeout 60 rmmod kite || { echo "it does not go"; return 1; }
	stop flood
}
check "it goes while answers wait for a neighbour" unanswered
modprobe kite

# Who owns a namespace may keep a packet in a queue of its loopback for as long as he likes, here the answer that nobody is at a
# port. The module waits for that, but nobody else has to: other namespaces come and go meanwhile, and when that one goes, so does
# the module.
is_kept() { on Q tc -s qdisc show dev lo | grep -q "backlog [1-9]"; }
kept_in_a_queue() {
	host Q
	on Q tc qdisc add dev lo root handle 1: prio && on Q tc qdisc add dev lo parent 1:3 netem delay 250s &&
	on Q tc filter add dev lo parent 1: protocol "$ethertype" u32 match u8 3 0xff at 20 flowid 1:3 || return 1
	start client Q udp_echo_client.kite 127.0.0.1 7012 <<<"nobody there?"
	wait_for 10 is_kept || return 1
	stop client
	rmmod kite &
	pids[rmmod]=$!
	wait_for 10 grep -q kite_route "/proc/${pids[rmmod]}/wchan" || return 1
	timeout -s KILL 30 ip netns add "${prefix}other" && timeout -s KILL 30 ip netns del "${prefix}other" ||
		{ echo "no namespace can be made"; return 1; }
	running rmmod || { echo "it went without its packets"; return 1; }
	unhost Q
	ended rmmod 30
}
check "while it waits for a packet that a queue keeps, namespaces come and go" kept_in_a_queue
modprobe kite

# M's device is a VLAN over Q's bridge, so a packet of M's may wait in a queue of Q's: here the answer that nobody is at a port. M
# goes, and so does N after it, though the packet stays: namespaces are taken down one after another. O tells when they are gone.
#
#   P toQ.5 10.0.5.2 ------ toP Q br0 (queue) === br0.5 10.0.5.1 M
topo_parked() {
	host M N O P Q
	join Q toP P toQ && join M toO O toM && join N toO O toN &&
	ip -n "${prefix}Q" link add br0 type bridge && ip -n "${prefix}Q" link set toP master br0 &&
	ip -n "${prefix}Q" link add link br0 name br0.5 type vlan id 5 && ip -n "${prefix}Q" link set br0 up &&
	ip -n "${prefix}Q" link set br0.5 netns "${prefix}M" && ip -n "${prefix}M" link set br0.5 up &&
	ip -n "${prefix}P" link add link toQ name toQ.5 type vlan id 5 && ip -n "${prefix}P" link set toQ.5 up &&
	address M br0.5 10.0.5.1/24 && address P toQ.5 10.0.5.2/24 &&
	ip -n "${prefix}M" neigh replace 10.0.5.2 lladdr "$(mac_of P toQ.5)" dev br0.5 nud permanent &&
	ip -n "${prefix}P" neigh replace 10.0.5.1 lladdr "$(mac_of M br0.5)" dev toQ.5 nud permanent &&
	impair Q br0 delay 250s || bail "cannot build the network"
}
is_parked() { tc -n "${prefix}Q" -s qdisc show dev br0 | grep -q "backlog [1-9]"; }
no_link() { ! ip -n "$prefix$1" link show "$2"; }
# What else waits there may be IPv6's.
answered_inet() { on M grep -q "^IcmpMsg:.*OutType3" /proc/net/snmp; }
answered_kite() { counts_more M Icmp.OutDestUnreachs 0; }
# outlived FAMILY: of the packet
outlived() {
	start client P "udp_echo_client.$1" 10.0.5.1 7013 <<<"nobody there?"
	wait_for 10 "answered_$1" && wait_for 10 is_parked || return 1
	stop client
	unhost M
	wait_for 10 no_link O toM || return 1
	unhost N
	wait_for 10 no_link O toN && is_parked
}
# let_go: what the test has built goes
let_go() {
	local name
	queue Q br0
	for name in M N O P Q; do [[ " ${hosts[*]} " != *" $name "* ]] || unhost "$name"; done
}
topo_parked
check "a host goes while its IPv4 packet waits in another's queue, and so do others" outlived inet
let_go
topo_parked
check "a host goes while its packet waits in another's queue, and so do others" outlived kite
left_by_the_dead() {
	rmmod kite &
	pids[rmmod]=$!
	wait_for 10 grep -q kite_route "/proc/${pids[rmmod]}/wchan" || return 1
	running rmmod && is_parked || { echo "it went without its packet"; return 1; }
	queue Q br0 && ended rmmod 30
}
check "the module waits for the packet of a host that is gone" left_by_the_dead
modprobe kite
let_go

# Sockets in every state, and traffic, while their host goes. The other end of its cable tells when that has happened.
forsaken() {
	start states B states 10.0.1.2 10.0.1.99
	start sink B stream -r 1000000000 listen 10.0.1.2 7011
	wait_for 20 says states ready && wait_for 10 says sink listening || { cat "$tmp/states.out"; return 1; }
	start source A stream -s 1000000000 connect 10.0.1.2 7011
	flood A toB B toA 10.0.1.1 10.0.1.2
	wait_for 10 counts_more B Ip.InDelivers 200 || return 1
	stop states sink
	unhost B
	wait_for 30 not ip -n "${prefix}A" link show toB
}
check "a host goes with sockets in every state while traffic arrives" forsaken
stop source flood
unhost A

# The device goes while sockets have routes over it, and packets wait for neighbours there. What the programs leave unsent when
# they end can reach nobody any more: with tcp_orphan_retries of 1 that is found out soon.
device_goes() {
	start states A states 10.0.1.1 10.0.1.99
	start sink B stream -r 1000000000 listen 10.0.1.2 7011
	wait_for 20 says states ready && wait_for 10 says sink listening || { cat "$tmp/states.out"; return 1; }
	start source A stream -s 1000000000 connect 10.0.1.2 7011
	wait_for 10 counts_more B Ip.InDelivers 100 || return 1
	# The kernel complains in its log when it has waited for ten seconds.
	timeout 60 ip -n "${prefix}A" link del toB || { echo "it does not go"; return 1; }
}
topo_link
set_sysctl A ipv4/tcp_orphan_retries 1
set_sysctl B ipv4/tcp_orphan_retries 1
check "a device goes at once while sockets have routes over it" device_goes
check "nothing was left waiting for it" not eval 'dmesg | grep "waiting for .* to become free"'
stop states sink source
check "the module goes after all that" wait_for 60 rmmod kite

finish
