#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# goodput-guest.sh ROUNDS MEGABYTES SCENE...: what scripts/bench-goodput runs inside the virtual machine, in the directory of the
# selftests. A sends to B across the router R, on whose two devices netem is; each octet is checked by B. For each transfer it
# prints, with tabs between: SCENE, inet or kite, octets, and the microseconds from B's accept() to the end of the stream.
# shellcheck disable=SC2015

# shellcheck source=../selftests/hosts.sh
. "$PWD/hosts.sh"
need ip tc
need_kite
rounds=$1 bytes=$(($2 * 1000000))
shift 2

# impair_both THERE BACK: netem on the way of the data and of the acknowledgments. Its queue never overflows, so that what is
# lost is what is meant to be.
impair_both() {
	# shellcheck disable=SC2086  # one word an argument
	impair R toB limit 100000 $1 && impair R toA limit 100000 $2 || bail "no netem"
}

# set_scene NAME
set_scene() {
	case $1 in
	one-way) impair_both "delay 10ms loss 1%" "" ;;
	both-ways) impair_both "delay 10ms loss 1%" "delay 10ms loss 1%" ;;
	no-loss) impair_both "delay 10ms" "" ;;
	*) bail "no scene $1" ;;
	esac
}

# transfer FAMILY: from A to B; prints how long it took
transfer() {
	local said

	start server B stream -t 60 -f "$1" -r "$bytes" listen 10.0.2.2 7008
	wait_for 10 says server listening &&
	start client A stream -t 60 -f "$1" -s "$bytes" connect 10.0.2.2 7008 &&
	ended client 600 && ended server 60 || { cat "$tmp"/*.out >&2; bail "a transfer over $1 failed"; }
	said=$(cat "$tmp/server.out")
	said=${said##*done in }
	echo "${said% us}"
}

topo_router
# A segment is a packet, for both families, so that a loss is a segment.
for host in A B; do ip -n "$prefix$host" link set toR gso_max_segs 1 || bail "no gso_max_segs"; done
# No connection of AF_INET's begins with what one before it has learned: those of AF_KITE do not.
for host in A B; do set_sysctl "$host" ipv4/tcp_no_metrics_save 1; done

for scene in "$@"; do
	set_scene "$scene"
	# Neighbours are known, programs are in memory.
	for family in inet kite; do bytes=100000 transfer "$family" >/dev/null; done
	for ((round = 0; round < rounds; round++)); do
		for family in inet kite; do
			took=$(transfer "$family") || exit 1
			printf '%s\t%s\t%s\t%s\n' "$scene" "$family" "$bytes" "$took"
		done
	done
done
