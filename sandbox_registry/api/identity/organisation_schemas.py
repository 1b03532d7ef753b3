"""Bodies of organisations, members and units."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from sandbox_registry.api.handling.cursors import BY_ID
from sandbox_registry.api.handling.schemas import Code, In, Instant, Line, Moment, Out, PageOut, shown
from sandbox_registry.api.identity.people_schemas import MembershipOut, Phone
from sandbox_registry.domain.identity.people import MembershipKind, Organisation, OrganisationKind
from sandbox_registry.domain.identity.people_lists import Member
from sandbox_registry.usecases.identity.organisations import OrganisationView

TaxCode = Annotated[str, Meta(max_length=14)]
AgencyCode = Annotated[str, Meta(max_length=31)]
Handles = Annotated[tuple[Code, ...], Meta(max_length=100)]


class ContactIn(In):
    """How an applicant is reached, and until when its own licence runs (null: without end)."""

    address: Line
    email: Line
    phone: Phone = ""
    licence_end: Moment | None = None


class ApplicantEditIn(ContactIn, kw_only=True):
    """An applicant's data from now on; without a name it keeps its own."""

    name: Line | None = None


class OrganisationIn(ContactIn, kw_only=True):
    """An applicant one declares to represent. An enterprise gives its tax code."""

    kind: OrganisationKind
    name: Line
    tax_code: TaxCode | None = None


class UnitEditIn(In):
    """How a state agency is called and reached, and the prefix of its dossier codes."""

    name: Line
    address: Line
    email: Line
    phone: Phone = ""
    agency_code: AgencyCode | None = None


class UnitIn(UnitEditIn, kw_only=True):
    """A state agency; another administrator confirms the procedures that it handles."""

    handles: Handles = ()


class UnitHandlesIn(In):
    """The procedures that a state agency shall handle."""

    handles: Handles


class MemberIn(In):
    """Somebody with an account who shall act for the applicant."""

    email: Line
    kind: MembershipKind
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class OrganisationOut(Out):
    """An applicant or a state agency."""

    id: UUID
    version: int
    kind: OrganisationKind
    name: str
    tax_code: str | None
    address: str
    email: str
    phone: str
    licence_end: Instant | None
    agency_code: str | None
    handles: tuple[str, ...]
    handles_proposed: tuple[str, ...] | None
    created_at: Instant


class OrganisationFieldOut(Out):
    """A field that changed, from what to what."""

    path: str
    before: Any
    after: Any


class OrganisationChangeOut(Out):
    """One change: when, by which member (null: an official), to which version, and of what."""

    at: Instant
    version: int
    by_name: str | None
    changes: tuple[OrganisationFieldOut, ...]


class OrganisationChangesOut(Out):
    """Every change, oldest first."""

    items: tuple[OrganisationChangeOut, ...]


class MemberOut(MembershipOut):
    """A person's standing in an applicant, with name and address."""

    full_name: str
    email: str


class OrganisationViewOut(Out):
    """An organisation with everybody's standing in it."""

    organisation: OrganisationOut
    members: tuple[MemberOut, ...]


class OrganisationsPageOut(PageOut):
    """A page of organisations."""

    items: tuple[OrganisationOut, ...]


organisation_out = shown(OrganisationOut)
membership_out = shown(MembershipOut)
organisation_changes_out = shown(tuple[OrganisationChangeOut, ...])


def organisation_view_out(view: OrganisationView) -> OrganisationViewOut:
    """Show an organisation with its members."""
    return OrganisationViewOut(
        organisation=organisation_out(view.organisation), members=tuple(map(_member_out, view.members))
    )


def organisations_page_out(rows: tuple[Organisation, ...], *, limit: int) -> OrganisationsPageOut:
    """Show a page; there may be more when it is full."""
    after = BY_ID.after(rows, limit=limit)
    return OrganisationsPageOut(items=tuple(map(organisation_out, rows)), after=after)


def _member_out(member: Member) -> MemberOut:
    standing = member.membership
    return MemberOut(
        id=standing.id,
        version=standing.version,
        organisation_id=standing.organisation_id,
        person_id=standing.person_id,
        kind=standing.kind,
        valid_from=standing.valid_from,
        valid_to=standing.valid_to,
        full_name=member.full_name,
        email=member.email,
    )
