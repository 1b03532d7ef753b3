"""Everything people can do, wired once."""

from dataclasses import dataclass

from sandbox_registry.documents.store import Store
from sandbox_registry.usecases.acts import Acts
from sandbox_registry.usecases.applications import Applications
from sandbox_registry.usecases.cases import Cases
from sandbox_registry.usecases.intake import Intake


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """One attribute per aggregate; each has one method per thing a person does."""

    acts: Acts
    store: Store
    applications: Applications
    cases: Cases
    intake: Intake


def wire(acts: Acts, *, store: Store) -> UseCases:
    """Build the use cases over one frame."""
    return UseCases(
        acts=acts,
        store=store,
        applications=Applications(acts),
        cases=Cases(acts),
        intake=Intake(acts),
    )
