"""Erasing personal data on a lawful request: who must agree, what keeps a record, and what stays in its place.

A deletion request and the duty to keep files conflict (Law 91/2025/QH15; Law 33/2024/QH15): nothing is decided silently.
"""

from collections.abc import Iterable, Sized
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.cases.applications import (
    Application,
    ClosingKind,
    Complaint,
    Document,
    Message,
    SupplementRequest,
)
from sandbox_registry.domain.cases.appraisal import Clarification
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate
from sandbox_registry.domain.identity.people import Delegation, Membership, Organisation, Person, RoleGrant
from sandbox_registry.domain.integrations.webhooks import Endpoint, EndpointState
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.stages import OPEN_STAGES, Stage

ERASED = "[đã xóa]"
"""What stands where erased words stood; migration 0008 writes the same."""
LARGEST = 5_000
"""How many records one erasure may name: their indexes must fit into its entry in the log."""


class ErasureKind(StrEnum):
    """What is erased: an account with its contacts, or what an applicant gave in a case."""

    ACCOUNT = "account"
    CASE = "case"


class ErasureStatus(StrEnum):
    """Where a request stands; all but `proposed` are final."""

    CONFIRMED = "confirmed"
    PROPOSED = "proposed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class HoldKind(StrEnum):
    """Why a case must stay as it is."""

    AUDIT = "audit"
    COMPLAINT = "complaint"
    DISPUTE = "dispute"
    INSPECTION = "inspection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A request to erase, and how it ended. `target_id` is a person or a case, by `kind`.

    `basis` is the law it rests on, `reference` the number of the request. `indexes` are the leaves whose records were
    erased, empty until then. The names of the two officers are kept with it: they are the proof of who erased.
    """

    id: UUID
    version: int
    kind: ErasureKind
    target_id: UUID
    basis: str
    reason: str
    reference: str
    status: ErasureStatus
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: datetime
    settled_by: UUID | None = None
    settled_by_name: str = ""
    settled_at: datetime | None = None
    settled_because: str = ""
    indexes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """An order to keep a case as it is, from `placed_at` until it is lifted."""

    id: UUID
    version: int
    application_id: UUID
    kind: HoldKind
    reason: str
    reference: str
    placed_by: UUID
    placed_at: datetime
    lifted_by: UUID | None = None
    lifted_at: datetime | None = None
    lifted_because: str = ""


def check_amount(indexes: Sized) -> None:
    """Refuse an erasure of nothing, and one of more records than its entry in the log can name.

    Raises:
        ConditionNotMet: `nothing_to_erase`, `too_much_to_erase`.

    """
    if not indexes:
        raise ConditionNotMet("nothing_to_erase")
    if len(indexes) > LARGEST:
        raise ConditionNotMet("too_much_to_erase", limit=LARGEST)


def confirm(proposed: Erasure, *, by: Person, at: datetime, indexes: tuple[int, ...]) -> Erasure:
    """Agree to an erasure of these records, as somebody who did not ask for it.

    Raises:
        Duplicate: it is settled already.
        ConditionNotMet: `four_eyes`, `nothing_to_erase`, `too_much_to_erase`.

    """
    settled = _settled_by_another(proposed, ErasureStatus.CONFIRMED, by=by, at=at, because="")
    check_amount(indexes)
    return replace(settled, indexes=indexes)


def refuse(proposed: Erasure, *, by: Person, at: datetime, because: str) -> Erasure:
    """Refuse an erasure, as somebody who did not ask for it; raises as `confirm`."""
    return _settled_by_another(proposed, ErasureStatus.REFUSED, by=by, at=at, because=because)


def withdraw(proposed: Erasure, *, by: Person, at: datetime, because: str) -> Erasure:
    """Take one's own request back.

    Raises:
        Duplicate: it is settled already.
        ConditionNotMet: `not_ones_own`.

    """
    if proposed.proposed_by != by.id:
        raise ConditionNotMet("not_ones_own.erasure")
    return _settled(proposed, ErasureStatus.WITHDRAWN, by=by, at=at, because=because)


def _settled_by_another(proposed: Erasure, status: ErasureStatus, *, by: Person, at: datetime, because: str) -> Erasure:
    if proposed.proposed_by == by.id:
        raise ConditionNotMet("four_eyes.erasure")
    return _settled(proposed, status, by=by, at=at, because=because)


def _settled(proposed: Erasure, status: ErasureStatus, *, by: Person, at: datetime, because: str) -> Erasure:
    if proposed.status is not ErasureStatus.PROPOSED:
        raise Duplicate(what="end_of_erasure_request")
    return replace(
        proposed,
        version=proposed.version + 1,
        status=status,
        settled_by=by.id,
        settled_by_name=by.full_name,
        settled_at=at,
        settled_because=because,
    )


def lift(hold: LegalHold, *, by: UUID, at: datetime, because: str) -> LegalHold:
    """End a hold; raises `Duplicate` when it is lifted already."""
    require_unlifted(hold)
    return replace(hold, version=hold.version + 1, lifted_by=by, lifted_at=at, lifted_because=because)


def require_unlifted(hold: LegalHold) -> None:
    """Refuse to lift a hold twice."""
    if hold.lifted_at is not None:
        raise Duplicate(what="lifting_of_hold")


def check_case_may_go(
    application: Application,
    *,
    permit: Permit | None,
    complaints: Iterable[Complaint],
    holds: Iterable[LegalHold],
    at: datetime,
) -> None:
    """Refuse to erase what a case still needs, or what somebody ordered to keep.

    A complaint keeps the case until its outcome is recorded.

    Raises:
        ConditionNotMet: `on_hold`, `case_open`, `permit_running`, `complaint_recorded`.

    """
    name = application.code or str(application.id)
    if any(hold.lifted_at is None for hold in holds):
        raise ConditionNotMet("on_hold", case=name)
    if application.stage in OPEN_STAGES | {Stage.DRAFT}:
        raise ConditionNotMet("case_open", case=name)
    if application.stage is Stage.APPROVED and (permit is None or permit.stage(at=at) in _RUNNING):
        raise ConditionNotMet("permit_running", case=name)
    if any(complaint.settlement is None for complaint in complaints):
        raise ConditionNotMet("complaint_recorded", case=name)


def check_account_may_go(
    *,
    grants: Iterable[RoleGrant],
    delegations: Iterable[Delegation],
    memberships: Iterable[Membership],
    at: datetime,
) -> None:
    """Refuse to erase an account that is in use: offices, delegated signing authority and memberships end first, each by its own act.

    `memberships` are those in applicants other than the person's own.

    Raises:
        ConditionNotMet: `still_in_office`, `still_represents`.

    """
    lasting = any(grant.valid_to is None or grant.valid_to > at for grant in grants)
    delegated = any(each.revoked_at is None and each.valid_to > at for each in delegations)
    if lasting or delegated:
        raise ConditionNotMet("still_in_office")
    if any(each.valid_to is None or each.valid_to > at for each in memberships):
        raise ConditionNotMet("still_represents")


def without_person(person: Person, *, at: datetime) -> Person:
    """Return an account with nothing personal left in it, closed."""
    return replace(
        person,
        version=person.version + 1,
        full_name=ERASED,
        email=nowhere(person.id),
        phone="",
        disabled_at=person.disabled_at or at,
    )


def without_applicant(individual: Organisation) -> Organisation:
    """Return an individual's applicant record with nothing personal left in it."""
    return replace(
        individual,
        version=individual.version + 1,
        name=ERASED,
        tax_code=None,
        address=ERASED,
        email=nowhere(individual.id),
        phone="",
    )


def without_address(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint for webhooks without its address and description, removed."""
    return replace(endpoint, version=endpoint.version + 1, url=ERASED, description=ERASED, state=EndpointState.REMOVED)


def without_dossier(application: Application, *, at: datetime) -> Application:
    """Return a case without what its applicant wrote: title, answers, why they withdrew, who signed on paper.

    Officials' reasons stay.
    """
    withdrawal, closing, helped = application.withdrawal, application.closing, application.assistance
    if closing is not None and closing.kind is ClosingKind.WITHDRAWN:
        closing = replace(closing, reasons=tuple(replace(reason, text=ERASED) for reason in closing.reasons))
    return replace(
        application,
        version=application.version + 1,
        title=ERASED,
        answers={},
        updated_at=at,
        withdrawal=None if withdrawal is None else replace(withdrawal, reason=ERASED),
        applicant=None,
        closing=closing,
        assistance=None if helped is None or helped.signatory is None else replace(helped, signatory=ERASED),
    )


def without_name(document: Document) -> Document:
    """Return a document without its file name. The digest stays: who has the file can show that it was this one."""
    return replace(document, version=document.version + 1, filename=ERASED)


def without_body(message: Message) -> Message:
    """Return a letter without its words."""
    return replace(message, version=message.version + 1, body=ERASED)


def without_answer(clarification: Clarification) -> Clarification:
    """Return a clarification without the applicant's answer."""
    return replace(clarification, version=clarification.version + 1, answer=ERASED)


def without_grounds(complaint: Complaint) -> Complaint:
    """Return a complaint without the applicant's words."""
    return replace(complaint, version=complaint.version + 1, grounds=ERASED)


def without_words(request: SupplementRequest) -> SupplementRequest:
    """Return a supplement request without the applicant's words why items stay as they are."""
    left = tuple(replace(each, because=ERASED) for each in request.unchanged)
    return replace(request, version=request.version + 1, unchanged=left)


def nowhere(identity: UUID) -> str:
    """Return an e-mail address that can never be anybody's (RFC 2606)."""
    return f"{identity}@erased.invalid"


_RUNNING = frozenset({Stage.PERMIT_ISSUED, Stage.PERMIT_ACTIVE, Stage.PERMIT_SUSPENDED, Stage.PERMIT_TRANSITION})
