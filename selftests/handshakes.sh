#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Short TCP connections begin, carry a word each way and end in every way, between KITE and Linux's own TCP, each as server and
# as client, over links that delay, lose, duplicate and reorder what is said at their beginnings and ends. connections.c checks
# what each of them carries and how it ends.
# time limit: 300 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip tc awk
need_kite

# connections COUNT SERVER FAMILY ADDRESS CLIENT FAMILY
connections() {
	local number=$1 server=$2 server_family=$3 address=$4 client=$5 client_family=$6 status=0

	start server "$server" connections -p 16 -f "$server_family" listen "$address" 7012 "$number"
	wait_for 10 says server listening || status=1
	start client "$client" connections -p 16 -f "$client_family" connect "$address" 7012 "$number"
	ended client 150 || { echo "client:"; cat "$tmp/client.out"; status=1; }
	ended server 60 || { echo "server:"; cat "$tmp/server.out"; status=1; }
	[ "$status" = 0 ] || stop server client
	return "$status"
}

# nothing_left: no connection of K's but those in TIME_WAIT, and no memory for what was in them
nothing_left() {
	wait_for 60 none_but_time_wait || { on K cat /proc/net/kite/tcp; return 1; }
	wait_for 10 no_memory || { on K cat /proc/net/kite/sockstat; return 1; }
}
# A connection that is listed no more may still be on its way out. Each processor may owe or have 256 pages, by which the sum is wrong.
no_memory() {
	on K awk -v owed=$((256 * $(nproc))) '
		/^TCP: inuse 0 orphan 0 tw [0-9]+ alloc 0 mem / { none = $NF <= owed }
		END { exit !none }' /proc/net/kite/sockstat
}
none_but_time_wait() { on K awk 'NR > 1 && $4 != "06" { found = 1 } END { exit found }' /proc/net/kite/tcp; }

topo_linux
# Fewer where each takes that much longer.
many=$((600 / patience)) few=$((96 / patience))
check "$many connections, KITE server, Linux client" connections "$many" K kite 10.0.3.1 L inet
check "$many connections, Linux server, KITE client" connections "$many" L inet 10.0.3.2 K kite
while read -r netem; do
	# shellcheck disable=SC2086  # one word an argument
	impair K toL $netem && impair L toK $netem || bail "no netem"
	check "$few connections, KITE server, Linux client, $netem" connections "$few" K kite 10.0.3.1 L inet
	check "$few connections, Linux server, KITE client, $netem" connections "$few" L inet 10.0.3.2 K kite
done <<END
delay 20ms
delay 1ms loss 10%
delay 1ms duplicate 30%
delay 10ms 8ms
delay 5ms 4ms loss 5% duplicate 10%
END
check "and nothing of them is left" nothing_left

finish
