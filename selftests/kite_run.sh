#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Programs that were built for AF_INET run over AF_KITE under tools/kite-run, two routers apart, and print what they print
# over IPv4; kite-run says so when it cannot do its work.
#
#   A 10.0.1.1 toR ------ toA 10.0.1.254 R 10.0.2.254 toS ------ toR 10.0.2.1 S 10.0.3.254 toB ------ toS 10.0.3.2 B
# shellcheck disable=SC2015,SC2317  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip awk busybox diff ping socat netstat tracepath traceroute kite-run
need_kite

topo_two_routers() {
	host A R S B
	join A toR R toA && join R toS S toR && join S toB B toS &&
	address A toR 10.0.1.1/24 && address R toA 10.0.1.254/24 &&
	address R toS 10.0.2.254/24 && address S toR 10.0.2.1/24 &&
	address S toB 10.0.3.254/24 && address B toS 10.0.3.2/24 &&
	route A default via 10.0.1.254 && route R default via 10.0.2.1 &&
	route S default via 10.0.2.254 && route B default via 10.0.3.254 &&
	set_sysctl R ipv4/ip_forward 1 && set_sysctl S ipv4/ip_forward 1 &&
	kite_forwarding R 1 && kite_forwarding S 1 || bail "cannot build the network"
}

# untimed: stdin without the times that differ from run to run, and without the spaces that they are aligned with
untimed() { sed -E 's/[0-9./]+ ?ms/- ms/g; s/ +/ /g'; }

# same_output COMMAND...: COMMAND on A prints the same with kite-run, and sends nothing by IPv4 then
same_output() {
	local ip4

	on A "$@" 2>&1 | untimed >"$tmp/inet"
	ip4=$(ip4_sent A)
	on A kite-run "$@" 2>&1 | untimed >"$tmp/kite"
	diff -u "$tmp/inet" "$tmp/kite" || return 1
	[ -s "$tmp/kite" ] || { echo "it printed nothing"; return 1; }
	[ "$(ip4_sent A)" = "$ip4" ] || { echo "an IPv4 packet left A"; return 1; }
}

# same_over_kite COMMAND...: and sends something by KITE instead
same_over_kite() {
	local packets

	packets=$(counter A Ip.OutRequests)
	same_output "$@" || return 1
	counts_more A Ip.OutRequests "$packets" || { echo "no packet of KITE's left A"; return 1; }
}

# leads_back: what is executed with an empty LD_PRELOAD sends by IPv4
leads_back() {
	local ip4

	ip4=$(ip4_sent A)
	on A kite-run bash -c 'LD_PRELOAD= inet_forgetful 10.0.3.2 once' && [ "$(ip4_sent A)" -gt "$ip4" ]
}

# narrow_middle: no more than 1400 bytes fit between the routers, which hold back none of their ICMP errors
narrow_middle() {
	local name

	on R ip link set toS mtu 1400 && on S ip link set toR mtu 1400 || bail "cannot set the MTU"
	for name in R S B; do
		set_sysctl "$name" ipv4/icmp_ratemask 0 || bail "cannot set icmp_ratemask"
	done
}

# hops_and_pmtu: what tracepath finds out; how often it asks depends on how fast the answers come
# shellcheck disable=SC2016  # for awk
hops_and_pmtu() { same_over_kite bash -c 'tracepath -n 10.0.3.2 |
	awk '"'"'/Resume/ { print $2, $3, $4, $5 } $2 ~ /^10\./ { print $1, $2 }'"'"' | sort -u'; }

# afresh same_... COMMAND...: with nothing known of any path's MTU
# shellcheck disable=SC2016  # for the inner shell
afresh() { "$1" bash -c 'ip route flush cache; exec "$@"' bash "${@:2}"; }

# transfer SOCAT_LISTEN SOCAT_CONNECT: B receives through socat what A sends through socat
transfer() {
	start receiver B kite-run socat -u "$1" OPEN:"$tmp/received",creat,trunc
	wait_for 10 kite_listening B 7007 || { stop receiver; return 1; }
	on A kite-run socat -u OPEN:"$tmp/sent" "$2" || { stop receiver; return 1; }
	wait_for 20 cmp "$tmp/sent" "$tmp/received" || { stop receiver; return 1; }
	stop receiver
}

# netstat_lists: netstat under kite-run names KITE's listener and its datagram socket with their programs, and none without
netstat_lists() {
	local status=0

	start listener B kite-run socat TCP-LISTEN:7008,reuseaddr -
	start receiver B kite-run socat -u UDP-RECV:7009 -
	wait_for 10 kite_listening B 7008 && wait_for 10 kite_listening B 7009 || status=1
	on B kite-run netstat -tulnp >"$tmp/netstat"
	grep -E '^tcp .*0\.0\.0\.0:7008 .*LISTEN +[0-9]+/socat' "$tmp/netstat" &&
		grep -E '^udp .*0\.0\.0\.0:7009 .* [0-9]+/socat' "$tmp/netstat" || { cat "$tmp/netstat"; status=1; }
	on B netstat -tuln | grep -E '700[89]' && { echo "AF_INET has them"; status=1; }
	stop listener
	stop receiver
	return "$status"
}

# inet6_refused: a program that asks for IPv6 gets EAFNOSUPPORT, unless -6 is given
inet6_refused() {
	on A kite-run socat -u OPEN:/dev/null "TCP6:[::1]:9" 2>&1 | grep "Address family not supported" || return 1
	on A kite-run -6 socat -u OPEN:/dev/null "TCP6:[::1]:9" 2>&1 | grep "Connection refused"
}

# answers_alike WORD OTHER: what inet_names WORD is answered under kite-run, inet_names OTHER is without
answers_alike() {
	on A inet_names "$2" >"$tmp/inet"
	on A kite-run inet_names "$1" >"$tmp/kite"
	diff -u "$tmp/inet" "$tmp/kite" && [ -s "$tmp/kite" ]
}

# names_of_ipv4: as if the host had no IPv6, unless -6 is given
names_of_ipv4() {
	answers_alike any inet || return 1
	on A kite-run inet_names inet6 >"$tmp/kite"
	cat "$tmp/kite"
	[ -s "$tmp/kite" ] && ! grep found "$tmp/kite" || return 1
	on A inet_names inet6 | diff -u - <(on A kite-run -6 inet_names inet6) &&
		on A inet_names any | diff -u - <(on A kite-run -6 inet_names any)
}

# ends_with STATUS TEXT COMMAND...: COMMAND ends with STATUS and says TEXT, or nothing if TEXT is empty
ends_with() {
	local want=$1 text=$2 status=0

	"${@:3}" >"$tmp/said" 2>&1 || status=$?
	cat "$tmp/said"
	[ "$status" = "$want" ] && { [ -n "$text" ] || [ ! -s "$tmp/said" ]; } && [[ $(cat "$tmp/said") == *"$text"* ]]
}

topo_two_routers
check "AF_INET's looks are kept" same_over_kite inet_look
check "so they are for a program that forgets its environment, and what it executes" \
	same_over_kite inet_forgetful 10.0.3.2
check "an empty environment changes nothing" \
	same_over_kite bash -c 'exec -c "$@"' bash "$(command -v inet_forgetful)" 10.0.3.2 once
check "LD_PRELOAD= leads back to IPv4" leads_back
check "ping" same_over_kite ping -n -c 3 -i 0.2 -W 10 10.0.3.2
check "ping from a device, with a time to live, that is not enough" same_over_kite ping -n -c 1 -W 10 -I toR -t 1 10.0.3.2
narrow_middle
check "traceroute by UDP" same_over_kite traceroute -n -q 1 -N 1 -w 10 10.0.3.2
check "traceroute by ICMP" same_over_kite traceroute -n -I -q 1 -N 1 -w 10 10.0.3.2
check "tracepath finds hops and path MTU" hops_and_pmtu
check "ping with what does not fit" afresh same_over_kite ping -n -c 1 -W 10 -M "do" -s 1450 10.0.3.2
check "ping with what fits nowhere" afresh same_output ping -n -c 1 -W 1 -M "do" -s 1473 10.0.3.2
check "ping in fragments" same_over_kite ping -n -c 2 -i 0.2 -W 10 -M dont -s 3000 10.0.3.2
head -c 20000 /dev/urandom >"$tmp/sent"
check "socat carries a stream" transfer TCP-LISTEN:7007 TCP:10.0.3.2:7007
head -c 1000 /dev/urandom >"$tmp/sent"
check "socat carries datagrams" transfer UDP-RECV:7007 UDP:10.0.3.2:7007
check "netstat lists KITE's sockets with their programs" netstat_lists
check "AF_INET6 is refused unless it is wanted" inet6_refused
check "names lead to IPv4 unless IPv6 is wanted" names_of_ipv4
check "numbers are read as ever" answers_alike numbers numbers

check "a family that nobody has is an error of kite-run's" \
	ends_with 125 "no address family 45" env KITE_FAMILY=45 kite-run true
check "a family that is not KITE is an error of kite-run's" \
	ends_with 125 "family 1 is not AF_KITE" env KITE_FAMILY=1 kite-run true
# in_a_place_with_a_space: kite-run and its library lie where the loader cannot be told of
in_a_place_with_a_space() {
	local from

	from=$(dirname "$(command -v kite-run)")
	mkdir -p "$tmp/a place" &&
	cp "$from/kite-run" "$(find "$from" "$from/../lib" -name libkite-preload.so | head -n 1)" "$tmp/a place/" &&
	ends_with 125 "no name with a space" "$tmp/a place/kite-run" true
}
check "a place that the loader cannot be told of is an error of kite-run's" in_a_place_with_a_space
check "a program that does not exist gives 127" ends_with 127 "No such file" kite-run /does/not/exist
check "a static program is warned of" ends_with 0 "is linked statically" kite-run busybox true
check "one that is not static is not" ends_with 0 "" kite-run bash -c true
check "the program's status is kite-run's" ends_with 7 "" kite-run bash -c 'exit 7'
finish
