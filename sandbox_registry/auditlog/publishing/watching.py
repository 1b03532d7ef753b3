"""The watch: notices, while the registry runs, that its clock was set, or that its log has another key or other witnesses.

One process per machine keeps it, since a machine has one clock. What it notices it puts on record, once.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from sandbox_registry.auditlog.publishing.cosignatures import POLICY_FILE
from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR, LogFolder
from sandbox_registry.auditlog.publishing.signing import SignerFiles
from sandbox_registry.db.auditlog.tree import LogUnreachable, reaching
from sandbox_registry.domain.errors import DomainError
from sandbox_registry.domain.operations.installation import Fact, Reading, clock_step
from sandbox_registry.runtime.files import Busy, locked
from sandbox_registry.runtime.key_files import KeyFileError
from sandbox_registry.transparency.checkpoints import Checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.keys import format_vkey
from sandbox_registry.transparency.notes import parse_note

CONTRADICTED = "contradicted"
"""The verdict of a witness that saw another log under the same key."""

logger = structlog.get_logger("registry.watch")


def steady_seconds() -> float:
    """Return seconds on a clock that nobody can set and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Records(Protocol):
    """Puts on record, in the watch's name, what it notices. The wiring brings the use case: this room knows none."""

    def now(self) -> datetime:
        """Return the time that acts are dated by."""

    async def note(self, fact: Fact, value: str | None, *, of: str, details: Mapping[str, str]) -> object:
        """Put on record what holds now, if the log does not say so already."""

    async def note_clock_step(self, step: timedelta, *, was_running: bool) -> object:
        """Put on record that the clock was set, and by how much."""

    async def step_since_last_leaf(self, *, tolerance: timedelta) -> timedelta | None:
        """Say how far the clock stands behind the last leaf; null when it does not."""


class Watch:
    """Looks at the clock, the log's key and its witnesses, and puts changes on record.

    `steady` gives seconds. It goes at the rate of the wall clock, corrections included, so any difference was set.
    """

    def __init__(
        self,
        records: Records,
        *,
        data_dir: Path,
        steady: Callable[[], float] = steady_seconds,
        tolerance: timedelta,
    ) -> None:
        self.records = records
        self.data_dir = data_dir
        self.tolerance = tolerance
        self._steady = steady
        self._first = self._reading()
        self._noted: dict[tuple[Fact, str], str | None] = {}

    async def begin(self) -> None:
        """Look for a clock that was set back while nothing ran, then look as always; raises as `look`."""
        with reaching():
            step = await self.records.step_since_last_leaf(tolerance=self.tolerance)
            if step is not None:
                await self._tell(step, was_running=False)
        self._first = self._reading()
        await self.look()

    async def look(self) -> None:
        """Look once.

        Raises:
            LogUnreachable: the database does not answer; what was seen is seen again at the next look.

        """
        with reaching():
            now = self._reading()
            step = clock_step(self._first, now, tolerance=self.tolerance)
            if step is not None:
                await self._tell(step, was_running=True)
                self._first = now
            key = log_key(self.data_dir)
            if key is not None:
                await self._note(Fact.LOG_KEY, key[0], {"vkey": key[1]} if key[1] else {})
            digest, text = witness_policy(self.data_dir)
            await self._note(Fact.WITNESS_POLICY, digest, {"policy": text} if text else {})

    async def _tell(self, step: timedelta, *, was_running: bool) -> None:
        logger.warning("clock.stepped", seconds=step.total_seconds(), was_running=was_running)
        await self.records.note_clock_step(step, was_running=was_running)

    async def judged(self, verdicts: Mapping[str, Checkpoint | None]) -> None:
        """Put on record which witnesses find that the log contradicts what they saw, and which do so no longer.

        Raises:
            LogUnreachable: as `look`.

        """
        with reaching():
            for witness, refused in verdicts.items():
                details = {} if refused is None else {"size": str(refused.size), "root": refused.root.hex()}
                verdict = None if refused is None else CONTRADICTED
                await self._note(Fact.WITNESS_VERDICT, verdict, details, of=witness)

    async def _note(self, fact: Fact, value: str | None, details: dict[str, str], *, of: str = "") -> None:
        if (fact, of) in self._noted and self._noted[fact, of] == value:
            return
        await self.records.note(fact, value, of=of, details=details)
        self._noted[fact, of] = value

    def _reading(self) -> Reading:
        return Reading(wall=self.records.now(), steady=self._steady())


def log_key(data_dir: Path) -> tuple[str, str] | None:
    """Name the key that signs this log, as `name+id`, with its verifier key where the signer is here.

    Where another machine signs, the published checkpoint tells; null before the first one, or when a file is unreadable.
    """
    with contextlib.suppress(KeyFileError):
        key = SignerFiles(directory=data_dir / SIGNER_DIR).key().verifier_key
        return key.label, format_vkey(key)
    with contextlib.suppress(LogError):
        note = LogFolder(data_dir / LOG_DIR).checkpoint()
        if note is not None:
            parsed = parse_note(note)
            origin = parsed.text.partition("\n")[0]
            ids = [each.key_id.hex() for each in parsed.signatures if each.name == origin]
            return (f"{origin}+{ids[0]}", "") if ids else None
    return None


def witness_policy(data_dir: Path) -> tuple[str | None, str]:
    """Return digest and text of the file that names the witnesses; null and nothing where there is none."""
    try:
        content = (data_dir / POLICY_FILE).read_bytes()
    except OSError:
        return None, ""
    return hashlib.sha256(content).hexdigest(), content.decode(errors="replace")


async def keep_watch(watch: Watch, *, pause: float = 5.0) -> None:
    """Look every `pause` seconds until cancelled, in one process of this machine; the others stand by."""
    while True:
        try:
            with locked(watch.data_dir / "watch.lock", wait=False):
                await watch.begin()
                while True:
                    await asyncio.sleep(pause)
                    await watch.look()
        except Busy:
            pass
        except (DomainError, LogUnreachable, OSError) as error:
            logger.warning("watch.interrupted", error=str(error))
        await asyncio.sleep(pause)
