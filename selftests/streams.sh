#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A TCP stream arrives whole, each way at once: between two KITE hosts across a router, and between KITE and Linux's own TCP,
# each as server and as client, and over devices that take only single segments. stream.c checks every byte. Bad links are
# links.sh's.
# time limit: 300 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check, programs are awk's
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/streams_common.sh"
need ip tc awk ping socat ethtool
need_kite

topo_router
check "10 MB each way, KITE to KITE across a router" streams 10000000 B kite 10.0.2.2 A kite

# A router that cuts by itself what came as one packet, to let it out little by little.
shape() { tc -n "${prefix}R" qdisc replace dev "$1" root tbf rate 100mbit burst 4000 latency 100ms; }
shape toB && shape toA || bail "no tbf"
check "2000000 bytes each way across a router that shapes" streams 2000000 B kite 10.0.2.2 A kite
for name in A R B; do unhost "$name"; done

# The kernel cuts what A sends, and every segment takes memory of its own: what a reader who stops was promised fits into its
# buffer nonetheless, and is not sent again and again.
topo_link
stopped_reader() {
	local status=0

	start server B stream -t 180 -r 600000 listen 10.0.1.2 7008
	wait_for 10 says server listening || status=1
	kill -STOP "${pids[server]}"
	start client A stream -t 180 -s 600000 connect 10.0.1.2 7008
	wait_for 30 asks_for_window || { on A cat /proc/net/kite/tcp; status=1; }
	[ "$(counter B TcpExt.RcvQDrop)" = 0 ] || { echo "B dropped what it had room for"; status=1; }
	kill -CONT "${pids[server]}"
	ended client 60 && ended server 60 || { cat "$tmp/client.out" "$tmp/server.out"; status=1; }
	[ "$status" = 0 ] || stop server client
	return "$status"
}
asks_for_window() { on A awk '$3 ~ /:1B60$/ && $6 ~ /^04:/ { found = 1 } END { exit !found }' /proc/net/kite/tcp; }
on A ethtool -K toB tx off >/dev/null || bail "no device that takes single segments"
check "a reader that stops is asked for its window" stopped_reader
for name in A B; do unhost "$name"; done

# Two devices that get frames as they are on a wire, each with its checksum, and tell nothing about what comes in.
tap_link() {
	local name
	host A B
	modprobe -q tun		# a machine without udev has no /dev/net/tun before
	tap A B && tap B A && wait_for 10 test -S "$tmp/to-A" -a -S "$tmp/to-B" &&
	address A cable 10.0.4.1/24 && address B cable 10.0.4.2/24 || return 1
	for name in A B; do
		ip -n "$prefix$name" link set cable up || return 1
	done
	wait_for 10 on A ping -c 1 -W 1 10.0.4.2
}
tap() { start "$1-cable" "$1" socat -b 2000 TUN,tun-type=tap,tun-name=cable,iff-no-pi "UNIX-SENDTO:$tmp/to-$2,bind=$tmp/to-$1"; }
check "two hosts meet over a plain cable" tap_link
check "2000000 bytes each way over a plain cable" streams 2000000 B kite 10.0.4.2 A kite
# in_company HOST NUMBER: at least NUMBER segments less than it sent left TCP as packets of their own
in_company() {
	local segments packets
	segments=$(counter "$1" Tcp.OutSegs)
	packets=$(counter "$1" Ip.OutRequests)
	[ $((segments - packets)) -ge "$2" ] || { echo "$segments segments in $packets packets"; return 1; }
}
# Those that are lost on the way go alone when they are sent again, and some after them.
check "segments left TCP in company" in_company A $((300 / patience))
stop A-cable B-cable
for name in A B; do unhost "$name"; done

topo_linux
check "10 MB each way, KITE server, Linux client" streams 10000000 K kite 10.0.3.1 L inet
check "10 MB each way, Linux server, KITE client" streams 10000000 L inet 10.0.3.2 K kite

finish
