"""Everything people can do, wired once."""

from dataclasses import dataclass

from sandbox_registry.documents.scanning import Scanner
from sandbox_registry.documents.store import Store
from sandbox_registry.usecases.acts import Acts
from sandbox_registry.usecases.applications import Applications
from sandbox_registry.usecases.cases import Cases
from sandbox_registry.usecases.documents import Documents
from sandbox_registry.usecases.intake import Intake
from sandbox_registry.usecases.offices import Offices
from sandbox_registry.usecases.organisations import Organisations
from sandbox_registry.usecases.passwords import Passwords
from sandbox_registry.usecases.people import People
from sandbox_registry.usecases.rule_versions import RuleVersions
from sandbox_registry.usecases.tokens import Tokens
from sandbox_registry.usecases.units import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """One attribute per aggregate; each has one method per thing a person does."""

    acts: Acts
    applications: Applications
    cases: Cases
    documents: Documents
    intake: Intake
    offices: Offices
    organisations: Organisations
    people: People
    rule_versions: RuleVersions
    tokens: Tokens
    units: Units


def wire(
    acts: Acts,
    *,
    store: Store,
    scanner: Scanner,
    passwords: Passwords,
    max_upload_bytes: int,
    self_registration: bool = False,
) -> UseCases:
    """Build the use cases over one frame."""
    applications, cases = Applications(acts), Cases(acts)
    return UseCases(
        acts=acts,
        applications=applications,
        cases=cases,
        documents=Documents(
            acts, applications=applications, cases=cases, store=store, scanner=scanner, max_bytes=max_upload_bytes
        ),
        intake=Intake(acts),
        offices=Offices(acts),
        organisations=Organisations(acts),
        people=People(acts, passwords, self_registration=self_registration),
        rule_versions=RuleVersions(acts),
        tokens=Tokens(acts, passwords),
        units=Units(acts),
    )
