"""Logging in and bearer tokens: one's own only; each is shown once and kept as a digest."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from secrets import token_bytes
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.core.engine import Connection
from sandbox_registry.db.identity import credentials, people
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.domain.errors import Duplicate, FieldError, Invalid, NotFound
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.identity.tokens import (
    SECRET_SIZE,
    SOON,
    UNLIMITED,
    Limits,
    Token,
    digest,
    lifetime_errors,
    limit_errors,
    read_range,
    written,
)
from sandbox_registry.domain.rules.rule_versions import RuleKind
from sandbox_registry.domain.texts import Text
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.transaction import idempotency
from sandbox_registry.usecases.transaction.operators import NOBODY, applicant
from sandbox_registry.usecases.transaction.transactions import Transaction, Transactions

SESSION = timedelta(hours=12)
_LONGEST_NAME = 100
_KNOWN = frozenset(str(action) for action in Action)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token and its secret, which nobody will see again."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who stands behind a token; `ends_at` is when it ends, if that is soon."""

    actor: Actor
    ends_at: datetime | None


class Tokens:
    """One method per thing a person does with tokens, and the question every request asks."""

    def __init__(self, transactions: Transactions, passwords: Passwords, rate_limits: RateLimits) -> None:
        self.transactions = transactions
        self.passwords = passwords
        self.rate_limits = rate_limits

    async def authenticate(
        self, token_hash: bytes, request_id: str, *, address: IPv4Address | IPv6Address | None = None
    ) -> Bearer | None:
        """Return who stands behind the SHA-256 of a token used from an address (null: one that has none).

        Null for a token unknown, expired, revoked, or not for use from there: asked by the same one statement.
        """
        at = self.transactions.now()
        async with self.transactions.database.primary() as connection:
            found = await people.actor_for_token(connection, token_hash, address=address, at=at, request_id=request_id)
        if found is None:
            return None
        actor, ends_at = found
        return Bearer(actor=actor, ends_at=ends_at if ends_at <= at + SOON else None)

    async def log_in(
        self,
        *,
        email: str,
        password: str,
        name: str,
        request_id: str,
        limits: Limits = UNLIMITED,
        lifetime: timedelta = SESSION,
    ) -> NewToken:
        """Open a session with e-mail and password. Without `limits` the token may do all that its owner may.

        Every way to fail takes the same time and gives the same answer, and is on record.

        Raises:
            Invalid: the name, the limits or the lifetime.
            TooManyRequests: too many tries for this account, from this address, or in all; no password was looked at.
            WrongCredentials: no such account, no such password, or the account is closed.

        """
        await self.rate_limits.take_login(email)
        async with self.transactions.database.primary() as connection:
            wanted = await _checked(connection, name, limits, lifetime, held=UNLIMITED)
            found = await credentials.by_email(connection, email)
        is_right = await self.passwords.matches(None if found is None else found.hash, password)
        actor = applicant(NOBODY if found is None else found.person_id, method="password", request_id=request_id)
        if found is None or found.hash is None or found.is_disabled or not is_right:
            await self.transactions.record_refusal(actor, Action.TOKEN_CREATE, WrongCredentials())
            raise WrongCredentials
        renewed = await self.passwords.hashed(password) if self.passwords.is_outdated(found.hash) else None
        async with self._unkept(actor) as act:
            held = await credentials.current_hash(act.work.connection, actor.person_id, changing=renewed is not None)
            if held != found.hash:
                raise WrongCredentials
            if renewed is not None:
                await credentials.keep_hash(act.work.connection, actor.person_id, renewed, at=act.at)
            return await _issue(act, name=name, limits=wanted, lifetime=lifetime)

    async def create(self, actor: Actor, *, name: str, limits: Limits = UNLIMITED, lifetime: timedelta) -> NewToken:
        """Make another token for oneself, for a program; it may do no more than the token that asks.

        Raises:
            Invalid: the name, the limits or the lifetime.

        """
        held = Limits(scopes=actor.token_scopes, procedures=actor.token_procedures, addresses=actor.token_addresses)
        async with self._unkept(actor) as act:
            wanted = await _checked(act.work.connection, name, limits, lifetime, held=held)
            return await _issue(act, name=name, limits=wanted, lifetime=lifetime)

    async def list_own(self, actor: Actor) -> tuple[Token, ...]:
        """List one's tokens, ended ones included, with their last use."""
        async with self.transactions.open(actor, Action.TOKEN_READ) as act:
            act.skip_audit()
            return await credentials.tokens_of(act.work.connection, actor.person_id)

    async def revoke(self, actor: Actor, token_id: UUID) -> Token:
        """End one of one's tokens at once.

        Raises:
            NotFound: it is nobody's, or somebody else's.
            Duplicate: it is revoked already.

        """
        async with self.transactions.open(actor, Action.TOKEN_REVOKE) as act:
            return await _revoke(act, await credentials.find_token(act.work.connection, token_id=token_id))

    async def log_out(self, actor: Actor, secret: str) -> Token:
        """End the token that is being used; raises as `revoke` does."""
        async with self.transactions.open(actor, Action.TOKEN_REVOKE) as act:
            return await _revoke(act, await credentials.find_token(act.work.connection, digest=digest(secret)))

    def _unkept(self, actor: Actor) -> AbstractAsyncContextManager[Transaction]:
        """Open an act whose answer is never kept for a repeated request: it holds a secret."""
        idempotency.current.set(None)
        return self.transactions.open(actor, Action.TOKEN_CREATE)


async def _checked(connection: Connection, name: str, wanted: Limits, lifetime: timedelta, *, held: Limits) -> Limits:
    """Return the limits as they are kept: each range once, written in one way."""
    codes: tuple[str, ...] = ()
    if wanted.procedures is not None:
        codes = await rule_versions.codes(connection, kind=RuleKind.PROCEDURE)
    errors = [
        *limit_errors(wanted, held=held, acts=_KNOWN, procedures=frozenset(codes)),
        *lifetime_errors(lifetime),
    ]
    if not name.strip() or len(name) > _LONGEST_NAME:
        errors.append(FieldError(field="name", code="wrong_name", message=_WRONG_NAME))
    if errors:
        raise Invalid(tuple(errors))
    ranges = None if wanted.addresses is None else tuple(sorted({str(read_range(each)) for each in wanted.addresses}))
    return replace(wanted, addresses=ranges)


async def _issue(act: Transaction, *, name: str, limits: Limits, lifetime: timedelta) -> NewToken:
    secret = written(token_bytes(SECRET_SIZE))
    token = Token(
        id=act.new_id(),
        version=1,
        person_id=act.actor.person_id,
        name=name,
        method=act.actor.auth_method,
        scopes=_listed(limits.scopes),
        procedures=_listed(limits.procedures),
        addresses=limits.addresses,
        created_at=act.at,
        expires_at=act.at + lifetime,
    )
    await credentials.add_token(act.work.connection, token, digest=digest(secret))
    act.record_state("token", token.id, token.version, token)
    return NewToken(token=token, secret=secret)


def _listed(names: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


async def _revoke(act: Transaction, token: Token | None) -> Token:
    if token is None or token.person_id != act.actor.person_id:
        raise NotFound(what="token")
    if token.revoked_at is not None:
        raise Duplicate(what="end of token")
    ended = await credentials.revoke(act.work.connection, token, at=act.at)
    act.record_state("token", ended.id, ended.version, ended)
    return act.respond(ended)


_WRONG_NAME = Text(
    vi="Cần một tên tối đa 100 ký tự để nhận ra mã truy cập này.",
    en="A name of at most 100 characters is needed to recognise this token.",
    fr="Il faut un nom de 100 caractères au plus pour reconnaître ce jeton.",
)
