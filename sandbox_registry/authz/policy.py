"""The policy as read from its two files: numbered lines, groups of stages and acts, a checksum."""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from casbin.model import Model
from casbin.persist import load_policy_line

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.stages import Stage

ANY = "*"
ROLE_PREFIX = "r:"
_ARITY = {"p": 7, "g": 3, "g2": 3}

# Casbin says every decision at INFO and every refusal at WARNING; the audit log already keeps both.
logging.getLogger("casbin").setLevel(logging.CRITICAL)


class PolicyUnreadable(ValueError):
    """The policy files cannot be used; the message says which line and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLine:
    """One `p` line. `number` counts `p` lines from 1; `stages` and `actions` are the names with groups opened."""

    number: int
    role: str
    relation: str
    stage: str
    act: str
    effect: str
    basis: str
    stages: frozenset[str]
    actions: frozenset[str]

    @property
    def text(self) -> str:
        """How the audit log and a refusal name this line."""
        return f"p{self.number} {self.role},{self.relation},{self.stage},{self.act},{self.effect}"

    @property
    def rule(self) -> list[str]:
        """The line as Casbin keeps it."""
        return [self.role, self.relation, self.stage, self.act, self.effect, self.basis]

    def covers(self, role: Role, relations: frozenset[Relation], stage: Stage, action: Action) -> bool:
        """Say whether the line speaks about this request; the same question the Casbin matcher asks."""
        return (
            action in self.actions
            and self.role in (ANY, ROLE_PREFIX + role)
            and (self.relation == ANY or self.relation in relations)
            and stage in self.stages
        )


@dataclass(frozen=True, kw_only=True)
class AuthorizationPolicy:
    """A whole policy: the Casbin model and the policy as text, the lines in file order, and the two tables of groups."""

    model_text: str
    policy_text: str
    lines: tuple[PolicyLine, ...]
    stage_groups: tuple[tuple[str, str], ...]
    act_groups: tuple[tuple[str, str], ...]
    version: str

    @cached_property
    def by_action(self) -> Mapping[str, tuple[PolicyLine, ...]]:
        """The lines that speak about each act, in file order."""
        return {action: tuple(line for line in self.lines if action in line.actions) for action in Action}

    @cached_property
    def by_rule(self) -> Mapping[tuple[str, ...], PolicyLine]:
        """Find a line by its Casbin rule; of equal lines the first."""
        return {tuple(line.rule): line for line in reversed(self.lines)}


def read_policy(policy_dir: Path) -> AuthorizationPolicy:
    """Read `model.conf` and `policy.csv` from a directory.

    Raises:
        PolicyUnreadable: a line is not `p` with six values, nor `g` or `g2` with two.

    """
    return parse_policy(
        (policy_dir / "model.conf").read_text(encoding="utf-8"),
        (policy_dir / "policy.csv").read_text(encoding="utf-8"),
    )


def parse_policy(model_text: str, policy_text: str) -> AuthorizationPolicy:
    """Read a policy from the text of its two files; the reading itself is Casbin's.

    Raises:
        PolicyUnreadable: as `read_policy`.

    """
    rows = _rows(model_text, policy_text)
    stage_groups = tuple((member, group) for member, group in rows["g"])
    act_groups = tuple((member, group) for member, group in rows["g2"])
    stages, acts = members(stage_groups), members(act_groups)
    lines = tuple(
        PolicyLine(
            number=number,
            role=role,
            relation=relation,
            stage=stage,
            act=act,
            effect=effect,
            basis=basis,
            stages=frozenset(Stage) if stage == ANY else stages.get(stage, frozenset()) | {stage},
            actions=acts.get(act, frozenset()) | {act},
        )
        for number, (role, relation, stage, act, effect, basis) in enumerate(rows["p"], start=1)
    )
    return AuthorizationPolicy(
        model_text=model_text,
        policy_text=policy_text,
        lines=lines,
        stage_groups=stage_groups,
        act_groups=act_groups,
        version=checksum_of(model_text, policy_text),
    )


def checksum_of(model_text: str, policy_text: str) -> str:
    """Return the SHA-256 over both files, by which a policy is known."""
    return hashlib.sha256(f"{len(model_text)}\n{model_text}{policy_text}".encode()).hexdigest()


def members(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Open groups: each group's members, and the members of the groups among them."""
    direct: dict[str, set[str]] = {}
    for member, group in pairs:
        direct.setdefault(group, set()).add(member)
    opened: dict[str, frozenset[str]] = {}
    for group in direct:
        reached: set[str] = set()
        waiting = [group]
        while waiting:
            new = direct.get(waiting.pop(), set()) - reached
            reached |= new
            waiting.extend(new)
        opened[group] = frozenset(reached)
    return opened


def new_model(model_text: str) -> Model:
    """Make an empty Casbin model from the text of `model.conf`."""
    model = Model()
    model.load_model_from_text(model_text)
    return model


def _rows(model_text: str, policy_text: str) -> dict[str, list[list[str]]]:
    model = new_model(model_text)
    for at, raw in enumerate(policy_text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        kind = line.partition(",")[0].strip()
        if kind not in _ARITY:
            raise PolicyUnreadable(f"policy.csv line {at}: starts with {kind!r}, not with p, g or g2")
        rules = model[kind[0]][kind].policy
        try:
            load_policy_line(line, model)
        except IndexError:
            raise PolicyUnreadable(f"policy.csv line {at}: brackets do not match: {line}") from None
        if len(rules[-1]) != _ARITY[kind] - 1:
            raise PolicyUnreadable(f"policy.csv line {at}: {len(rules[-1])} values, not {_ARITY[kind] - 1}: {line}")
    return {kind: model[kind[0]][kind].policy for kind in _ARITY}
