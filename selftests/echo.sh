#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The echo server and client of every tutorial (examples/) print the same over AF_INET and AF_KITE: over loopback, over a
# cable, across a router; and a router passes on KITE's packets only when both of its switches are on.
# shellcheck disable=SC2317  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip awk diff
need_kite

cat >"$tmp/text" <<'END'
Tiger, tiger, burning bright
In the forests of the night,
What immortal hand or eye
Could frame thy fearful symmetry?
END

# echo_over tcp|udp inet|kite SERVER ADDRESS CLIENT: run both programs to their end; output in $tmp/FAMILY.server, .client
echo_over() {
	local proto=$1 family=$2 server=$3 address=$4 client=$5 status=0

	start "$family-server" "$server" "${proto}_echo_server.$family" "$address" 7007
	wait_for 10 says "$family-server" "on $address port 7007" || { stop "$family-server"; return 1; }
	start "$family-client" "$client" "${proto}_echo_client.$family" "$address" 7007 <"$tmp/text"
	ended "$family-client" 20 || { stop "$family-client"; status=1; }
	# The server is done with the connection when it says so.
	[ "$proto" = udp ] || wait_for 10 says "$family-server" "connection closed" || status=1
	stop "$family-server"
	return "$status"
}

# same_echo PROTO SERVER ADDRESS CLIENT: both families, the same words from both ends, and all of the text among them
same_echo() {
	local line

	echo_over "$1" inet "$2" "$3" "$4" || return 1
	echo_over "$1" kite "$2" "$3" "$4" || return 1
	while read -r line; do
		says kite-client "$line" || { echo "the client never heard: $line"; return 1; }
		says kite-server "$line" || { echo "the server never heard: $line"; return 1; }
	done <"$tmp/text"
	diff -u "$tmp/inet-server.out" "$tmp/kite-server.out" && diff -u "$tmp/inet-client.out" "$tmp/kite-client.out"
}

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
	check "$proto echo over loopback is the same on both families" same_echo "$proto" A 127.0.0.1 A
	check "$proto echo to the host's own address is the same on both families" same_echo "$proto" A 10.0.1.1 A
	check "$proto echo over a link is the same on both families" same_echo "$proto" B 10.0.1.2 A
done
for name in A B; do unhost "$name"; done

topo_router
for proto in tcp udp; do
	check "$proto echo across a router is the same on both families" same_echo "$proto" B 10.0.2.2 A
done
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
check "it forwards again once both are on" echo_over udp kite B 10.0.2.2 A

finish
