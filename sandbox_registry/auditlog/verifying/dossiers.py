"""What was written in drafts and open supplements, which left no leaf: held against the digests that a later leaf recorded.

The record of a version of a dossier states `before`, a digest over the versions before it, and `removed`, the digests of
the files that were taken out again, by their ids.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sandbox_registry.auditlog.verifying.entries import EPOCH, instant_of
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import Last
from sandbox_registry.transparency.canonical_json import canonical

Row = dict[str, Any]
_INSTANTS = frozenset({"made_at", "removed_at", "uploaded_at"})


@dataclass(slots=True)
class Dossier:
    """The rows of one case's dossier, as they are stored: digests of its versions by number, and files out and in."""

    versions: dict[int, bytes] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    live: list[Row] = field(default_factory=list)

    def take_version(self, row: Row) -> None:
        """Process the row of a version."""
        self.versions[row["number"]] = _digest(row)

    def take_document(self, row: Row) -> None:
        """Process the row of a file."""
        if row["removed_at"] is None:
            self.live.append(row)
        else:
            self.removed[row["id"]] = _digest(row).hex()


def check_dossier(case: str, dossier: Dossier, last: Last | None, *, is_open: bool, report: Report) -> bool:
    """Compare what is stored of a dossier with the version recorded last; say whether there was anything to compare with.

    While the case `is_open` to edits, what came after that version cannot be told.
    """
    if last is None or last.state is None or "before" not in last.state:
        return is_open
    wrong = list(_differing(dossier, last.state, is_open=is_open))
    if wrong:
        report.add("dossier_changed", last.index, identity=case, what=", ".join(wrong))
    return True


def _differing(dossier: Dossier, state: Row, *, is_open: bool) -> Iterator[str]:
    number, removed = state["number"], state["removed"]
    before = (dossier.versions[each] for each in sorted(dossier.versions) if each < number)
    later = [str(each) for each in sorted(dossier.versions) if each > number]
    if sha256(b"".join(before)).hexdigest() != state["before"]:
        yield f"dossier_version < {number}"
    if later and not is_open:
        yield f"dossier_version {', '.join(later)}"
    yield from (f"document {each}" for each in sorted(removed) if dossier.removed.get(each) != removed[each])
    if not is_open:
        yield from (f"document {each}" for each in sorted(dossier.removed.keys() - removed.keys()))


def _digest(row: Row) -> bytes:
    stated = {name: _stated(name, value) for name, value in row.items() if value is not None}
    try:
        return sha256(canonical(stated)).digest()
    except (ValueError, TypeError):
        return b""


def _stated(name: str, value: Any) -> Any:
    at = instant_of(value) if name in _INSTANTS else None
    return value if at is None else (at - EPOCH) // timedelta(microseconds=1)
