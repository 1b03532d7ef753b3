"""Proving who one is with a password: the same for a token of the API and for a browser."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sandbox_registry.db.identity import credentials, refused_logins, second_factors
from sandbox_registry.domain.identity.logins import interval_of
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.people import Person
from sandbox_registry.domain.identity.second_factors import PASSWORD, WITH_CODE, CodeNeeded, LoginMethod, SecondFactor
from sandbox_registry.usecases.identity.passwords import Passwords, renew_password
from sandbox_registry.usecases.identity.second_factors import SecondFactors
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import NOBODY, applicant
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A password that was right a moment ago. `context` is that of its owner; `renewed` its hash by today's parameters."""

    context: RequestContext
    hash: str
    renewed: str | None

    async def require(self, act: Transaction) -> None:
        """Refuse when the password was changed meanwhile, and let nobody change it until the act is done.

        Raises:
            WrongCredentials: it was.

        """
        person_id = self.context.actor.person_id
        current = await act.run(credentials.current_hash, person_id, changing=self.renewed is not None)
        if current != self.hash:
            raise WrongCredentials

    async def renew(self, act: Transaction) -> None:
        """Store the hash by today's parameters, where the stored one was made by others."""
        if self.renewed is not None:
            await renew_password(act, self.context.actor.person_id, self.renewed)


@dataclass(frozen=True, slots=True)
class Logins:
    """Looks at passwords of people who say who they are."""

    transactions: Transactions
    passwords: Passwords
    rate_limits: RateLimits

    async def prove(self, context: RequestContext, *, email: str, password: str, code: str = "") -> Proof:
        """Look at a password of the account with an e-mail address, and at a code where the account has an authenticator.

        Every way to fail takes the same time and gives the same answer. It is counted: the log says how many logins
        failed, and at whose account to nobody.

        Raises:
            TooManyRequests: too many tries for this account, from this address, or in all; no password was looked at.
            WrongCredentials: no such account, no such password, no such code, or the account is closed.
            CodeNeeded: the password is right, and no code was sent.

        """
        await self.rate_limits.take_login(email, address=context.address)
        async with self.transactions.primary() as primary:
            account = await primary.run(credentials.by_email, email)
        is_right = await self.passwords.matches(None if account is None else account.hash, password)
        if account is None or account.hash is None or account.is_disabled or not is_right:
            await self._count(NOBODY if account is None else account.person_id)
            raise WrongCredentials
        method = await self._second_step(account, code)
        actor = applicant(account.person_id, method=method, request_id=context.actor.request_id)
        return Proof(
            context=context.acting_as(actor),
            hash=account.hash,
            renewed=await self.passwords.hashed(password) if self.passwords.is_outdated(account.hash) else None,
        )

    async def go_on(self, context: RequestContext, *, person_id: UUID, digest: bytes, code: str) -> Proof:
        """Look at the code of somebody whose password was right a moment ago: `digest` is that of its hash.

        Raises:
            TooManyRequests, WrongCredentials: as `prove` does; also when the password was changed meanwhile.

        """
        async with self.transactions.database.transaction() as work:
            person = await work.get(Person, person_id)
        await self.rate_limits.take_login(person.email, address=context.address)
        async with self.transactions.primary() as primary:
            account = await primary.run(credentials.of_person, person_id)
        if account is None or account.hash is None or account.is_disabled or _digest(account.hash) != digest:
            raise WrongCredentials
        method = await self._second_step(account, code or "-")
        actor = applicant(person_id, method=method, request_id=context.actor.request_id)
        return Proof(context=context.acting_as(actor), hash=account.hash, renewed=None)

    async def _second_step(self, account: credentials.Credentials, code: str) -> LoginMethod:
        """Look at the second step of an account, if it has one; return how its owner proved to be who they are."""
        async with self.transactions.primary() as primary:
            factor = await primary.run(second_factors.find, account.person_id)
        if factor is None:
            return PASSWORD
        if not code:
            raise CodeNeeded(person_id=account.person_id, digest=_digest(account.hash or ""))
        await self.require_code(factor, code)
        return WITH_CODE

    async def require_code(self, factor: SecondFactor, code: str) -> None:
        """Use up a code of an authenticator; a wrong one counts as a login that failed, and raises WrongCredentials."""
        if not await SecondFactors(self.transactions).is_right(factor, code):
            await self._count(factor.person_id)
            raise WrongCredentials

    async def _count(self, person_id: UUID) -> None:
        async with self.transactions.database.transaction() as work:
            await work.run(refused_logins.count, person_id, since=interval_of(self.transactions.now()))


def _digest(stored: str) -> bytes:
    return sha256(stored.encode()).digest()
