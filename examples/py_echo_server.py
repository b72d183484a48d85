#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The echo server of every tutorial, in Python: what comes in over TCP goes back.

    py_echo_server ADDRESS PORT
"""
import socket
import sys

if len(sys.argv) != 3:
    sys.exit(__doc__)
address, port = sys.argv[1:]
sys.stdout.reconfigure(line_buffering=True)

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind((address, int(port)))
listener.listen(5)
print(f"listening on {address} port {port}")

while True:
    connection, peer = listener.accept()
    print(f"connection from {peer[0]}")
    with connection:
        while data := connection.recv(4096):
            print("got " + data.decode(errors="replace"), end="")
            connection.sendall(data)
    print("connection closed")
