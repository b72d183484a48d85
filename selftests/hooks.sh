#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The five hook points are where they should be on a packet's way, functions there run in the order of their priorities, and
# what they say is done: kite_hooktest.ko sits at all of them.
# time limit: 90 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip awk diff modprobe
need_kite
modprobe kite_hooktest || bail "no kite_hooktest"
at_exit() { rmmod kite_hooktest; }

# tell HOST COMMAND
# shellcheck disable=SC2016  # for the inner shell
tell() { on "$1" sh -c 'echo "$0" >/proc/net/kite_hooktest' "$2"; }

# seen HOST LINE...: exactly these UDP packets were seen there, in this order. Behind the route decision the input device does
# not matter.
seen() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$tmp/expected"
	on "$name" awk '$5 == 17 { print $1, $2, $1 == "POST_ROUTING" ? "-" : $3, $4 }' /proc/net/kite_hooktest >"$tmp/seen"
	diff -u "$tmp/expected" "$tmp/seen"
}

clear_all() {
	local each
	for each in A R B; do tell "$each" clear; done
}

# echoed: A's datagram is echoed by B
echoed() {
	start client A udp_echo_client.kite 10.0.2.2 7009 <<<"hello"
	ended client 10 && says client "echoes: hello"
}

# stopped_at HOST HOOK VERDICT COUNTER: with VERDICT said at HOOK of HOST the datagram ends there and COUNTER tells of it
stopped_at() {
	local name=$1 hook=$2 verdict=$3 counter=$4 before status=0

	clear_all
	before=$(counter "$name" "$counter")
	tell "$name" "$verdict $hook"
	start client A udp_echo_client.kite 10.0.2.2 7009 <<<"hello"
	wait_for 10 counts_more "$name" "$counter" "$before" || status=1
	# Nobody sees it any more: neither the late function there nor the next hook point.
	on "$name" awk -v hook="$hook" '
		after { print "still on its way:", $0; bad = 1 }
		$1 == hook && $2 == "early" { after = 1 }
		END { exit bad || !after }' /proc/net/kite_hooktest || status=1
	says client echoes && { echo "it was echoed"; status=1; }
	stop client
	clear_all
	return "$status"
}

topo_router
start server B udp_echo_server.kite 10.0.2.2 7009
wait_for 10 says server waiting || bail "no server"

# Neighbours know each other from here on.
check "a datagram is echoed with functions at every hook point" echoed
clear_all
check "and again" echoed
check "sender: LOCAL_OUT, POST_ROUTING; the answer: PRE_ROUTING, LOCAL_IN" seen A \
	"LOCAL_OUT early - toR" "LOCAL_OUT late - toR" "POST_ROUTING early - toR" "POST_ROUTING late - toR" \
	"PRE_ROUTING early toR -" "PRE_ROUTING late toR -" "LOCAL_IN early toR -" "LOCAL_IN late toR -"
check "router: PRE_ROUTING, FORWARD, POST_ROUTING, each way" seen R \
	"PRE_ROUTING early toA -" "PRE_ROUTING late toA -" "FORWARD early toA toB" "FORWARD late toA toB" \
	"POST_ROUTING early - toB" "POST_ROUTING late - toB" \
	"PRE_ROUTING early toB -" "PRE_ROUTING late toB -" "FORWARD early toB toA" "FORWARD late toB toA" \
	"POST_ROUTING early - toA" "POST_ROUTING late - toA"
check "receiver: PRE_ROUTING, LOCAL_IN; its answer: LOCAL_OUT, POST_ROUTING" seen B \
	"PRE_ROUTING early toR -" "PRE_ROUTING late toR -" "LOCAL_IN early toR -" "LOCAL_IN late toR -" \
	"LOCAL_OUT early - toR" "LOCAL_OUT late - toR" "POST_ROUTING early - toR" "POST_ROUTING late - toR"

for verdict in drop queue; do
	counter=KiteExt.Hook${verdict^}
	check "$verdict at the sender's POST_ROUTING is a counted drop" stopped_at A POST_ROUTING "$verdict" "$counter"
	check "$verdict at the router's PRE_ROUTING is a counted drop" stopped_at R PRE_ROUTING "$verdict" "$counter"
	check "$verdict at the router's FORWARD is a counted drop" stopped_at R FORWARD "$verdict" "$counter"
	check "$verdict at the router's POST_ROUTING is a counted drop" stopped_at R POST_ROUTING "$verdict" "$counter"
	check "$verdict at the receiver's LOCAL_IN is a counted drop" stopped_at B LOCAL_IN "$verdict" "$counter"
done

refused() {
	clear_all
	tell A "drop LOCAL_OUT"
	start client A udp_echo_client.kite 10.0.2.2 7009 <<<"hello"
	ended client 10
	clear_all
	says client "Operation not permitted"
}
check "drop at LOCAL_OUT is EPERM to the sender" refused
check "with nothing said any more it is echoed again" echoed
check "kite cannot go while a function is registered" not rmmod kite

finish
