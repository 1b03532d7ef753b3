"""People as rows: who stands behind a token with what is in force now, lists of people, and locks on them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Uuid,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, INET
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import PEOPLE
from sandbox_registry.db.core.searching import contains_words
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.identity.contacts import email_key
from sandbox_registry.domain.identity.people import LETS_IN, Actor, MembershipKind, Person, Role
from sandbox_registry.domain.identity.people_lists import PersonRow

_PEOPLE, _TOKENS = tables.people, tables.tokens
_GRANTS, _DELEGATIONS, _MEMBERSHIPS = tables.role_grants, tables.delegations, tables.memberships
_AT = bindparam("at", type_=tables.Stamp)
_UNKEPT_SINCE = bindparam("unkept_since", type_=tables.Stamp)
USE_KEPT_EVERY = timedelta(minutes=1)
"""How old the last use of a token may get before a request writes it down again; the same for one in vain."""


def _in_force(table: Any) -> ColumnElement[bool]:
    return and_(table.c.valid_from <= _AT, or_(table.c.valid_to.is_(None), table.c.valid_to > _AT))


def _holds() -> ColumnElement[bool]:
    """Say that an office is in force: begun, not over, and no mere proposal."""
    return and_(_in_force(_GRANTS), ~_GRANTS.c.awaits_confirmation)


def _offices(person_id: ColumnElement[UUID]) -> ColumnElement[Any]:
    pairs = func.jsonb_agg(func.jsonb_build_array(_GRANTS.c.role, _GRANTS.c.unit_id))
    return select(pairs).where(_GRANTS.c.person_id == person_id, _holds()).scalar_subquery()


def _delegated(person_id: ColumnElement[UUID]) -> ColumnElement[Any]:
    """Delegated signing authority ends with the delegator's own office and account."""
    delegator, office = _PEOPLE.alias("delegator"), _GRANTS.alias("delegators_office")
    holds = exists().where(
        office.c.person_id == _DELEGATIONS.c.from_person_id,
        office.c.unit_id == _DELEGATIONS.c.unit_id,
        office.c.role == Role.DECISION_MAKER.value,
        ~office.c.awaits_confirmation,
        _in_force(office),
    )
    return (
        select(func.jsonb_agg(func.jsonb_build_array(_DELEGATIONS.c.from_person_id, _DELEGATIONS.c.unit_id)))
        .join(delegator, and_(delegator.c.id == _DELEGATIONS.c.from_person_id, delegator.c.disabled_at.is_(None)))
        .where(
            _DELEGATIONS.c.to_person_id == person_id,
            _DELEGATIONS.c.revoked_at.is_(None),
            _in_force(_DELEGATIONS),
            holds,
        )
        .scalar_subquery()
    )


def _memberships(person_id: ColumnElement[UUID]) -> ColumnElement[Any]:
    pairs = func.jsonb_agg(func.jsonb_build_array(_MEMBERSHIPS.c.kind, _MEMBERSHIPS.c.organisation_id))
    return select(pairs).where(_MEMBERSHIPS.c.person_id == person_id, _in_force(_MEMBERSHIPS)).scalar_subquery()


def standing(person_id: ColumnElement[UUID]) -> tuple[ColumnElement[Any], ...]:
    """List the columns of what is in force for a person, as `ActorRow` ends with them but for `is_waiting`."""
    return (
        _offices(person_id).label("offices"),
        _delegated(person_id).label("carried"),
        _memberships(person_id).label("memberships"),
    )


_IS_TOKEN = _TOKENS.c.hash == bindparam("token_hash")
_IS_FROM_THERE = cast(bindparam("address"), INET).op("<<=", is_comparison=True)(
    func.any(cast(_TOKENS.c.addresses, ARRAY(CIDR)))
)
_IS_WAITING = exists().where(tables.passwords.c.person_id == _TOKENS.c.person_id, tables.passwords.c.is_given)
_BY_TOKEN = Statement(
    select(
        *(_TOKENS.c[name] for name in ("person_id", "method", "scopes", "procedures", "addresses", "expires_at")),
        *standing(_PEOPLE.c.id),
        _IS_WAITING.label("is_waiting"),
        _TOKENS.c.last_used_at,
    )
    .join(_PEOPLE, _PEOPLE.c.id == _TOKENS.c.person_id)
    .where(
        _IS_TOKEN,
        _TOKENS.c.revoked_at.is_(None),
        _TOKENS.c.expires_at > _AT,
        or_(_TOKENS.c.addresses.is_(None), _IS_FROM_THERE),
        _PEOPLE.c.disabled_at.is_(None),
    )
)


def _keep_last(column: Column[Any]) -> Statement:
    """Write down when a token was used last, in vain or not, at most once a minute; no row says whether there is one."""
    kept = (
        update(_TOKENS)
        .where(_IS_TOKEN, or_(column.is_(None), column < _UNKEPT_SINCE))
        .values({column.name: _AT})
        # Worth no wait for the disk, by which one could tell a known token from an unknown one.
        .returning(func.set_config("synchronous_commit", "off", True))  # noqa: FBT003 - for this transaction only.
        .cte("kept")
    )
    return Statement(select(true()).where(false()).add_cte(kept))


_KEEP_USE, _KEEP_REFUSAL = _keep_last(_TOKENS.c.last_used_at), _keep_last(_TOKENS.c.last_refused_at)
_BY_PERSON = Statement(
    select(
        _PEOPLE.c.id.label("person_id"),
        *(null().label(name) for name in ("method", "scopes", "procedures", "addresses", "expires_at")),
        *standing(_PEOPLE.c.id),
        false().label("is_waiting"),
    ).where(_PEOPLE.c.id == bindparam("person_id"), _PEOPLE.c.disabled_at.is_(None))
)
_BY_EMAIL = Statement(PEOPLE.query.where(_PEOPLE.c.email_key == bindparam("email")))
# Weak enough to let others refer to the person, strong enough that two such acts queue.
_LOCK = Statement(
    select(_PEOPLE.c.id)
    .where(_PEOPLE.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(_PEOPLE.c.id)
    .with_for_update(key_share=True)
)


def _of_one_hand() -> Select[Any]:
    services = tables.account_services
    lets_in = or_(*(services.c.service == service.value for service in sorted(LETS_IN)))
    by_people = and_(services.c.by_person_id != bindparam("apart_from", type_=Uuid), lets_in)
    ties = union(
        select(services.c.account_id.label("one"), services.c.by_person_id.label("other")).where(by_people),
        select(services.c.by_person_id, services.c.account_id).where(by_people),
    ).cte("ties")
    hand = select(bindparam("person_id", type_=Uuid).label("id")).cte("hand", recursive=True)
    return select(hand.union(select(ties.c.other).join(hand, hand.c.id == ties.c.one)).c.id)


_OF_ONE_HAND = Statement(_of_one_hand())
_FOUNDING = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended("administrators", 0))))
_ADMINISTRATORS = Statement(
    select(func.count(_GRANTS.c.person_id.distinct()))
    .join(_PEOPLE, _PEOPLE.c.id == _GRANTS.c.person_id)
    .where(_GRANTS.c.role == Role.SYSTEM_ADMIN.value, _holds(), _PEOPLE.c.disabled_at.is_(None))
)


async def actor_for_token(
    connection: AsyncConnection,
    token_hash: bytes,
    *,
    address: IPv4Address | IPv6Address | None,
    at: datetime,
    request_id: str,
) -> tuple[Actor, datetime] | None:
    """Return who stands behind a token used from an address, with all that is in force for them, and when it ends.

    No office is in force for somebody whose password another person chose.

    Null for no valid token, and for one that may not be used from there. Give a connection on which each statement
    stands alone, to the server that takes writes: the use of the token is kept even when the request fails, and a token
    revoked a moment ago is refused everywhere.
    """
    parameters = {
        "token_hash": token_hash,
        "address": None if address is None else str(address),
        "at": at,
    }
    use = {"token_hash": token_hash, "at": at, "unkept_since": at - USE_KEPT_EVERY}
    for *row, last_used_at in await _BY_TOKEN.rows(connection, parameters):
        if last_used_at is None or last_used_at < use["unkept_since"]:
            await _KEEP_USE.execute(connection, use)
        record = ActorRow(*row)
        return actor_of(record, method=record.method, request_id=request_id), record.expires_at
    # The same for one that is not known, so that nobody can tell the two apart.
    await _KEEP_REFUSAL.execute(connection, use)
    return None


async def actor_for_person(
    connection: AsyncConnection, person_id: UUID, *, at: datetime, method: str, request_id: str
) -> Actor | None:
    """Return a person as an actor, without any token: for the command line, and to look at authority once more."""
    for row in await _BY_PERSON.rows(connection, {"person_id": person_id, "at": at}):
        return actor_of(ActorRow(*row), method=method, request_id=request_id)
    return None


class ActorRow(NamedTuple):
    """A person and what is in force, in the order of the queries above."""

    person_id: UUID
    method: str
    scopes: list[str] | None
    procedures: list[str] | None
    addresses: list[str] | None
    expires_at: datetime
    offices: list[list[str]] | None
    carried: list[list[str]] | None
    memberships: list[list[str]] | None
    is_waiting: bool


def actor_of(row: ActorRow, *, method: str, request_id: str) -> Actor:
    """Return who acts, out of a person's row."""
    # Until its holder has chosen a password, the person who gave them the first one could act in their office.
    offices = _pairs(None if row.is_waiting else row.offices)
    carried = [(UUID(delegator), UUID(unit)) for delegator, unit in (not row.is_waiting and row.carried) or ()]
    # Who signs by right signs by right: delegated signing authority adds nothing, so it is always plain on whose behalf one signs.
    if any(role is Role.DECISION_MAKER for role, _ in offices):
        carried = []
    delegator = min(carried)[0] if carried else None
    offices |= {(Role.DECISION_MAKER, unit) for who, unit in carried if who == delegator}
    signs: set[UUID] = set()
    drafts: set[UUID] = set()
    for kind, organisation in row.memberships or ():
        (drafts if kind == MembershipKind.EDITOR else signs).add(UUID(organisation))
    return Actor(
        person_id=row.person_id,
        offices=offices,
        signs_for_organisations=frozenset(signs),
        drafts_for_organisations=frozenset(drafts),
        signs_for=delegator,
        auth_method=method,
        token_scopes=None if row.scopes is None else frozenset(row.scopes),
        token_procedures=None if row.procedures is None else frozenset(row.procedures),
        token_addresses=None if row.addresses is None else tuple(row.addresses),
        request_id=request_id,
    )


def _pairs(offices: list[list[str]] | None) -> frozenset[tuple[Role, UUID]]:
    return frozenset((Role(role), UUID(unit)) for role, unit in offices or ())


_FIRMS = (
    select(tables.organisations.c.id, tables.organisations.c.name)
    .join(_MEMBERSHIPS, _MEMBERSHIPS.c.organisation_id == tables.organisations.c.id)
    .where(_MEMBERSHIPS.c.person_id == bindparam("person_id", type_=Uuid))
    .cte("firms")
)
_WORDS_ABOUT = Statement(
    union(
        select(_FIRMS.c.name),
        select(tables.applications.c.title).join(_FIRMS, _FIRMS.c.id == tables.applications.c.organisation_id),
    )
)


async def by_email(connection: AsyncConnection, email: str) -> Person | None:
    """Find a person by e-mail address, whatever the case of its letters."""
    row = await _BY_EMAIL.row(connection, {"email": email_key(email)})
    return None if row is None else PEOPLE.read(row)


async def words_about(connection: AsyncConnection, person_id: UUID) -> tuple[str, ...]:
    """List the names of the firms a person acts for, now or later, and the titles of what these firms try out."""
    rows = await _WORDS_ABOUT.rows(connection, {"person_id": person_id})
    return tuple(row[0] for row in rows)


async def list_people(
    connection: AsyncConnection,
    *,
    at: datetime,
    text: str | None,
    role: Role | None,
    unit_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> tuple[PersonRow, ...]:
    """List people with their offices, oldest account first; name and e-mail address have the words of `text`."""
    query = PEOPLE.query.add_columns(_offices(_PEOPLE.c.id).label("offices")).order_by(_PEOPLE.c.id).limit(limit)
    if text:
        query = query.where(contains_words(_PEOPLE.c.search_text, text))
    if role is not None or unit_id is not None:
        conditions = [_GRANTS.c.person_id == _PEOPLE.c.id, _holds()]
        conditions += [] if role is None else [_GRANTS.c.role == role.value]
        conditions += [] if unit_id is None else [_GRANTS.c.unit_id == unit_id]
        query = query.where(exists().where(*conditions))
    if after is not None:
        query = query.where(_PEOPLE.c.id > after)
    return tuple(_person_row(row) for row in await Statement(query).dicts(connection, {"at": at}))


def _person_row(row: dict[str, Any]) -> PersonRow:
    offices = _pairs(row.pop("offices"))
    return PersonRow(person=msgspec.convert(row, Person), offices=offices)


async def lock(connection: AsyncConnection, person_ids: Iterable[UUID]) -> None:
    """Let acts that change what these people may do go one after another; always locked in the same order."""
    await _LOCK.execute(connection, {"ids": sorted(set(person_ids))})


async def count_administrators(connection: AsyncConnection, *, at: datetime) -> int:
    """Count who administers now, and let nobody else become one by the operator's hand until the transaction ends."""
    await _FOUNDING.execute(connection)
    return int(await _ADMINISTRATORS.value(connection, {"at": at}) or 0)


async def accounts_of_one_hand(connection: AsyncConnection, person_id: UUID, *, apart_from: UUID) -> frozenset[UUID]:
    """List an account and all tied to it, step by step, by who opened whose account or set its password.

    What `apart_from` did ties nobody.
    """
    rows = await _OF_ONE_HAND.rows(connection, {"person_id": person_id, "apart_from": apart_from})
    return frozenset(row[0] for row in rows)


async def unit_of_delegation(
    connection: AsyncConnection, delegation_id: UUID, *, unit_ids: frozenset[UUID] | None
) -> UUID | None:
    """Return the unit in which power was lent, of these units or of any; null for every other delegation, and for none."""
    query = select(_DELEGATIONS.c.unit_id).where(_DELEGATIONS.c.id == delegation_id)
    if unit_ids is not None:
        query = query.where(_DELEGATIONS.c.unit_id.in_(sorted(unit_ids)))
    unit_id: UUID | None = await Statement(query).value(connection)
    return unit_id
