"""Decides past acts again: by the policy in force, the offices held and the stage of the case at the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox_registry.auditlog.verifying.entries import moment_of
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.authz.policy import ANY, ROLE_PREFIX, AuthorizationPolicy, PolicyLine, checksum_of, parse_policy
from sandbox_registry.domain.acts import act_name
from sandbox_registry.domain.audit import ActorKind
from sandbox_registry.domain.identity.office_names import office_name
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.operations.installation import Fact
from sandbox_registry.domain.stages import APPLICATION_STAGES

WHILE_ACTING = timedelta(minutes=1)
"""How long before its leaf an act may have begun: an office that ended in between still counts as held."""

TICK = timedelta(milliseconds=1)
"""Entries state times in whole milliseconds, records in microseconds."""

_GRANT, _DELEGATION = "role_grant", "delegation"
_HOLDER = {_GRANT: "person_id", _DELEGATION: "to_person_id"}


@dataclass(slots=True, kw_only=True)
class Powers:
    """What the log itself says about who might do what. Feed it each leaf, in order, before asking about that leaf.

    `authorities` are the policies at hand, by version; those whose text the log holds come in by themselves. With
    `knows_offices` every grant of an office is among the records, so that an office nobody gave is found.
    """

    report: Report
    authorities: Mapping[str, AuthorizationPolicy]
    knows_offices: bool = False
    _in_log: dict[str, AuthorizationPolicy] = field(default_factory=dict)
    _announced: set[str] = field(default_factory=set)
    _last_announced: str | None = None
    _unknown: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lines: dict[str, dict[str, PolicyLine]] = field(default_factory=dict)
    _held: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)

    def feed(self, index: int, said: dict[str, Any], record: dict[str, Any] | None) -> None:
        """Record what a leaf says about policies and offices."""
        if said["obj"]["type"] == Fact.AUTHORITY_POLICY and said["result"] == "done":
            self._announce(index, said["policy"]["version"], record)
        for each in (record or {}).get("objects", ()):
            kind, state = each["type"], each["state"]
            holder = _HOLDER.get(kind)
            if holder is not None and isinstance(state, dict) and {"id", "valid_from", holder} <= set(state):
                self._held.setdefault((kind, state[holder]), {})[state["id"]] = state

    def forget_offices(self) -> None:
        """Note that the record of an office is missing: from here on nobody can tell who held which."""
        self.knows_offices = False

    def check(self, index: int, said: dict[str, Any], record: dict[str, Any] | None, *, stage: str | None) -> None:
        """Check a completed act against the policy that its entry names; `stage` is that of its case, where it is certain."""
        version, line = said["policy"]["version"], said["policy"]["line"]
        if self._announced and version not in self._announced:
            self.report.add("policy_unannounced", index, version=version[:12])
        authority = self._in_log.get(version) or self.authorities.get(version)
        asked = _asked(record)
        if authority is None:
            first, count = self._unknown.get(version, (index, 0))
            self._unknown[version] = (first, count + 1)
        elif not self._allows(authority, said, asked, stage):
            self.report.add("not_permitted", index, act=act_name(said["act"]), line=str(line))
        if asked is not None and self.knows_offices and said["actor"]["kind"] == ActorKind.PERSON:
            at = moment_of(said)
            for role in sorted(asked.roles - {Role.APPLICANT}):
                if not self._held_office(role, record or {}, at):
                    self.report.add("office_not_held", index, act=act_name(said["act"]), role=office_name(role))

    def finish(self) -> None:
        """Report what could not be checked against a policy."""
        for version, (first, count) in self._unknown.items():
            self.report.add("policy_unknown", first, version=version[:12], count=count)

    def _announce(self, index: int, version: str, record: dict[str, Any] | None) -> None:
        self._announced.add(version)
        before, self._last_announced = self._last_announced, version
        if record is None:
            return
        try:
            state = record["objects"][0]["state"]
            texts = state["details"]["model"], state["details"]["policy"]
            fits = state["after"] == version == checksum_of(*texts) and before in (None, state["before"])
            self._in_log[version] = parse_policy(*texts)
        except Exception:  # noqa: BLE001 - Nobody vouches for the text; whatever Casbin makes of it is a finding.
            fits = False
        if not fits:
            self._in_log.pop(version, None)
            self.report.add("policy_text", index, version=version[:12])

    def _allows(
        self, authority: AuthorizationPolicy, said: dict[str, Any], asked: "_Asked | None", stage: str | None
    ) -> bool:
        """Say whether the named line allows the act, and no line refuses it."""
        if authority.version not in self._lines:
            self._lines[authority.version] = {each.text: each for each in authority.lines}
        named = self._lines[authority.version].get(said["policy"]["line"] or "")
        if named is None or named.effect != "allow" or said["act"] not in named.actions:
            return False
        if asked is None:
            at_case = bool(named.stages & set(APPLICATION_STAGES)) and named.stages <= set(APPLICATION_STAGES)
            return stage is None or not at_case or stage in named.stages
        if stage is not None and asked.stage in APPLICATION_STAGES and asked.stage != stage:
            return False
        speaking = [each for each in authority.lines if said["act"] in each.actions and asked.is_spoken_of_by(each)]
        return named in speaking and all(each.effect == "allow" for each in speaking)

    def _held_office(self, role: str, record: dict[str, Any], at: datetime) -> bool:
        actor, delegator = record["actor"], record.get("signs_for")
        if any(each.get("role") == role and _was_in_force(each, at) for each in self._states(_GRANT, actor)):
            return True
        return role == Role.DECISION_MAKER and any(
            each.get("from_person_id") == delegator and _was_in_force(each, at)
            for each in self._states(_DELEGATION, actor)
        )

    def _states(self, kind: str, person_id: str) -> list[dict[str, Any]]:
        return list(self._held.get((kind, person_id), {}).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the policy was asked, as the record keeps it. Plain words: an old policy may know names we do not."""

    roles: frozenset[str]
    relations: frozenset[str]
    stage: str

    def is_spoken_of_by(self, line: PolicyLine) -> bool:
        return (
            self.stage in line.stages
            and (line.role == ANY or line.role.removeprefix(ROLE_PREFIX) in self.roles)
            and (line.relation == ANY or line.relation in self.relations)
        )


def _asked(record: dict[str, Any] | None) -> _Asked | None:
    """Read what was asked; null in records from before it was kept, and where a token's scope refused."""
    asked = (record or {}).get("asked")
    if not isinstance(asked, dict):
        return None
    return _Asked(
        roles=frozenset(map(str, asked.get("roles", ()))),
        relations=frozenset(map(str, asked.get("relations", ()))),
        stage=str(asked.get("stage")),
    )


def _was_in_force(state: dict[str, Any], at: datetime) -> bool:
    if state.get("awaits_confirmation") or datetime.fromisoformat(state["valid_from"]) >= at + TICK:
        return False
    ends = [datetime.fromisoformat(end) for end in (state.get("valid_to"), state.get("revoked_at")) if end]
    return all(at < end + WHILE_ACTING for end in ends)
