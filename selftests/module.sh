#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Loading the module: the numbers that it takes, those that it cannot have, and that the first socket of the family loads it.
# time limit: 90 s
# shellcheck disable=SC2317,SC2015,SC2016  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip tcpdump modprobe rmmod setpriv
at_exit() {
	rmmod kite
	modprobe kite
}
need_kite
rmmod kite || bail "kite is in use already"

# loud COMMAND...: what the kernel said of kite while COMMAND ran goes to $tmp/said; the result is COMMAND's
loud() {
	local status=0 before
	before=$(dmesg | wc -l)
	"$@" || status=$?
	dmesg | tail -n "+$((before + 1))" | grep 'kite:' >"$tmp/said"
	return "$status"
}

# refuses PARAMETER TEXT: with PARAMETER the module does not load, and the kernel log has one line that contains TEXT
refuses() {
	loud modprobe kite "$1" && { echo "it was loaded"; return 1; }
	cat "$tmp/said"
	[ ! -d /sys/module/kite ] && [ "$(wc -l <"$tmp/said")" = 1 ] && grep -qF "$2" "$tmp/said"
}

for family in 1 2 16; do
	check "family $family, which others have, is refused with one clear line" \
		refuses "family=$family" "address family $family is taken"
done
for family in 0 -1 46 1000000; do
	check "family $family, which does not exist, is refused with one clear line" \
		refuses "family=$family" "no address family $family"
done
for type in 0x0800 0x0806 0x86dd 0x05ff 0; do
	check "ethertype $type, which others have, is refused with one clear line" refuses "ethertype=$type" "ethertype 0x"
done

# refused_connect FAMILY [COMMAND...]: there is a socket of FAMILY, and nobody to connect to
refused_connect() {
	"${@:2}" stream -f "$1" connect 127.0.0.1 9 >"$tmp/refused" 2>&1
	cat "$tmp/refused"
	grep -q "Connection refused" "$tmp/refused"
}

loads_itself() {
	[ ! -d /sys/module/kite ] || return 1
	refused_connect 18 "$@" && [ -d /sys/module/kite ]
}
check "the first socket of the family loads the module" loads_itself
rmmod kite
check "also one of an ordinary user" loads_itself setpriv --reuid 65534 --regid 65534 --clear-groups
check "loaded with its defaults: family 18" [ "$(cat /sys/module/kite/parameters/family)" = 18 ]
rmmod kite

# With other numbers it is the same stack.
ethertype=0x88b6
check "family 19 and ethertype 0x88b6 are free to take" loud modprobe kite family=19 ethertype=0x88b6
check "the kernel log tells what was taken" grep -q "address family 19, ethertype 0x88b6" "$tmp/said"
check "there is no family 18 then" not refused_connect 18
check "there is a family 19" refused_connect 19
echo_on_other_numbers() {
	start sniffer B tcpdump -Z root -n -i toA -c 4 ether proto 0x88b6
	start server B stream -f 19 -s 10000 -r 10000 listen 10.0.1.2 7012
	wait_for 10 says server listening && wait_for 10 says sniffer "listening on" || return 1
	start client A stream -f 19 -s 10000 -r 10000 connect 10.0.1.2 7012
	ended client 20 && ended server 20 && ended sniffer 20
}
topo_link
check "hosts talk with these numbers, in frames of that type" echo_on_other_numbers
for name in A B; do unhost "$name"; done

finish
