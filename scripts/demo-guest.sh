#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# demo-guest.sh: what "make demo" shows, run inside the virtual machine, in the directory of the selftests. The tutorial's
# echo server runs on host B, its client on host A, the router R is between them; all three are network namespaces. Leaves
# what went over A's cable in /out/demo.pcap.
# shellcheck disable=SC2015,SC2016,SC2119,SC2120  # programs for awk

# shellcheck source=../selftests/hosts.sh
. "$PWD/hosts.sh"
need ip awk tcpdump
need_kite

pcap=/out/demo.pcap
port=7007

section() { printf '\n\033[1m== %s\033[0m\n\n' "$1"; }

# speak NAME PROTO ADDRESS LINE...: the client NAME on A says the lines, each after the last one came back; then it waits for
# more, until hang_up
speak() {
	local name=$1 proto=$2 address=$3 line
	shift 3
	mkfifo "$tmp/$name.in"
	exec {words}<>"$tmp/$name.in"
	start "$name" A "${proto}_echo_client.kite" "$address" "$port" <"$tmp/$name.in"
	for line in "$@"; do
		echo "$line" >&"$words"
		wait_for 20 heard "$name" "$line" || bail "no echo of: $line"
	done
}

# heard NAME LINE: the client has printed the echo of LINE
heard() { grep -qE "echo(es)?: $2\$" "$tmp/$1.out"; }

hang_up() {
	exec {words}>&-
	words=
	ended "$1" 20 || bail "the client did not end well"
}

# beside TITLE NAME TITLE NAME: what two programs printed, side by side
beside() {
	awk -v left="$1" -v right="$3" '
		BEGIN { print_row(left, right); print_row("-----------------------", "-----------------------") }
		function print_row(a, b) { printf "  %-54s %s\n", a, b }
		NR == FNR { a[++na] = $0; next }
		{ b[++nb] = $0 }
		END { for (i = 1; i <= na || i <= nb; i++) print_row(a[i], b[i]) }' "$tmp/$2.out" "$tmp/$4.out"
}

# sockets TCP|UDP: the rows of /proc/net/kite/tcp or udp of all hosts, with names instead of numbers
sockets() {
	local name
	printf '  %-5s %-6s %-22s %-22s %s\n' host proto local remote state
	for name in A R B; do
		on "$name" awk -v host="$name" -v proto="$1" '
			function hex(s,  i, n) {
				for (i = 1; i <= length(s); i++)
					n = n * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1
				return n + 0
			}
			# The address is a number in the order of the machine, which is little endian here.
			function endpoint(s) {
				return hex(substr(s, 7, 2)) "." hex(substr(s, 5, 2)) "." hex(substr(s, 3, 2)) "." \
					hex(substr(s, 1, 2)) ":" hex(substr(s, 10))
			}
			BEGIN {
				split("ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT " \
				      "LAST_ACK LISTEN CLOSING", states)
			}
			FNR > 1 {
				state = states[hex($4)]
				if (proto == "UDP")
					state = state == "CLOSE" ? "unconnected" : "connected"
				printf "  %-5s %-6s %-22s %-22s %s\n", host, proto, endpoint($2), endpoint($3), state
			}' "/proc/net/kite/${1,,}"
	done
}

# packets: the way of each packet that was traced, host by host, and the changes of state between
packets() {
	trace | awk '
		$2 == "kite_sock_state" {
			# HOST EVENT LOCAL REMOTE OLD -> NEW sk=...
			text[++n] = sprintf("  %s  socket %s: %s -> %s", $1, $3, $5, $7)
			next
		}
		# HOST EVENT dev=DEVICE PROTO SOURCE > DESTINATION len= id= ttl= skb= [DETAIL]
		$3 ~ /^dev=/ {
			key = $4 " " $5 " " $7 " " $8 " " $9
			joint = substr($2, 6)
			if (joint == "local_out" || !(key in last)) {
				last[key] = ++n
				sub(/len=/, "", $8)
				text[n] = sprintf("  %s %s > %s, %s bytes", $4, $5, $7, $8)
				at[n] = ""
			}
			i = last[key]
			if (at[i] != $1) {
				sub(/ttl=/, "", $10)
				text[i] = text[i] sprintf("\n     %s  ttl %s  ", $1, $10)
				at[i] = $1
			} else {
				text[i] = text[i] " > "
			}
			if (joint == "rcv" || joint == "xmit")
				joint = joint " " substr($3, 5)
			if (joint == "route_input")
				joint = joint " " $NF
			text[i] = text[i] joint
		}
		END { for (i = 1; i <= n; i++) print text[i] }'
}

# captured: everything that A sent and received over its cable is in the file
captured() {
	local frames
	frames=$(tcpdump -Z root -r "$pcap" 2>/dev/null | wc -l)
	[ "$frames" -ge $(($(counter A Ip.OutRequests) + $(counter A Ip.InReceives))) ]
}

section "KITE on Linux $(uname -r): $(dmesg | grep -o 'address family [0-9]*, ethertype.*' | tail -n 1)"
topo_router
cat <<'END'
  host A ---------------------- router R ---------------------- host B
      10.0.1.1        10.0.1.254        10.0.2.254        10.0.2.2

  Addresses, routes and neighbours are the ones that ip(8) shows: KITE uses the host's own.
END

section "The echo server of every tutorial, and what was changed in it (cat -n, lines with KITE)"
cat -n tcp_echo_server.kite.c | grep KITE\\\|kite

mkdir -p "${pcap%/*}"
start tcpdump A tcpdump -Z root --immediate-mode -U -i toR -w "$pcap" ether proto "$ethertype"
wait_for 10 says tcpdump "listening on" || bail "no tcpdump"

section "TCP: the exchange"
start tcp-server B tcp_echo_server.kite 10.0.2.2 "$port"
wait_for 10 says tcp-server "listening on" || bail "no server"
trace_on
speak tcp-client tcp 10.0.2.2
wait_for 10 says tcp-client "connected to" || bail "no connection"
trace_off
handshake=$(packets)
for line in "Hello, KITE." "The quick brown fox jumps over the lazy dog." "Goodbye."; do
	echo "$line" >&"$words"
	wait_for 20 heard tcp-client "$line" || bail "no echo of: $line"
done
beside "client on A" tcp-client "server on B" tcp-server

section "TCP: the sockets, from /proc/net/kite/tcp of each host, while the two are connected"
sockets TCP

section "TCP: how the connection came about, as the tracepoints saw it (events/kite)"
echo "$handshake"
hang_up tcp-client
wait_for 10 says tcp-server "connection closed" || bail "the server did not see the end"

section "UDP: the exchange"
start udp-server B udp_echo_server.kite 10.0.2.2 "$port"
wait_for 10 says udp-server "waiting on" || bail "no server"
trace_on
speak udp-client udp 10.0.2.2 "A datagram across the router."
trace_off
beside "client on A" udp-client "server on B" udp-server

section "UDP: the sockets, from /proc/net/kite/udp of each host"
sockets UDP

section "UDP: the way there and back through the layers, on all three hosts"
packets
hang_up udp-client

section "What the hosts counted, from /proc/net/kite/snmp"
printf '  %-5s %12s %12s %12s %12s %12s\n' host InReceives ForwDatagrams InDelivers OutRequests "Tcp segments"
for name in A R B; do
	printf '  %-5s %12s %12s %12s %12s %12s\n' "$name" "$(counter "$name" Ip.InReceives)" \
		"$(counter "$name" Ip.ForwDatagrams)" "$(counter "$name" Ip.InDelivers)" \
		"$(counter "$name" Ip.OutRequests)" "$(counter "$name" Tcp.OutSegs)"
done

wait_for 10 captured || bail "the capture is not complete"
stop tcpdump
