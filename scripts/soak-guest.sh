#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# soak-guest.sh SEED ROUNDS SECONDS: what scripts/soak runs inside the virtual machine, in the directory of the selftests.
# shellcheck disable=SC2015,SC2154,SC2317

# shellcheck source=../selftests/lib.sh
. "$PWD/lib.sh"
need ip tc ethtool
need_kite
seed=$1 rounds=$2 seconds=$3

# draw WORD...: one of them, into $drawn. In no subshell: that would draw by a seed of its own.
draw() { drawn=${*:1 + RANDOM % $#:1}; }

# draw_number FROM TO
draw_number() { drawn=$(($1 + (RANDOM << 15 | RANDOM) % ($2 - $1 + 1))); }

# draw_netem: what befalls the packets of one direction
draw_netem() {
	local words=
	draw "" "delay 1ms" "delay 10ms 5ms" "delay 40ms 20ms" "delay 100ms"
	words=$drawn
	[ -z "$words" ] || { draw "" "" "reorder 10% gap 3" "reorder 30%"; words+=" $drawn"; }
	draw "" "" "loss 1%" "loss 5%" "loss 15%" "loss gemodel 2% 30%"
	words+=" $drawn"
	draw "" "" "" "duplicate 10%"
	words+=" $drawn"
	draw "" "" "" "corrupt 1%"
	words+=" $drawn"
	draw "" "" "" "rate 2mbit limit 20" "rate 20mbit limit 100"
	drawn="$words $drawn"
}

# draw_options: of one program, for its socket and its writes
draw_options() {
	local words=
	draw "" "" "-o nodelay=1"
	words=$drawn
	draw "" "" "" "-o maxseg=536" "-o maxseg=100"
	words+=" $drawn"
	draw "" "" "-o sndbuf=5000" "-o sndbuf=60000"
	words+=" $drawn"
	draw "" "" "-o rcvbuf=3000" "-o rcvbuf=50000"
	words+=" $drawn"
	draw "" "-o congestion=reno" "-o congestion=cubic"
	words+=" $drawn"
	draw "" "" "-w 1000" "-w 37"
	drawn="$words $drawn"
}

# draw_settings HOST: its sysctls, into $settings
draw_settings() {
	local name values
	while read -r name values; do
		# shellcheck disable=SC2086  # one word a value
		draw $values
		set_sysctl "$1" "ipv4/$name" "$drawn" || bail "no $name"
		[ "$drawn" = "${values%% *}" ] || settings+=" $1:$name=$drawn"
	done <<-END
	tcp_sack 1 1 1 0
	tcp_timestamps 1 1 1 0
	tcp_window_scaling 1 1 1 0
	tcp_ecn 2 2 1 0
	tcp_mtu_probing 0 0 1 2
	tcp_early_retrans 3 3 0
	tcp_recovery 1 1 0
	tcp_slow_start_after_idle 1 0
	END
}

# draw_device HOST DEVICE: what it does for TCP
draw_device() {
	local feature
	for feature in tso gso gro; do
		draw on on off
		on "$1" ethtool -K "$2" "$feature" "$drawn" >/dev/null || bail "no $feature"
		[ "$drawn" = on ] || settings+=" $1:$feature=off"
	done
}

# draw_queue HOST DEVICE: from which its packets leave, where there is no netem
draw_queue() {
	draw "" "" fq "fq_codel" "pfifo limit 20" "tbf rate 20mbit burst 10k limit 60k"
	# shellcheck disable=SC2086  # one word an argument
	queue "$1" "$2" $drawn || bail "no $drawn"
	[ -z "$drawn" ] || settings+=" $1:$drawn"
}

# draw_scene: who talks to whom, over what
draw_scene() {
	local there back host
	settings=
	draw "A kite B kite 10.0.2.2" "A kite B kite 10.0.2.2" "L inet K kite 10.0.3.1" "K kite L inet 10.0.3.2"
	read -r client client_family server server_family address <<<"$drawn"
	draw_netem; there=$drawn
	draw_netem; back=$drawn
	# shellcheck disable=SC2086  # one word an argument
	if [ "$client" = A ]; then
		impair R toB limit 1000 $there && impair R toA limit 1000 $back || bail "no netem"
		for host in A B; do draw_queue "$host" toR; draw_device "$host" toR; done
		draw_device R toA
		draw_device R toB
	else
		impair K toL limit 1000 $there && impair L toK limit 1000 $back || bail "no netem"
		draw_device K toL
		draw_device L toK
	fi
	draw_settings "$client"
	draw_settings "$server"
	# Linux's remembers who was hard to reach, and is slow from the start.
	[ "$client" = A ] || on L ip tcp_metrics flush all >/dev/null
	scene="$client_family to $server_family;$there;$back;$settings"
	# Where one packet of six is lost, most of the time is spent waiting.
	case $scene in *"loss 15%"* | *gemodel*) hardship=10 ;; *) hardship=1 ;; esac
}

# stream_pair NUMBER: one stream each way
stream_pair() {
	local forth back key=$((seed % 1000 * 10 + $1)) port=$((7000 + $1)) server_options client_options
	draw_number 0 "$octets"; forth=$drawn
	draw_number 0 "$octets"; back=$drawn
	draw_options; server_options=$drawn
	draw_options; client_options=$drawn
	# shellcheck disable=SC2086  # one word an argument
	start "server$1" "$server" stream -t 240 -k "$key" -f "$server_family" -s "$back" -r "$forth" $server_options \
		listen "$address" "$port"
	wait_for 10 says "server$1" listening || return 1
	# shellcheck disable=SC2086
	start "client$1" "$client" stream -t 240 -k "$key" -f "$client_family" -s "$forth" -r "$back" $client_options \
		connect "$address" "$port"
	scene+="; $forth and $back octets,$client_options /$server_options"
}

# carry: some streams at once
carry() {
	local number status=0
	for ((number = 0; number < streams; number++)); do
		stream_pair "$number" || status=1
	done
	for ((number = 0; number < streams; number++)); do
		ended "client$number" 900 && ended "server$number" 300 || {
			echo "stream $number"
			tail -n 3 "$tmp/client$number.out" "$tmp/server$number.out"
			status=1
		}
		stop "client$number" "server$number"
	done
	return "$status"
}

topo_router
topo_linux
for ((last = seed + rounds; seed < last && SECONDS < seconds; seed++)); do
	RANDOM=$seed
	draw_scene
	draw 1 1 2 4; streams=$drawn
	draw 3000 100000 100000 300000 1000000; octets=$((drawn / streams / patience / hardship))
	if carry >"$tmp/round" 2>&1; then
		ok "seed $seed"
	else
		not_ok "seed $seed"
		comment <"$tmp/round"
	fi
	echo "# $scene" | tr -s ' '
done
finish
