"""Setting up an authenticator, taking it away, and looking at its codes."""

import hmac
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from sandbox_registry.authz import Action
from sandbox_registry.db.core.queries import Queries
from sandbox_registry.db.identity import second_factors
from sandbox_registry.domain.audit import check_value
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.second_factors import (
    DIGITS,
    RECOVERY_CODES,
    SECRET_SIZE,
    STEP_S,
    SecondFactor,
    fitting_step,
    is_written_code,
    recovery_code,
    recovery_digest,
    wrong_code,
)
from sandbox_registry.runtime.seals import Seals
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

ISSUER = "Sandbox Cà Mau"
_CODE_BYTES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A secret that is offered for an authenticator and not stored: as people type it, as a link, and sealed."""

    key: str
    link: str
    sealed: bytes


class SecondFactors:
    """One method per thing people do with their authenticator."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self._seals = Seals(transactions.pseudonyms.key, purpose=b"second factors")

    def offer(self, person_id: UUID, *, email: str) -> Offered:
        """Make a secret for an authenticator; nothing is stored until a code of it comes back."""
        secret = secrets.token_bytes(SECRET_SIZE)
        return self._offered(secret, person_id, email=email)

    def offer_again(self, person_id: UUID, *, email: str, sealed: bytes) -> Offered:
        """Show a secret that was offered before; another one where it is none of ours."""
        secret = self._seals.open(sealed, about=person_id.bytes)
        return self.offer(person_id, email=email) if secret is None else self._offered(secret, person_id, email=email)

    async def find_own(self, context: RequestContext) -> SecondFactor | None:
        """Return one's authenticator; null where one has none."""
        async with self.transactions.primary() as primary:
            return await primary.run(second_factors.find, context.actor.person_id)

    async def set_up(self, context: RequestContext, *, sealed: bytes, code: str) -> tuple[str, ...]:
        """Store the authenticator whose code this is, in place of any before; return its recovery codes, shown once.

        Raises:
            Invalid: the code is not one of it.

        """
        person_id = context.actor.person_id
        secret = self._seals.open(sealed, about=person_id.bytes)
        async with self.transactions.open(context, Action.SECOND_FACTOR_SET) as act:
            step = None if secret is None else _step(secret, code, at=act.at, after=0)
            if step is None or secret is None:
                raise wrong_code()
            codes = tuple(recovery_code(secrets.token_bytes(_CODE_BYTES)) for _ in range(RECOVERY_CODES))
            kept = self._seals.seal(secret, about=person_id.bytes)
            digests = map(recovery_digest, codes)
            await act.run(second_factors.keep, person_id, sealed=kept, at=act.at, step=step, codes=digests)
            state = {"person_id": str(person_id), "since": act.at, "check": check_value(kept)}
            act.record_state("second_factor", person_id, 0, state)
            return codes

    async def remove(self, context: RequestContext) -> None:
        """Take one's authenticator away: the password alone counts again.

        Raises:
            NotFound: one has none.

        """
        person_id = context.actor.person_id
        async with self.transactions.open(context, Action.SECOND_FACTOR_REMOVE) as act:
            if not await remove_factor(act, person_id):
                raise NotFound(what="second_factor")

    async def is_right(self, factor: SecondFactor, code: str) -> bool:
        """Tell whether this is a code of an authenticator or a recovery code, and use it up: no code counts twice."""
        written = "".join(code.split())
        async with self.transactions.database.transaction() as work:
            return await self._use(work, factor, written, at=self.transactions.now())

    async def _use(self, work: Queries, factor: SecondFactor, written: str, *, at: datetime) -> bool:
        if not is_written_code(written):
            return await work.run(second_factors.use_code, factor.person_id, recovery_digest(written))
        secret = self._seals.open(factor.sealed, about=factor.person_id.bytes)
        step = None if secret is None else _step(secret, written, at=at, after=factor.last_step)
        return step is not None and await work.run(second_factors.use_step, factor.person_id, step)

    def _offered(self, secret: bytes, person_id: UUID, *, email: str) -> Offered:
        key = b32encode(secret).decode()
        return Offered(
            key=" ".join(key[start : start + 4] for start in range(0, len(key), 4)),
            link=_totp(secret).get_provisioning_uri(email, ISSUER),
            sealed=self._seals.seal(secret, about=person_id.bytes),
        )


async def remove_factor(act: Transaction, person_id: UUID) -> bool:
    """Take the authenticator of a person away, on record; false where they have none."""
    if not await act.run(second_factors.remove, person_id):
        return False
    act.record_state("second_factor", person_id, 0, {"person_id": str(person_id), "since": None, "check": None})
    return True


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - the one that every authenticator takes.


def _step(secret: bytes, written: str, *, at: datetime, after: int) -> int | None:
    totp = _totp(secret)

    def code_of(step: int) -> str:
        right = totp.generate(step * STEP_S).decode()
        return written if hmac.compare_digest(right.encode(), written.encode()) else ""

    return fitting_step(written, at=at, after=after, code_of=code_of)
