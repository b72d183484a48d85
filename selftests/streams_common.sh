# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2317
# What the tests that carry streams share. Source it after lib.sh.

# streams BYTES SERVER FAMILY ADDRESS CLIENT FAMILY: BYTES each way. A link that loses every third packet, either way, makes one
# FIN in two hundred wait for its ninth timeout, which is 51 s after the first.
streams() {
	local bytes=$1 server=$2 server_family=$3 address=$4 client=$5 client_family=$6 status=0

	start server "$server" stream -t 240 -k "$count" -f "$server_family" -s "$bytes" -r "$bytes" listen "$address" 7008
	wait_for 10 says server listening || status=1
	start client "$client" stream -t 240 -k "$count" -f "$client_family" -s "$bytes" -r "$bytes" connect "$address" 7008
	ended client 240 || { echo "client:"; cat "$tmp/client.out"; status=1; }
	ended server 240 || { echo "server:"; cat "$tmp/server.out"; status=1; }
	[ "$status" = 0 ] || stop server client
	return "$status"
}
