#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The tracepoints tell a packet's way: for an echo across a router every joint fires on every host, in the order in which the
# packet gets there, and what is lost or refused is told with its reason.
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip awk diff
need_kite

# way PATTERN LINE...: the packets that match PATTERN met exactly these joints, "HOST EVENT DETAIL"
way() {
	local pattern=$1
	shift
	printf '%s\n' "$@" >"$tmp/expected"
	trace | awk -v pattern="$pattern" '
		index($0, pattern) && $2 != "kite_sock_state" {
			print $1, $2 (match($0, /skb=[0-9a-f]+ .+/) ? " " $NF : "")
		}' >"$tmp/seen"
	diff -u "$tmp/expected" "$tmp/seen"
}

# told HOST EVENT TEXT...: one event there has all of TEXT in it
told() {
	local lines text
	lines=$(trace | grep "^$1 $2 ")
	for text in "${@:3}"; do
		lines=$(grep -F -- "$text" <<<"$lines") || { echo "$1 $2: nothing of $text"; trace | grep "^$1 $2 "; return 1; }
	done
}

# over_udp PORT: A sends a datagram to B's PORT from its port 5000
over_udp() {
	start client A udp_echo_client.kite 10.0.2.2 "$1" <<<"hello"
	ended client 10
}

topo_router
start server B udp_echo_server.kite 10.0.2.2 7013
wait_for 10 says server waiting || bail "no server"
over_udp 7013 || bail "no echo"	# neighbours are known from here on

trace_on
check "a datagram is echoed across the router" over_udp 7013
trace_off
check "the way there: out of A, through R, into B's socket" way "> 10.0.2.2:7013 " \
	"A kite_local_out" "A kite_output" "A kite_xmit" \
	"R kite_rcv" "R kite_route_input unicast" "R kite_forward" "R kite_output" "R kite_xmit" \
	"B kite_rcv" "B kite_route_input local" "B kite_local_deliver" "B kite_sock_deliver"
check "and the way back" way "UDP 10.0.2.2:7013 > " \
	"B kite_local_out" "B kite_output" "B kite_xmit" \
	"R kite_rcv" "R kite_route_input unicast" "R kite_forward" "R kite_output" "R kite_xmit" \
	"A kite_rcv" "A kite_route_input local" "A kite_local_deliver" "A kite_sock_deliver"
check "the router takes one from the ttl" told B kite_rcv "> 10.0.2.2:7013 " "ttl=63"

# refused: nobody is at that port of B
refused() {
	start client A stream connect 10.0.2.2 7014
	ended client 10
	grep -q "Connection refused" "$tmp/client.out"
}
trace_on
check "a connection is refused" refused
trace_off
check "kite_drop tells of a SYN that nobody wants" told B kite_drop "> 10.0.2.2:7014 " "TcpExt_InNoSocket"
check "kite_sock_state tells of the attempt" told A kite_sock_state "CLOSE -> SYN_SENT" "10.0.2.2:7014"
check "kite_sock_state tells of its end" told A kite_sock_state "SYN_SENT -> CLOSE" "10.0.2.2:7014"

# connection: the client is the first to close
connection() {
	start listener B tcp_echo_server.kite 10.0.2.2 7015
	wait_for 10 says listener "listening on" || return 1
	start client A tcp_echo_client.kite 10.0.2.2 7015 <<<"hello"
	ended client 10 && wait_for 10 says listener "connection closed"
}
trace_on
check "a connection comes and goes" connection
check "the client closes" wait_for 10 told A kite_sock_state "FIN_WAIT2 -> "
check "the server closes" wait_for 10 told B kite_sock_state "LAST_ACK -> CLOSE"
trace_off
stop listener
for change in "CLOSE -> SYN_SENT" "SYN_SENT -> ESTABLISHED" "ESTABLISHED -> FIN_WAIT1" "FIN_WAIT1 -> FIN_WAIT2"; do
	check "the client's $change" told A kite_sock_state "$change" "10.0.2.2:7015"
done
for change in "CLOSE -> LISTEN" "SYN_RECV -> ESTABLISHED" "ESTABLISHED -> CLOSE_WAIT" "CLOSE_WAIT -> LAST_ACK"; do
	check "the server's $change" told B kite_sock_state "$change" "10.0.2.2:7015"
done

# unreachable: an ICMP error is sent for a datagram to a closed port
unreachable() {
	start client A udp_echo_client.kite 10.0.2.2 7016 <<<"hello"
	wait_for 10 told_unreachable
	local status=$?
	stop client
	return "$status"
}
told_unreachable() { told B kite_icmp_send "> 10.0.2.2" "type=3 code=3"; }
trace_on
check "kite_icmp_send tells of a port unreachable" unreachable
trace_off

kite_forwarding R 0
lost() {
	start client A udp_echo_client.kite 10.0.2.2 7013 <<<"hello"
	wait_for 10 told R kite_drop "> 10.0.2.2:7013 " "KiteExt_InNoForward"
	local status=$?
	stop client
	return "$status"
}
trace_on
check "kite_drop tells why a router that does not forward drops" lost
trace_off

finish
