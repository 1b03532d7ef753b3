"""Secrets as rows: password hashes and bearer tokens. Nothing else reads these tables, and no record carries a hash."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.identity import account_mails, second_factors
from sandbox_registry.domain.identity.contacts import email_key
from sandbox_registry.domain.identity.tokens import Token

_PEOPLE, _PASSWORDS, _TOKENS = tables.people, tables.passwords, tables.tokens
_TOKEN = [_TOKENS.c[name] for name in Token.__dataclass_fields__]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a password is compared with; `hash` is null until one is set."""

    person_id: UUID
    is_disabled: bool
    hash: str | None


_CREDENTIALS = select(
    _PEOPLE.c.id.label("person_id"), _PEOPLE.c.disabled_at.is_not(None).label("is_disabled"), _PASSWORDS.c.hash
).outerjoin(_PASSWORDS, _PASSWORDS.c.person_id == _PEOPLE.c.id)
_BY_EMAIL = Statement(_CREDENTIALS.where(_PEOPLE.c.email_key == bindparam("email")))
_BY_PERSON = Statement(_CREDENTIALS.where(_PEOPLE.c.id == bindparam("person_id")))
# Held to the end of the transaction, so that no password changes while it opens a door.
_HASH = select(_PASSWORDS.c.hash).where(_PASSWORDS.c.person_id == bindparam("person_id"))
_OF_PERSON = Statement(select(*_TOKEN).where(_TOKENS.c.person_id == bindparam("person_id")).order_by(_TOKENS.c.id))
_LIVE = Statement(
    select(*_TOKEN)
    .where(_TOKENS.c.person_id == bindparam("person_id"), _TOKENS.c.revoked_at.is_(None))
    .order_by(_TOKENS.c.id)
    .with_for_update()
)


async def by_email(connection: AsyncConnection, email: str) -> Credentials | None:
    """Find the credentials that belong to an e-mail address."""
    for row in await _BY_EMAIL.dicts(connection, {"email": email_key(email)}):
        return Credentials(**row)
    return None


async def of_person(connection: AsyncConnection, person_id: UUID) -> Credentials | None:
    """Return the credentials of a person."""
    for row in await _BY_PERSON.dicts(connection, {"person_id": person_id}):
        return Credentials(**row)
    return None


async def current_hash(connection: AsyncConnection, person_id: UUID, *, changing: bool) -> str | None:
    """Return the password hash and hold it until the transaction ends, for one's own change or against others'."""
    query = _HASH.with_for_update(read=not changing)
    current: str | None = await Statement(query).value(connection, {"person_id": person_id})
    return current


async def keep_hash(
    connection: AsyncConnection, person_id: UUID, new: str, *, at: datetime, is_given: bool = False
) -> None:
    """Store a password hash in place of any before; `is_given` when somebody else chose the password."""
    kept = {"hash": new, "changed_at": at, "is_given": is_given}
    statement = upsert(_PASSWORDS).values(person_id=person_id, **kept)
    await Statement(statement.on_conflict_do_update(index_elements=["person_id"], set_=kept)).execute(connection)


async def renew_hash(connection: AsyncConnection, person_id: UUID, new: str) -> tuple[datetime, bool]:
    """Store another hash of the password that somebody has; return when it was set, and whether somebody else chose it."""
    renewed = update(_PASSWORDS).where(_PASSWORDS.c.person_id == person_id).values(hash=new)
    [(changed_at, given)] = await Statement(renewed.returning(_PASSWORDS.c.changed_at, _PASSWORDS.c.is_given)).rows(
        connection
    )
    return changed_at, given


async def is_given(connection: AsyncConnection, person_id: UUID) -> bool:
    """Tell whether somebody else chose the password that a person has."""
    given = exists().where(_PASSWORDS.c.person_id == person_id, _PASSWORDS.c.is_given)
    return bool(await Statement(select(given)).value(connection))


async def add_token(connection: AsyncConnection, token: Token, *, digest: bytes) -> None:
    """Store a new token with the digest of its secret."""
    limits = {name: None if value is None else list(value) for name, value in _limits(token).items()}
    await Statement(insert(_TOKENS).values({**asdict(token), **limits, "hash": digest})).execute(connection)


def _limits(token: Token) -> dict[str, tuple[str, ...] | None]:
    return {"scopes": token.scopes, "procedures": token.procedures, "addresses": token.addresses}


async def tokens_of(connection: AsyncConnection, person_id: UUID) -> tuple[Token, ...]:
    """List every token of a person, oldest first."""
    return msgspec.convert(await _OF_PERSON.dicts(connection, {"person_id": person_id}), tuple[Token, ...])


async def token(connection: AsyncConnection, token_id: UUID) -> Token | None:
    """Load a token of any holder."""
    for row in await _BY_ID.dicts(connection, {"token_id": token_id}):
        return msgspec.convert(row, Token)
    return None


_BY_ID = Statement(select(*_TOKEN).where(_TOKENS.c.id == bindparam("token_id")))


async def find_token(
    connection: AsyncConnection, *, person_id: UUID, token_id: UUID | None = None, digest: bytes = b""
) -> Token | None:
    """Find a token of a person by id, or else by the digest of its secret, and lock it."""
    criterion = _TOKENS.c.id == token_id if token_id is not None else _TOKENS.c.hash == digest
    query = select(*_TOKEN).where(criterion, _TOKENS.c.person_id == person_id).with_for_update()
    for row in await Statement(query).dicts(connection):
        return msgspec.convert(row, Token)
    return None


async def revoke(connection: AsyncConnection, token: Token, *, at: datetime) -> Token:
    """Revoke a token and return it as it stands then."""
    statement = update(_TOKENS).where(_TOKENS.c.id == token.id)
    statement = statement.values(revoked_at=at, version=_TOKENS.c.version + 1)
    [row] = await Statement(statement.returning(*_TOKEN)).dicts(connection)
    return msgspec.convert(row, Token)


async def revoke_all(connection: AsyncConnection, person_id: UUID, *, at: datetime) -> tuple[Token, ...]:
    """Revoke every token of a person and return them as they stand then."""
    live = msgspec.convert(await _LIVE.dicts(connection, {"person_id": person_id}), list[Token])
    return tuple([await revoke(connection, each, at=at) for each in live])


async def forget(connection: AsyncConnection, person_id: UUID, *, name: str, at: datetime) -> tuple[Token, ...]:
    """Delete a person's password, authenticator and mail; end every token, call it this and forget its addresses; return the tokens as they stand then."""
    await Statement(delete(_PASSWORDS).where(_PASSWORDS.c.person_id == person_id)).execute(connection)
    await second_factors.remove(connection, person_id)
    await account_mails.forget(connection, person_id)
    ended = update(_TOKENS).where(_TOKENS.c.person_id == person_id)
    ended = ended.values(
        name=name,
        addresses=None,
        revoked_at=func.coalesce(_TOKENS.c.revoked_at, at),
        version=_TOKENS.c.version + 1,
    )
    tokens = msgspec.convert(await Statement(ended.returning(*_TOKEN)).dicts(connection), list[Token])
    return tuple(sorted(tokens, key=lambda token: token.id))
