"""The whole bounded space of cases under a procedure, walked for states that nobody can bring to an end.

From every open state the authority alone, given time, must be able to reach an end: an applicant may be silent, an
agency let its term pass, a reviewer and council members never come. `case_moves.py` says what a case can be and do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.rulebook.case_moves import Key, Moves, Party, Permitted, filed_case


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A state from which the authority can reach no end: its stage, and what hangs on the case."""

    stage: Stage
    features: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What was found: states nobody can end, and the stages that cases reach."""

    traps: tuple[Trap, ...]
    reached: frozenset[Stage]


def walk(procedure: Procedure, *, permitted: Permitted) -> Walked:
    """Walk every state of a case; `permitted` tells whether anybody may do an act at a stage."""
    # Whatever some dossiers demand is demanded of this one.
    demanded = tuple(replace(each, when=()) for each in procedure.consultations)
    procedure = replace(procedure, consultations=demanded)
    filed = filed_case(procedure)
    first = filed.key
    states, waiting = {first: filed}, [first]
    before: dict[Key, set[Key]] = {}
    before_by_authority: dict[Key, set[Key]] = {}
    while waiting:
        here = waiting.pop()
        for party, state in Moves(states[here], procedure, permitted).all():
            there = state.key
            if there not in states:
                states[there] = state
                waiting.append(there)
            before.setdefault(there, set()).add(here)
            if party is Party.AUTHORITY:
                before_by_authority.setdefault(there, set()).add(here)
    ending = _closure((key for key in states if key[0] not in OPEN_STAGES), before_by_authority)
    entries = [key for key in states.keys() - ending if key == first or before[key] & ending]
    return Walked(traps=tuple(_smallest(entries)), reached=frozenset(stage for stage, _ in states))


def _closure(start: Iterable[Key], before: dict[Key, set[Key]]) -> set[Key]:
    reached = set(start)
    waiting = list(reached)
    while waiting:
        new = before.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    return reached


def _smallest(entries: list[Key]) -> Iterator[Trap]:
    """Leave out of the traps those that only have more hanging on them than another of the same stage."""
    for stage, features in sorted(entries, key=lambda key: (key[0], len(key[1]), sorted(key[1]))):
        if not any(other == stage and fewer < features for other, fewer in entries):
            yield Trap(stage=stage, features=features)
