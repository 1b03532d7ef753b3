"""Having files looked at by processes of their own, so that one hostile file harms nobody but its sender.

`contents` holds what those processes run. Here stand the queue before them, and what the registry makes of their answers.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sandbox_registry.documents.uploads.contents.judgement import KINDS, Kind
from sandbox_registry.documents.uploads.refusals import refusal
from sandbox_registry.domain.errors import DomainError, Invalid
from sandbox_registry.domain.texts import Parameter, Phrase

PROCESSES = 2
QUEUE_LENGTH = 32
"""How many files may wait or be inspected at once; further ones are refused for the moment."""
PER_ACCOUNT = 3
"""How many of them may be of one account, so that nobody fills the queue alone."""
_SERVER = "sandbox_registry.documents.uploads.contents.server"


class InspectionsBusy(DomainError):
    """Too many files are waiting to be inspected; nothing was kept."""

    code = "inspections_busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an inspection says: the kind of the file or why it is not taken, and the seconds of processor time it took."""

    kind: Kind | None
    refusal: Invalid | None
    seconds: float

    def require_accepted(self) -> Kind:
        """Return the kind of a file that is taken; raises the refusal of one that is not."""
        if self.kind is None:
            raise self.refusal or refusal("inspection_exceeded")
        return self.kind


class Inspector:
    """Has files looked at, a few at once. Its processes start with the first file and end with `close`."""

    def __init__(self) -> None:
        self._idle: list[Process] = []
        self._places = asyncio.Semaphore(PROCESSES)
        self._waiting: Counter[UUID] = Counter()

    async def inspect(self, path: Path, *, account: UUID) -> Judgement:
        """Look at the file at `path`, sent by this account; a refusal is an answer.

        Raises:
            InspectionsBusy: too many files wait, or too many of this account.

        """
        if self._waiting.total() >= QUEUE_LENGTH or self._waiting[account] >= PER_ACCOUNT:
            raise InspectionsBusy
        self._waiting[account] += 1
        try:
            async with self._places, self._process() as process:
                return judgement_of(await _ask(process, path))
        finally:
            self._waiting[account] -= 1
            if not self._waiting[account]:
                del self._waiting[account]

    async def close(self) -> None:
        """End the processes."""
        while self._idle:
            await _end(self._idle.pop())

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Process]:
        """Give a process of its own to an inspection; one that did not answer to the end is not used again."""
        process = self._idle.pop() if self._idle else await _start()
        try:
            yield process
        except BaseException:
            await asyncio.shield(_end(process))
            raise
        self._idle.append(process)


async def _start() -> Process:
    # Neither the settings nor anything else of ours in its environment.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", _SERVER, stdin=PIPE, stdout=PIPE, env={"LC_ALL": "C.UTF-8"}
    )


async def _ask(process: Process, path: Path) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - both are pipes.
    assert process.stdout is not None  # noqa: S101
    with suppress(ConnectionError):
        process.stdin.write(json.dumps(str(path)).encode() + b"\n")
        await process.stdin.drain()
    answer = await process.stdout.readline()
    if not answer:
        message = "the process that inspects files has ended"
        raise ConnectionError(message)
    read: dict[str, Any] = json.loads(answer)
    return read


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def judgement_of(answer: dict[str, Any]) -> Judgement:
    """Put the answer of an inspecting process in our words."""
    if "kind" in answer:
        return Judgement(kind=KINDS[answer["kind"]], refusal=None, seconds=answer["seconds"])
    params = {name: _parameter(value) for name, value in answer["params"].items()}
    return Judgement(kind=None, refusal=refusal(answer["refusal"], **params), seconds=answer["seconds"])


def _parameter(value: Any) -> Parameter:
    return Phrase(f"upload.unsafe.{value['key']}", count=value["count"]) if isinstance(value, dict) else value
