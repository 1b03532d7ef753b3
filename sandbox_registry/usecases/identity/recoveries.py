"""How an official who forgot their password gets in again: one administrator proposes, another confirms, a mail does the rest."""

from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.people import AccountService, Person, Service
from sandbox_registry.domain.identity.recoveries import check_confirmation, check_proposal
from sandbox_registry.domain.operations.account_mails import AccountMailKind, MailSeals, to_be_sent
from sandbox_registry.usecases.identity.account_mails import keep_mail
from sandbox_registry.usecases.identity.authority import accounts_of_one_hand, lock_people
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions


class Recoveries:
    """The two steps; `sends_mail` says whether a mail server is configured."""

    def __init__(self, transactions: Transactions, *, sends_mail: bool) -> None:
        self.transactions = transactions
        self.sends_mail = sends_mail
        self.seals = MailSeals(transactions.pseudonyms.key)

    async def propose(self, context: RequestContext, person_id: UUID) -> AccountService:
        """Propose that somebody may set a new password by mail, whatever offices they hold.

        Raises:
            NotFound: no such person.
            Duplicate: a proposal waits already.
            ConditionNotMet: `no_mail`, `account_closed`, `not_oneself`.

        """
        async with self.transactions.open(context, Action.PASSWORD_PROPOSE_RECOVERY) as act:
            services = await self._services(act, person_id)
            check_proposal(services, account_id=person_id, by=context.actor.person_id, at=act.at)
            return act.respond(await _served(act, person_id, Service.RECOVERY_PROPOSED))

    async def confirm(self, context: RequestContext, person_id: UUID) -> AccountService:
        """Send the secret that sets a new password to the account's own address, as another who stands by the proposal.

        Raises:
            NotFound: no such person.
            ConditionNotMet: `no_mail`, `account_closed`, `nothing_proposed`, `not_oneself`, `four_eyes`, `own_account`.

        """
        async with self.transactions.open(context, Action.PASSWORD_CONFIRM_RECOVERY) as act:
            services = await self._services(act, person_id)
            hand = await accounts_of_one_hand(act)
            check_confirmation(services, account_id=person_id, by=context.actor.person_id, hand=hand, at=act.at)
            mail = to_be_sent(
                act.new_id(), AccountMailKind.RECOVER_PASSWORD, email=None, person_id=person_id, at=act.at
            )
            await keep_mail(act.work, mail, seal=self.seals.seal(mail, digest=None))
            return act.respond(await _served(act, person_id, Service.RECOVERY_CONFIRMED))

    async def _services(self, act: Transaction, person_id: UUID) -> tuple[AccountService, ...]:
        """Lock an open account, and list what was done to it."""
        if not self.sends_mail:
            raise ConditionNotMet("no_mail")
        await lock_people(act, person_id)
        if (await act.get(Person, person_id)).disabled_at is not None:
            raise ConditionNotMet("account_closed")
        return await act.find(AccountService, account_id=person_id)


async def _served(act: Transaction, person_id: UUID, service: Service) -> AccountService:
    return await act.add(
        AccountService(
            id=act.new_id(),
            version=1,
            account_id=person_id,
            by_person_id=act.actor.person_id,
            service=service,
            at=act.at,
        )
    )
