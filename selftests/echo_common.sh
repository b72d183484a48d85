# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2154,SC2317
# What echo programs of examples/ carry, over both families. Source it after lib.sh.

cat >"$tmp/text" <<'END'
Tiger, tiger, burning bright
In the forests of the night,
What immortal hand or eye
Could frame thy fearful symmetry?
END

# exchange NAME SERVER HOST ADDRESS CLIENT HOST: run both programs to their end, the client on what comes in here; what they
# print goes to $tmp/NAME-server.out, $tmp/NAME-client.out
exchange() {
	local name=$1 server=$2 address=$4 status=0

	start "$name-server" "$3" "$server" "$address" 7007
	wait_for 30 says "$name-server" "on $address port 7007" || { stop "$name-server"; return 1; }
	start "$name-client" "$6" "$5" "$address" 7007
	ended "$name-client" 60 || { stop "$name-client"; status=1; }
	# The server is done with the connection when it says so.
	[[ $server = udp* ]] || wait_for 10 says "$name-server" "connection closed" || status=1
	stop "$name-server"
	return "$status"
}

# heard NAME: both programs have printed all of the text
heard() {
	local line

	while read -r line; do
		says "$1-client" "$line" || { echo "the client never heard: $line"; return 1; }
		says "$1-server" "$line" || { echo "the server never heard: $line"; return 1; }
	done <"$tmp/text"
}

# echoed CLIENT FILE: the program has heard every line of the file, and nothing else
echoed() { diff -q <(sed 's/^/echo: /' "$2") <(tail -n +2 "$tmp/$1.out"); }

# echo_over SERVER CLIENT inet|kite HOST ADDRESS HOST: the text from one to the other and back, both in their form for the family
echo_over() { exchange "$3" "$1.$3" "$4" "$5" "$2.$3" "$6" <"$tmp/text"; }

# same_echo SERVER CLIENT HOST ADDRESS HOST: both families, the same words from both ends, and all of the text among them
same_echo() {
	echo_over "$1" "$2" inet "${@:3}" || return 1
	echo_over "$1" "$2" kite "${@:3}" || return 1
	heard kite || return 1
	diff -u "$tmp/inet-server.out" "$tmp/kite-server.out" && diff -u "$tmp/inet-client.out" "$tmp/kite-client.out"
}

# echo_to_many SERVER CLIENT: a server on B has four clients on A at once, one of which says nothing; the others hear what they say
echo_to_many() {
	local name status=0

	start kite-server B "$1.kite" 10.0.2.2 7007
	wait_for 30 says kite-server "on 10.0.2.2 port 7007" || status=1
	start silent A "$2.kite" 10.0.2.2 7007 <&"$never"
	wait_for 30 says silent connected || status=1
	for name in one two three; do
		start "$name" A "$2.kite" 10.0.2.2 7007 <"$tmp/text"
	done
	for name in one two three; do
		ended "$name" 30 && echoed "$name" "$tmp/text" || status=1
	done
	running silent || status=1
	stop silent one two three kite-server
	return "$status"
}
