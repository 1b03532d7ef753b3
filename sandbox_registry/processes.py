"""Processes that answer requests, and how they end."""

import multiprocessing
import os
import socket
import threading


class AddressTaken(Exception):
    """Nothing can listen at the chosen address; the message is one line."""


def require_free_address(host: str, port: int) -> None:
    """Raise AddressTaken when another program listens there, or the address is not ours.

    The HTTP server shares its port on purpose, so two of them would answer in turn, and nobody would be told.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        message = f"Cannot listen at {host} port {port}: {error.strerror}. Choose with --host and --port."
        raise AddressTaken(message) from error


def end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went; call once in each worker.

    A worker whose parent was killed would otherwise go on answering beside the next server.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
