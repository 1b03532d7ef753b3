"""Ports for servers that a test starts."""

import os
import socket
from itertools import count

_FIRST, _EACH = 20_000, 20
_numbers = count(_FIRST + os.getpid() % 600 * _EACH)


def free_port() -> int:
    """Return a port nobody listens at, from below those the system lends to outgoing connections.

    One of those might be lent again before the server of the test has started.
    """
    for port in _numbers:
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue
    raise AssertionError
