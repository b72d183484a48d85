#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The echo servers and clients in Python, Go and Rust (examples/) print the same over AF_INET and AF_KITE, talk with those in C
# and with Linux's TCP, carry long lines, and serve several at once, those that say so.
# time limit: 300 s
# shellcheck disable=SC2317  # functions are called through check
. "$(dirname "$0")/lib.sh"
# shellcheck source=echo_common.sh
. "$here/echo_common.sh"
need ip awk diff base64 python3 go_echo_server.kite rust_echo_server.kite tokio_echo_server.kite
need_kite

# with_linux NAME PROGRAM...: as exchange says
with_linux() { exchange linux "$@" <"$tmp/text" && heard linux; }

# long_lines SERVER CLIENT: 1 MB in lines of 50,000 characters comes back as it went
long_lines() { exchange long "$1.kite" B 10.0.2.2 "$2.kite" A <"$tmp/long" && echoed long-client "$tmp/long"; }

head -c 750000 /dev/urandom | base64 -w 50000 >"$tmp/long"

topo_router
for name in py go rust; do
	check "$name: server and client are the same on both families" same_echo "${name}_echo_server" "${name}_echo_client" B 10.0.2.2 A
	check "$name: a client in C" same_echo "${name}_echo_server" tcp_echo_client B 10.0.2.2 A
	check "$name: a server in C" same_echo tcp_echo_server "${name}_echo_client" B 10.0.2.2 A
	check "$name: 1 MB in long lines" long_lines "${name}_echo_server" "${name}_echo_client"
done
check "tokio: a client in C" same_echo tokio_echo_server tcp_echo_client B 10.0.2.2 A
check "tokio: 1 MB in long lines" long_lines tokio_echo_server rust_echo_client
for name in go rust tokio; do
	check "$name: three at once while another keeps silent" echo_to_many "${name}_echo_server" tcp_echo_client
done
for name in A R B; do unhost "$name"; done

topo_linux
for name in py go rust tokio; do
	check "$name: a server for Linux's TCP" with_linux "${name}_echo_server.kite" K 10.0.3.1 tcp_echo_client.inet L
done
for name in py go rust; do
	check "$name: a client of Linux's TCP" with_linux tcp_echo_server.inet L 10.0.3.2 "${name}_echo_client.kite" K
done

finish
