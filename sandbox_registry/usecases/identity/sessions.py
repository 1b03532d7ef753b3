"""Sessions of browsers: logging in and out, what of one's own is open where, and proving once more who one is."""

from dataclasses import dataclass, replace
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID

import msgspec

from sandbox_registry.authz import Action
from sandbox_registry.db.identity import second_factors, sessions
from sandbox_registry.domain.audit import check_value
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.people import Person
from sandbox_registry.domain.identity.second_factors import WITH_CODE, LoginMethod
from sandbox_registry.domain.identity.sessions import (
    BrowserSession,
    OwnSession,
    SessionLimits,
    Visit,
    browser_name,
    power_of,
)
from sandbox_registry.domain.texts import Language
from sandbox_registry.usecases.identity.logins import Logins, Proof
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

_SECRET_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A session and its secret, which nobody will see again but the browser, with its owner's name and language."""

    session: BrowserSession
    secret: str
    full_name: str
    language: Language | None


class Sessions:
    """One method per thing people do with sessions, and the question every page asks.

    With `officials_need_code` no office counts in a session that was opened with a password alone.
    """

    def __init__(
        self,
        transactions: Transactions,
        passwords: Passwords,
        rate_limits: RateLimits,
        *,
        limits: SessionLimits,
        officials_need_code: bool = False,
    ) -> None:
        self.transactions = transactions
        self.passwords = passwords
        self.rate_limits = rate_limits
        self.limits = limits
        self.officials_need_code = officials_need_code

    async def recognise(self, secret: str, *, request_id: str) -> Visit | None:
        """Return whose browser holds a secret, and who acts there unless the session is over; null for nobody's.

        It is over, too, when other offices count for its owner than did when it began: on record, and for good.
        """
        at = self.transactions.now()
        async with self.transactions.primary() as primary:
            found = await primary.run(
                sessions.find, secret_digest(secret), at=at, idle=self.limits.idle, request_id=request_id
            )
        if found is None:
            return None
        actor = found.actor
        if actor is not None and power_of(actor) != found.power:
            await self._end(RequestContext(actor=actor), found.session.id)
            actor = None
        lacks_code = self.officials_need_code and found.session.method != WITH_CODE
        needs_code = actor is not None and lacks_code and bool(actor.offices)
        if actor is not None and needs_code:
            actor = replace(actor, offices=frozenset(), signs_for=None)
        return Visit(
            session=found.session,
            full_name=found.full_name,
            language=found.language,
            actor=actor,
            needs_code=needs_code,
        )

    async def log_in(self, context: RequestContext, *, email: str, password: str, user_agent: str) -> OpenedSession:
        """Open a session of a browser with e-mail and password; raises as `Logins.prove` does."""
        proof = await self._logins().prove(context, email=email, password=password)
        return await self._opened_by(proof, user_agent=user_agent)

    async def go_on(
        self, context: RequestContext, *, person_id: UUID, digest: bytes, code: str, user_agent: str
    ) -> OpenedSession:
        """Open a session with the code of somebody whose password was right; raises as `Logins.go_on` does."""
        proof = await self._logins().go_on(context, person_id=person_id, digest=digest, code=code)
        return await self._opened_by(proof, user_agent=user_agent)

    async def confirm(
        self, context: RequestContext, session_id: UUID, *, password: str = "", code: str = ""
    ) -> OpenedSession:
        """Prove once more who one is, in a session that is open: its secret is replaced, and signing is open for a while.

        Who has an authenticator proves it with a code, everybody else with the password.

        Raises:
            NotFound: it is nobody's, somebody else's, or has ended.
            TooManyRequests, WrongCredentials: as `Logins.prove` does.

        """
        async with self.transactions.database.transaction() as work:
            person = await work.get(Person, context.actor.person_id)
            factor = await work.run(second_factors.find, person.id)
        if factor is None:
            proof = await self._logins().prove(context, email=person.email, password=password)
            async with self.transactions.open(context, Action.SESSION_CONFIRM) as act:
                await proof.require(act)
                opened = await self._rotated(
                    act, session_id, person, method=LoginMethod(proof.context.actor.auth_method)
                )
                await proof.renew(act)
                return opened
        await self.rate_limits.take_login(person.email, address=context.address)
        await self._logins().require_code(factor, code or "-")
        async with self.transactions.open(context, Action.SESSION_CONFIRM) as act:
            return await self._rotated(act, session_id, person, method=LoginMethod(context.actor.auth_method))

    async def open_again(self, context: RequestContext, *, user_agent: str) -> OpenedSession:
        """Open a session for somebody whose sessions a new password just ended; the old one was right, and so are they."""
        async with self.transactions.open(context, Action.SESSION_OPEN) as act:
            return await self._open(act, user_agent=user_agent)

    async def begin_anew(self, context: RequestContext, session_id: UUID, *, method: LoginMethod) -> OpenedSession:
        """Replace the secret of one's session after the way to log in changed, and end all others.

        `method` says how its owner has proved by now to be who they are. Raises NotFound as `confirm` does.
        """
        async with self.transactions.open(context, Action.SESSION_CONFIRM) as act:
            person = await act.get(Person, context.actor.person_id)
            opened = await self._rotated(act, session_id, person, method=method)
            await end_sessions(act, person.id, but=session_id)
            return opened

    async def _rotated(
        self, act: Transaction, session_id: UUID, person: Person, *, method: LoginMethod
    ) -> OpenedSession:
        known = await act.run(sessions.lock, session_id, person_id=person.id)
        if known is None or known.ended_at is not None:
            raise NotFound(what="browser_session")
        secret = token_urlsafe(_SECRET_SIZE)
        proved = replace(known, version=known.version + 1, proved_at=act.at, method=method)
        await act.run(sessions.rotate, proved, secret_hash=secret_digest(secret))
        _record(act, proved, secret=secret)
        return _opened(proved, person, secret=secret)

    async def list_own(self, context: RequestContext) -> tuple[OwnSession, ...]:
        """List where one is logged in now, the session used last first."""
        async with self.transactions.open(context, Action.SESSION_READ) as act:
            act.skip_audit()
            return await act.run(sessions.sessions_of, context.actor.person_id, at=act.at, idle=self.limits.idle)

    async def end(self, context: RequestContext, session_id: UUID) -> None:
        """End one of one's sessions at once; one that ended before stays as it is.

        Raises:
            NotFound: it is nobody's, or somebody else's.

        """
        async with self.transactions.primary() as primary:
            known = await primary.run(sessions.session, session_id)
        if known is None or known.person_id != context.actor.person_id:
            raise NotFound(what="browser_session")
        await self._end(context, session_id)

    async def end_others(self, context: RequestContext, session_id: UUID) -> int:
        """End every session one has but this one; return how many."""
        async with self.transactions.open(context, Action.SESSION_END) as act:
            return await end_sessions(act, context.actor.person_id, but=session_id)

    async def _end(self, context: RequestContext, session_id: UUID) -> None:
        async with self.transactions.open(context, Action.SESSION_END) as act:
            await end_sessions(act, context.actor.person_id, only=session_id)

    def _logins(self) -> Logins:
        return Logins(self.transactions, self.passwords, self.rate_limits)

    async def _opened_by(self, proof: Proof, *, user_agent: str) -> OpenedSession:
        async with self.transactions.open(proof.context, Action.SESSION_OPEN) as act:
            await proof.require(act)
            opened = await self._open(act, user_agent=user_agent)
            await proof.renew(act)
            return opened

    async def _open(self, act: Transaction, *, user_agent: str) -> OpenedSession:
        secret, person = token_urlsafe(_SECRET_SIZE), await act.get(Person, act.actor.person_id)
        digest, idle = secret_digest(secret), self.limits.idle
        session = BrowserSession(
            id=act.new_id(),
            version=1,
            person_id=person.id,
            method=LoginMethod(act.actor.auth_method),
            created_at=act.at,
            expires_at=act.at + self.limits.longest,
            proved_at=act.at,
        )
        where, browser = act.context.address, browser_name(user_agent)
        await act.run(sessions.add, session, secret_hash=digest, address=where, browser=browser)
        found = await act.run(sessions.find, digest, at=act.at, idle=idle, request_id=act.actor.request_id)
        if found is not None and found.actor is not None:
            await act.run(sessions.set_power, session.id, power_of(found.actor))
        _record(act, session, secret=secret)
        return _opened(session, person, secret=secret)


def secret_digest(secret: str) -> bytes:
    """Return what is kept of the secret of a session: its SHA-256. It is 256 random bits, so nothing slower is needed."""
    return sha256(secret.encode()).digest()


async def end_sessions(act: Transaction, person_id: UUID, *, only: UUID | None = None, but: UUID | None = None) -> int:
    """End sessions of a person, each on record; return how many there were."""
    ended = await act.run(sessions.end, person_id, at=act.at, only=only, but=but)
    for each in ended:
        act.record_state("browser_session", each.id, each.version, each)
    if not ended and not act.changed:
        act.skip_audit()
    return len(ended)


def _opened(session: BrowserSession, person: Person, *, secret: str) -> OpenedSession:
    return OpenedSession(session=session, secret=secret, full_name=person.full_name, language=person.language)


def _record(act: Transaction, session: BrowserSession, *, secret: str) -> None:
    state = msgspec.to_builtins(session) | {"check": check_value(secret_digest(secret))}
    act.record_state("browser_session", session.id, session.version, state)
