#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The echo server and client in Python (examples/) print the same over AF_INET and AF_KITE, each beside its like and beside the
# one in C.
# shellcheck disable=SC2317  # functions are called through check
. "$(dirname "$0")/lib.sh"
# shellcheck source=echo_common.sh
. "$here/echo_common.sh"
need ip awk diff python3
need_kite

topo_router
check "in Python, server and client are the same on both families" same_echo py_echo_server py_echo_client B 10.0.2.2 A
check "a server in Python, a client in C" same_echo py_echo_server tcp_echo_client B 10.0.2.2 A
check "a server in C, a client in Python" same_echo tcp_echo_server py_echo_client B 10.0.2.2 A

finish
