"""Everything people can do, wired once."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox_registry.documents.uploads.inspection import Inspector
from sandbox_registry.documents.uploads.scanning import Scanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.identity.sessions import DEFAULT_LIMITS, SessionLimits
from sandbox_registry.domain.operations.quotas import LIMITS, Quota
from sandbox_registry.domain.operations.stored_files import StoredBytes
from sandbox_registry.usecases.cases.applications import Applications
from sandbox_registry.usecases.cases.appraisal import Appraisal
from sandbox_registry.usecases.cases.assignments import Assignments
from sandbox_registry.usecases.cases.attachments import Attachments
from sandbox_registry.usecases.cases.case_bundles import CaseBundles
from sandbox_registry.usecases.cases.cases import Cases
from sandbox_registry.usecases.cases.clarifications import Clarifications
from sandbox_registry.usecases.cases.complaints import Complaints
from sandbox_registry.usecases.cases.consultations import Consultations
from sandbox_registry.usecases.cases.councils import Councils
from sandbox_registry.usecases.cases.decisions import Decisions
from sandbox_registry.usecases.cases.documents import Documents
from sandbox_registry.usecases.cases.histories import Histories
from sandbox_registry.usecases.cases.intake import Intake
from sandbox_registry.usecases.cases.messages import Messages
from sandbox_registry.usecases.cases.public_figures import PublicFigures
from sandbox_registry.usecases.cases.reception import Reception
from sandbox_registry.usecases.cases.returns import Returns
from sandbox_registry.usecases.cases.reviews import Reviews
from sandbox_registry.usecases.cases.stored_files import StoredFiles
from sandbox_registry.usecases.cases.timelines import Timelines
from sandbox_registry.usecases.identity.offices import Offices
from sandbox_registry.usecases.identity.organisations import Organisations
from sandbox_registry.usecases.identity.own_accounts import OwnAccounts
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.identity.people import People
from sandbox_registry.usecases.identity.recoveries import Recoveries
from sandbox_registry.usecases.identity.second_factors import SecondFactors
from sandbox_registry.usecases.identity.sessions import Sessions
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
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """One attribute per aggregate; each has one method per thing a person does."""

    transactions: Transactions
    applications: Applications
    appraisal: Appraisal
    assignments: Assignments
    attachments: Attachments
    bundles: CaseBundles
    cases: Cases
    clarifications: Clarifications
    complaints: Complaints
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
    own_accounts: OwnAccounts
    people: People
    permits: Permits
    public_figures: PublicFigures
    rate_limits: RateLimits
    recoveries: Recoveries
    returns: Returns
    reviews: Reviews
    rule_versions: RuleVersions
    second_factors: SecondFactors
    sessions: Sessions
    timelines: Timelines
    tokens: Tokens
    units: Units
    upkeep: Upkeep
    webhooks: Webhooks

    async def close(self) -> None:
        """End what was opened for them: the processes that inspect files, the connections."""
        await self.documents.reception.inspector.close()
        await self.transactions.database.close()


def wire(
    transactions: Transactions,
    *,
    store: Store,
    scanner: Scanner,
    inspector: Inspector,
    passwords: Passwords,
    max_upload_bytes: int,
    storage: StoredBytes,
    self_registration: bool = False,
    sends_mail: bool = False,
    portal: str | None = None,
    officials_need_code: bool = False,
    limits: Mapping[str, Quota] = LIMITS,
    session_limits: SessionLimits = DEFAULT_LIMITS,
    webhooks_to_loopback: bool = False,
) -> UseCases:
    """Build the use cases over one frame."""
    applications, cases = Applications(transactions, storage=storage), Cases(transactions)
    assignments = Assignments(transactions)
    rate_limits = RateLimits(transactions.database, key=transactions.pseudonyms.key, limits=limits)
    reception = Reception(
        store=store, scanner=scanner, inspector=inspector, limits=rate_limits, max_bytes=max_upload_bytes
    )
    stored = StoredFiles(transactions, store=store)
    return UseCases(
        transactions=transactions,
        applications=applications,
        appraisal=Appraisal(transactions),
        assignments=assignments,
        attachments=Attachments(transactions, reception=reception, stored=stored),
        bundles=CaseBundles(transactions),
        cases=cases,
        clarifications=Clarifications(transactions),
        complaints=Complaints(transactions),
        consultations=Consultations(transactions),
        councils=Councils(transactions, assignments),
        decisions=Decisions(transactions),
        deliveries=Deliveries(transactions),
        documents=Documents(applications=applications, cases=cases, reception=reception, stored=stored),
        erasures=Erasures(transactions),
        exports=Exports(transactions),
        histories=Histories(transactions),
        installation=Installation(transactions),
        intake=Intake(transactions),
        legal_holds=LegalHolds(transactions),
        messages=Messages(transactions),
        offices=Offices(transactions),
        organisations=Organisations(transactions),
        own_accounts=OwnAccounts(
            transactions,
            passwords,
            rate_limits,
            sends_mail=sends_mail,
            self_registration=self_registration,
            portal=portal,
        ),
        people=People(transactions, passwords, self_registration=self_registration),
        permits=Permits(transactions),
        public_figures=PublicFigures(transactions),
        rate_limits=rate_limits,
        recoveries=Recoveries(transactions, sends_mail=sends_mail),
        returns=Returns(transactions),
        reviews=Reviews(transactions),
        rule_versions=RuleVersions(transactions),
        second_factors=SecondFactors(transactions),
        sessions=Sessions(
            transactions,
            passwords,
            rate_limits,
            limits=session_limits,
            officials_need_code=officials_need_code,
        ),
        timelines=Timelines(transactions),
        tokens=Tokens(transactions, passwords, rate_limits, officials_need_code=officials_need_code),
        units=Units(transactions),
        upkeep=Upkeep(transactions, store=store, rate_limits=rate_limits),
        webhooks=Webhooks(transactions, to_loopback=webhooks_to_loopback),
    )
