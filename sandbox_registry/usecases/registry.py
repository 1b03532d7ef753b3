"""Everything people can do, wired once."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox_registry.documents.uploads.scanning import Scanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.operations.quotas import LIMITS, Limit
from sandbox_registry.usecases.cases.applications import Applications
from sandbox_registry.usecases.cases.appraisal import Appraisal
from sandbox_registry.usecases.cases.assignments import Assignments
from sandbox_registry.usecases.cases.case_bundles import CaseBundles
from sandbox_registry.usecases.cases.cases import Cases
from sandbox_registry.usecases.cases.clarifications import Clarifications
from sandbox_registry.usecases.cases.consultations import Consultations
from sandbox_registry.usecases.cases.councils import Councils
from sandbox_registry.usecases.cases.decisions import Decisions
from sandbox_registry.usecases.cases.documents import Documents
from sandbox_registry.usecases.cases.histories import Histories
from sandbox_registry.usecases.cases.intake import Intake
from sandbox_registry.usecases.cases.messages import Messages
from sandbox_registry.usecases.cases.reviews import Reviews
from sandbox_registry.usecases.cases.timelines import Timelines
from sandbox_registry.usecases.identity.offices import Offices
from sandbox_registry.usecases.identity.organisations import Organisations
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.identity.people import People
from sandbox_registry.usecases.identity.tokens import Tokens
from sandbox_registry.usecases.identity.units import Units
from sandbox_registry.usecases.integrations.exports import Exports
from sandbox_registry.usecases.integrations.webhook_deliveries import Deliveries
from sandbox_registry.usecases.integrations.webhooks import Webhooks
from sandbox_registry.usecases.operations.installation import Installation
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.operations.upkeep import Upkeep
from sandbox_registry.usecases.permits.permits import Permits
from sandbox_registry.usecases.privacy.erasures import Erasures
from sandbox_registry.usecases.privacy.legal_holds import LegalHolds
from sandbox_registry.usecases.rules.rule_versions import RuleVersions
from sandbox_registry.usecases.transaction.transactions import Acts


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
