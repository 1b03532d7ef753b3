"""What people do with their own account: change their data, prove a new address, set a password they forgot, by mail.

A request for a reset costs the same whether there is such an account or not: it keeps a row and puts a job into the
queue. Only the worker looks whose address it is.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from sandbox_registry.authz import Action
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.db.identity import account_mails, credentials, people
from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.contacts import contact_errors
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.people import Delegation, Person, RoleGrant
from sandbox_registry.domain.operations.account_mails import (
    SECRET_SIZE,
    SETS_PASSWORD,
    WITH_SECRET,
    AccountMail,
    AccountMailKind,
    MailSeals,
    already_registered,
    link_over,
    notice,
    reset_refused,
    secret_digest,
    to_be_sent,
    with_secret,
)
from sandbox_registry.domain.operations.mails import Mail
from sandbox_registry.domain.texts import Language
from sandbox_registry.usecases.identity.account_mails import keep_mail
from sandbox_registry.usecases.identity.passwords import Passwords, keep_password
from sandbox_registry.usecases.identity.people import end_access, new_person, open_account, own_words
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import applicant
from sandbox_registry.usecases.transaction.preconditions import check_fields, check_version
from sandbox_registry.usecases.transaction.transactions import Transactions

MAILED = "mailed_link"
"""How somebody proved to be who they are: they read what was sent to their address."""
Send = Callable[[Mail], Awaitable[None]]
"""Hands a mail to the mail server. Raises when that does not take it; the queue tries again later."""

logger = structlog.get_logger("registry.accounts")


class OwnAccounts:
    """One method per thing people do with their own account.

    `sends_mail` says whether a mail server is configured, `self_registration` whether people open accounts themselves;
    `portal` is where the portal is reached, for links in mail.
    """

    def __init__(
        self,
        transactions: Transactions,
        passwords: Passwords,
        rate_limits: RateLimits,
        *,
        sends_mail: bool,
        self_registration: bool = False,
        portal: str | None = None,
    ) -> None:
        self.transactions = transactions
        self.passwords = passwords
        self.rate_limits = rate_limits
        self.sends_mail = sends_mail
        self.seals = MailSeals(transactions.pseudonyms.key)
        self.self_registration = self_registration
        self.portal = portal

    async def request_registration(self, context: RequestContext, *, email: str) -> datetime:
        """Ask for a secret with which an account is opened; the same answer, after the same work, for any address.

        Who has an account already is told so by mail. Returns when the secret is over.

        Raises:
            ConditionNotMet: `registration_closed`, `no_mail`.
            TooManyRequests: too many mails to that address, from here, or in all.
            Invalid: this is no address.

        """
        if not self.self_registration:
            raise ConditionNotMet("registration_closed")
        self._require_mail()
        check_fields(contact_errors(name="-", email=email, phone=""))
        await self.rate_limits.take_mail(email, address=context.address)
        return await self._send(AccountMailKind.REGISTER, email=email, person_id=None)

    async def registration_address(self, *, secret: str) -> str:
        """Return the address that a mailed secret proves.

        Raises:
            ConditionNotMet: `link_over`.

        """
        async with self.transactions.primary() as primary:
            at, kinds = self.transactions.now(), (AccountMailKind.REGISTER,)
            known = await primary.run(account_mails.peek, secret_digest(secret), kinds=kinds, at=at, seals=self.seals)
        if known is None or known.email is None:
            raise link_over()
        return known.email

    async def register(
        self, context: RequestContext, *, secret: str, full_name: str, phone: str, password: str, language: Language
    ) -> Person:
        """Open an account for the address that a mailed secret proves, once.

        Raises:
            ConditionNotMet: `link_over`.
            Invalid: the name, the number, or the password; the secret stays good.
            Duplicate: the address has an account by now.

        """
        email = await self.registration_address(secret=secret)
        check_fields(contact_errors(name=full_name, email=email, phone=phone, name_field="full_name"))
        self.passwords.check(password, about=(full_name, email))
        new_hash = await self.passwords.hashed(password)
        actor = applicant(self.transactions.new_id(), method=MAILED, request_id=context.actor.request_id)
        async with self.transactions.open(context.acting_as(actor), Action.PERSON_REGISTER) as act:
            digest, kinds = secret_digest(secret), (AccountMailKind.REGISTER,)
            if await act.run(account_mails.take, digest, kinds=kinds, at=act.at, seals=self.seals) is None:
                raise link_over()
            person = new_person(act, actor.person_id, full_name=full_name, email=email, phone=phone)
            return await open_account(act, replace(person, language=language), new_hash)

    async def edit(
        self, context: RequestContext, *, expected_version: int, full_name: str, phone: str, language: Language
    ) -> Person:
        """Change one's own name, telephone number and language.

        Raises:
            Invalid: the name or the number.
            StaleVersion: the account changed since it was read.

        """
        async with self.transactions.open(context, Action.PERSON_EDIT) as act:
            await act.run(people.lock, {context.actor.person_id})
            person = await act.get(Person, context.actor.person_id)
            check_version(person.version, expected_version)
            check_fields(contact_errors(name=full_name, email=person.email, phone=phone, name_field="full_name"))
            edited = replace(person, version=person.version + 1, full_name=full_name, phone=phone, language=language)
            return act.respond(await act.save(edited))

    async def request_email(self, context: RequestContext, *, email: str, password: str) -> datetime:
        """Ask for another e-mail address: a secret is sent there, and nothing changes until it comes back.

        Whether the address has an account is told to nobody but its owner. Returns when the secret is over.

        Raises:
            ConditionNotMet: `no_mail`.
            TooManyRequests: too many mails were asked for.
            WrongCredentials: the password is not right; this is on record.
            Invalid: this is no address.

        """
        self._require_mail()
        check_fields(contact_errors(name="-", email=email, phone=""))
        person_id = context.actor.person_id
        await self.rate_limits.take_mail(str(person_id), address=None)
        async with self.transactions.primary() as primary:
            known = await primary.run(credentials.of_person, person_id)
        if not await self.passwords.matches(None if known is None else known.hash, password):
            await self.transactions.record_refusal(context, Action.PERSON_EDIT, WrongCredentials())
            raise WrongCredentials
        return await self._send(AccountMailKind.CONFIRM_EMAIL, email=email, person_id=person_id)

    async def confirm_email(self, context: RequestContext, *, secret: str) -> Person:
        """Put the address that the secret was sent to in the place of the old one, which is told.

        Raises:
            ConditionNotMet: `link_over`.
            Duplicate: somebody else has an account with that address.

        """
        async with self.transactions.open(context, Action.PERSON_EDIT) as act:
            await act.run(people.lock, {context.actor.person_id})
            kinds = (AccountMailKind.CONFIRM_EMAIL,)
            proven = await act.run(account_mails.take, secret_digest(secret), kinds=kinds, at=act.at, seals=self.seals)
            person = await act.get(Person, context.actor.person_id)
            if proven is None or proven.email is None or proven.person_id != person.id:
                raise link_over()
            moved = await act.save(replace(person, version=person.version + 1, email=proven.email))
            # Secrets that went to the old address are good for nothing from now on.
            await act.run(account_mails.forget, person.id)
            await keep_mail(
                act.work,
                self._mail(AccountMailKind.EMAIL_CHANGED, email=person.email, person_id=person.id, at=act.at),
            )
            return act.respond(moved)

    async def request_reset(self, context: RequestContext, *, email: str) -> datetime:
        """Ask for a secret that replaces a forgotten password; the same answer, after the same work, to anybody.

        Returns when the secret is over.

        Raises:
            ConditionNotMet: `no_mail`.
            TooManyRequests: too many mails to that address, from here, or in all.
            Invalid: this is no address.

        """
        self._require_mail()
        check_fields(contact_errors(name="-", email=email, phone=""))
        await self.rate_limits.take_mail(email, address=context.address)
        return await self._send(AccountMailKind.RESET_PASSWORD, email=email, person_id=None)

    async def reset_password(self, context: RequestContext, *, secret: str, new: str) -> Person:
        """Set a forgotten password with a mailed secret, once. Every token and session of the account ends, and its address is told.

        Raises:
            ConditionNotMet: `link_over`: wrong, used, expired, or of an account that is closed or holds power by now.
            Invalid: the password is too short or easily guessed; the secret stays good.

        """
        digest, at = secret_digest(secret), self.transactions.now()
        async with self.transactions.primary() as primary:
            known = await primary.run(account_mails.peek, digest, kinds=SETS_PASSWORD, at=at, seals=self.seals)
        if known is None or known.person_id is None:
            raise link_over()
        new_hash = await self.passwords.hashed(new)
        actor = applicant(known.person_id, method=MAILED, request_id=context.actor.request_id)
        async with self.transactions.open(context.acting_as(actor), Action.PASSWORD_CHANGE) as act:
            await act.run(people.lock, {known.person_id})
            person = await act.get(Person, known.person_id)
            proven = await act.run(account_mails.take, digest, kinds=SETS_PASSWORD, at=act.at, seals=self.seals)
            if proven is None or person.disabled_at is not None:
                raise link_over()
            if proven.kind is AccountMailKind.RESET_PASSWORD and await self._holds_power(act.work, person.id):
                raise link_over()
            self.passwords.check(new, about=await own_words(act, person), field="new_password")
            await keep_password(act, person, new_hash)
            await end_access(act, person.id)
            told = self._mail(AccountMailKind.PASSWORD_WAS_RESET, email=person.email, person_id=person.id, at=act.at)
            await keep_mail(act.work, told)
            return act.respond(person)

    async def write(self, mail_id: UUID, *, send: Send) -> bool:
        """Send a mail that waits; says whether anybody was written to. The secret is made now, and a new one for each retry."""
        at = self.transactions.now()
        async with self.transactions.database.transaction() as work:
            waiting = await work.run(account_mails.find, mail_id, seals=self.seals)
            if waiting is None or waiting.expires_at <= at:
                return False
            person = await _recipient(work, waiting)
            is_new = person is None and waiting.kind is AccountMailKind.REGISTER
            if not is_new and (person is None or person.disabled_at is not None):
                await work.run(account_mails.remove, mail_id)
                return False
            mail, digest = await self._written(work, waiting, person)
            if digest is not None:
                owner = None if person is None else person.id
                await work.run(account_mails.arm, waiting, person_id=owner, digest=digest, seals=self.seals)
        await send(mail)
        logger.info("account.written_to", mail=waiting.kind, person_id=None if person is None else person.id)
        if digest is None:
            async with self.transactions.database.transaction() as work:
                await work.run(account_mails.remove, mail_id)
        return True

    async def _written(
        self, work: UnitOfWork, waiting: AccountMail, person: Person | None
    ) -> tuple[Mail, bytes | None]:
        """Write a mail, and return it with the digest of the secret that it carries, if it carries one."""
        to, language = waiting.email or (person.email if person else ""), person.language if person else None
        if waiting.kind is AccountMailKind.REGISTER and person is not None:
            return already_registered(waiting, to=to, language=language), None
        if (
            waiting.kind is AccountMailKind.RESET_PASSWORD
            and person is not None
            and await self._holds_power(work, person.id)
        ):
            return reset_refused(waiting, to=to, language=language), None
        if waiting.kind not in WITH_SECRET:
            return notice(waiting, to=to, language=language), None
        secret = secrets.token_urlsafe(SECRET_SIZE)
        return with_secret(waiting, secret=secret, to=to, language=language, portal=self.portal), secret_digest(secret)

    def _require_mail(self) -> None:
        if not self.sends_mail:
            raise ConditionNotMet("no_mail")

    async def _send(self, kind: AccountMailKind, *, email: str, person_id: UUID | None) -> datetime:
        mail = self._mail(kind, email=email, person_id=person_id, at=self.transactions.now())
        async with self.transactions.database.transaction() as work:
            await keep_mail(work, mail, seal=self.seals.seal(mail, digest=None))
        return mail.expires_at

    def _mail(self, kind: AccountMailKind, *, email: str, person_id: UUID | None, at: datetime) -> AccountMail:
        return to_be_sent(self.transactions.new_id(), kind, email=email, person_id=person_id, at=at)

    async def _holds_power(self, work: UnitOfWork, person_id: UUID) -> bool:
        """Tell whether mail alone lets nobody in: an office that takes two to give, or delegated authority, now or later."""
        powers, at = self.transactions.authorizer.offices_of_power(), self.transactions.now()
        held = await work.find(RoleGrant, person_id=person_id)
        delegated = await work.find(Delegation, to_person_id=person_id, revoked_at=None)
        is_official = any(each.role in powers and (each.valid_to is None or each.valid_to > at) for each in held)
        return is_official or any(each.valid_to > at for each in delegated)


async def _recipient(work: UnitOfWork, waiting: AccountMail) -> Person | None:
    if waiting.person_id is not None:
        return await work.get(Person, waiting.person_id)
    return None if waiting.email is None else await work.run(people.by_email, waiting.email)
