#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The firewall of docs/router.nft, that very file, does what it says. A is the host in the LAN, B is the world.
# time limit: 180 s
# shellcheck disable=SC2317,SC2015  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip tc awk nft ping socat ss dmesg
need_kite
log_all=$(cat /proc/sys/net/netfilter/nf_log_all_netns)
at_exit() {
	echo "$log_all" >/proc/sys/net/netfilter/nf_log_all_netns
	wait_for 20 rmmod kite_nft
}
echo 1 >/proc/sys/net/netfilter/nf_log_all_netns

# echoed HOST ADDRESS PORT: by TCP
echoed() { [ "$(on "$1" socat -t 60 - "TCP4:$2:$3,connect-timeout=20" <<<"hello")" = "hello" ]; }

# refused COMMAND...: COMMAND fails, and the firewall says that it is the reason
refused() {
	local before
	before=$(packets R refused)
	"$@" && { echo "it got through"; return 1; }
	[ "$(packets R refused)" -gt "$before" ] || { echo "nobody refused it"; return 1; }
}

connects() { on "$1" socat -u - "TCP4:$2:$3,connect-timeout=1" <<<""; }
pings() { on "$1" ping -q -n -c 1 -W 20 "${@:2}"; }

topo_linux_router
serve world-tcp B TCP4-LISTEN:8080,reuseaddr
serve world-dns B UDP4-RECVFROM:53
serve http A TCP4-LISTEN:80,reuseaddr
serve private A TCP4-LISTEN:8080,reuseaddr
start ssh R tcp_echo_server.kite 0.0.0.0 22
wait_for 10 says ssh "port 22" || bail "no server"

# Without it, so that what follows is its doing. Neighbours know each other from here on.
check "without the firewall the world reaches the LAN" echoed B 10.0.1.1 8080
check "without the firewall the world reaches the router" echoed B 10.0.2.254 22

check "docs/router.nft loads" on R nft -f "$here/router.nft"
check "and replaces itself" on R nft -f "$here/router.nft"

check "the LAN reaches the world by TCP" echoed A 10.0.2.2 8080
check "the LAN pings the world" pings A 10.0.2.2
asks() {
	local status=0
	start question "$1" socat -t 60 - UDP4:10.0.2.2:53 <<<"name?"
	wait_for 10 says question "name?" || status=1
	stop question
	return "$status"
}
check "the LAN asks the world for names" asks A
check "the LAN reaches the router's ssh" echoed A 10.0.1.254 22
check "the world reaches a service of the LAN" echoed B 10.0.1.1 80
check "the world does not reach what is no service" refused connects B 10.0.1.1 8080
check "the world does not reach the router's ssh" refused connects B 10.0.2.254 22

unasked() {
	on B socat -u - "UDP4-SENDTO:10.0.1.1:$2,sourceport=$1" <<<"unasked"
	! wait_for 5 eval "[ \$(packets R refused) -gt $before ]"
}
before=$(packets R refused)
check "a datagram of the world that is no answer is refused" not unasked 4000 4000
stop world-dns
before=$(packets R refused)
check "nor is one from a service's port to another's" not unasked 53 111
serve world-dns B UDP4-RECVFROM:53

own_question() {
	start own R udp_echo_client.kite 10.0.2.2 53 <<<"router?"
	ended own 10 && says own "10.0.2.2 echoes: router?"
}
check "the router gets answers to what it asks" own_question

# so_many: of 400 pings at once some are answered, as many as the burst allows (one may be gone, for the ping before), and not
# all, even on a slow machine
so_many() {
	local got
	got=$(on B ping -n -l 400 -c 400 -W 3 "$1" | grep -c "bytes from")
	[ "$got" -ge 19 ] && [ "$got" -lt 400 ] || { echo "$got of 400"; return 1; }
}
check "a few pings of the world reach the LAN" pings B 10.0.1.1
check "many do not" so_many 10.0.1.1

logged() { dmesg | grep "kite refused: IN=wan OUT=lan .*SRC=10.0.2.2 DST=10.0.1.1 .*PROTO=TCP .*DPT=8080 .*SYN"; }
check "what is refused is in the log" logged

spoof() {
	ip -n "${prefix}$1" address add "$2/32" dev lo
	before=$(packets R spoofed)
	pings "$1" -I "$2" "$3" && { echo "it got through"; return 1; }
	[ "$(packets R spoofed)" = $((before + 1)) ]
}
check "the world does not pass as a LAN host" spoof B 10.0.1.77 10.0.1.1
check "a LAN host does not pass as somebody else" spoof A 192.0.2.1 10.0.2.2

banned() {
	on R nft add element bridge kite bans "{ 10.0.2.2 timeout 1h }" &&
	not connects B 10.0.1.1 80 && [ "$(packets R banned)" -gt 0 ] &&
	on R nft delete element bridge kite bans "{ 10.0.2.2 }" && connects B 10.0.1.1 80
}
check "who is banned is out, and in again once he is not" banned

bulk() {
	ip -n "${prefix}R" rule add fwmark 1 prohibit
	on A ping -n -c 1 -W 5 -Q 0x20 10.0.2.2 | grep "Packet filtered" && pings A 10.0.2.2
}
check "bulk traffic has the mark, and goes where a policy rule sends it" bulk

check "the firewall goes" on R nft delete table bridge kite
check "and with it all that it refused" echoed B 10.0.1.1 8080

finish
