"""Having files looked at by processes of their own, so that one hostile file harms nobody but its sender.

`contents` holds what those processes run, `fair_queue` says whose file is next. Here stands what the registry makes of the
answers.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sandbox_registry.documents.uploads.contents.judgement import KINDS, Kind
from sandbox_registry.documents.uploads.fair_queue import FairQueue, InspectionsBusy, Sender
from sandbox_registry.documents.uploads.processes import InspectingProcesses, ProcessesFail
from sandbox_registry.documents.uploads.refusals import refusal
from sandbox_registry.documents.uploads.store import Received
from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.texts import Parameter, Phrase

_LEAST_S, _BYTES_PER_S = 0.5, 20_000_000
"""What an inspection is taken to cost before it is known: a file as people send them, by its size."""
_RESTART_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an inspection says: the kind of the file or why it is not taken, and the seconds of processor time it took.

    `is_copy` says that a cleaned copy was written, which is of this kind and to be shown in place of the file.
    """

    kind: Kind | None
    refusal: Invalid | None
    seconds: float
    is_copy: bool = False

    def require_accepted(self) -> Kind:
        """Return the kind of a file that is taken; raises the refusal of one that is not."""
        if self.kind is None:
            raise self.refusal or refusal("inspection_exceeded")
        return self.kind


class Inspector:
    """Has files looked at, a few at once. Its processes start with the first file and end with `close`."""

    def __init__(self) -> None:
        self._queue = FairQueue()
        self._processes = InspectingProcesses()

    async def inspect(self, received: Received, *, senders: Collection[Sender]) -> Judgement:
        """Look at a file on the account of these senders; a refusal is an answer.

        Raises:
            InspectionsBusy: too many files wait, or no process can be started.
            TooManyRequests: a sender's files took too much time of late.

        """
        estimate = _LEAST_S + received.size / _BYTES_PER_S
        async with self._queue.place(senders, estimate=estimate) as turn:
            try:
                judgement = judgement_of(await self._processes.ask(received.path, received.copy_path))
            except ProcessesFail as error:
                raise InspectionsBusy(seconds=_RESTART_S) from error
            turn.seconds = judgement.seconds
        return judgement

    async def close(self) -> None:
        """End the processes."""
        await self._processes.close()


def judgement_of(answer: dict[str, Any]) -> Judgement:
    """Put the answer of an inspecting process in our words."""
    if "kind" in answer:
        return Judgement(kind=KINDS[answer["kind"]], refusal=None, seconds=answer["seconds"], is_copy=answer["is_copy"])
    params = {name: _parameter(value) for name, value in answer["params"].items()}
    return Judgement(kind=None, refusal=refusal(answer["refusal"], **params), seconds=answer["seconds"])


def _parameter(value: Any) -> Parameter:
    return Phrase(f"upload.unsafe.{value['key']}", count=value["count"]) if isinstance(value, dict) else value
