"""Processes that answer requests and do jobs, and how they end."""

import multiprocessing
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from sandbox_registry.runtime.failures import Failure

RESTART_DELAY_S = 2.0
"""Seconds before a process that died is started again."""
STOP_TIMEOUT_S = 30.0
"""Seconds a process is given to finish what it has begun, and another waits at most for it to begin."""

_MANY_FILES = 65_536

logger = structlog.get_logger("registry")


class AddressTaken(Failure):
    """Nothing can listen at the chosen address; the message is one line."""


def require_free_address(host: str, port: int) -> str:
    """Return the numeric address of a host; raise AddressTaken when another program listens there, or it is not ours.

    The HTTP server shares its port on purpose, so two of them would answer in turn, and nobody would be told.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return str(address[0])
    except OSError as error:
        message = f"Cannot listen at {host} port {port}: {error.strerror}. Choose with --host and --port."
        raise AddressTaken(message) from error


def allow_many_files() -> int:
    """Let this process and those it starts open as many files and connections as its service manager allows; return how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Without a limit one is chosen: the kernel takes no "unlimited" beyond its own.
    chosen = _MANY_FILES if most == resource.RLIM_INFINITY else min(most, _MANY_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (chosen, most))
    return chosen


def is_answered(host: str, port: int) -> bool:
    """Tell whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


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


@contextmanager
def running_beside(
    work: Callable[[], None], *, name: str, once: Callable[[], bool], patience: float = STOP_TIMEOUT_S
) -> Iterator[None]:
    """Run a function in a process of its own as long as the block runs: started again when it dies, ended in good order.

    It begins `once` that becomes true, so that what people wait for is loaded first, or when patience ends.
    """
    leaving = threading.Event()

    def keep() -> None:
        give_up = time.monotonic() + patience
        while not (once() or time.monotonic() > give_up or leaving.wait(0.05)):
            pass
        _keep_running(work, name, leaving)

    keeper = threading.Thread(target=keep, name=f"{name}-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        leaving.set()
        keeper.join()


def _keep_running(work: Callable[[], None], name: str, leaving: threading.Event) -> None:
    # Spawned, for the reasons of decision 3; only this thread ever asks after the process.
    spawning = multiprocessing.get_context("spawn")
    while not leaving.is_set():
        process = spawning.Process(target=work, name=name, daemon=True)
        process.start()
        while process.is_alive() and not leaving.wait(0.2):
            pass
        if process.is_alive():
            process.terminate()
            process.join(STOP_TIMEOUT_S)
            process.kill()
        else:
            logger.error("process.died", process=name, exit_code=process.exitcode)
            leaving.wait(RESTART_DELAY_S)
        process.join()
