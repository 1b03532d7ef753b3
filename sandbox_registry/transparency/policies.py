"""Witness policies (C2SP tlog-policy): which logs and witnesses are known, and whose cosignatures are enough."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sandbox_registry.transparency.checkpoints import Checkpoint, open_checkpoint
from sandbox_registry.transparency.cosignatures import Cosignature, cosignatures_of
from sandbox_registry.transparency.errors import PolicyNotMet
from sandbox_registry.transparency.keys import VerifierKey
from sandbox_registry.transparency.notes import OpenedNote


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLog:
    """Name a log by its key; its key name is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWitness:
    """Name a witness; `name` is opaque octets and means nothing outside its policy."""

    name: bytes
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGroup:
    """Say that `threshold` of the members, witnesses or earlier groups, speak for the group."""

    name: bytes
    threshold: int
    members: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """Hold what `parse_policy` reads; groups come after all that they name. `quorum` is None for ``quorum none``."""

    logs: tuple[PolicyLog, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[PolicyGroup, ...] = ()
    quorum: bytes | None = None

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign a checkpoint."""
        return tuple(log.key for log in self.logs)

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """Return the keys that may cosign a checkpoint."""
        return tuple(witness.key for witness in self.witnesses)

    def is_met_by(self, cosigners: Collection[VerifierKey]) -> bool:
        """Say whether cosignatures by these keys, already verified, are enough (C2SP tlog-policy, quorum)."""
        if self.quorum is None:
            return True
        spoke = {witness.name for witness in self.witnesses if witness.key in cosigners}
        for group in self.groups:
            if sum(member in spoke for member in group.members) >= group.threshold:
                spoke.add(group.name)
        return self.quorum in spoke


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCheckpoint:
    """Hold a checkpoint that a policy accepts, and the cosignatures it bears of the policy's witnesses."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]
    opened: OpenedNote


def accept_checkpoint(data: bytes, *, policy: WitnessPolicy) -> AcceptedCheckpoint:
    """Open a checkpoint signed by a log of the policy and cosigned by its quorum.

    Raises `NoteError` (or its subclasses) and `CheckpointError` as `open_checkpoint` does, and `PolicyNotMet` when
    cosignatures are missing. A policy without logs accepts nothing: add the log known from elsewhere first.
    """
    signed = open_checkpoint(data, keys=(*policy.log_keys, *policy.witness_keys))
    cosignatures = cosignatures_of(signed.opened)
    if not policy.is_met_by({cosignature.key for cosignature in cosignatures}):
        raise PolicyNotMet("the cosignatures do not make the quorum")
    return AcceptedCheckpoint(checkpoint=signed.checkpoint, cosignatures=cosignatures, opened=signed.opened)
