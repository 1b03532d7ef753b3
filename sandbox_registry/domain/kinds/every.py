"""All kinds of records together: found by name and by class, and complete, or the program does not start."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sandbox_registry.domain.acts import ANY_KIND, Action
from sandbox_registry.domain.kinds.cases import CASE_KINDS
from sandbox_registry.domain.kinds.kind import Emptied, Kind
from sandbox_registry.domain.kinds.registry import REGISTRY_KINDS
from sandbox_registry.domain.privacy.erasures import ErasureKind

KINDS = (*CASE_KINDS, *REGISTRY_KINDS)


def by_name(kinds: Iterable[Kind], acts: Iterable[Action]) -> Mapping[str, Kind]:
    """Index kinds by name.

    Raises:
        ValueError: two kinds of one name or class, an act that writes a kind nobody declared, or a kind no act writes.

    """
    kinds_by_name: dict[str, Kind] = {}
    for kind in kinds:
        if kind.name in kinds_by_name or (kind.of and kind.of in {each.of for each in kinds_by_name.values()}):
            message = f"{kind.name} is declared twice"
            raise ValueError(message)
        kinds_by_name[kind.name] = kind
    written_names = {name for act in acts for name in act.writes} - {ANY_KIND}
    if written_names != kinds_by_name.keys():
        message = (
            f"acts write these undeclared kinds, or nobody these kinds: {sorted(written_names ^ kinds_by_name.keys())}"
        )
        raise ValueError(message)
    return kinds_by_name


BY_NAME = by_name(KINDS, Action)
BY_CLASS: Mapping[type[Any], Kind] = {kind.of: kind for kind in KINDS if kind.of is not None}


def kind_of(obj: object) -> str:
    """Return the name under which an object stands in the log: `supplement_request`, `council_session`."""
    return BY_CLASS[type(obj)].name


def is_shown_of_past(kind: type[Any], may: Collection[Action]) -> bool:
    """Tell whether somebody who may do these acts is shown earlier states of a kind."""
    declared = BY_CLASS[kind]
    return declared.in_history and declared.read_by in may


def emptied_with(erasure: ErasureKind) -> Mapping[str, Emptied]:
    """Say how the kinds are emptied that an account or a case takes with it, by name."""
    return {
        kind.name: kind.erasure
        for kind in KINDS
        if isinstance(kind.erasure, Emptied) and kind.erasure.with_the is erasure
    }
