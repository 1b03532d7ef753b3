"""Everything people can do, wired once."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox_registry.documents.scanning import Scanner
from sandbox_registry.documents.store import Store
from sandbox_registry.domain.rate_limits import LIMITS, Limit
from sandbox_registry.usecases.acts import Acts
from sandbox_registry.usecases.applications import Applications
from sandbox_registry.usecases.appraisal import Appraisal
from sandbox_registry.usecases.assignments import Assignments
from sandbox_registry.usecases.case_bundles import CaseBundles
from sandbox_registry.usecases.cases import Cases
from sandbox_registry.usecases.clarifications import Clarifications
from sandbox_registry.usecases.consultations import Consultations
from sandbox_registry.usecases.councils import Councils
from sandbox_registry.usecases.decisions import Decisions
from sandbox_registry.usecases.documents import Documents
from sandbox_registry.usecases.erasures import Erasures
from sandbox_registry.usecases.exports import Exports
from sandbox_registry.usecases.histories import Histories
from sandbox_registry.usecases.installation import Installation
from sandbox_registry.usecases.intake import Intake
from sandbox_registry.usecases.legal_holds import LegalHolds
from sandbox_registry.usecases.messages import Messages
from sandbox_registry.usecases.offices import Offices
from sandbox_registry.usecases.organisations import Organisations
from sandbox_registry.usecases.passwords import Passwords
from sandbox_registry.usecases.people import People
from sandbox_registry.usecases.permits import Permits
from sandbox_registry.usecases.rate_limits import RateLimits
from sandbox_registry.usecases.reviews import Reviews
from sandbox_registry.usecases.rule_versions import RuleVersions
from sandbox_registry.usecases.timelines import Timelines
from sandbox_registry.usecases.tokens import Tokens
from sandbox_registry.usecases.units import Units
from sandbox_registry.usecases.upkeep import Upkeep
from sandbox_registry.usecases.webhook_deliveries import Deliveries
from sandbox_registry.usecases.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """One attribute per aggregate; each has one method per thing a person does."""

    acts: Acts
    applications: Applications
    appraisal: Appraisal
    assignments: Assignments
    bundles: CaseBundles
    cases: Cases
    clarifications: Clarifications
    consultations: Consultations
    councils: Councils
    decisions: Decisions
    deliveries: Deliveries
    documents: Documents
    erasures: Erasures
    exports: Exports
    histories: Histories
    installation: Installation
    intake: Intake
    legal_holds: LegalHolds
    messages: Messages
    offices: Offices
    organisations: Organisations
    people: People
    permits: Permits
    rate_limits: RateLimits
    reviews: Reviews
    rule_versions: RuleVersions
    timelines: Timelines
    tokens: Tokens
    units: Units
    upkeep: Upkeep
    webhooks: Webhooks


def wire(
    acts: Acts,
    *,
    store: Store,
    scanner: Scanner,
    passwords: Passwords,
    max_upload_bytes: int,
    self_registration: bool = False,
    limits: Mapping[str, Limit] = LIMITS,
    webhooks_to_loopback: bool = False,
) -> UseCases:
    """Build the use cases over one frame."""
    applications, cases = Applications(acts), Cases(acts)
    assignments = Assignments(acts)
    rate_limits = RateLimits(acts.database, key=acts.pseudonyms.key, limits=limits)
    return UseCases(
        acts=acts,
        applications=applications,
        appraisal=Appraisal(acts),
        assignments=assignments,
        bundles=CaseBundles(acts),
        cases=cases,
        clarifications=Clarifications(acts),
        consultations=Consultations(acts),
        councils=Councils(acts, assignments),
        decisions=Decisions(acts),
        deliveries=Deliveries(acts),
        documents=Documents(
            acts, applications=applications, cases=cases, store=store, scanner=scanner, max_bytes=max_upload_bytes
        ),
        erasures=Erasures(acts),
        exports=Exports(acts),
        histories=Histories(acts),
        installation=Installation(acts),
        intake=Intake(acts),
        legal_holds=LegalHolds(acts),
        messages=Messages(acts),
        offices=Offices(acts),
        organisations=Organisations(acts),
        people=People(acts, passwords, self_registration=self_registration),
        permits=Permits(acts),
        rate_limits=rate_limits,
        reviews=Reviews(acts),
        rule_versions=RuleVersions(acts),
        timelines=Timelines(acts),
        tokens=Tokens(acts, passwords, rate_limits),
        units=Units(acts),
        upkeep=Upkeep(acts, store=store, rate_limits=rate_limits),
        webhooks=Webhooks(acts, to_loopback=webhooks_to_loopback),
    )
