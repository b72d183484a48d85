#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# KITE's firewall and the host's other ones live apart: IPv4's chains, conntrack and NAT never see a KITE packet, with
# br_netfilter neither, and KITE's chains see nothing else.
# time limit: 120 s
# shellcheck disable=SC2317,SC2015  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip awk nft ping modprobe
need_kite

br_netfilter=$([ -d /sys/module/br_netfilter ] && echo loaded)
at_exit() {
	[ -n "$br_netfilter" ] || rmmod br_netfilter
	wait_for 20 rmmod kite_nft
}

# ip_firewall HOST: everything that IPv4 has, told to let nothing pass; it counts what it sees
ip_firewall() {
	local hook
	{
		echo "table ip hostile { counter seen { };"
		for hook in prerouting input forward output postrouting; do
			echo "chain $hook { type filter hook $hook priority -400; counter name seen drop; }"
		done
		echo "chain track { type filter hook prerouting priority 0; ct state new,established,invalid accept; }
			chain track_out { type filter hook output priority 0; ct state new,established,invalid accept; }
			chain source { type nat hook postrouting priority 100; masquerade; }
			chain target { type nat hook prerouting priority -100; dnat to 192.0.2.1; }
		}"
	} >"$tmp/hostile"
	on "$1" nft -f "$tmp/hostile"
}
ip_saw() { on "$1" nft list counter ip hostile seen | awk '$1 == "packets" { print $2 }'; }

# kite_chains HOST: KITE's hook points, counted
kite_chains() {
	local hook
	{
		echo "table bridge kite {"
		for hook in prerouting input forward output postrouting; do
			echo "counter $hook { }; chain c_$hook { type route hook $hook priority 0; counter name $hook; }"
		done
		echo "}"
	} >"$tmp/chains"
	on "$1" nft -f "$tmp/chains"
}
# kite_saw HOST: packets, hook by hook
kite_saw() {
	local hook
	for hook in prerouting input forward output postrouting; do
		echo -n "$(packets "$1" "$hook") "
	done
}

# echoes FAMILY CLIENT ADDRESS [SECONDS]: by UDP and TCP
echoes() {
	local proto status=0
	for proto in udp tcp; do
		start "client-$proto" "$2" "${proto}_echo_client.$1" "$3" 7007 <<<"hello"
		ended "client-$proto" "${4:-15}" && says "client-$proto" ": hello" || { cat "$tmp/client-$proto.out"; status=1; }
		stop "client-$proto"
	done
	return "$status"
}

serve() {
	local proto
	for proto in udp tcp; do
		start "$proto-$1" "$2" "${proto}_echo_server.$1" 0.0.0.0 7007
		wait_for 10 says "$proto-$1" "port 7007" || bail "no server"
	done
}

nothing_seen() {
	local name status=0
	for name; do
		[ "$(ip_saw "$name")" = 0 ] || { echo "$name: IPv4's chains saw $(ip_saw "$name")"; status=1; }
		[ "$(on "$name" cat /proc/sys/net/netfilter/nf_conntrack_count)" = 0 ] ||
			{ echo "$name: conntrack has entries"; status=1; }
	done
	return "$status"
}

# --- routed ----------------------------------------------------------------------------------------------------------------

topo_router
serve inet B
serve kite B
kite_chains R
check "IPv4 passes the router" echoes inet A 10.0.2.2
check "and KITE's chains did not see it" [ "$(kite_saw R)" = "0 0 0 0 0 " ]
for name in A R B; do
	ip_firewall $name || bail "no IPv4 firewall"
done
check "KITE passes hosts whose IPv4 firewall drops everything" echoes kite A 10.0.2.2
check "its chains and conntrack saw nothing of it" nothing_seen A R B
check "KITE's chains did" [ "$(packets R forward)" -gt 0 ]
check "IPv4 does not pass" not echoes inet A 10.0.2.2 1
check "and that was the IPv4 firewall" [ "$(ip_saw A)" -gt 0 ]
for name in A R B; do unhost $name; done
stop udp-inet tcp-inet udp-kite tcp-kite client-udp client-tcp

# --- bridged ---------------------------------------------------------------------------------------------------------------
#
#   A 10.0.1.1 toS ------ toA [ br0 10.0.1.254 S ] toB ------ toS 10.0.1.2 B

modprobe br_netfilter || bail "no br_netfilter"

host A S B
ip -n "${prefix}S" link add br0 type bridge
join A toS S toA && join S toB B toS || bail "cannot build the network"
for name in toA toB; do ip -n "${prefix}S" link set "$name" master br0; done
ip -n "${prefix}S" link set br0 up
address A toS 10.0.1.1/24 && address S br0 10.0.1.254/24 && address B toS 10.0.1.2/24
set_sysctl S bridge/bridge-nf-call-iptables 1
serve inet B
serve kite B
check "IPv4 passes the bridge" echoes inet A 10.0.1.2

kite_chains S
ip_firewall S || bail "no IPv4 firewall"
on S nft -f - <<END
table bridge stock {
	counter seen { }
	chain forward { type filter hook forward priority 0; ether type $ethertype counter name seen; }
}
END
stock_saw() { on S nft list counter bridge stock seen | awk '$1 == "packets" { print $2 }'; }

check "KITE passes a bridge with br_netfilter and an IPv4 firewall that drops everything" echoes kite A 10.0.1.2
check "of which IPv4's chains and conntrack saw nothing" nothing_seen S
check "nor did KITE's: on a bridge they are frames" [ "$(kite_saw S)" = "0 0 0 0 0 " ]
check "which the bridge's own chains see as such" [ "$(stock_saw)" -gt 0 ]
check "IPv4 does not pass: br_netfilter is at work" not echoes inet A 10.0.1.2 1
check "and counted it" [ "$(ip_saw S)" -gt 0 ]

on S nft delete table ip hostile
ip_firewall S || bail "no IPv4 firewall"
serve_on_bridge() {
	start udp-own S udp_echo_server.kite 0.0.0.0 7007
	wait_for 10 says udp-own "port 7007" || return 1
	start client A udp_echo_client.kite 10.0.1.254 7007 <<<"hello"
	ended client 10 && says client "echoes: hello"
}
check "KITE on the bridge device works with all that" serve_on_bridge
check "KITE's chains saw it" [ "$(kite_saw S)" = "1 1 0 1 1 " ]
check "IPv4's did not" nothing_seen S

finish
