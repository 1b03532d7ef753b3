"""Example dossiers read from their files, moved in time where a run needs it, with the course each one takes."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from sandbox_registry.runtime.shipped import shipped

EXAMPLES = shipped("examples")


class Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The applicant. `tax_code` is well formed and belongs to nobody we know of."""

    kind: str
    name: str
    tax_code: str
    address: str
    email: str
    phone: str


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Someone acting for the applicant; `standing` is a membership kind."""

    full_name: str
    position: str
    email: str
    phone: str
    standing: str


class Staff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the capacity statement."""

    role: str
    count: int
    experience: str


class Capacity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the capacity statement of an applicant that is not small."""

    staff: tuple[Staff, ...]
    equipment: str
    finance: str


class Opinion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sector agency wrote before the dossier was filed."""

    agency: str
    number: str
    dated: str
    text: str


class Dossier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dossier as its people prepared it. `answers` fit the procedure's form; `parts` are the papers they attach."""

    slug: str
    procedure: str
    written_on: date
    parts: tuple[str, ...]
    organisation: Organisation
    people: tuple[Person, ...]
    answers: dict[str, dict[str, Any]]
    capacity: Capacity | None = None
    opinions: tuple[Opinion, ...] = ()

    @property
    def title(self) -> str:
        """The project's title."""
        return str(self.answers["project"]["title"])

    @property
    def representative(self) -> Person:
        """The person who signs."""
        return next(person for person in self.people if person.standing == "legal_representative")


def load_dossiers(folder: Path = EXAMPLES / "dossiers") -> dict[str, Dossier]:
    """Read every example dossier, by slug; raises msgspec.ValidationError naming what does not fit."""
    return {path.parent.name: load_dossier(path) for path in sorted(folder.glob("*/dossier.toml"))}


def load_dossier(path: Path) -> Dossier:
    """Read one dossier; its folder's name is its slug."""
    raw = msgspec.toml.decode(path.read_bytes())
    return msgspec.convert({**raw, "slug": path.parent.name}, type=Dossier)


def load_scenarios(path: Path = EXAMPLES / "scenarios.toml") -> dict[str, dict[str, Any]]:
    """Read the course every dossier takes when it is driven through the registry, by slug."""
    return msgspec.toml.decode(path.read_bytes(), type=dict[str, dict[str, Any]])


def starting(dossier: Dossier, first_day: date) -> Dossier:
    """Move a dossier in time so that its trial starts on that day; lengths and gaps stay as they are."""
    days = first_day - date.fromisoformat(dossier.answers["schedule"]["start"])
    answers = deepcopy(dossier.answers)
    schedule = answers["schedule"]
    for row in (schedule, *schedule["phases"]):
        row.update(_moved(row, days))
    return msgspec.structs.replace(dossier, answers=answers, written_on=dossier.written_on + days)


def dossiers_for(today: date | None) -> dict[str, Dossier]:
    """Read every dossier, moved in time so that its course can be driven on that day; as written when none is given."""
    dossiers = load_dossiers()
    if today is None:
        return dossiers
    wait = {slug: timedelta(days=scenario["starts_in_days"]) for slug, scenario in load_scenarios().items()}
    return {slug: starting(dossier, today + wait[slug]) for slug, dossier in dossiers.items()}


def _moved(row: Mapping[str, Any], days: timedelta) -> dict[str, str]:
    return {key: (date.fromisoformat(row[key]) + days).isoformat() for key in ("start", "end")}
