"""Why aims are missed: remarks written by hand, printed when the aim is missed, with figures that are those of the run."""

import re
from collections.abc import Iterable
from statistics import median

from bench.figures import Aim, Row, shown

_HEAD = re.compile(r"^## (\w+): (.+)$", re.MULTILINE)
Key = tuple[str, str]
"""The name of a part, and what one of its aims is about."""


def explained(rows: Iterable[Row], written: str) -> list[str]:
    """Return a paragraph for every kind of aim that was missed, as Markdown lines."""
    remarks = read_remarks(written)
    kinds: dict[Key, list[Aim]] = {}
    for row in rows:
        for aim in row.aims:
            kinds.setdefault((row.part, aim.what), []).append(aim)
    lines = []
    for key, aims in kinds.items():
        if not all(aim.is_met for aim in aims):
            lines += [f"**{_said(key, aims)}** {remarks.get(key, 'No cause was looked for.')}", ""]
    return lines


def read_remarks(written: str) -> dict[Key, str]:
    """Read the remarks: each stands under `## part: what the aim is about`."""
    parts = _HEAD.split(written)
    return {
        (part, what): text.strip() for part, what, text in zip(*(parts[start::3] for start in (1, 2, 3)), strict=True)
    }


def _said(key: Key, aims: list[Aim]) -> str:
    seen, (_, _, wanted, _) = [aim.measured for aim in aims], aims[0].cells
    unit, missed = aims[0].unit, sum(not aim.is_met for aim in aims)
    if len(aims) == 1:
        return f"{key[0]}, {key[1]}: {shown(seen[0])}{unit}, aim {wanted}."
    spread = f"{shown(min(seen))} to {shown(max(seen))}{unit}, median {shown(median(seen))}{unit}"
    return f"{key[0]}, {key[1]}: {spread}, aim {wanted}, missed {missed} of {len(aims)} times."
