"""Erasures according to the log itself: which records are lawfully missing, since when, and who agreed.

The leaf of an erasure names the leaves whose records it erased, in what is never erased; its record, where it is at
hand, names the two officers and the law.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox_registry.auditlog.verifying.entries import (
    ERASING,
    GivenLeaf,
    Opening,
    commitment,
    moment_of,
    read_leaf,
    read_record,
)
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import Erased

NOT_SAID = "—"
_NAMED = ERASING.encode()
"""What canonical JSON that says so holds: few leaves of a long log need to be read for it."""


def erasures_in(leaves: Iterable[GivenLeaf], *, report: Report) -> Mapping[int, Erased]:
    """Map each erased record to the erasure that accounts for it.

    An erasure whose record names one officer only, or other records than its leaf, is told as a finding. The record of
    an erasure is the proof, and is itself never erased.
    """
    found: dict[int, Erased] = {}
    proofs: set[int] = set()
    for leaf in leaves:
        if _NAMED not in (leaf.entry if leaf.statement is None else leaf.statement.content):
            continue
        index, said = leaf.index, read_leaf(leaf).said
        if said is None or said["act"] != ERASING or said["result"] != "done":
            continue
        proofs.add(index)
        state = _state(said, leaf.record)
        if state is not None and not _is_lawful(state, said):
            report.add("erasure_wrong", index)
        erased = _erased(index, said, state or {})
        found |= {each: erased for each in said.get("erased", ()) if each < index}
    return {index: erased for index, erased in found.items() if index not in proofs}


def _state(said: dict[str, Any], opening: Opening | None) -> dict[str, Any] | None:
    """Return the request as it was recorded; null when the record is not at hand, or is not the one committed to."""
    if opening is None or not hmac.compare_digest(commitment(opening), said["commit"]):
        return None
    record = read_record(opening.content)
    states = [each["state"] for each in (record or {"objects": ()})["objects"] if each["type"] == "erasure"]
    return states[0] if states and isinstance(states[0], dict) else None


def _is_lawful(state: dict[str, Any], said: dict[str, Any]) -> bool:
    persons = {state.get("proposed_by"), state.get("settled_by")} - {None}
    return len(persons) == len(("asked", "confirmed")) and state.get("indexes") == said.get("erased")


def _erased(index: int, said: dict[str, Any], state: dict[str, Any]) -> Erased:
    return Erased(
        leaf=index,
        on=moment_of(said),
        asked=str(state.get("proposed_by_name", NOT_SAID)),
        by=str(state.get("settled_by_name", NOT_SAID)),
        why=str(state.get("basis", NOT_SAID)),
        case=str(state["target_id"]) if state.get("kind") == "case" else None,
    )
