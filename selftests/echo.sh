#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The echo server and client of every tutorial (examples/) print the same over AF_INET and AF_KITE: over loopback, over a
# cable, across a router; and a router passes on KITE's packets only when both of its switches are on.
# shellcheck disable=SC2317  # functions are called through check
. "$(dirname "$0")/lib.sh"
# shellcheck source=echo_common.sh
. "$here/echo_common.sh"
need ip awk diff
need_kite

# not_forwarded COUNT: R drops what A sends, says so in a counter, and has passed on COUNT packets before and after
not_forwarded() {
	local before status=0

	before=$(counter R KiteExt.InNoForward)
	start lost A udp_echo_client.kite 10.0.2.2 7007 <<<"anyone there?"
	wait_for 10 counts_more R KiteExt.InNoForward "$before" || status=1
	stop lost
	[ "$(counter R Ip.ForwDatagrams)" = "$1" ] || { echo "the router forwarded"; status=1; }
	return "$status"
}

topo_link
for proto in tcp udp; do
	pair=("${proto}_echo_server" "${proto}_echo_client")
	check "$proto echo over loopback is the same on both families" same_echo "${pair[@]}" A 127.0.0.1 A
	check "$proto echo to the host's own address is the same on both families" same_echo "${pair[@]}" A 10.0.1.1 A
	check "$proto echo over a link is the same on both families" same_echo "${pair[@]}" B 10.0.1.2 A
done
for name in A B; do unhost "$name"; done

topo_router
for proto in tcp udp; do
	check "$proto echo across a router is the same on both families" \
		same_echo "${proto}_echo_server" "${proto}_echo_client" B 10.0.2.2 A
done
check "an echo server that uses epoll is the same on both families" same_echo tcp_epoll_server tcp_echo_client B 10.0.2.2 A
check "it serves three at once while another keeps silent" echo_to_many tcp_epoll_server tcp_echo_client
forwarded=$(counter R Ip.ForwDatagrams)
check "the router counted what it passed on" [ "$forwarded" -gt 0 ]

start kite-server B udp_echo_server.kite 10.0.2.2 7007
wait_for 10 says kite-server "on 10.0.2.2 port 7007" || bail "no server"
kite_forwarding R 0
check "a router does not forward KITE without net.kite.forwarding" not_forwarded "$forwarded"
kite_forwarding R 1
set_sysctl R ipv4/conf/toA/forwarding 0
check "a router does not forward KITE from a device whose forwarding is off" not_forwarded "$forwarded"
set_sysctl R ipv4/conf/toA/forwarding 1
stop kite-server
check "it forwards again once both are on" echo_over udp_echo_server udp_echo_client kite B 10.0.2.2 A

finish
