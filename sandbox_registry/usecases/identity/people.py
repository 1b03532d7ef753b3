"""Accounts: registering, passwords, closing an account, and who may look whom up."""

from dataclasses import dataclass, replace
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.identity import credentials, people
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, NotFound
from sandbox_registry.domain.identity.contacts import contact_errors
from sandbox_registry.domain.identity.offices import check_other
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.people import (
    READ_ALL_ROLES,
    AccountService,
    Actor,
    Delegation,
    Membership,
    Person,
    Role,
    RoleGrant,
    Service,
)
from sandbox_registry.domain.identity.people_lists import PersonRow
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.identity.authority import lock_people
from sandbox_registry.usecases.identity.passwords import Passwords, keep_password
from sandbox_registry.usecases.identity.second_factors import remove_factor
from sandbox_registry.usecases.identity.sessions import end_sessions
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import COMMAND_LINE, OPERATOR, applicant, operator
from sandbox_registry.usecases.transaction.preconditions import check_fields, check_version
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person with every office, membership and delegated signing authority, past and future ones included.

    `services` is what others did to the account. With `must_change_password` somebody else chose the password, and no
    office counts until its holder has chosen their own.
    """

    person: Person
    grants: tuple[RoleGrant, ...]
    memberships: tuple[Membership, ...]
    borrowed: tuple[Delegation, ...]
    lent: tuple[Delegation, ...]
    services: tuple[AccountService, ...]
    must_change_password: bool


class People:
    """One method per thing done with an account."""

    def __init__(self, transactions: Transactions, passwords: Passwords, *, self_registration: bool = False) -> None:
        self.transactions = transactions
        self.passwords = passwords
        self.self_registration = self_registration

    async def register_oneself(
        self, context: RequestContext, *, full_name: str, email: str, phone: str, password: str
    ) -> Person:
        """Open an account for oneself, where the installation allows it.

        Raises:
            ConditionNotMet: `registration_closed`.
            Invalid: a contact, or the password.
            Duplicate: the e-mail address has an account.

        """
        if not self.self_registration:
            raise ConditionNotMet("registration_closed")
        actor = applicant(self.transactions.new_id(), method="registration", request_id=context.actor.request_id)
        self._check(full_name=full_name, email=email, phone=phone, password=password)
        new_hash = await self.passwords.hashed(password)
        async with self.transactions.open(context.acting_as(actor), Action.PERSON_REGISTER) as act:
            person = new_person(act, actor.person_id, full_name=full_name, email=email, phone=phone)
            return await open_account(act, person, new_hash)

    async def register(
        self, context: RequestContext, *, full_name: str, email: str, phone: str = "", password: str | None = None
    ) -> Person:
        """Open an account for somebody; without a password nobody can log in with one.

        A password that an administrator chose opens no office: its holder first chooses their own.

        Raises:
            Invalid: a contact, or the password.
            Duplicate: the e-mail address has an account.

        """
        async with self.transactions.open(context, Action.PERSON_CREATE) as act:
            # Hashing costs a tenth of a second; only who may open accounts makes us spend it.
            self._check(full_name=full_name, email=email, phone=phone, password=password)
            new_hash = None if password is None else await self.passwords.hashed(password)
            person = new_person(act, act.new_id(), full_name=full_name, email=email, phone=phone)
            await open_account(act, person, new_hash, is_given=context.actor.person_id != OPERATOR)
            await _serve(act, person, Service.OPENED)
            return act.respond(person)

    async def change_password(self, context: RequestContext, *, current: str, new: str) -> Person:
        """Change one's own password. Every token and session one has ends: log in again.

        Raises:
            WrongCredentials: the current password is not right; this is on record.
            Invalid: the new one is too short, easily guessed, or the old one.

        """
        async with self.transactions.primary() as primary:
            stored_credentials = await primary.run(credentials.of_person, context.actor.person_id)
        stored = None if stored_credentials is None else stored_credentials.hash
        if not await self.passwords.matches(stored, current):
            await self.transactions.record_refusal(context, Action.PASSWORD_CHANGE, WrongCredentials())
            raise WrongCredentials
        new_hash = await self.passwords.hashed(new)
        async with self.transactions.open(context, Action.PASSWORD_CHANGE) as act:
            person = await act.get(Person, context.actor.person_id)
            self.passwords.check(new, about=(*await own_words(act, person), current), field="new")
            if await act.run(credentials.current_hash, person.id, changing=True) != stored:
                raise WrongCredentials
            await keep_password(act, person, new_hash)
            await end_access(act, person.id)
            return act.respond(person)

    async def set_password(self, person_id: UUID, *, new: str, request_id: str) -> Person:
        """Give somebody who lost theirs a new password, on the operator's command line; every token and session they have ends.

        Their authenticator goes too: who lost one may have lost both. No administrator may: who sets a signer's password could sign. Until the person has chosen their own, their offices
        do not count.

        Raises:
            NotFound: no such person.
            Invalid: it is too short or easily guessed.

        """
        new_hash = await self.passwords.hashed(new)
        async with self.transactions.open(
            operator(method=COMMAND_LINE, request_id=request_id), Action.PASSWORD_CHANGE
        ) as act:
            await lock_people(act, person_id)
            person = await act.get(Person, person_id)
            self.passwords.check(new, about=await own_words(act, person))
            await keep_password(act, person, new_hash, is_given=True)
            await _serve(act, person, Service.PASSWORD_SET)
            await remove_factor(act, person.id)
            await end_access(act, person.id)
            return act.respond(person)

    async def disable(self, context: RequestContext, person_id: UUID, *, expected_version: int) -> Person:
        """Close an account at once: its tokens and sessions end, and the authority it delegated ends with it.

        Raises:
            NotFound: no such person.
            StaleVersion: the account changed since it was read.
            Duplicate: it is closed already.
            ConditionNotMet: `not_oneself`; so one administrator always remains.

        """
        async with self.transactions.open(context, Action.PERSON_DISABLE) as act:
            check_other(actor_id=context.actor.person_id, person_id=person_id)
            await lock_people(act, person_id)
            person = await act.get(Person, person_id)
            check_version(person.version, expected_version)
            if person.disabled_at is not None:
                raise Duplicate(what="closing_of_account")
            closed = await act.save(replace(person, version=person.version + 1, disabled_at=act.at))
            await end_access(act, person_id)
            return act.respond(closed)

    async def read(self, context: RequestContext, person_id: UUID) -> PersonView:
        """Read one's own account, or another's where the office asks for it.

        Raises:
            NotFound: no such person, or the actor may not know of them.

        """
        is_own = context.actor.person_id == person_id
        if not is_own and not self._may_look_up(context.actor):
            await self.transactions.record_refusal(context, Action.PERSON_READ, NotFound(what="person"))
            raise NotFound(what="person")
        async with self.transactions.database.transaction() as work:
            view = PersonView(
                person=await work.get(Person, person_id),
                grants=await work.find(RoleGrant, person_id=person_id),
                memberships=await work.find(Membership, person_id=person_id),
                borrowed=await work.find(Delegation, to_person_id=person_id),
                lent=await work.find(Delegation, from_person_id=person_id),
                services=await work.find(AccountService, account_id=person_id),
                must_change_password=await work.run(credentials.is_given, person_id),
            )
        if not is_own:
            await self.transactions.record_oversight(context, Action.PERSON_READ, "person", person_id)
        return view

    async def list_people(
        self,
        context: RequestContext,
        *,
        text: str | None = None,
        role: Role | None = None,
        unit_id: UUID | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[PersonRow, ...]:
        """List people with their offices, oldest account first.

        Raises:
            PermissionDenied: looking people up is no part of the actor's office.

        """
        async with self.transactions.open(context, Action.PERSON_READ) as act:
            if context.actor.roles & READ_ALL_ROLES:
                query = {"read": Action.PERSON_READ, "text": text, "role": role, "unit_id": unit_id, "after": after}
                act.record_state("people", act.new_id(), 1, query)
            else:
                act.skip_audit()
            return await act.run(
                people.list_people, at=act.at, text=text, role=role, unit_id=unit_id, after=after, limit=limit
            )

    def _may_look_up(self, actor: Actor) -> bool:
        return self.transactions.authorizer.judge(actor, None, Stage.NONE, Action.PERSON_READ).allowed

    def _check(self, *, full_name: str, email: str, phone: str, password: str | None) -> None:
        check_fields(contact_errors(name=full_name, email=email, phone=phone, name_field="full_name"))
        if password is not None:
            self.passwords.check(password, about=(full_name, email))


async def own_words(act: Transaction, person: Person) -> tuple[str, ...]:
    """List what a password of somebody must not be built on: their names, and those of their firms and products."""
    return (person.full_name, person.email, *await act.run(people.words_about, person.id))


def new_person(act: Transaction, person_id: UUID, *, full_name: str, email: str, phone: str) -> Person:
    """Return a new account as it begins."""
    return Person(
        id=person_id,
        version=1,
        full_name=full_name,
        email=email,
        phone=phone,
        disabled_at=None,
        created_at=act.at,
    )


async def open_account(act: Transaction, person: Person, new_hash: str | None, *, is_given: bool = False) -> Person:
    """Add an account and, where one is given, its password."""
    await act.add(person)
    if new_hash is not None:
        await keep_password(act, person, new_hash, is_given=is_given)
    return act.respond(person)


async def _serve(act: Transaction, person: Person, service: Service) -> None:
    """Keep on record who could have logged in as somebody else: they confirm nothing that this account proposes."""
    await act.add(
        AccountService(
            id=act.new_id(),
            version=1,
            account_id=person.id,
            by_person_id=act.actor.person_id,
            service=service,
            at=act.at,
        )
    )


async def end_access(act: Transaction, person_id: UUID) -> None:
    """End every token and every session of a person, each on record."""
    for token in await act.run(credentials.revoke_all, person_id, at=act.at):
        act.record_state("token", token.id, token.version, token)
    await end_sessions(act, person_id)
