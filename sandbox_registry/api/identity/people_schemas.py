"""Bodies of accounts, offices, delegated signing authority and tokens."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from sandbox_registry.api.handling.cursors import BY_ID
from sandbox_registry.api.handling.schemas import ONE_LINE, Code, In, Instant, Line, Moment, Out, PageOut, shown
from sandbox_registry.domain.identity.people import Actor, Delegation, MembershipKind, Role, Service
from sandbox_registry.domain.identity.people_lists import PersonRow
from sandbox_registry.domain.identity.tokens import Limits, Token
from sandbox_registry.domain.texts import Language
from sandbox_registry.usecases.identity.people import PersonView
from sandbox_registry.usecases.identity.tokens import NewToken

Password = Annotated[str, Meta(min_length=1, max_length=1000)]
Secret = Annotated[str, Meta(min_length=1, max_length=100, pattern=ONE_LINE)]
LoginCode = Annotated[str, Meta(max_length=40, pattern=ONE_LINE)]
Title = Annotated[str, Meta(max_length=100, pattern=ONE_LINE)]
Phone = Annotated[str, Meta(max_length=30)]
Scopes = Annotated[tuple[Annotated[str, Meta(max_length=60)], ...], Meta(min_length=1, max_length=100)]
Minutes = Annotated[int, Meta(ge=1, le=366 * 24 * 60)]


Procedures = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=50)]
Addresses = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=60)], ...], Meta(min_length=1, max_length=20)]


class LogInIn(In):
    """Who logs in. `name` says where, so that one recognises the session; the limits are those of any token.

    `code` is one of the authenticator, or a recovery code, where the account has one; without it the answer is `code_needed`.
    """

    email: Line
    password: Password
    code: LoginCode = ""
    name: Line = "-"
    scopes: Scopes | None = None
    procedures: Procedures | None = None
    addresses: Addresses | None = None
    minutes: Minutes = 12 * 60


class TokenIn(In):
    """A token for a program. Without limits it may do all that its owner may.

    `scopes` are the only acts it may do; `procedures` the only ones whose cases it knows of; `addresses` the only
    addresses and CIDR ranges it may be used from.
    """

    name: Line
    scopes: Scopes | None = None
    procedures: Procedures | None = None
    addresses: Addresses | None = None
    minutes: Minutes = 90 * 24 * 60


class TokenOut(Out):
    """A token without its secret. `expires_soon`: in force, and ends within 14 days.

    `last_refused_at` is when it was last tried in vain: after its end, or from an address it is not for.
    """

    id: UUID
    version: int
    name: str
    method: str
    scopes: tuple[str, ...] | None
    procedures: tuple[str, ...] | None
    addresses: tuple[str, ...] | None
    created_at: Instant
    expires_at: Instant
    expires_soon: bool
    revoked_at: Instant | None
    last_used_at: Instant | None
    last_refused_at: Instant | None


class NewTokenOut(Out):
    """A new token; `secret` goes into the Authorization header and is not shown again."""

    secret: str
    token: TokenOut


class TokensOut(Out):
    """One's tokens, oldest first, ended ones included."""

    items: tuple[TokenOut, ...]


class RegistrationIn(In):
    """An account for oneself."""

    full_name: Line
    email: Line
    password: Password
    phone: Phone = ""


class PersonIn(In):
    """An account for somebody else; without a password nobody can log in with one."""

    full_name: Line
    email: Line
    phone: Phone = ""
    password: Password | None = None


class PasswordIn(In):
    """One's own password, old and new."""

    current_password: Password
    new_password: Password


class ProfileIn(In):
    """One's own name, telephone number and the language to be written to in."""

    full_name: Line
    phone: Phone
    language: Language


class NewEmailIn(In):
    """The address one wants from now on, and the password as proof of who asks."""

    email: Line
    current_password: Password


class SecretIn(In):
    """A secret from a mail."""

    secret: Secret


class ResetIn(In):
    """The address of an account whose password was forgotten."""

    email: Line


class NewPasswordIn(In):
    """A secret from a mail, and the password that is to be."""

    secret: Secret
    new_password: Password


class MailOut(Out):
    """A mail is on its way, if there is anybody to send it to; `until` is when its secret expires."""

    until: Instant


class PersonOut(Out):
    """An account."""

    id: UUID
    version: int
    full_name: str
    email: str
    phone: str
    disabled_at: Instant | None
    created_at: Instant
    language: Language | None


class OfficeOut(Out):
    """An office in force."""

    role: Role
    unit_id: UUID


class PersonRowOut(PersonOut):
    """An account in a list, with the offices in force."""

    offices: tuple[OfficeOut, ...]


class PeoplePageOut(PageOut):
    """A page of people."""

    items: tuple[PersonRowOut, ...]


class GrantIn(In):
    """An office to give, from now or from `valid_from`, until `valid_to` or its end. Who signs decisions signs as `title`."""

    role: Role
    unit_id: UUID
    title: Title = ""
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class GrantOut(Out):
    """An office as it was given or proposed. While it `awaits_confirmation` it counts for nothing."""

    id: UUID
    version: int
    person_id: UUID
    role: Role
    unit_id: UUID
    valid_from: Instant
    valid_to: Instant | None
    proposed_by: UUID | None
    confirmed_by: UUID | None
    awaits_confirmation: bool
    title: str


class DelegationIn(In):
    """Signing authority of one's own to delegate, by a document; the delegate signs as `title`."""

    to_person_id: UUID
    unit_id: UUID
    document: Line
    title: Line
    valid_to: Moment
    valid_from: Moment | None = None


class DelegationOut(Out):
    """Signing authority as it was delegated."""

    id: UUID
    version: int
    from_person_id: UUID
    to_person_id: UUID
    unit_id: UUID
    document: str
    valid_from: Instant
    valid_to: Instant
    revoked_at: Instant | None
    title: str


class DelegationsOut(Out):
    """The signing authority delegated in a unit, past and future included."""

    items: tuple[DelegationOut, ...]


class MembershipOut(Out):
    """A person's standing in an applicant."""

    id: UUID
    version: int
    organisation_id: UUID
    person_id: UUID
    kind: MembershipKind
    valid_from: Instant
    valid_to: Instant | None


class AccountServiceOut(Out):
    """Something that somebody did to another's account: opened it, set its password, or let its holder set a new one."""

    id: UUID
    by_person_id: UUID
    service: Service
    at: Instant


class PersonViewOut(Out):
    """An account with every office, membership and delegated signing authority, past and future ones included.

    `services` is what others did to the account; whoever opened it or set its password confirms nothing that it proposes. With `must_change_password` no
    office counts until its holder has chosen a password of their own.
    """

    person: PersonOut
    grants: tuple[GrantOut, ...]
    memberships: tuple[MembershipOut, ...]
    borrowed: tuple[DelegationOut, ...]
    lent: tuple[DelegationOut, ...]
    services: tuple[AccountServiceOut, ...]
    must_change_password: bool


class MeOut(PersonViewOut):
    """One's own account, and what counts for this request."""

    offices: tuple[OfficeOut, ...]
    signs_for_organisations: tuple[UUID, ...]
    drafts_for_organisations: tuple[UUID, ...]
    signs_for: UUID | None
    scopes: tuple[str, ...] | None
    procedures: tuple[str, ...] | None


account_service_out = shown(AccountServiceOut)
person_out = shown(PersonOut)
grant_out = shown(GrantOut)
delegation_out = shown(DelegationOut)


def token_out(token: Token, *, at: datetime) -> TokenOut:
    """Show a token as it stands at a moment."""
    return TokenOut(
        id=token.id,
        version=token.version,
        name=token.name,
        method=token.method,
        scopes=token.scopes,
        procedures=token.procedures,
        addresses=token.addresses,
        created_at=token.created_at,
        expires_at=token.expires_at,
        expires_soon=token.expires_soon(at=at),
        revoked_at=token.revoked_at,
        last_used_at=token.last_used_at,
        last_refused_at=token.last_refused_at,
    )


def new_token_out(created: NewToken, *, at: datetime) -> NewTokenOut:
    """Show a new token with its secret, this once."""
    return NewTokenOut(secret=created.secret, token=token_out(created.token, at=at))


def limits(data: LogInIn | TokenIn) -> Limits:
    """Return what a token is to be limited to."""
    return Limits(
        scopes=None if data.scopes is None else frozenset(data.scopes),
        procedures=None if data.procedures is None else frozenset(data.procedures),
        addresses=data.addresses,
    )


def lifetime(minutes: int) -> timedelta:
    """Return how long a token shall last."""
    return timedelta(minutes=minutes)


def person_view_out(view: PersonView) -> PersonViewOut:
    """Show an account with what belongs to it."""
    return PersonViewOut(
        person=person_out(view.person),
        grants=tuple(map(grant_out, view.grants)),
        memberships=tuple(map(shown(MembershipOut), view.memberships)),
        borrowed=tuple(map(delegation_out, view.borrowed)),
        lent=tuple(map(delegation_out, view.lent)),
        services=tuple(map(shown(AccountServiceOut), view.services)),
        must_change_password=view.must_change_password,
    )


def me_out(view: PersonView, actor: Actor) -> MeOut:
    """Show one's own account, and what counts now."""
    plain = person_view_out(view)
    return MeOut(
        person=plain.person,
        grants=plain.grants,
        memberships=plain.memberships,
        borrowed=plain.borrowed,
        lent=plain.lent,
        services=plain.services,
        must_change_password=plain.must_change_password,
        offices=_offices(actor.offices),
        signs_for_organisations=tuple(sorted(actor.signs_for_organisations)),
        drafts_for_organisations=tuple(sorted(actor.drafts_for_organisations)),
        signs_for=actor.signs_for,
        scopes=None if actor.token_scopes is None else tuple(sorted(actor.token_scopes)),
        procedures=None if actor.token_procedures is None else tuple(sorted(actor.token_procedures)),
    )


def people_page_out(rows: tuple[PersonRow, ...], *, limit: int) -> PeoplePageOut:
    """Show a page; there may be more when it is full."""
    after = BY_ID.after([row.person for row in rows], limit=limit)
    return PeoplePageOut(items=tuple(map(_row_out, rows)), after=after)


def delegations_out(delegations: tuple[Delegation, ...]) -> DelegationsOut:
    """Show the signing authority delegated in a unit."""
    return DelegationsOut(items=tuple(map(delegation_out, delegations)))


def _row_out(row: PersonRow) -> PersonRowOut:
    person = row.person
    return PersonRowOut(
        id=person.id,
        version=person.version,
        full_name=person.full_name,
        email=person.email,
        phone=person.phone,
        disabled_at=person.disabled_at,
        created_at=person.created_at,
        language=person.language,
        offices=_offices(row.offices),
    )


def _offices(offices: frozenset[tuple[Role, UUID]]) -> tuple[OfficeOut, ...]:
    return tuple(OfficeOut(role=role, unit_id=unit) for role, unit in sorted(offices))
