#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A TCP stream arrives whole, each way at once, over links as bad as they come: between KITE and Linux's own TCP, each as server
# and as client, and between two KITE hosts across a router. stream.c checks every byte.
# time limit: 900 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/streams_common.sh"
need ip tc awk
need_kite

# --- Linux's own TCP at the other end --------------------------------------------------------------------------------------

# with_linux BYTES ROLE: KITE's ROLE is server or client
with_linux() {
	case $2 in
	server) streams "$1" K kite 10.0.3.1 L inet ;;
	client) streams "$1" L inet 10.0.3.2 K kite ;;
	esac
}

# linux_resent: segments that Linux's TCP on L has sent again
linux_resent() { on L awk '$1 == "Tcp:" && $13 ~ /^[0-9]+$/ { print $13 }' /proc/net/snmp; }

# way_back NETEM: what is lost the other way. Where every third packet is, no acknowledgment: else every second timeout is for
# nothing, Linux takes what it waited in vain for round trips, and for one stream in fifty minutes go by, or Linux gives up.
way_back() { case $1 in *"loss 30%"*) echo "delay 10ms" ;; *) echo "$1" ;; esac; }

# enough: a kernel that checks itself sees every third of these links, and shorter streams
enough() { [ "$patience" != 1 ] && [ $((row++ % 3)) != 0 ]; }
row=0

topo_linux
while read -r bytes role netem; do
	enough && continue
	bytes=$((bytes / patience)) back=$(way_back "$netem")
	# shellcheck disable=SC2086  # one word an argument
	case $role in
	server) impair K toL $netem && impair L toK $back ;;
	client) impair L toK $netem && impair K toL $back ;;
	esac || bail "no netem"
	check "$bytes bytes each way, $netem, KITE as $role" with_linux "$bytes" "$role"
done <<END
500000 server delay 1ms loss 1%
500000 client delay 10ms loss 1%
300000 server delay 100ms
100000 client delay 1ms loss 5%
100000 server delay 10ms loss 10%
100000 client delay 100ms loss 1%
20000 server delay 10ms loss 30%
20000 client loss 30%
500000 server delay 5ms reorder 10% gap 3
500000 client delay 10ms 5ms
300000 server delay 1ms duplicate 20%
200000 client delay 1ms corrupt 2%
500000 server delay 5ms rate 10mbit
200000 client delay 10ms 5ms loss 3% duplicate 5% corrupt 1% reorder 20%
END

# What would have been lost is marked instead: on L, whose packets the kernel knows to be IPv4. A packet of many segments has one
# mark, so each is a packet; and no SYN may be lost, since what is sent again does not offer to be marked.
for host in K L; do set_sysctl "$host" ipv4/tcp_ecn 1; done
ip -n "${prefix}L" link set toK gso_max_segs 1
impair K toL delay 1ms && impair L toK delay 1ms loss 20% ecn || bail "no netem"
resent=$(linux_resent)
check "500000 bytes each way over a link that marks, and does not lose" with_linux 500000 client
# Each mark would have been a loss; what was sent again had been waited for too short a time.
marked() {
	local marks again=$(($(linux_resent) - resent))
	marks=$(counter K IpExt.InCEPkts)
	[ "$marks" -ge 20 ] && [ "$again" -lt "$marks" ] || { echo "$marks marks, $again sent again"; return 1; }
}
check "marks came instead of losses" marked
for host in K L; do unhost "$host"; done

# --- a router between -------------------------------------------------------------------------------------------------------

# across NETEM...: what the router's packets meet, either way
across() {
	# shellcheck disable=SC2046  # one word an argument
	impair R toB "$@" && impair R toA $(way_back "$*") || bail "no netem"
}

topo_router
while read -r bytes netem; do
	enough && continue
	bytes=$((bytes / patience))
	# shellcheck disable=SC2086  # one word an argument
	across $netem
	check "$bytes bytes each way across a router with $netem" streams "$bytes" B kite 10.0.2.2 A kite
done <<END
500000 delay 1ms loss 1%
100000 delay 1ms loss 5%
20000 delay 10ms loss 30%
500000 delay 5ms reorder 10% gap 3
500000 delay 1ms duplicate 5%
END

# One segment a packet and a short queue, lest a round trip takes seconds where the link is slow.
for host in A B; do ip -n "$prefix$host" link set toR gso_max_segs 1; done

# begin_stream: from A to B and back, so much that it is not over soon
begin_stream() {
	start server B stream -t 300 -f kite -s 2000000 -r 2000000 listen 10.0.2.2 7009
	wait_for 10 says server listening || return 1
	start client A stream -t 300 -f kite -s 2000000 -r 2000000 connect 10.0.2.2 7009
}
# end_stream: it comes to its end; otherwise, put an end to it
end_stream() {
	ended client 320 && ended server 60 && return
	cat "$tmp/client.out" "$tmp/server.out"
	stop server client
	return 1
}

# meanwhile COMMAND...: COMMAND, while a stream that is not over before flows across the router
meanwhile() {
	local status=0

	begin_stream || return 1
	flows && "$@" && flows && running client || { echo "it was over"; status=1; }
	across delay 1ms
	end_stream && return "$status"
}
# flows: A sends segment after segment
flows() { wait_for 90 counts_more A Tcp.OutSegs $(($(counter A Tcp.OutSegs) + 49)); }

# So slow that the stream is not over before this test has done what it wants to do.
slow() { across delay 5ms rate $((2000 / patience))kbit limit 40; }

mtu() { ip -n "${prefix}R" link set toB mtu "$1" && ip -n "${prefix}B" link set toR mtu "$1"; }
# The way gets narrower, and wide again.
change_mtu() { mtu 700 && wait_for 30 counts_more A Icmp.InDestUnreachs 0 && flows && mtu 1500; }
slow
check "a stream goes on while the way gets narrower, and wide again" meanwhile change_mtu

# A cable is pulled, and put in again when A has asked several times in vain, and 20 s are over; where the kernel checks itself,
# sooner. After that A asks again within as long as it has been out.
out_for=$((patience == 1 ? 20 : 3))
is_long_out() { [ $((SECONDS - since)) -ge "$out_for" ] && counts_more A TcpExt.TCPTimeouts $((timeouts + 2)); }
pull_cable() {
	local timeouts since=$SECONDS
	timeouts=$(counter A TcpExt.TCPTimeouts)
	across loss 100%
	wait_for 120 is_long_out && slow
}
slow
check "a stream goes on after a link that was down for $out_for seconds" meanwhile pull_cable

# A's retransmission and what the router has of the same segment are one packet's data; the headers are not.
undelivered() { echo $(($(counter R Ip.ForwDatagrams) - $(counter A Ip.InDelivers) - $(counter B Ip.InDelivers))); }
all_delivered() { [ "$(undelivered)" = "$1" ]; }
# For so long that A sends again what waits there, even where a slow machine makes round trips long.
hold() {
	local resent
	resent=$(counter A Tcp.RetransSegs)
	tc -n "${prefix}R" qdisc change dev toB root netem delay $((2 * patience))s limit 10000 &&
		wait_for 60 counts_more A Tcp.RetransSegs $((resent + 1)) &&
		tc -n "${prefix}R" qdisc change dev toB root netem delay 100ms limit 10000
}
hold_some() {
	local before
	across delay 100ms limit 10000
	before=$(undelivered)
	begin_stream && flows && hold && end_stream && wait_for 10 all_delivered "$before" ||
		{ echo "$(($(undelivered) - before)) did not arrive"; stop server client; return 1; }
}
check "what is sent again while the router still holds it arrives both times" hold_some

finish
