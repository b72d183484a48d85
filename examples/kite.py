# SPDX-License-Identifier: GPL-2.0
"""KITE for Python, whose socket module knows the addresses of some families only.

kite.socket(type) is a socket of AF_KITE that the module takes for one of AF_INET: KITE accepts AF_INET's addresses, and hands
them out when it is asked to.
"""
import socket as inet

AF_KITE = 18            # as in linux/kite.h
SOL_KITE = 0x4b54
KITE_INET_NAMES = 1


def socket(type=inet.SOCK_STREAM, proto=0):
    """A socket of AF_KITE; those that it accepts are of AF_KITE, too."""
    with inet.socket(AF_KITE, type, proto) as sock:
        sock.setsockopt(SOL_KITE, KITE_INET_NAMES, 1)
        return inet.socket(inet.AF_INET, type, proto, fileno=sock.detach())
