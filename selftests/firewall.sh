#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Stock nft programs KITE's hook points: chains of "table bridge", "type route" see KITE's packets at all five of them, and what
# people write into rules for IPv4 matches, counts, limits, logs, drops, marks and reroutes. The peers are Linux's own IPv4.
# time limit: 180 s
# shellcheck disable=SC2317,SC2015  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip tc awk nft ping socat ss dmesg unshare
need_kite
log_all=$(cat /proc/sys/net/netfilter/nf_log_all_netns)
at_exit() {
	echo "$log_all" >/proc/sys/net/netfilter/nf_log_all_netns
	wait_for 20 rmmod kite_nft
}
echo 1 >/proc/sys/net/netfilter/nf_log_all_netns

# rules: R's table is what stdin says, and nothing else
rules() {
	{ echo "table bridge kite; delete table bridge kite; table bridge kite {"; cat; echo "}"; } >"$tmp/rules"
	on R nft -f "$tmp/rules" || { cat "$tmp/rules"; return 1; }
}

# rule_at HOOK RULE...: the table is one chain, at HOOK, of this rule, and a counter named hit
rule_at() { rules <<<"counter hit { }; chain c { type route hook $1 priority 0; ${*:2}; }"; }

# counted NAME NUMBER: the counter stands at NUMBER
counted() { [ "$(packets R "$1")" = "$2" ] || { echo "$1: $(packets R "$1") packets, not $2"; return 1; }; }

# pinged ADDRESS COUNT: A's COUNT echo requests are all answered
pinged() { on A ping -q -n -i 0.2 -W 20 -c "$2" "$1"; }

# not_pinged ADDRESS
not_pinged() { on A ping -q -n -W 1 -c 1 "$1" && { echo "answered"; return 1; }; return 0; }

# datagram FROM ADDRESS PORT: one plain Linux datagram
datagram() { on "$1" socat -u - "UDP4-SENDTO:$2:$3,sourceport=4000" <<<"datagram"; }

topo_linux_router
check "Linux hosts reach each other through the router" pinged 10.0.2.2 1
check "and the router itself" pinged 10.0.1.254 1

# --- where -----------------------------------------------------------------------------------------------------------------

hooks="prerouting input forward output postrouting"

# passes PREROUTING INPUT FORWARD OUTPUT POSTROUTING: so many packets were seen at each hook
passes() {
	local hook status=0
	for hook in $hooks; do
		counted "$hook" "$1" || status=1
		shift
	done
	return "$status"
}

count_all() {
	local hook
	for hook in $hooks; do
		echo "counter $hook { }; chain c_$hook { type route hook $hook priority 0; counter name $hook; }"
	done | rules
}
check "chains are made at all five hook points" count_all
check "pinged through" pinged 10.0.2.2 3
check "what is forwarded is seen at prerouting, forward, postrouting" passes 6 0 6 0 6
check "all counters are zero again" count_all
check "pinged" pinged 10.0.1.254 3
check "what is for the host is seen at prerouting, input; what is from it at output, postrouting" passes 3 3 0 3 3

# dropped_at HOOK ADDRESS: a drop rule there stops the packet, and KITE counts it
dropped_at() {
	local before
	rule_at "$1" "icmp type $3 counter name hit drop" || return 1
	before=$(counter R KiteExt.HookDrop)
	not_pinged "$2" && counted hit 1 && [ "$(counter R KiteExt.HookDrop)" = $((before + 1)) ]
}
check "drop at prerouting" dropped_at prerouting 10.0.2.2 echo-request
check "drop at input" dropped_at input 10.0.1.254 echo-request
check "drop at forward" dropped_at forward 10.0.2.2 echo-request
check "drop at output" dropped_at output 10.0.1.254 echo-reply
check "drop at postrouting" dropped_at postrouting 10.0.2.2 echo-request

policy_drops() {
	rules <<<"chain c { type route hook forward priority 0; policy drop; icmp type echo-reply accept; }" &&
	not_pinged 10.0.2.2 && pinged 10.0.1.254 1
}
check "a chain's policy drops what no rule accepts" policy_drops

in_order() {
	rules <<-END && pinged 10.0.1.254 1 && counted first 1 && counted second 0
		counter first { }
		counter second { }
		chain late { type route hook prerouting priority 10; meta mark 1 counter name first; meta mark != 1 counter name second; }
		chain early { type route hook prerouting priority -10; icmp type echo-request meta mark set 1; }
	END
}
check "chains run by their priorities" in_order

queued() {
	local before
	rule_at input "icmp type echo-request counter name hit queue" || return 1
	before=$(counter R KiteExt.HookQueue)
	not_pinged 10.0.1.254 && counted hit 1 && [ "$(counter R KiteExt.HookQueue)" = $((before + 1)) ]
}
check "queue is a counted drop" queued

# --- what ------------------------------------------------------------------------------------------------------------------

# matching HOOK: a table with the rules of $tmp/matches at HOOK, each with a counter, n0, n1, ..., and one, total
matching() {
	local line n=0 counters="counter total { };" lines=
	while read -r line; do
		counters+=" counter n$n { };"
		lines+="${line#not } counter name n$n;"
		n=$((n + 1))
	done <"$tmp/matches"
	rules <<-END
		set hosts { type ipv4_addr; elements = { 10.0.1.1, 10.0.1.254 } }
		set others { type ipv4_addr; flags interval; elements = { 10.0.2.128/25, 192.0.2.1 } }
		set pairs { type ipv4_addr . inet_service; elements = { 10.0.1.1 . 1053, 10.0.1.254 . 1053 } }
		$counters
		chain c { type route hook $1 priority 0; $lines counter name total; }
	END
}

# matched HOOK: each rule of $tmp/matches has matched the one packet that came, or has not where it begins with "not"
matched() {
	local line n=0 name packets
	declare -A seen=()
	while read -r name packets; do
		seen[$name]=$packets
	done < <(on R nft list counters table bridge kite | awk '$1 == "counter" { n = $2 } $1 == "packets" { print n, $2 }')
	while read -r line; do
		case $line in
		not\ *) check "at $1 does not match: ${line#not }" [ "${seen[n$n]-}" = 0 ] ;;
		*) check "at $1 matches: $line" [ "${seen[n$n]-}" = 1 ] ;;
		esac
		n=$((n + 1))
	done <"$tmp/matches"
}

cat >"$tmp/matches" <<END
ip saddr 10.0.1.1
not ip saddr 10.0.1.2
ip saddr 10.0.1.0/24
ip daddr 10.0.1.254
not ip daddr != 10.0.1.254
ip protocol udp
not ip protocol tcp
ip ttl 64
ip length 37
not ip frag-off & 0x1fff != 0
meta protocol ip
meta l4proto udp
meta length 37
udp dport 1053
not udp dport 1054
udp dport 1000-1100
udp sport 4000
udp length 17
not tcp dport 1053
th dport 1053
not icmp type echo-request
ip saddr @hosts
not ip saddr @others
ip saddr . udp dport @pairs
udp dport { 53, 1053 }
udp dport != { 53, 54 }
iifname "lan"
not iifname "wan"
iifname { "lan", "wan" }
iifname "l*"
iif "lan"
iiftype ether
not oifname "lan"
meta pkttype host
meta mark 0
ether type ip
not ether type arp
ether saddr $(on A cat /sys/class/net/toR/address)
@nh,72,8 17
@th,16,16 1053
END
check "rules of every kind are taken at prerouting" matching prerouting
on A socat -u - UDP4-SENDTO:10.0.1.254:1053,sourceport=4000 <<<"datagram"
check "a datagram comes" wait_for 10 counted total 1
matched prerouting

cat >"$tmp/matches" <<END
ip saddr 10.0.1.254
ip daddr 10.0.1.1
ip saddr @hosts
ip daddr . udp dport @pairs
ip checksum != 0
udp dport 1053
not udp dport 1054
oifname "lan"
not oifname "wan"
not iifname "lan"
meta protocol ip
meta skuid 0
not meta skuid 65534
ether type ip
not ether type arp
END
# R's own datagram, by KITE
speaks() { start client R udp_echo_client.kite "$1" 1053 <<<"datagram"; }
for hook in output postrouting; do
	check "rules of every kind are taken at $hook" matching $hook
	speaks 10.0.1.1
	check "a datagram goes" wait_for 10 counted total 1
	stop client
	matched $hook
done

segments() {
	rules <<-END || return 1
		counter syn { }; counter rst { }
		chain c { type route hook forward priority 0
			tcp dport 81 tcp flags & (syn | ack) == syn counter name syn
			tcp sport 81 tcp flags & rst == rst counter name rst
		}
	END
	on A socat -u - TCP4:10.0.2.2:81 </dev/null
	wait_for 10 counted syn 1 && wait_for 10 counted rst 1
}
check "TCP ports and flags" segments

limited() {
	rules <<-END || return 1
		counter come { }; counter through { }
		chain c { type route hook input priority 0
			icmp type echo-request counter name come limit rate over 1/hour burst 3 packets drop
			icmp type echo-request counter name through
		}
	END
	on A ping -q -n -i 0.2 -W 1 -c 6 10.0.1.254
	wait_for 10 counted come 6 && counted through 3
}
check "a limit of three lets three through" limited

mapped() {
	rules <<-END || return 1
		map services { type inet_service : verdict; elements = { 1001 : drop, 1002 : jump two, 1003 : accept } }
		counter two { }; counter rest { }
		chain two { counter name two accept; }
		chain c { type route hook input priority 0; udp dport vmap @services; udp dport 1000-1009 counter name rest; }
	END
	for port in 1001 1002 1003 1004; do
		on A socat -u - UDP4-SENDTO:10.0.1.254:"$port" <<<"datagram"
	done
	wait_for 10 counted rest 1 && counted two 1
}
check "a verdict map drops, jumps and accepts" mapped

dynamic() {
	rules <<-END || return 1
		set pingers { type ipv4_addr; size 16; flags dynamic,timeout; timeout 1h; }
		chain c { type route hook input priority 0; icmp type echo-request add @pingers { ip saddr }; }
	END
	pinged 10.0.1.254 1 && on R nft get element bridge kite pingers "{ 10.0.1.1 }"
}
check "rules put addresses into sets" dynamic

# logged WORD...: a line with all these words is in the kernel's log
logged() {
	local line word
	while read -r line; do
		for word; do
			[[ " $line " == *" $word "* ]] || continue 2
		done
		return 0
	done < <(dmesg | grep -F "$prefix")
	echo "not logged: $*"
	dmesg | grep -F "$prefix"
	return 1
}
logs() {
	rules <<-END || return 1
		chain i { type route hook input priority 0; icmp type echo-request log prefix "$prefix in " flags all; }
		chain o { type route hook output priority 0; icmp type echo-reply log prefix "$prefix out "; }
		chain f { type route hook forward priority 0; icmp type echo-request log prefix "$prefix through " flags ip options; }
	END
	pinged 10.0.1.254 1 && pinged 10.0.2.2 1 || return 1
	logged in IN=lan OUT= SRC=10.0.1.1 DST=10.0.1.254 PROTO=ICMP TYPE=8 MACPROTO=0800 &&
	logged out IN= OUT=lan SRC=10.0.1.254 DST=10.0.1.1 PROTO=ICMP TYPE=0 &&
	logged through IN=lan OUT=wan SRC=10.0.1.1 DST=10.0.2.2 TTL=63
}
check "log writes the line that it writes for IPv4" logs

log_group() {
	rule_at input "icmp type echo-request log group 7 counter name hit" &&
	pinged 10.0.1.254 1 && counted hit 1
}
check "log to a group that nobody listens to lets packets pass" log_group

traced() {
	rule_at prerouting "icmp type echo-request meta nftrace set 1 counter name hit" || return 1
	start monitor R nft monitor trace
	wait_for 10 eval 'pinged 10.0.1.254 1; says monitor "ip saddr 10.0.1.1 ip daddr 10.0.1.254"' || return 1
	stop monitor
}
check "nft monitor trace follows a packet" traced

# --- marks and routes ------------------------------------------------------------------------------------------------------

# R's way to B is by wan. Marked, or with another tos, it is by lan, or forbidden.
ip -n "${prefix}R" route add table 100 10.0.2.2 via 10.0.1.1 dev lan
ip -n "${prefix}R" rule add fwmark 1 lookup 100
ip -n "${prefix}R" rule add tos 0x10 lookup 100
ip -n "${prefix}R" rule add fwmark 2 prohibit
set_sysctl A ipv4/ip_forward 0

# goes_by DEVICE OUTPUT_RULE...: R's datagram to B leaves by DEVICE with this rule at output
goes_by() {
	local device=$1 status=0
	shift
	rules <<-END || return 1
		counter hit { }; counter other { }
		chain o { type route hook output priority 0; $*; }
		chain p { type route hook postrouting priority 0
			udp dport 1053 oifname $device counter name hit
			udp dport 1053 oifname != $device counter name other
		}
	END
	speaks 10.0.2.2
	wait_for 10 counted hit 1 || status=1
	stop client
	counted other 0 && return "$status"
}
check "a datagram goes the way the routes say" goes_by wan "counter"
check "with a mark set at output it goes another" goes_by lan "udp dport 1053 meta mark set 1"
check "a mark that no policy rule knows changes nothing" goes_by wan "udp dport 1053 meta mark set 7"
check "with another tos it goes another way too" goes_by lan "udp dport 1053 ip dscp set 0x4"
check "and with another destination" goes_by lan "udp dport 1053 ip daddr set 10.0.1.1"
check "a mark set at prerouting has no say over what is sent" goes_by wan \
	"counter; }; chain i { type route hook prerouting priority 0; meta mark set 1"

forbidden() {
	rules <<<"chain o { type route hook output priority 0; udp dport 1053 meta mark set 2; }" || return 1
	speaks 10.0.2.2
	ended client 10
	says client "Permission denied"
}
check "a mark that leads to a prohibit rule is EACCES to the sender" forbidden

refused() {
	rules <<<"chain o { type route hook output priority 0; udp dport 1053 drop; }" || return 1
	speaks 10.0.2.2
	ended client 10
	says client "Operation not permitted"
}
check "drop at output is EPERM to the sender" refused

# A plain Linux echo server takes the datagram only if its checksums are right, whatever was written into it.
rewritten() {
	serve server A UDP4-RECVFROM:1053 || return 1
	rules <<-END || return 1
		chain o { type route hook output priority 0; udp dport 1054 ip daddr set 10.0.1.1 udp dport set 1053; }
	END
	start client R udp_echo_client.kite 10.0.2.2 1054 <<<"who is there?"
	wait_for 10 says client "10.0.1.1 echoes: who is there?" || { stop client server; return 1; }
	stop client server
}
check "addresses and ports that rules write arrive with good checksums" rewritten

marked_on_arrival() {
	rules <<<"chain i { type route hook prerouting priority 0; icmp type echo-request meta mark set 2; }" || return 1
	on A ping -n -W 5 -c 1 10.0.2.2 | grep -q "Packet filtered" && rules <<<"" && pinged 10.0.2.2 1
}
check "a mark set at prerouting steers what is forwarded" marked_on_arrival

# --- corners ---------------------------------------------------------------------------------------------------------------

# The copy of a broadcast that its sender gets itself has never been on a link.
loops_back() {
	rule_at prerouting 'iifname "lan" udp dport 1055 meta pkttype broadcast counter name hit' || return 1
	on R socat -u - SOCKET-SENDTO:18:2:17:x041f0a0001ff0000000000000000,broadcast <<<"to all" || return 1
	wait_for 10 counted hit 1
}
check "a broadcast that loops back to its sender has the packet type broadcast" loops_back

# nft's reject takes what the device keeps for its macvlans for a bridge port, unless it is kept from looking.
rejected() {
	ip -n "${prefix}R" link add over link lan type macvlan mode bridge || return 1
	not_pinged 10.0.1.254 && counted hit 1 && ip -n "${prefix}R" link del over
}
if rule_at prerouting "icmp type echo-request counter name hit reject" >/dev/null 2>&1; then
	check "reject on a device that carries macvlans drops" rejected
else
	skip "reject on a device that carries macvlans drops" "no nft_reject_bridge"
fi

dormant() {
	rules <<<"chain c { type route hook input priority 0; policy drop; }" && not_pinged 10.0.1.254 &&
	on R nft "add table bridge kite { flags dormant; }" && pinged 10.0.1.254 1 &&
	on R nft "add table bridge kite" && not_pinged 10.0.1.254
}
check "a dormant table's chains rest, and wake up again" dormant

untrusted() {
	rules <<<"" || return 1
	on R unshare -Urn nft add table bridge kite "{ chain c { type route hook output priority 0; }; }" 2>&1 |
		grep "Operation not permitted"
}
check "a namespace that an unprivileged user may own is refused" untrusted

finish
