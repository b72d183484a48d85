#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# KITE as a router and as a host among plain Linux IPv4 hosts, whose packets become KITE packets on the cable: stock ping and
# traceroute, and Linux's own TCP, see what they see of Linux routers.
#
#   A 10.0.1.1 toR ------ toA 10.0.1.254 R 10.0.2.254 toS ------ toR 10.0.2.253 S 10.0.3.254 toB ------ toS 10.0.3.2 B
#   Linux                               KITE                                   KITE                                  Linux
# time limit: 150 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip tc awk ping traceroute socat cmp
need_kite

build() {
	host A R S B
	join A toR R toA && join R toS S toR && join S toB B toS &&
	address A toR 10.0.1.1/24 && address R toA 10.0.1.254/24 &&
	address R toS 10.0.2.254/24 && address S toR 10.0.2.253/24 &&
	address S toB 10.0.3.254/24 && address B toS 10.0.3.2/24 &&
	route A default via 10.0.1.254 && route B default via 10.0.3.254 &&
	route R 10.0.3.0/24 via 10.0.2.253 && route S 10.0.1.0/24 via 10.0.2.254 || return 1
	local name
	for name in R S; do
		set_sysctl "$name" ipv4/ip_forward 1 && kite_forwarding "$name" 1 &&
		set_sysctl "$name" ipv4/icmp_ratelimit 0 || return 1
	done
	# Linux speaks IPv4 and hears IPv4; between the routers there are KITE packets only.
	rewrite A toR 0x0800 "$ethertype" && rewrite R toA "$ethertype" 0x0800 &&
	rewrite B toS 0x0800 "$ethertype" && rewrite S toB "$ethertype" 0x0800
}
build >"$tmp/build.out" || bail "cannot build the network"

# pings HOST ARGUMENT...: all of a few pings are answered
pings() { on "$1" ping -n -c 3 -i 0.2 -W 5 "${@:2}"; }

# hears HOST TEXT ARGUMENT...: ping reports TEXT
hears() {
	local name=$1 text=$2
	on "$name" ping -n -c 1 -W 5 "${@:3}" >"$tmp/ping" 2>&1
	grep -F -- "$text" "$tmp/ping" || { cat "$tmp/ping"; return 1; }
}

# hops ARGUMENT...: the way to B as traceroute sees it
hops() {
	on A traceroute -n -q 1 -w 5 "$@" 10.0.3.2 >"$tmp/hops" 2>&1
	[ "$(awk '$1 ~ /^[0-9]+$/ { print $2 }' "$tmp/hops" | xargs)" = "10.0.1.254 10.0.2.253 10.0.3.2" ] ||
		{ cat "$tmp/hops"; return 1; }
}

check "ping is answered by a KITE host" pings A 10.0.1.254
check "ping is answered by a KITE host behind a KITE router" pings A 10.0.2.253
check "ping crosses two KITE routers" pings A 10.0.3.2
check "and comes back" pings B 10.0.1.1
check "ping of 20,000 bytes crosses in fragments" pings A -s 20000 10.0.3.2
check "ping of 65,507 bytes is answered by a KITE host" pings A -s 65507 10.0.2.253
check "the packets were KITE's" test "$(counter S Ip.ForwDatagrams)" -gt 30
check "ttl exceeded is told by the first router" hears A "From 10.0.1.254 icmp_seq=1 Time to live exceeded" -t 1 10.0.3.2
check "and by the second" hears A "From 10.0.2.253 icmp_seq=1 Time to live exceeded" -t 2 10.0.3.2
check "traceroute sees both routers" hops
check "traceroute with ICMP sees both routers" hops -I
check "a net that nobody knows is unreachable" hears A "From 10.0.1.254 icmp_seq=1 Destination Net Unreachable" 192.0.2.1
route R prohibit 192.0.2.0/24
check "a prohibited net is filtered" hears A "From 10.0.1.254 icmp_seq=1 Packet filtered" 192.0.2.1
check "a host that does not answer ARP is unreachable" \
	hears A "From 10.0.2.253 icmp_seq=1 Destination Host Unreachable" 10.0.3.77

# A narrow link in the middle.
ip -n "${prefix}R" link set toS mtu 1000
ip -n "${prefix}S" link set toR mtu 1000
check "what must not be fragmented is refused, with the MTU" \
	hears A "From 10.0.1.254 icmp_seq=1 Frag needed and DF set (mtu = 1000)" -M "do" -s 1200 10.0.3.2
check "path MTU discovery takes it from there" hears A "message too long, mtu=1000" -M "do" -s 1200 10.0.3.2
check "what may be is fragmented by the router" pings B -M dont -s 1400 10.0.1.1
check "fragments are fragmented again" pings B -M dont -s 8000 10.0.1.1

bytes=$((3000000 / patience))
# carries: Linux's TCP through both routers, with the narrow link in the way
carries() {
	head -c "$bytes" /dev/urandom >"$tmp/sent"
	start sink B socat -u TCP-LISTEN:7020 "CREATE:$tmp/received"
	wait_for 10 listens || return 1
	start source A socat -u "FILE:$tmp/sent" TCP:10.0.3.2:7020
	ended source 60 && ended sink 20 && cmp "$tmp/sent" "$tmp/received"
}
listens() { on B awk '$2 ~ /:1B6C$/ && $4 == "0A" { found = 1 } END { exit !found }' /proc/net/tcp; }
check "Linux's TCP carries $bytes bytes across" carries
# What it hands to its device as one packet stands for segments that are too large for the link in the middle.
set_sysctl A ipv4/ip_no_pmtu_disc 1
ip -n "${prefix}A" route flush cache
fragments=$(counter R Ip.FragCreates)
check "and once more without path MTU discovery" carries
check "in fragments" test "$(counter R Ip.FragCreates)" -gt $((fragments + bytes / 750))
set_sysctl A ipv4/ip_no_pmtu_disc 0

# Not a router any more.
kite_forwarding R 0
check "without net.kite.forwarding nothing crosses" not pings A -W 1 10.0.3.2
check "but the host itself still answers" pings A 10.0.1.254
kite_forwarding R 1

# An L3 domain of its own around the near link: the same address answers, by the domain's own routes.
into_domain() {
	ip -n "${prefix}R" link add red type vrf table 10 &&
	ip -n "${prefix}R" link set red up &&
	ip -n "${prefix}R" link set toA master red &&
	wait_for 10 link_is_up R toA
}
check "the near link moves into a VRF" into_domain
check "ping is answered from within the VRF" pings A 10.0.1.254
check "what only the other domain knows is not reached" not pings A -W 1 10.0.3.2
ip -n "${prefix}R" route add 10.0.3.0/24 via 10.0.2.253 dev toS table 10
ip -n "${prefix}R" route add 10.0.1.0/24 dev toA
check "a route out of the domain is taken" pings A 10.0.3.2
check "errors come from within the VRF" hears A "Time to live exceeded" -t 1 10.0.3.2

# The namespace goes while packets wait there for a neighbour that never answers.
waits_for_nobody() {
	local i
	for i in 201 202 203 204; do
		on A ping -n -c 1 -W 1 "10.0.3.$i" >/dev/null 2>&1 &
	done
	wait_for 10 unresolved
	unhost S
	wait_for 30 not ip -n "${prefix}R" link show toS
}
unresolved() { ip -n "${prefix}S" neighbour show dev toB | grep -q "10.0.3.20[1-4].*\(INCOMPLETE\|FAILED\)"; }
check "a router goes while packets wait there for neighbours" waits_for_nobody

finish
