"""What the records of a case's log hold: the last state of each object at a moment, and every state of one of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from sandbox_registry.db.cases import histories
from sandbox_registry.db.cases.histories import HistoryRow
from sandbox_registry.db.core.records import Versioned
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.kinds.every import BY_CLASS, kind_of
from sandbox_registry.usecases.transaction.transaction import Transaction

T = TypeVar("T")


class _Object(msgspec.Struct):
    type: str
    state: msgspec.Raw


class _Record(msgspec.Struct):
    objects: tuple[_Object, ...]


class _Key(msgspec.Struct):
    """What tells a whole state from a remark: an identity and a version."""

    id: str | None = None
    version: int | None = None


class _Subject(msgspec.Struct):
    type: str
    id: UUID
    ver: int


class _Entry(msgspec.Struct):
    t: int
    act: str
    obj: _Subject


_RECORDS = msgspec.json.Decoder(_Record)
_KEYS = msgspec.json.Decoder(_Key)
_ENTRIES = msgspec.json.Decoder(_Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a leaf says was done, without its record: `kind`, `identity` and `version` name the first object written."""

    index: int
    at: datetime
    action: str
    kind: str
    identity: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Generic[T]):
    """One recorded state of an object, and the leaf that records it; `state` is null once it was erased."""

    version: int
    leaf: Done
    state: T | None


@dataclass(slots=True)
class LastStates:
    """The last state of each object of a case, as recorded up to a moment.

    `acts` are those that its reader may learn of: only they are named, as `leaf`, the last one, or among `erased`.
    These are the leaves whose records were erased: what they wrote is not known, and an object that one of them names
    is not shown as it stood before it either.
    """

    acts: frozenset[Action]
    leaf: int | None = None
    erased: list[Done] = field(default_factory=list)
    _last: dict[tuple[str, str], tuple[int, msgspec.Raw]] = field(default_factory=dict)

    def take(self, row: HistoryRow) -> None:
        """Take the next leaf in."""
        recorded = done_in(row)
        is_known = recorded.action in self.acts
        if is_known:
            self.leaf = row.index
        if row.record is None:
            if is_known:
                self.erased.append(recorded)
            self._last.pop((recorded.kind, str(recorded.identity)), None)
            return
        for each in _RECORDS.decode(row.record).objects:
            if (identity := _KEYS.decode(each.state).id) is not None:
                self._last[each.type, identity] = row.index, each.state

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """List the states of one kind, oldest object first."""
        name = BY_CLASS[kind].name
        states = {identity: state for (each, identity), (_, state) in self._last.items() if each == name}
        return tuple(msgspec.json.decode(states[identity], type=kind) for identity in sorted(states))

    def leaf_of(self, obj: Versioned) -> int:
        """Return the leaf that records a state which `of` gave."""
        return self._last[kind_of(obj), str(obj.id)][0]


async def last_states(act: Transaction, case_id: UUID, *, at: datetime, acts: frozenset[Action]) -> LastStates:
    """Fold what was recorded of a case up to a moment, that moment included, for who may learn of these acts."""
    states = LastStates(acts)
    async for row in act.stream(histories.changes_until, case_id, until=at):
        states.take(row)
    return states


async def states_of(
    act: Transaction, case_id: UUID, kind: type[T], *, until: datetime, acts: frozenset[Action]
) -> AsyncIterator[State[T]]:
    """Go through the states that these acts recorded of the object of this kind that a case has one of."""
    name = BY_CLASS[kind].name
    async for row in act.stream(histories.changes_until, case_id, until=until):
        recorded = done_in(row)
        if recorded.action not in acts:
            continue
        if row.record is None:
            if recorded.kind == name:
                yield State(version=recorded.version, leaf=recorded, state=None)
            continue
        for each in _RECORDS.decode(row.record).objects:
            if each.type == name and (version := _KEYS.decode(each.state).version) is not None:
                yield State(version=version, leaf=recorded, state=msgspec.json.decode(each.state, type=kind))


def done_in(row: HistoryRow) -> Done:
    """Read what a leaf says was done."""
    entry = _ENTRIES.decode(row.said)
    return Done(
        index=row.index,
        at=EPOCH + timedelta(milliseconds=entry.t),
        action=entry.act,
        kind=entry.obj.type,
        identity=entry.obj.id,
        version=entry.obj.ver,
    )
