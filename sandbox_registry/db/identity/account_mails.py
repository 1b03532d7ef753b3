"""Mail about accounts as rows: what waits to be sent, and digests of secrets that wait to be used. No record carries one.

A row whose seal is not that of its contents is as if it were not there.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Text, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.records import NATIVE
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.operations.account_mails import AccountMail, AccountMailKind, MailSeals

_MAILS = tables.account_mails
_FIELDS = tuple(AccountMail.__dataclass_fields__)
_MAIL = [_MAILS.c[name] for name in (*_FIELDS, "hash", "seal")]
_ADD = Statement(insert(_MAILS).values({name: bindparam(name) for name in (*_FIELDS, "seal")}))
_FIND = Statement(select(*_MAIL).where(_MAILS.c.id == bindparam("mail_id")))
_ARM = Statement(
    update(_MAILS)
    .where(_MAILS.c.id == bindparam("mail_id"))
    .values(hash=bindparam("digest"), person_id=bindparam("owner"), seal=bindparam("sealed"))
)
_OUTDATE = Statement(
    delete(_MAILS).where(
        _MAILS.c.person_id == bindparam("owner"), _MAILS.c.kind == bindparam("of_kind"), _MAILS.c.id != bindparam("but")
    )
)
_OUTDATE_ADDRESS = Statement(
    delete(_MAILS).where(
        func.lower(_MAILS.c.email) == func.lower(bindparam("to")),
        _MAILS.c.kind == bindparam("of_kind"),
        _MAILS.c.hash.is_not(None),
        _MAILS.c.id != bindparam("but"),
    )
)
_REMOVE = Statement(delete(_MAILS).where(_MAILS.c.id == bindparam("mail_id")))
_GOOD = (
    _MAILS.c.hash == bindparam("digest"),
    _MAILS.c.kind == func.any(bindparam("of_kinds", type_=ARRAY(Text))),
    _MAILS.c.expires_at > bindparam("at", type_=tables.Stamp),
)
_PEEK = Statement(select(*_MAIL).where(*_GOOD))
_TAKE = Statement(delete(_MAILS).where(*_GOOD).returning(*_MAIL))
_FORGET = Statement(delete(_MAILS).where(_MAILS.c.person_id == bindparam("owner")))
_PURGE = Statement(
    delete(_MAILS).where(_MAILS.c.expires_at <= bindparam("at", type_=tables.Stamp)).returning(_MAILS.c.id)
)


async def add(connection: AsyncConnection, mail: AccountMail, *, seal: bytes | None = None) -> None:
    """Keep a mail that is to be sent; one that will carry a secret is sealed."""
    await _ADD.execute(connection, {**msgspec.to_builtins(mail, builtin_types=NATIVE), "seal": seal})


async def find(connection: AsyncConnection, mail_id: UUID, *, seals: MailSeals) -> AccountMail | None:
    """Return a mail that waits; null once it was sent, used or purged."""
    return _sealed(await _FIND.dicts(connection, {"mail_id": mail_id}), seals)


async def arm(
    connection: AsyncConnection, mail: AccountMail, *, person_id: UUID | None, digest: bytes, seals: MailSeals
) -> None:
    """Keep the digest of the secret that a mail carries; earlier ones of its kind for this person are good for nothing.

    Where nobody has an account yet, earlier ones for this address are.
    """
    earlier = {"of_kind": mail.kind.value, "but": mail.id}
    if person_id is None:
        await _OUTDATE_ADDRESS.execute(connection, {**earlier, "to": mail.email})
    else:
        await _OUTDATE.execute(connection, {**earlier, "owner": person_id})
    sealed = seals.seal(replace(mail, person_id=person_id), digest=digest)
    await _ARM.execute(connection, {"mail_id": mail.id, "digest": digest, "owner": person_id, "sealed": sealed})


async def remove(connection: AsyncConnection, mail_id: UUID) -> None:
    """Forget a mail that was sent, or is not to be."""
    await _REMOVE.execute(connection, {"mail_id": mail_id})


async def peek(
    connection: AsyncConnection, digest: bytes, *, kinds: Collection[AccountMailKind], at: datetime, seals: MailSeals
) -> AccountMail | None:
    """Find the mail of one of these kinds whose secret this is the digest of, while it is good."""
    return _sealed(await _PEEK.dicts(connection, {"digest": digest, "of_kinds": sorted(kinds), "at": at}), seals)


async def take(
    connection: AsyncConnection, digest: bytes, *, kinds: Collection[AccountMailKind], at: datetime, seals: MailSeals
) -> AccountMail | None:
    """Use a secret up: of two that try at once, one gets null."""
    return _sealed(await _TAKE.dicts(connection, {"digest": digest, "of_kinds": sorted(kinds), "at": at}), seals)


def _sealed(rows: Sequence[dict[str, Any]], seals: MailSeals) -> AccountMail | None:
    for row in rows:
        digest, seal = row.pop("hash"), row.pop("seal")
        mail = msgspec.convert(row, AccountMail)
        if seals.is_right(mail, digest=digest, seal=seal):
            return mail
    return None


async def forget(connection: AsyncConnection, person_id: UUID) -> None:
    """Delete every mail and secret of a person."""
    await _FORGET.execute(connection, {"owner": person_id})


async def purge(connection: AsyncConnection, *, at: datetime) -> int:
    """Delete mails whose time is over; return how many."""
    return len(await _PURGE.rows(connection, {"at": at}))
