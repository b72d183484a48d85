# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2317
# A text that echo programs of examples/ carry, over both families. Source it after lib.sh.

cat >"$tmp/text" <<'END'
Tiger, tiger, burning bright
In the forests of the night,
What immortal hand or eye
Could frame thy fearful symmetry?
END

# echo_over SERVER CLIENT inet|kite HOST ADDRESS HOST: run both programs, in their form for the family, to their end; what
# they print goes to $tmp/FAMILY-server.out, $tmp/FAMILY-client.out
echo_over() {
	local family=$3 address=$5 status=0

	start "$family-server" "$4" "$1.$family" "$address" 7007
	wait_for 30 says "$family-server" "on $address port 7007" || { stop "$family-server"; return 1; }
	start "$family-client" "$6" "$2.$family" "$address" 7007 <"$tmp/text"
	ended "$family-client" 20 || { stop "$family-client"; status=1; }
	# The server is done with the connection when it says so.
	[[ $1 = udp* ]] || wait_for 10 says "$family-server" "connection closed" || status=1
	stop "$family-server"
	return "$status"
}

# same_echo SERVER CLIENT HOST ADDRESS HOST: both families, the same words from both ends, and all of the text among them
same_echo() {
	local line

	echo_over "$1" "$2" inet "${@:3}" || return 1
	echo_over "$1" "$2" kite "${@:3}" || return 1
	while read -r line; do
		says kite-client "$line" || { echo "the client never heard: $line"; return 1; }
		says kite-server "$line" || { echo "the server never heard: $line"; return 1; }
	done <"$tmp/text"
	diff -u "$tmp/inet-server.out" "$tmp/kite-server.out" && diff -u "$tmp/inet-client.out" "$tmp/kite-client.out"
}
