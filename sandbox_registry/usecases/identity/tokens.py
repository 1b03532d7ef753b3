"""Logging in and bearer tokens: one's own only; each is shown once and kept as a digest."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from secrets import token_bytes
from uuid import UUID

import msgspec

from sandbox_registry.authz import Action
from sandbox_registry.db.core.queries import Queries
from sandbox_registry.db.identity import credentials, people
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.domain.audit import check_value
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid, NotFound
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.identity.second_factors import WITH_CODE
from sandbox_registry.domain.identity.tokens import (
    EXPIRY_NOTICE,
    SECRET_SIZE,
    UNLIMITED,
    Limits,
    Token,
    digest,
    encode_token,
    lifetime_errors,
    limit_errors,
    read_range,
)
from sandbox_registry.domain.rules.rule_versions import RuleKind
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.identity.logins import Logins
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

SESSION = timedelta(hours=12)
_LONGEST_NAME = 100
_ALL_ACTIONS = frozenset(str(action) for action in Action)


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
    """One method per thing a person does with tokens, and the question every request asks.

    With `officials_need_code` nobody who holds an office gets a token by a password alone.
    """

    def __init__(
        self,
        transactions: Transactions,
        passwords: Passwords,
        rate_limits: RateLimits,
        *,
        officials_need_code: bool = False,
    ) -> None:
        self.officials_need_code = officials_need_code
        self.transactions = transactions
        self.passwords = passwords
        self.rate_limits = rate_limits

    async def authenticate(
        self, token_hash: bytes, request_id: str, *, address: IPv4Address | IPv6Address | None = None
    ) -> Bearer | None:
        """Return who stands behind the SHA-256 of a token used from an address (null: one that has none).

        Null for a token unknown, expired, revoked, or not for use from there: asked by the same statements.
        """
        at = self.transactions.now()
        async with self.transactions.primary() as primary:
            holder = await primary.run(
                people.actor_for_token, token_hash, address=address, at=at, request_id=request_id
            )
        if holder is None:
            return None
        actor, ends_at = holder
        return Bearer(actor=actor, ends_at=ends_at if ends_at <= at + EXPIRY_NOTICE else None)

    async def log_in(
        self,
        context: RequestContext,
        *,
        email: str,
        password: str,
        name: str,
        limits: Limits = UNLIMITED,
        lifetime: timedelta = SESSION,
        code: str = "",
    ) -> NewToken:
        """Open a session with e-mail and password. Without `limits` the token may do all that its owner may.

        Every way to fail takes the same time and gives the same answer. It is counted: the log says how many logins
        failed, and at whose account to nobody.

        Raises:
            Invalid: the name, the limits or the lifetime.
            TooManyRequests: too many tries for this account, from this address, or in all; no password was looked at.
            WrongCredentials: no such account, no such password, no such code, or the account is closed.
            CodeNeeded: the password is right, and the account asks for a code too.
            ConditionNotMet: `code_required`.

        """
        async with self.transactions.primary() as primary:
            checked_limits = await _checked(primary, name, limits, lifetime, own=UNLIMITED)
        logins = Logins(self.transactions, self.passwords, self.rate_limits)
        proof = await logins.prove(context, email=email, password=password, code=code)
        await self._require_code(proof.context)
        async with self._unkept(proof.context) as act:
            await proof.require(act)
            made = await _issue(act, name=name, limits=checked_limits, lifetime=lifetime)
            await proof.renew(act)
            return made

    async def create(
        self, context: RequestContext, *, name: str, limits: Limits = UNLIMITED, lifetime: timedelta
    ) -> NewToken:
        """Make another token for oneself, for a program; it may do no more than the token that asks.

        Raises:
            Invalid: the name, the limits or the lifetime.
            ConditionNotMet: `code_required`.

        """
        await self._require_code(context)
        own_limits = Limits(
            scopes=context.actor.token_scopes,
            procedures=context.actor.token_procedures,
            addresses=context.actor.token_addresses,
        )
        async with self._unkept(context) as act:
            checked_limits = await _checked(act.work, name, limits, lifetime, own=own_limits)
            return await _issue(act, name=name, limits=checked_limits, lifetime=lifetime)

    async def list_own(self, context: RequestContext) -> tuple[Token, ...]:
        """List one's tokens, ended ones included, with their last use."""
        async with self.transactions.open(context, Action.TOKEN_READ) as act:
            act.skip_audit()
            return await act.run(credentials.tokens_of, context.actor.person_id)

    async def revoke(self, context: RequestContext, token_id: UUID) -> Token:
        """End one of one's tokens at once.

        Raises:
            NotFound: it is nobody's, or somebody else's.
            Duplicate: it is revoked already.

        """
        async with self.transactions.open(context, Action.TOKEN_REVOKE) as act:
            return await _revoke(
                act, await act.run(credentials.find_token, person_id=context.actor.person_id, token_id=token_id)
            )

    async def log_out(self, context: RequestContext, secret: str) -> Token:
        """End the token that is being used; raises as `revoke` does."""
        async with self.transactions.open(context, Action.TOKEN_REVOKE) as act:
            return await _revoke(
                act, await act.run(credentials.find_token, person_id=context.actor.person_id, digest=digest(secret))
            )

    async def _require_code(self, context: RequestContext) -> None:
        """Refuse a token that would carry an office, where offices need a code and none was given."""
        if not self.officials_need_code or context.actor.auth_method == WITH_CODE:
            return
        actor, at = context.actor, self.transactions.now()
        async with self.transactions.primary() as primary:
            holder = await primary.run(
                people.actor_for_person, actor.person_id, at=at, method=actor.auth_method, request_id=actor.request_id
            )
        if holder is not None and holder.offices:
            raise ConditionNotMet("code_required")

    def _unkept(self, context: RequestContext) -> AbstractAsyncContextManager[Transaction]:
        """Open an act whose answer is never kept for a repeated request: it holds a secret."""
        return self.transactions.open(context.without_key(), Action.TOKEN_CREATE)


async def _checked(queries: Queries, name: str, limits: Limits, lifetime: timedelta, *, own: Limits) -> Limits:
    """Return the limits as they are kept: each range once, written in one way."""
    codes: tuple[str, ...] = ()
    if limits.procedures is not None:
        codes = await queries.run(rule_versions.codes, kind=RuleKind.PROCEDURE)
    errors = [
        *limit_errors(limits, own=own, acts=_ALL_ACTIONS, procedures=frozenset(codes)),
        *lifetime_errors(lifetime),
    ]
    if not name.strip() or len(name) > _LONGEST_NAME:
        errors.append(FieldError(field="name", code="wrong_name", message=Phrase("tokens.wrong_name")))
    if errors:
        raise Invalid(tuple(errors))
    ranges = None if limits.addresses is None else tuple(sorted({str(read_range(each)) for each in limits.addresses}))
    return replace(limits, addresses=ranges)


async def _issue(act: Transaction, *, name: str, limits: Limits, lifetime: timedelta) -> NewToken:
    secret = encode_token(token_bytes(SECRET_SIZE))
    token = Token(
        id=act.new_id(),
        version=1,
        person_id=act.actor.person_id,
        name=name,
        method=act.actor.auth_method,
        scopes=_sorted_names(limits.scopes),
        procedures=_sorted_names(limits.procedures),
        addresses=limits.addresses,
        created_at=act.at,
        expires_at=act.at + lifetime,
    )
    await act.run(credentials.add_token, token, digest=digest(secret))
    state = msgspec.to_builtins(token) | {"check": check_value(digest(secret))}
    act.record_state("token", token.id, token.version, state)
    return NewToken(token=token, secret=secret)


def _sorted_names(names: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


async def _revoke(act: Transaction, token: Token | None) -> Token:
    if token is None:
        raise NotFound(what="token")
    if token.revoked_at is not None:
        raise Duplicate(what="end_of_token")
    ended = await act.run(credentials.revoke, token, at=act.at)
    act.record_state("token", ended.id, ended.version, ended)
    return act.respond(ended)
