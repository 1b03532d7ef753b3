"""The processes that inspect files: started when they are needed, replaced when they die, ended with all they began."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import structlog

_SERVER = "sandbox_registry.documents.uploads.contents.server"
logger = structlog.get_logger("documents")


class ProcessesFail(Exception):
    """Two processes ended, or could not be started, before they answered; another file would fare no better."""


class InspectingProcesses:
    """Idle processes, each given to one inspection at a time."""

    def __init__(self) -> None:
        self._idle: list[Process] = []

    async def ask(self, path: Path, copy: Path) -> dict[str, Any]:
        """Have the file at `path` looked at, and perhaps a copy written, and return the answer; by another process if the first ends before it.

        Raises:
            ProcessesFail: the other one ended as well.

        """
        try:
            return await self._ask(path, copy, is_fresh=False)
        except (OSError, RuntimeError) as error:  # RuntimeError is what uvloop makes of a closed pipe.
            logger.warning("inspecting_process_ended", cause=repr(error))
        try:
            return await self._ask(path, copy, is_fresh=True)
        except (OSError, RuntimeError) as error:
            raise ProcessesFail from error

    async def close(self) -> None:
        """End the processes."""
        while self._idle:
            await _end(self._idle.pop())

    async def _ask(self, path: Path, copy: Path, *, is_fresh: bool) -> dict[str, Any]:
        async with self._process(is_fresh=is_fresh) as process:
            return await _answer_of(process, path, copy)

    @asynccontextmanager
    async def _process(self, *, is_fresh: bool) -> AsyncIterator[Process]:
        """Give a process to an inspection; one that did not answer to the end is not used again."""
        process = self._idle.pop() if self._idle and not is_fresh else await _start()
        try:
            yield process
        except BaseException:
            _kill(process)
            await asyncio.shield(process.wait())
            raise
        self._idle.append(process)


async def _start() -> Process:
    # Neither the settings nor anything else of ours in its environment; a group of its own, to be ended as one.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        _SERVER,
        stdin=PIPE,
        stdout=PIPE,
        env={"LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )


async def _answer_of(process: Process, path: Path, copy: Path) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - both are pipes.
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(json.dumps([str(path), str(copy)]).encode() + b"\n")
    await process.stdin.drain()
    answer = await process.stdout.readline()
    if not answer.endswith(b"\n"):
        message = "the process that inspects files has ended"
        raise ConnectionError(message)
    read: dict[str, Any] = json.loads(answer)
    return read


def _kill(process: Process) -> None:
    """End a process and the child that looks at a file for it, which outlives it otherwise."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _end(process: Process) -> None:
    _kill(process)
    await process.wait()
