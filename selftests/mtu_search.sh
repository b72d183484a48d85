#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A stream over a router whose second link takes less than the first, and which says so to nobody: TCP finds out how much comes
# through, and when the link gets larger its segments do, too (RFC 4821). stream.c checks every byte. Linux's own TCP does the
# same by the same settings.
# time limit: 240 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check, programs are awk's
. "$(dirname "$0")/lib.sh"
need ip tc awk
need_kite

topo_router
# What R says of packets that are too large, it says by ICMP.
tc -n "${prefix}R" qdisc add dev toA clsact &&
	tc -n "${prefix}R" filter add dev toA egress protocol all u32 match u8 1 0xff at 9 action drop || bail "no filter"
# So slow that the stream lasts until all has happened.
tc -n "${prefix}R" qdisc replace dev toB root tbf rate 10mbit burst 4000 latency 200ms || bail "no tbf"
set_sysctl A ipv4/tcp_mtu_probing 1
# 1024 octets come through, and 1448 do not. Between them, as far as the threshold is from the ends, lie few probes.
set_sysctl A ipv4/tcp_probe_threshold 64

# probes FAMILY Success|Fail: how many probes of A's have ended like that
probes() {
	case $1 in
	kite) counter A "TcpExt.TCPMTUP$2" ;;
	inet) on A awk -v want="TCPMTUP$2" '
		$1 == "TcpExt:" && !n { n = split($0, names); next }
		$1 == "TcpExt:" { for (i = 1; i <= n; i++) if (names[i] == want) print $i }' /proc/net/netstat ;;
	esac
}
ended_like() { [ "$(probes "$1" "$2")" -ge "$3" ]; }

# finds_out FAMILY: 1236, 1129 and 1182 octets are tried in turn, with 12 of options, of which the second come through; with a
# larger link 1288, 1368 and 1408 octets
finds_out() {
	local status=0 bytes=8000000

	ip -n "${prefix}R" link set toB mtu 1200 && set_sysctl A ipv4/tcp_probe_interval 600 || return 1
	start server B stream -t 120 -k "$count" -f "$1" -r "$bytes" listen 10.0.2.2 7008
	wait_for 10 says server listening || status=1
	start client A stream -t 120 -k "$count" -f "$1" -s "$bytes" connect 10.0.2.2 7008
	wait_for 30 ended_like "$1" Fail 2 && wait_for 30 ended_like "$1" Success 1 || status=1
	running client || { echo "it has ended too soon"; status=1; }
	ip -n "${prefix}R" link set toB mtu 1500 && set_sysctl A ipv4/tcp_probe_interval 1
	wait_for 30 ended_like "$1" Success 4 || status=1
	ended_like "$1" Fail 3 && { echo "more than two were lost"; status=1; }
	ended client 60 && ended server 60 || { cat "$tmp/client.out" "$tmp/server.out"; status=1; }
	[ "$status" = 0 ] || stop server client
	return "$status"
}
check "IPv4's segments are as large as the path, when nobody tells" finds_out inet
check "KITE's segments are as large as the path, when nobody tells" finds_out kite

finish
