#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What KITE's TCP sends, as tshark reads it: nothing malformed, every checksum right, and of tshark's analysis only such remarks as
# Linux's own TCP causes in the same scene. The scenes are played over links that lose: by AF_INET on both ends, which shows that
# what is asked here is right; by KITE on both; and by KITE against AF_INET, in either role.
#
# The capture is made at A's own device, and packets are lost behind it, on the router. So it has all that A has ever sent and all
# that A has ever heard, and what tshark remarks about A's packets is about what A did with what it knew. B's are only read.
# time limit: 300 s
# shellcheck disable=SC2015,SC2016,SC2317  # programs are awk's, functions are called through others
. "$(dirname "$0")/lib.sh"
need ip tc awk tcpdump ethtool ping tshark
need_kite

pcap=$tmp/A.pcap
last_words=6b6974652d656e64	# "kite-end", in the packet that comes last
declare -A acts=()		# what was played, by the server's port: FAMILY_A-FAMILY_B/SCENE

# --- what tshark may remark ----------------------------------------------------------------------------------------------

# The course of every connection
life="Connection (establish request|establish acknowledge|finish|reset) .*|This frame (initiates|undergoes) the connection closing"

# What is sent again since it was lost, in tshark's three words for that; and what the peer's loss of acknowledgments, or its own
# repetitions, make of A's acknowledgments. An acknowledgment that moves nothing but the window is one, and what fills the window
# that the peer has offered does so in slow start, while nothing is lost.
loss="This frame is a [(]suspected[)] (retransmission|fast retransmission|out-of-order segment)|Duplicate ACK [(]#[0-9]+[)]|D-SACK Sequence"
loss+="|TCP window update|TCP window specified by the receiver is now completely full"

# The kernel's skb_checksum_help() writes a checksum of 0 as its other form, as UDP needs it: once in 65,536 segments.
other_zero="TCP Checksum 0xffff instead of 0x0000 [(]see RFC 1624[)]"

# B has several processors, and one may overtake another on the router: an acknowledgment behind the FIN that was sent after it looks
# like a question for life, and is answered.
overtaken="ACK to a TCP keep-alive segment"

# tshark counts what there is to be acknowledged in segments that follow on each other. What is sent again together with the next one,
# or with the FIN, begins before the place that it has got to, and ends behind it. So we count ourselves: see remarks_are.
beyond="ACKed segment that wasn't captured [(]common at capture start[)]"

# Whoever was reset does not keep a port for the rest of TIME_WAIT.
many="A new tcp session is started with the same ports as an earlier session in this trace"

# A window that closes, is asked about, with an octet that was acknowledged before, and opens. What just fills it is acknowledged
# with delay, since the window cannot move: a probe for its loss (RFC 8985 7) may come first.
window="TCP keep-alive segment|TCP Zero Window segment|TCP Zero Window Probe|ACK to a TCP Zero Window Probe"

allowed() {
	local more=""
	case $1 in
	many_*) more="|$many" ;;
	*_stops) more="|$window" ;;
	esac
	echo "$life|$loss|$overtaken|$other_zero|$beyond$more"
}

# expected SCENE: what there has to be, or the scene has not shown what it is for
expected() {
	case $1 in
	A_says_FIN_twice) echo "This frame is a [(]suspected[)] retransmission" ;;
	A_stops) echo "TCP Zero Window segment" ;;
	B_stops) echo "TCP keep-alive segment|TCP Zero Window Probe" ;;
	esac
}

# --- the scenes: NAME FAMILY_A FAMILY_B PORT -------------------------------------------------------------------------------

# serve_stream HOST FAMILY ADDRESS PORT ARGUMENT...
serve_stream() {
	start server "$1" stream -f "$2" "${@:5}" listen "$3" "$4"
	wait_for 30 says server listening || bail "no server"
}
# both_end: server and client have done what they were to do
both_end() { ended client 120 && ended server 60 || { cat "$tmp/client.out" "$tmp/server.out"; bail "a connection failed"; }; }

A_sends() {
	serve_stream B "$2" 10.0.2.2 "$3" -r 250000
	start client A stream -f "$1" -s 250000 connect 10.0.2.2 "$3"
	both_end
}
# A's FIN goes first.
A_receives() {
	serve_stream B "$2" 10.0.2.2 "$3" -s 250000
	start client A stream -f "$1" -r 250000 connect 10.0.2.2 "$3"
	both_end
}
both_send() {
	serve_stream A "$1" 10.0.1.1 "$3" -s 150000 -r 150000
	start client B stream -f "$2" -s 150000 -r 150000 connect 10.0.1.1 "$3"
	both_end
}

# One line after the other, each when the last one has come back
A_asks() { ask B "$2" 10.0.2.2 A "$1" "$3"; }
A_answers() { ask A "$1" 10.0.1.1 B "$2" "$3"; }
ask() {
	start server "$1" "tcp_echo_server.$2" "$3" "$6"
	wait_for 30 says server "port $6" || bail "no server"
	start client "$4" "tcp_echo_client.$5" "$3" "$6" < <(seq 40)
	ended client 120 && says client "echo: 40" || bail "lines were not echoed"
	wait_for 60 says server "connection closed" || bail "the server did not see the end"
	stop server
}

# Connections that end in every way
many_from_A() { many B "$2" 10.0.2.2 A "$1" "$3"; }
many_to_A() { many A "$1" 10.0.1.1 B "$2" "$3"; }
many() {
	start server "$1" connections -p 12 -f "$2" listen "$3" "$6" 24
	wait_for 30 says server listening || bail "no server"
	start client "$4" connections -p 12 -f "$5" connect "$3" "$6" 24
	both_end
}

# A has nothing more to send, and the first to say so is lost; then B sends.
A_says_FIN_twice() {
	tc -n "${prefix}R" filter add dev toA ingress protocol all pref 1 u32 match u8 1 1 at 33 action drop || bail "no filter"
	serve_stream B "$2" 10.0.2.2 "$3" -r 1000 -s 20000
	start client A stream -f "$1" -s 1000 -r 20000 connect 10.0.2.2 "$3"
	wait_for 30 dropped || bail "no FIN was lost"
	tc -n "${prefix}R" filter del dev toA ingress pref 1
	both_end
}
dropped() { tc -s -n "${prefix}R" filter show dev toA ingress | grep -q "dropped [1-9]"; }

# A reader does not read, and goes on when the writer has asked twice whether it may.
B_stops() { stopped B "$2" 10.0.2.2 A "$1" "$3"; }
A_stops() { stopped A "$1" 10.0.1.1 B "$2" "$3"; }
stopped() {
	local before

	serve_stream "$1" "$2" "$3" "$6" -r 300000
	kill -STOP "${pids[server]}"
	start client "$4" stream -f "$5" -s 300000 connect "$3" "$6"
	wait_for 60 waits_for_window "$4" "$5" "$6" || bail "nobody waits for the window"
	before=$(asked "$6")
	wait_for 60 asked_more "$6" $((before + 1)) || bail "nobody asks for the window"
	kill -CONT "${pids[server]}"
	both_end
}
waits_for_window() {
	local file=/proc/net/tcp

	[ "$2" = inet ] || file=/proc/net/kite/tcp
	on "$1" awk -v port=":$(printf %04X "$3")" '
		substr($3, 9) == port && $6 ~ /^04:/ { found = 1 }
		END { exit !found }' "$file"
}
# asked PORT: how many small segments went there by now, as they ask for a window; KITE's are no IP to tcpdump
asked() { tcpdump -Z root -r "$pcap" "ether[36:2] = $1 and less 100" 2>/dev/null | wc -l; }
asked_more() { [ "$(asked "$1")" -gt "$2" ]; }

# --- the play --------------------------------------------------------------------------------------------------------------

port=7100

# act SCENE FAMILY_A FAMILY_B
act() {
	acts[$port]=$2-$3/$1
	"$1" "$2" "$3" "$port"
	port=$((port + 1))
}

lose() { impair R toA "$@" && impair R toB "$@" || bail "no netem"; }

# play FAMILY_A FAMILY_B
play() {
	local scene

	lose delay 10ms loss 3%
	for scene in A_sends A_receives both_send; do act "$scene" "$@"; done
	lose delay 5ms loss 8%
	for scene in A_asks A_answers many_from_A many_to_A; do act "$scene" "$@"; done
	lose delay 1ms
	for scene in A_says_FIN_twice A_stops B_stops; do act "$scene" "$@"; done
}

# All that A sends is in the file, since what came after it is.
complete() {
	on A ping -c 1 -W 1 -p "$last_words" 10.0.1.254 >/dev/null && wait_for 30 grep -q kite-endkite-end "$pcap" || return 1
	kill -INT "${pids[tcpdump]}"
	ended tcpdump 30 && cat "$tmp/tcpdump.out" && says tcpdump "0 packets dropped by kernel"
}

# read_capture: $tmp/frames gets a line for each TCP segment
read_capture() {
	tshark -r "$pcap" -n -Y tcp -d "ethertype==$ethertype,ip" -d "tcp.port==7100-$port,data" \
		-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-T fields -E separator=/t -E occurrence=a -E aggregator='|' \
		-e tcp.srcport -e tcp.dstport -e ip.src -e ip.checksum.status -e tcp.checksum.status -e _ws.malformed \
		-e _ws.expert.severity -e _ws.expert.message \
		-e frame.number -e frame.time_relative -e tcp.stream -e tcp.flags.str -e tcp.seq -e tcp.len -e tcp.ack \
		-e tcp.window_size >"$tmp/frames" 2>"$tmp/tshark" || { cat "$tmp/tshark"; return 1; }
	[ "$(wc -l <"$tmp/frames")" -ge 2000 ] || { echo "only $(wc -l <"$tmp/frames") segments"; return 1; }
}

# well_formed: of both hosts' segments. tshark says 1 of a checksum that is right, 0 of the other zero, and 8388608 of an error.
well_formed() {
	awk -F '\t' -v other_zero="$other_zero" '
		$4 != 1 || $5 != ($8 !~ other_zero) || $6 != "" || $7 ~ /8388608/ {
			print "frame " $9 " from " $3 ":" $1 ": checksums " $4 " " $5 ", " $6 " " $8
			wrong = 1
		}
		END { exit wrong }' "$tmp/frames"
}

# The capture sees an acknowledgment before TCP does. A timer may run out in between, and what it sends is called spurious: such
# as comes a moment, in seconds, after a segment of B's, and a moment at least after A's last one.
moment=0.01

# remarks_are PORT SCENE: about what A sent to or from PORT there is what has to be, and nothing else than what may be; and A
# acknowledges nothing that has not come. What is odd is shown with the segments of its connection before it.
remarks_are() {
	awk -F '\t' -v port="$1" -v allowed="^($(allowed "$2"))\$" -v expected="$(expected "$2")" -v moment="$moment" '
		$1 != port && $2 != port { next }
		{
			frame = sprintf("  %s %.6f %s:%s %s seq %s len %s ack %s win %s  %s", $9, $10, $3, $1, $12, $13, $14, $15, $16, $8)
			before[$11, ++n[$11]] = frame
		}
		$3 != "10.0.1.1" {
			# A SYN and a FIN count as an octet each.
			end = $13 + $14 + ($12 ~ /S/) + ($12 ~ /F/)
			if (end > heard[$11])
				heard[$11] = end
			heard_at[$11] = $10
			next
		}
		{
			segments++
			crossed = $10 - heard_at[$11] < moment && $10 - said_at[$11] > moment
			said_at[$11] = $10
			count = split($8, remarks, "|")
			if ($12 ~ /A/ && $15 > heard[$11] + 0)
				remarks[++count] = "acknowledges what has not come"
			for (i = 1; i <= count; i++) {
				seen = seen || remarks[i] ~ expected
				if (remarks[i] ~ allowed || crossed && remarks[i] ~ /spurious retransmission/)
					continue
				print "frame " $9 ": " remarks[i] ", after"
				for (k = n[$11] > 12 ? n[$11] - 12 : 1; k <= n[$11]; k++)
					print before[$11, k]
				odd = 1
			}
		}
		END {
			if (!segments || expected != "" && !seen)
				print "there is no such thing as: " expected
			exit odd || !segments || expected != "" && !seen
		}' "$tmp/frames"
}

# repaired ACTS: A has sent something again in one of these, and acknowledged something twice
repaired() {
	local number ports=' '

	for number in "${!acts[@]}"; do
		[[ ${acts[$number]} != "$1"/* ]] || ports+="$number "
	done
	awk -F '\t' -v ports="$ports" '
		$3 == "10.0.1.1" && (index(ports, " " $1 " ") || index(ports, " " $2 " ")) {
			again += $8 ~ /retransmission|out-of-order/
			twice += $8 ~ /Duplicate ACK/
		}
		END { print again + 0 " sent again, " twice + 0 " acknowledged twice"; exit !again || !twice }' "$tmp/frames"
}

topo_router
for host in A B; do
	# Each segment leaves on its own, with its checksum.
	on "$host" ethtool -K toR tx off >/dev/null || bail "cannot have checksums in packets"
done
tc -n "${prefix}R" qdisc add dev toA clsact || bail "no clsact"
start tcpdump A tcpdump -Z root --immediate-mode -U -B 65536 -s 0 -i toR -w "$pcap" "ip or ether proto $ethertype"
wait_for 30 says tcpdump "listening on" || bail "no tcpdump"

play inet inet
play kite kite
rewrite B toR 0x0800 "$ethertype" && rewrite R toB "$ethertype" 0x0800 || bail "cannot rewrite EtherTypes"
play kite inet

check "all that A sent and heard was captured" complete
check "tshark reads it" read_capture
check "nothing is malformed, and every checksum is right" well_formed
for pair in inet-inet kite-kite kite-inet; do
	check "$pair: there was something to repair" repaired "$pair"
done
for ((number = 7100; number < port; number++)); do
	check "${acts[$number]}: no odd remark" remarks_are "$number" "${acts[$number]#*/}"
done

finish
