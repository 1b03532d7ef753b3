"""Replays the log: whether each record opens its commitment, and each step was legal and permitted at the time."""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.entries import (
    ERASING,
    Opening,
    ReadLeaf,
    commitment,
    moment_of,
    read_record,
    state_key,
)
from sandbox_registry.auditlog.verifying.findings import Report, ToldAct
from sandbox_registry.domain.acts import act_name
from sandbox_registry.domain.cases.lifecycle import TRANSITIONS
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Phrase, Wording, is_known, verbatim
from sandbox_registry.transparency.canonical_json import canonical

APPLICATION, CREATED = "application", "application:create"
_MOVING = frozenset({APPLICATION, "decision"})
"""Acts on these may move a case to another stage."""
_OPENING = frozenset({"person:create", "person:register"})
_GIVES_OFFICES = frozenset({"delegation", "person", "role"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """An erasure that accounts for a missing record: the leaf that says so, and the case it emptied, if it was one."""

    leaf: int
    on: datetime
    asked: str
    by: str
    why: str
    case: str | None


@dataclass(slots=True, kw_only=True)
class Last:
    """The last recorded state of one object, and the leaf that recorded it; the state is null once erased."""

    index: int
    state: dict[str, Any] | None


@dataclass(slots=True, kw_only=True)
class History:
    """Everything the log says, leaf by leaf. Feed leaves in order; what is left to compare is then in `last`.

    `powers` decides acts again; `knows_procedure` says whether a pinned one is known. `openers` are who opened which
    account, `opened_accounts` those of which a row on record says so. `secrets` are what was recorded last of passwords, by
    person, of authenticators, tokens and sessions; of a password that was set before there were check values, null. Accounts `opened_with_checks`
    have none unless one is recorded.
    """

    report: Report
    powers: Powers
    knows_procedure: Callable[[str], bool] = lambda _pinned: True
    last: dict[tuple[str, str], Last] = field(default_factory=dict)
    erased_objects: set[tuple[str, str]] = field(default_factory=set)
    openers: dict[str, str] = field(default_factory=dict)
    opened_accounts: set[str] = field(default_factory=set)
    secrets: dict[tuple[str, str], dict[str, Any] | None] = field(default_factory=dict)
    opened_with_checks: set[str] = field(default_factory=set)
    _stages: dict[str, str] = field(default_factory=dict)
    _unknown_procedures: set[str] = field(default_factory=set)
    _uncertain: set[str] = field(default_factory=set)
    _erased: dict[Erased, list[int]] = field(default_factory=dict)

    def feed(self, leaf: ReadLeaf, erased: Erased | None = None) -> dict[str, Any] | None:
        """Process one leaf; return what it says, or null when nobody can tell."""
        index, said = leaf.index, leaf.said
        if said is None:
            self.report.add(leaf.wrong or "entry_malformed", index)
            return None
        record = self._opened(index, said, leaf.given.record, erased)
        self.report.acts[index] = _told(said, record)
        self._check_authority(index, said, record)
        if record is not None:
            for each in record["objects"]:
                self._take(index, said, each["type"], each["state"])
                self._take_secret(leaf, said, each["type"], each["state"], by=str(record.get("actor")))
        elif erased is not None:
            self._forget(said, erased=erased)
        return said

    def pass_over(self, leaf: ReadLeaf) -> None:
        """Process a leaf whose record this reader was not given: what it changed is unknown."""
        if leaf.said is None:
            self.report.add(leaf.wrong or "entry_malformed", leaf.index)
            return
        self._check_authority(leaf.index, leaf.said, None)
        self._forget(leaf.said)

    def finish(self) -> None:
        """Report what was erased, and what could not be checked against a policy."""
        for erased, indexes in self._erased.items():
            self.report.add(
                "erased",
                indexes[0],
                which=ranges(indexes),
                on=local_date(erased.on).isoformat(),
                asked=erased.asked,
                by=erased.by,
                why=erased.why,
            )
        self.powers.finish()

    def _opened(
        self, index: int, said: dict[str, Any], opening: Opening | None, erased: Erased | None
    ) -> dict[str, Any] | None:
        if opening is None:
            if erased is None:
                self.report.add("record_missing", index)
            else:
                self._erased.setdefault(erased, []).append(index)
            return None
        self.report.records += 1
        if erased is not None:
            self.report.add("erased_returned", index, leaf=erased.leaf)
        if not hmac.compare_digest(commitment(opening), said["commit"]):
            self.report.add("record_changed", index)
            return None
        record = read_record(opening.content)
        if record is None:
            self.report.add("entry_malformed", index)
        return record

    def _take(self, index: int, said: dict[str, Any], kind: str, state: Any) -> None:
        """Process the new state of one object, if it is a whole state: records also hold what was read, and reasons."""
        key = state_key(kind, state)
        if key is None:
            return
        before = self.last.get(key)
        version = state.get("version")
        known = None if before is None or before.state is None else before.state.get("version")
        is_late = isinstance(version, int) and isinstance(known, int) and version <= known
        if is_late and not (version == known and _may_restate(said, kind, before, state)):
            self.report.add("version_order", index, kind=kind, identity=key[1], version=version)
        if "application_id" in state:
            self.report.cases[key[1]] = str(state["application_id"])
        if kind == APPLICATION and state.get("code"):
            self.report.codes[key[1]] = str(state["code"])
        if kind == APPLICATION and "stage" in state:
            self._check_step(index, said, state)
        if kind == "account_service" and state.get("service") == "opened":
            self.opened_accounts.add(str(state.get("account_id")))
        self.last[key] = Last(index=index, state=state)

    def _take_secret(self, leaf: ReadLeaf, said: dict[str, Any], kind: str, state: Any, *, by: str) -> None:
        """Process what a record says of a way to log in."""
        if not isinstance(state, dict) or said["result"] != "done":
            return
        if kind in {"password", "second_factor"} and "person_id" in state:
            self.secrets[kind, str(state["person_id"])] = state if state.get("check") is not None else None
        elif kind in {"browser_session", "token"} and "check" in state:
            self.secrets[kind, str(state.get("id"))] = state
        elif kind == "erasure" and said["act"] == ERASING and state.get("kind") == "account":
            # The password of an erased account is deleted with it, and its authenticator.
            for each in ("password", "second_factor"):
                self.secrets.pop((each, str(state.get("target_id"))), None)
        elif kind == "person" and said["act"] in _OPENING and said["obj"]["id"] == state.get("id"):
            self.openers[str(state["id"])] = by
            if leaf.given.is_sealed:
                self.opened_with_checks.add(str(state["id"]))

    def _check_step(self, index: int, said: dict[str, Any], state: dict[str, Any]) -> None:
        identity, after, act = state["id"], state["stage"], said["act"]
        before = self._stages.get(identity)
        self._stages[identity] = after
        if identity in self._uncertain:
            self._uncertain.discard(identity)
            return
        if not is_legal(act, before, after):
            self.report.add("illegal_step", index, act=act_name(act), before=_stage(before), after=_stage(after))

    def _check_authority(self, index: int, said: dict[str, Any], record: dict[str, Any] | None) -> None:
        """Check a completed act against the policy and the line that are said to have allowed it."""
        pinned = said["procedure"]
        if pinned is not None and pinned not in self._unknown_procedures and not self.knows_procedure(pinned):
            self._unknown_procedures.add(pinned)
            self.report.add("procedure_unknown", index, what=pinned)
        self.powers.feed(index, said, record)
        if said["result"] == "done":
            case = _case_of(said, record)
            stage = None if case is None or case in self._uncertain else self._stages.get(case)
            self.powers.check(index, said, record, stage=stage)

    def _forget(self, said: dict[str, Any], *, erased: Erased | None = None) -> None:
        """Allow for a missing record: the state of its object, and of the case, is unknown from here on.

        An erasure takes no record of an office.
        """
        case = None if erased is None else erased.case
        key = (said["obj"]["type"], said["obj"]["id"])
        self.erased_objects.add(key)
        if erased is None and said["act"].partition(":")[0] in _GIVES_OFFICES:
            self.powers.forget_offices()
        if key in self.last:
            self.last[key].state = None
        if case is None and key[0] == APPLICATION:
            case = key[1]
        if case is not None:
            self._uncertain.add(case)
        elif said["act"].partition(":")[0] in _MOVING:
            self._uncertain |= set(self._stages)


def _may_restate(said: dict[str, Any], kind: str, before: Last | None, state: dict[str, Any]) -> bool:
    """Say whether a version may be recorded once more: what stays after an erasure, and files that are filed again."""
    if said["act"] == ERASING:
        return True
    return kind == "document" and before is not None and canonical(before.state) == canonical(state)


def ranges(indexes: Iterable[int]) -> str:
    """Write ascending indexes for people: `3-5, 9`."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and runs[-1][-1] == index - 1:
            runs[-1][1:] = [index]
        else:
            runs.append([index])
    return ", ".join("-".join(map(str, run)) for run in runs)


def is_legal(act: str, before: str | None, after: str) -> bool:
    """Say whether the domain's table allows an act to lead from one stage to another."""
    if before is None:
        return act == CREATED and after == Stage.DRAFT
    name = act.partition(":")[2]
    resource = act.partition(":")[0]
    if resource not in _MOVING or name not in TRANSITIONS:
        return after == before
    starts, end = TRANSITIONS[name]
    return before in starts and after == (end or before)


def _told(said: dict[str, Any], record: dict[str, Any] | None) -> ToldAct:
    """Return what people are told of an act."""
    asked = (record or {}).get("asked")
    roles = asked.get("roles", ()) if isinstance(asked, dict) else ()
    case = said["chain"]["case"] if "chain" in said else _case_of(said, record)
    return ToldAct(case=case, act=said["act"], result=said["result"], roles=tuple(map(str, roles)), at=moment_of(said))


def _case_of(said: dict[str, Any], record: dict[str, Any] | None) -> str | None:
    """Name the case an act was on, by its object or by what its objects belong to."""
    if said["obj"]["type"] == APPLICATION:
        return str(said["obj"]["id"])
    for each in (record or {}).get("objects", ()):
        state = each["state"]
        if isinstance(state, dict) and "application_id" in state:
            return str(state["application_id"])
    return None


def _stage(code: str | None) -> Wording:
    """Name a stage as a record states it, also one that this program does not know; null: before any."""
    if code is None:
        return Phrase("finding.no_stage")
    return Phrase(f"stage.{code}") if is_known(f"stage.{code}") else verbatim(code)
