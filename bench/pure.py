"""What needs no database: decisions of the policy and reckonings of the clock, each beside its peer, in one run.

python -m bench.pure prints medians over alternated rounds, and writes them into bench/RESULTS.md.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from casbin import Enforcer

from sandbox_registry.authz import Action, Authorizer
from sandbox_registry.domain.calendars import Term, Unit, deadline
from sandbox_registry.domain.people import Relation, Role
from sandbox_registry.domain.stages import Stage
from sandbox_registry.shipped import shipped
from sandbox_registry.usecases.calendar_files import load_calendar

RESULTS = Path(__file__).parent / "RESULTS.md"
ROUNDS = 9
POLICY = shipped("policies") / "casbin"
CALENDAR = load_calendar(shipped("policies") / "calendars" / "vn.toml")
START = datetime(2026, 11, 20, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Something to measure: what it is, the call, and how often a round makes it."""

    name: str
    call: Callable[[], object]
    times: int


def medians(peers: tuple[Peer, ...]) -> dict[str, float]:
    """Return the median time of one call by name, in microseconds; the peers take turns, so that drift hits all."""
    rounds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for _ in range(ROUNDS):
        for peer in peers:
            started = time.perf_counter()
            for _ in range(peer.times):
                peer.call()
            rounds[peer.name].append((time.perf_counter() - started) / peer.times * 1e6)
    return {name: statistics.median(found) for name, found in rounds.items()}


def decisions() -> tuple[Peer, ...]:
    """Measure a warm decision beside a dictionary look-up and Casbin's own `enforce`, and the load of the policy."""
    authorizer = Authorizer(POLICY)
    roles, relations = frozenset({Role.DECISION_MAKER, Role.APPLICANT}), frozenset({Relation.UNIT})
    stage_and_act = (Stage.AWAITING_DECISION, Action.DECISION_APPROVE)
    asked = (roles, relations, *stage_and_act)
    known = {asked: authorizer.decide(*asked)}
    plain = Enforcer(str(POLICY / "model.conf"), str(POLICY / "policy.csv"))
    request = ("r:decision_maker", ["unit"], "awaiting_decision", "decision:approve")
    return (
        Peer(name="decision, warm", call=lambda: authorizer.decide(*asked), times=20_000),
        # Whoever looks something up by four things builds the key first; so does this.
        Peer(name="dict look-up", call=lambda: known[roles, relations, *stage_and_act], times=20_000),
        Peer(name="Enforcer.enforce", call=lambda: plain.enforce(*request), times=20),
        Peer(name="policy load", call=lambda: Authorizer(POLICY), times=3),
    )


def deadlines() -> tuple[Peer, ...]:
    """Measure a deadline with its ledger, day by day."""

    def reckon(term: Term) -> object:
        return deadline(term, start=START, calendar=CALENDAR).ledger

    return (
        Peer(name="10 working days", call=lambda: reckon(Term(10, Unit.WD)), times=1_000),
        Peer(name="24 months", call=lambda: reckon(Term(24, Unit.MO)), times=100),
    )


def lines() -> list[str]:
    """Measure everything and return the rows of the table: figure, aim, what was seen."""
    found = medians(decisions()) | medians(deadlines())
    warm, lookup = found["decision, warm"], found["dict look-up"]
    enforce, load = found["Enforcer.enforce"], found["policy load"]
    return [
        _row("decision, warm / dict look-up", "at most 3", f"{warm:.2f} / {lookup:.2f} us = {warm / lookup:.2f}"),
        _row("Enforcer.enforce / decision, warm", "over 100", f"{enforce:.0f} / {warm:.2f} us = {enforce / warm:.0f}"),
        _row("policy load", "under 100 ms", f"{load / 1000:.1f} ms"),
        _row("10 working days with ledger", "under 50 us", f"{found['10 working days']:.1f} us"),
        _row("24 months with ledger", "under 2 ms", f"{found['24 months'] / 1000:.2f} ms"),
    ]


def _row(figure: str, aim: str, seen: str) -> str:
    return f"| {figure} | {aim} | {seen} |"


def main() -> None:
    """Print the figures and keep them."""
    head = [
        "# What was measured",
        "",
        f"Medians of {ROUNDS} alternated rounds in one run of `make bench`; machines like this one are noisy, so trust ratios.",
        "",
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.",
        "",
        "| figure | aim | seen |",
        "|---|---|---|",
    ]
    written = "\n".join([*head, *lines(), ""])
    RESULTS.write_text(written, "utf-8")
    print(written)


if __name__ == "__main__":
    main()
