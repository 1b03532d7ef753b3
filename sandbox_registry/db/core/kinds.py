"""The table of every kind of record that `domain/kinds` declares, and the columns derived from it; complete, or nothing starts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from sandbox_registry.db import tables
from sandbox_registry.db.core.records import Records
from sandbox_registry.db.core.searching import search_words
from sandbox_registry.domain.cases.applications import (
    Application,
    Complaint,
    Document,
    DossierVersion,
    Message,
    SupplementRequest,
)
from sandbox_registry.domain.cases.appraisal import (
    Clarification,
    Consultation,
    CouncilSession,
    Decision,
    Declaration,
    FileReturn,
    Participation,
    Recommendation,
    Review,
    SiteVisit,
    Vote,
)
from sandbox_registry.domain.cases.attachments import Attachment
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.identity.people import (
    AccountService,
    Delegation,
    Membership,
    Organisation,
    Person,
    RoleGrant,
)
from sandbox_registry.domain.identity.sessions import BrowserSession
from sandbox_registry.domain.identity.tokens import Token
from sandbox_registry.domain.integrations.webhooks import Endpoint
from sandbox_registry.domain.kinds.every import BY_CLASS
from sandbox_registry.domain.permits.permits import Permit, PermitVersion
from sandbox_registry.domain.privacy.erasures import Erasure, LegalHold
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.domain.texts import search_form

APPLICATIONS = Records(
    tables.applications,
    Application,
    derive=lambda case: {"search_text": search_words(case)},
    derived_from=("code", "title", "answers"),
)
DOCUMENTS = Records(tables.documents, Document)
MEMBERSHIPS = Records(tables.memberships, Membership)
MESSAGES = Records(tables.messages, Message)
ORGANISATIONS = Records(
    tables.organisations,
    Organisation,
    derive=lambda organisation: {"search_text": search_form(organisation.name)},
    derived_from=("name",),
)
PEOPLE = Records(
    tables.people,
    Person,
    derive=lambda person: {"search_text": search_form(f"{person.full_name} {person.email}")},
    derived_from=("full_name", "email"),
)
PERMITS = Records(tables.permits, Permit)
RULE_VERSIONS = Records(tables.rule_versions, RuleVersion)

RECORDS: dict[type[Any], Records[Any]] = {
    AccountService: Records(tables.account_services, AccountService),
    Application: APPLICATIONS,
    Attachment: Records(tables.attachments, Attachment),
    Clarification: Records(tables.clarifications, Clarification),
    Complaint: Records(tables.complaints, Complaint),
    Consultation: Records(tables.consultations, Consultation),
    CouncilSession: Records(tables.council_sessions, CouncilSession),
    Decision: Records(
        tables.decisions, Decision, derive=lambda decision: {"year": local_date(decision.decided_at).year}
    ),
    Declaration: Records(tables.declarations, Declaration),
    Delegation: Records(tables.delegations, Delegation),
    Document: DOCUMENTS,
    Erasure: Records(tables.erasures, Erasure),
    FileReturn: Records(tables.file_returns, FileReturn),
    LegalHold: Records(tables.legal_holds, LegalHold),
    Membership: MEMBERSHIPS,
    Message: MESSAGES,
    Organisation: ORGANISATIONS,
    Participation: Records(tables.participations, Participation),
    Permit: PERMITS,
    Person: PEOPLE,
    Promise: Records(tables.promises, Promise),
    RuleVersion: RULE_VERSIONS,
    Recommendation: Records(tables.recommendations, Recommendation),
    Review: Records(tables.reviews, Review),
    RoleGrant: Records(tables.role_grants, RoleGrant),
    SiteVisit: Records(tables.site_visits, SiteVisit),
    SupplementRequest: Records(tables.supplement_requests, SupplementRequest),
    Vote: Records(tables.votes, Vote),
}

_OTHER_TABLES = {
    BrowserSession: tables.browser_sessions,
    DossierVersion: tables.dossier_versions,
    Endpoint: tables.webhook_endpoints,
    PermitVersion: tables.permit_versions,
    Token: tables.tokens,
}
"""Tables of kinds that modules of their own read and write: versions without an identity, and what has a secret."""
_TABLES = {**{kind: records.table for kind, records in RECORDS.items()}, **_OTHER_TABLES}


def tables_of(by_kind: Mapping[type[Any], Table]) -> Mapping[str, Table]:
    """Index tables by the names of their kinds.

    Raises:
        ValueError: a declared kind has no table, or a table is of a kind that nobody declared.

    """
    if by_kind.keys() != BY_CLASS.keys():
        missing = sorted(kind.__name__ for kind in by_kind.keys() ^ BY_CLASS.keys())
        message = f"declared without a table, or given a table without being declared: {missing}"
        raise ValueError(message)
    return {BY_CLASS[kind].name: table for kind, table in by_kind.items()}


TABLES = tables_of(_TABLES)
"""Tables by the name under which their kind stands in the log."""
