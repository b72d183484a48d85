#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Programs as Debian ships them are servers and clients over AF_KITE under tools/kite-run, a router apart, and what they carry
# arrives whole: iperf3, redis, socat, openssh. Those that speak HTTP are in programs_http.sh.
# time limit: 600 s
# shellcheck disable=SC2015,SC2317  # functions are called through check
. "$(dirname "$0")/lib.sh"
# shellcheck source=programs_common.sh
. "$here/programs_common.sh"
need ip nft awk iperf3 redis-server redis-cli redis-benchmark socat ssh scp ssh-keygen sshd kite-run
need_kite

# --- iperf3 --------------------------------------------------------------------------------------------------------------

iperf3_client() { client iperf3 -c "$server" --connect-timeout 60000 "$@"; }

# total NAME: the sum of the numbers that are called NAME in iperf3's JSON on stdin
total() { awk -v name="\"$1\":" '$1 == name { sum += $2 } END { print sum + 0 }'; }

# iperf3_tells ARGUMENT...: the sender's columns of retransmits and congestion window, with numbers in them
iperf3_tells() {
	iperf3_client -n "$(megabytes 16)M" --get-server-output "$@" >"$tmp/said" || { cat "$tmp/said"; return 1; }
	cat "$tmp/said"
	grep -qE '^\[ ID\] Interval .* Retr +Cwnd' "$tmp/said" &&
		grep -qE '^\[ *[0-9]+\] .* [0-9]+ +[0-9.]+ [KM]?Bytes *$' "$tmp/said" || { echo "no such column"; return 1; }
}

# iperf3_measures: what struct tcp_info tells the sender, as numbers
iperf3_measures() {
	local name

	iperf3_client -n "$(megabytes 16)M" -J >"$tmp/json" || { cat "$tmp/json"; return 1; }
	for name in max_snd_cwnd min_rtt mean_rtt max_rtt; do
		[ "$(total "$name" <"$tmp/json")" -gt 0 ] || { echo "$name:"; grep "$name" "$tmp/json"; return 1; }
	done
	grep -q '"sender_tcp_congestion":[[:space:]]*"cubic"' "$tmp/json" || { echo "not by cubic"; return 1; }
}

# iperf3_counts_losses ARGUMENT...: what the router loses of the data is sent once more
iperf3_counts_losses() {
	local status=0

	on R nft -f - <<-END || return 1
		table bridge kite {
			chain forward {
				type route hook forward priority 0;
				ip length > 1000 numgen inc mod 50 == 10 counter name lost drop
			}
			counter lost { }
		}
	END
	iperf3_client -n "$(megabytes 16)M" -J "$@" >"$tmp/json" || { cat "$tmp/json"; status=1; }
	[ "$(packets R lost)" -gt 0 ] || { echo "nothing was lost"; status=1; }
	[ "$(total retransmits <"$tmp/json")" -gt 0 ] || { echo "no retransmit"; cat "$tmp/json"; status=1; }
	on R nft delete table bridge kite
	return "$status"
}

# --- redis ---------------------------------------------------------------------------------------------------------------

redis() { client redis-cli -h "$server" "$@"; }

# redis_value NAME: a value that is the file $tmp/NAME comes back as it went
redis_value() {
	redis -x set value <"$tmp/$1" || return 1
	[ "$(redis strlen value)" = "$(stat -c %s "$tmp/$1")" ] || { echo "not its length"; return 1; }
	# redis-cli ends what it prints with a newline.
	redis --raw get value | head -c -1 >"$tmp/got"
	arrived "$1" got
}

# redis_benchmark REQUESTS ARGUMENT...: every request is answered
redis_benchmark() {
	client redis-benchmark -h "$server" -n "$1" "${@:2}" --csv >"$tmp/csv" 2>&1
	cat "$tmp/csv"
	[ "$(grep -cE '^"(SET|GET|INCR|LPUSH)[^"]*","[0-9]' "$tmp/csv")" = 4 ] &&
		redis info stats >"$tmp/stats" && cat "$tmp/stats" &&
		! grep -i error "$tmp/csv"
}

# redis_subscribes: a message of one client comes to another, which waits for it
redis_subscribes() {
	local status=0

	start subscriber A kite-run redis-cli -h "$server" subscribe news
	wait_for 30 says subscriber subscribe && redis publish news "to whom it may concern" || status=1
	wait_for 30 says subscriber "to whom it may concern" || status=1
	stop subscriber
	return "$status"
}

# --- socat ---------------------------------------------------------------------------------------------------------------

# socat_both_ways NAME: a file goes to an echo server and comes back while it still goes
socat_both_ways() {
	client socat -t 60 - TCP:"$server":7007 <"$tmp/$1" >"$tmp/got" || return 1
	arrived "$1" got
}

# --- openssh -------------------------------------------------------------------------------------------------------------

sshd_ready() {
	mkdir -p /run/sshd "$tmp/ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/ssh/host" && ssh-keygen -q -t ed25519 -N '' -f "$tmp/ssh/user" || return 1
	cp "$tmp/ssh/user.pub" "$tmp/ssh/authorized"
	cat >"$tmp/ssh/sshd_config" <<-END
		Port 22
		ListenAddress $server
		HostKey $tmp/ssh/host
		AuthorizedKeysFile $tmp/ssh/authorized
		StrictModes no
		PidFile none
		PermitRootLogin yes
		Subsystem sftp /usr/lib/openssh/sftp-server
	END
	cat >"$tmp/ssh/config" <<-END
		Host *
			IdentityFile $tmp/ssh/user
			User root
			StrictHostKeyChecking no
			UserKnownHostsFile /dev/null
			LogLevel ERROR
	END
	serve_on 22 sshd "$(command -v sshd)" -D -e -f "$tmp/ssh/sshd_config"
}

# ssh_runs: a command there, whose input and output are ours, and whose server knows both addresses
# shellcheck disable=SC2016  # for the shell on the other end
ssh_runs() {
	client ssh -F "$tmp/ssh/config" "$server" 'cat; echo $SSH_CONNECTION' >"$tmp/said" <<<"hello" || return 1
	cat "$tmp/said"
	[[ $(cat "$tmp/said") == hello?10.0.1.1\ *\ 10.0.2.2\ 22 ]]
}

# scp_both_ways NAME: with scp, to the server and back again
scp_both_ways() {
	client scp -F "$tmp/ssh/config" "$tmp/$1" "$server:$tmp/there" || return 1
	client scp -F "$tmp/ssh/config" "$server:$tmp/there" "$tmp/back" || return 1
	arrived "$1" there && arrived "$1" back
}

topo_router

check "iperf3 serves" serve_on 5201 iperf3 iperf3 -s -B "$server"
check "iperf3 shows retransmits and congestion window" over_kite iperf3_tells
check "iperf3 shows those of a server that sends" over_kite iperf3_tells -R
check "iperf3 shows those of four streams" over_kite iperf3_tells -P 4
check "iperf3 shows those of four streams from the server" over_kite iperf3_tells -P 4 -R
check "iperf3 measures windows and round trips" over_kite iperf3_measures
check "iperf3 counts what was lost" over_kite iperf3_counts_losses
check "iperf3 counts what was lost of the server's" over_kite iperf3_counts_losses -R
stop iperf3

make_file value "$(megabytes 64)"
check "redis-server serves" serve_on 6379 redis redis-server --bind "$server" --protected-mode no --save '' --dir "$tmp"
check "redis keeps a value of $(megabytes 64) MB" over_kite redis_value value
check "redis-benchmark, 20 clients" over_kite redis_benchmark "$(megabytes 2000)" -c 20 -t set,get,incr,lpush
check "redis-benchmark, requests in a pipeline" \
	over_kite redis_benchmark "$(megabytes 8000)" -c 5 -P 16 -d 1000 -t set,get,incr,lpush
check "redis tells subscribers" over_kite redis_subscribes
stop redis
rm "$tmp/value"

make_file file "$(megabytes 20)"
check "socat serves" serve_on 7007 socat socat -t 60 TCP-LISTEN:7007,bind="$server",reuseaddr,fork EXEC:cat
check "socat carries a file both ways at once" over_kite socat_both_ways file
stop socat

check "sshd serves" sshd_ready
check "ssh runs a command" over_kite ssh_runs
check "scp carries a file there and back" over_kite scp_both_ways file
stop sshd

finish
