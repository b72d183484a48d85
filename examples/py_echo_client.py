#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The echo client of every tutorial, in Python: sends the lines of its input over TCP and prints what comes back.

    py_echo_client ADDRESS PORT
"""
import socket
import sys

if len(sys.argv) != 3:
    sys.exit(__doc__)
address, port = sys.argv[1:]
sys.stdout.reconfigure(line_buffering=True)

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect((address, int(port)))
print(f"connected to {address} port {port}")

with sock, sock.makefile("rb") as answers:
    for line in sys.stdin:
        sock.sendall(line.encode())
        answer = answers.readline()
        if not answer:
            sys.exit("the server hung up")
        print("echo: " + answer.decode(), end="")
