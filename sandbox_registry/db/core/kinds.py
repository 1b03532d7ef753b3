"""Every kind of record the registry keeps, with the table it stands in and the columns derived from it."""

from typing import Any

from sandbox_registry.db import tables
from sandbox_registry.db.core.records import Records, Versioned, name_of
from sandbox_registry.db.core.searching import search_words
from sandbox_registry.domain.cases.applications import Application, Complaint, Document, Message, SupplementRequest
from sandbox_registry.domain.cases.appraisal import (
    Clarification,
    Consultation,
    CouncilSession,
    Decision,
    Declaration,
    Participation,
    Recommendation,
    Review,
    SiteVisit,
    Vote,
)
from sandbox_registry.domain.identity.people import Delegation, Membership, Organisation, Person, RoleGrant
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.privacy.erasures import Erasure, LegalHold
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.domain.texts import search_form


def permit_serial(permit: Permit) -> int:
    """Return the running number inside a permit number (`12/2026/GPTN` -> 202600012)."""
    running, year = permit.number.split("/")[:2]
    return int(year) * 100_000 + int(running)


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
PERMITS = Records(tables.permits, Permit, derive=lambda permit: {"serial": permit_serial(permit)})
RULE_VERSIONS = Records(tables.rule_versions, RuleVersion)

RECORDS: dict[type[Any], Records[Any]] = {
    Application: APPLICATIONS,
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
    LegalHold: Records(tables.legal_holds, LegalHold),
    Membership: MEMBERSHIPS,
    Message: MESSAGES,
    Organisation: ORGANISATIONS,
    Participation: Records(tables.participations, Participation),
    Permit: PERMITS,
    Person: PEOPLE,
    RuleVersion: RULE_VERSIONS,
    Recommendation: Records(tables.recommendations, Recommendation),
    Review: Records(tables.reviews, Review),
    RoleGrant: Records(tables.role_grants, RoleGrant),
    SiteVisit: Records(tables.site_visits, SiteVisit),
    SupplementRequest: Records(tables.supplement_requests, SupplementRequest),
    Vote: Records(tables.votes, Vote),
}


def kind_of(obj: Versioned) -> str:
    """Return the name under which an object stands in the log: `supplement_request`, `council_session`."""
    return _KINDS[type(obj)]


_KINDS = {kind: name_of(kind, between="_") for kind in RECORDS}
NAMED: dict[str, type[Any]] = {name: kind for kind, name in _KINDS.items()}
"""Kinds of objects by the name under which they stand in the log."""
