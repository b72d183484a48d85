#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Rules live as long as they should: the module comes by itself when nft asks for a chain, stays while there is one, and goes
# with the last; tables come and go under traffic without letting anything slip through; a namespace takes its rules along.
# time limit: 180 s
# shellcheck disable=SC2317,SC2015  # functions are called through check
. "$(dirname "$0")/lib.sh"
need ip awk nft modprobe rmmod
need_kite
at_exit() { modprobe kite; }

drop_rules() {
	cat <<-END
		table bridge kite
		delete table bridge kite
		table bridge kite {
			counter hit { }
			chain input { type route hook input priority 0; counter name hit drop; }
			chain output { type route hook output priority 0; counter; }
			chain prerouting { type route hook prerouting priority 0; counter; }
		}
	END
}
load() { drop_rules | on B nft -f -; }
unload() { on B nft delete table bridge kite; }

hits() { [ "$(packets B hit)" -gt "$1" ]; }

# passes: B's transports are handed packets
passes() { wait_for 10 counts_more B Ip.InDelivers "$(counter B Ip.InDelivers)"; }

loaded() { [ -d "/sys/module/$1" ]; }

flood() {
	start flood A frames toB "$(on B cat /sys/class/net/toA/address)" 10.0.1.1 10.0.1.2
	wait_for 10 counts_more B Ip.InReceives "$(counter B Ip.InReceives)" || bail "no flood"
}

topo_link
rmmod kite_nft 2>/dev/null
check "nft loads the module when it is told of a chain" load
check "which is there then" loaded kite_nft
check "it does not go while a chain is there" not rmmod kite_nft
check "nor does kite" not rmmod kite
flood
check "rules are at work after that" wait_for 10 hits 0

# Fewer where each takes that much longer.
rounds=$((20 / patience))

# What was on its way to its transport when the rules came is through in a moment.
holds() {
	local round before
	wait_for 10 hits "$(packets B hit)" || return 1
	before=$(counter B Ip.InDelivers)
	for ((round = 0; round < rounds; round++)); do
		load || return 1
		wait_for 10 hits 0 || return 1
	done
	[ "$(counter B Ip.InDelivers)" = "$before" ] || { echo "something slipped through"; return 1; }
}
check "rules are replaced $rounds times and nothing slips through" holds

comes_and_goes() {
	local round
	for ((round = 0; round < rounds; round++)); do
		unload && passes && load && wait_for 10 hits 0 ||
			{ echo "in round $round"; return 1; }
	done
}
check "rules come and go $rounds times while frames arrive" comes_and_goes

check "the last chain goes" unload
check "packets pass again" passes
check "the module goes, while frames arrive" wait_for 10 rmmod kite_nft
check "packets still pass" passes
check "and it comes again" load
check "with rules at work" wait_for 10 hits 0

# The far end of the cable goes with the namespace.
forsaken() { unhost B && wait_for 30 not ip -n "${prefix}A" link show toB; }
check "a host goes with rules loaded while frames arrive" forsaken
stop flood
check "its rules went along: the module goes" wait_for 10 rmmod kite_nft
check "and kite" wait_for 10 rmmod kite

finish
