"""Collects cosignatures: sends every published checkpoint to the witnesses that have an address, and merges their answers."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog
from anyio import to_thread

from sandbox_registry.auditlog.publishing.cosignatures import is_overdue, merge, offer, registry_policy
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.db.auditlog.tree import LogUnreachable
from sandbox_registry.domain.errors import DomainError
from sandbox_registry.runtime.clocks import system_clock
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.runtime.http_client import post
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of
from sandbox_registry.transparency.cosignatures import add_signatures, verify_cosignature
from sandbox_registry.transparency.errors import LogError, NoteError
from sandbox_registry.transparency.notes import format_note, parse_note
from sandbox_registry.transparency.policies import PolicyWitness, WitnessPolicy
from sandbox_registry.transparency.proofs import consistency_proof
from sandbox_registry.transparency.tile_hashes import TileHashes
from sandbox_registry.transparency.witnessing import (
    SIZE_MEDIA_TYPE,
    AddCheckpoint,
    format_add_checkpoint,
    parse_cosignature_lines,
)

ALARM_INTERVAL_S, POLL_INTERVAL_S = 3600.0, 600.0
OK, CONFLICT, UNPROCESSABLE = 200, 409, 422
Post = Callable[[str, bytes], tuple[int, str, bytes]]
Verdicts = Callable[[Mapping[str, Checkpoint | None]], Awaitable[None]]

logger = structlog.get_logger("registry.log")


class Collector:
    """Takes the published checkpoint to each witness, remembering how far each of them is."""

    def __init__(self, *, folder: LogFolder, policy: WitnessPolicy, send: Post = post) -> None:
        self.folder = folder
        self.policy = policy
        self._send = send
        self._sizes: dict[bytes, int] = {}
        self.verdicts: dict[str, Checkpoint | None] = {}
        """The verdict of each witness that answered: the checkpoint that contradicts what it saw, null for none."""

    def collect(self) -> int:
        """Ask every witness that has an address, one after the other; return how many cosigned."""
        note = self.folder.checkpoint()
        if note is None:
            return 0
        return sum(self._ask(witness, note) for witness in self.policy.witnesses if witness.url)

    def _ask(self, witness: PolicyWitness, note: bytes) -> bool:
        checkpoint = checkpoint_of(parse_note(note))
        name = witness.name.decode(errors="replace")
        try:
            for _ in range(2):
                status, media_type, body = self._send(
                    f"{witness.url}/add-checkpoint", self._body(witness, checkpoint, note)
                )
                if status == CONFLICT and media_type.startswith(SIZE_MEDIA_TYPE) and body.strip().isdigit():
                    self._sizes[witness.name] = int(body)
                    if int(body) <= checkpoint.size:
                        continue
                break
            if status == OK:
                self._take(witness, checkpoint, note, body)
                self.verdicts[witness.key.label] = None
                return True
            if status == UNPROCESSABLE or (status == CONFLICT and self._is_contradicted(witness, checkpoint)):
                self.verdicts[witness.key.label] = checkpoint
            said = logger.critical if status in {CONFLICT, UNPROCESSABLE} else logger.warning
            said(
                "log.witness_refused",
                witness=name,
                status=status,
                size=checkpoint.size,
                answer=body[:200].decode(errors="replace"),
            )
        except (OSError, LogError, MissingFile) as error:
            logger.warning("log.witness_unreachable", witness=name, error=str(error))
        return False

    def _is_contradicted(self, witness: PolicyWitness, checkpoint: Checkpoint) -> bool:
        """Say whether a witness saw another tree of this size, or more than was ever published: not just newer than ours."""
        seen = self._sizes.get(witness.name, 0)
        published = checkpoint_of(parse_note(self.folder.checkpoint() or b"")).size
        return seen == checkpoint.size or seen > published

    def _body(self, witness: PolicyWitness, checkpoint: Checkpoint, note: bytes) -> bytes:
        old = min(self._sizes.get(witness.name, 0), checkpoint.size)
        proof: list[bytes] = []
        if 0 < old < checkpoint.size:
            tree = TileHashes(size=checkpoint.size, read_tile=self.folder.read_tile)
            proof = consistency_proof(old, new_size=checkpoint.size, read=tree)
        return format_add_checkpoint(AddCheckpoint(old_size=old, proof=tuple(proof), checkpoint=note))

    def _take(self, witness: PolicyWitness, checkpoint: Checkpoint, note: bytes, body: bytes) -> None:
        lines = [each for each in parse_cosignature_lines(body) if each.key_id == witness.key.key_id]
        if not lines:
            raise NoteError("the witness answered without its own cosignature")
        for line in lines:
            verify_cosignature(checkpoint.text, signature=line, key=witness.key)
        self._sizes[witness.name] = checkpoint.size
        merge(self.folder, format_note(add_signatures(parse_note(note), signatures=lines)), policy=self.policy)


async def keep_cosigned(
    data_dir: Path, folder: LogFolder, *, published: asyncio.Event, judged: Verdicts, pause: float = 5.0
) -> None:
    """Collect cosignatures after each publication, at most every `pause` seconds, and log critically when they are old.

    `judged` is told what the witnesses made of the log.
    """
    alarmed_at = 0.0
    while True:
        try:
            policy = registry_policy(data_dir)
            if policy is not None:
                await judged(await to_thread.run_sync(_round, folder, policy))
                now = system_clock().timestamp()
                if is_overdue(folder, policy=policy, now=now) and now - alarmed_at > ALARM_INTERVAL_S:
                    alarmed_at = now
                    logger.critical("log.not_cosigned_for_a_day")
        except (DomainError, LogError, LogUnreachable, OSError) as error:
            logger.critical("log.not_cosigned", error=str(error))
        await asyncio.sleep(pause)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_INTERVAL_S):  # `wait_for` of Python 3.11 may swallow a cancellation.
                await published.wait()
        published.clear()


def _round(folder: LogFolder, policy: WitnessPolicy) -> Mapping[str, Checkpoint | None]:
    offer(folder, policy=policy, now=system_clock().timestamp())
    collector = Collector(folder=folder, policy=policy)
    collector.collect()
    return collector.verdicts
