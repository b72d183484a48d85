# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2154,SC2317
# What the tests of real programs share: servers on B, clients on A, files that travel. Source it after lib.sh.

# shellcheck disable=SC2034  # for the scripts that source this
server=10.0.2.2	# B, of topo_router

# megabytes N: N, or less on a kernel that checks itself
megabytes() { [ "$patience" = 1 ] && echo "$1" || echo "$((($1 + 15) / 16))"; }

# make_file NAME MEGABYTES: $tmp/NAME, of what nobody can guess
make_file() { dd if=/dev/urandom of="$tmp/$1" bs=1M count="$2" status=none; }

# arrived NAME COPY: $tmp/COPY is what $tmp/NAME is; it is removed
arrived() {
	local sums status=0

	sums=$(sha256sum <"$tmp/$1"; sha256sum <"$tmp/$2")
	[ "$(sort -u <<<"$sums" | wc -l)" = 1 ] || { echo "$1 and what arrived: $sums"; status=1; }
	rm -f "${tmp:?}/$2"
	return "$status"
}

# serve_on PORT NAME COMMAND...: COMMAND on B under kite-run, as NAME; returns when it listens
serve_on() {
	start "$2" B kite-run "${@:3}"
	wait_for 60 kite_listening B "$1" && return
	cat "$tmp/$2.out"
	stop "$2"
	return 1
}

# over_kite COMMAND...: COMMAND succeeds, and what A sends meanwhile is KITE's alone
over_kite() {
	local ip4 packets

	ip4=$(ip4_sent A)
	packets=$(counter A Ip.OutRequests)
	"$@" || return 1
	[ "$(ip4_sent A)" = "$ip4" ] || { echo "an IPv4 packet left A"; return 1; }
	counts_more A Ip.OutRequests "$packets" || { echo "no packet of KITE's left A"; return 1; }
}

# client COMMAND...: COMMAND on A, under kite-run
client() { on A kite-run "$@"; }
