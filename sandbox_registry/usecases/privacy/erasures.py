"""Erasing personal data: asked for by an administrator, confirmed by a signer, refused while anything keeps the record.

What is erased leaves the log's records and the rows; the leaves stay, so every proof still holds. docs/erasure.md says
what is covered.
"""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.core.jobs import Task
from sandbox_registry.db.identity import credentials, sessions
from sandbox_registry.db.integrations import webhooks
from sandbox_registry.db.permits import permits
from sandbox_registry.db.privacy import erasures as rows
from sandbox_registry.db.privacy.erasures import PersonalRecords
from sandbox_registry.domain.cases.applications import Application, Complaint, DossierVersion
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.people import (
    READ_ALL_ROLES,
    Delegation,
    Membership,
    MembershipKind,
    Organisation,
    OrganisationKind,
    Person,
    RoleGrant,
)
from sandbox_registry.domain.kinds.every import BY_NAME, emptied_with
from sandbox_registry.domain.privacy.erasures import (
    ERASED,
    Erasure,
    ErasureKind,
    ErasureStatus,
    LegalHold,
    check_account_may_go,
    check_amount,
    check_case_may_go,
    confirm,
    refuse,
    withdraw,
    without_address,
    without_applicant,
    without_person,
)
from sandbox_registry.usecases.identity.authority import lock_people, refuse_own_account
from sandbox_registry.usecases.integrations.webhooks import ENDPOINT
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.dossiers import bound_version
from sandbox_registry.usecases.transaction.preconditions import check_version
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions


class Erasures:
    """One method per thing done with a request to erase."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def propose(
        self, context: RequestContext, *, kind: ErasureKind, target_id: UUID, basis: str, reason: str, reference: str
    ) -> Erasure:
        """File a request to erase an account or a case; nothing is erased until a signer confirms it.

        Raises:
            NotFound: no such person or case.
            Duplicate: a request for it waits already.
            ConditionNotMet: `on_hold`, `case_open`, `permit_running`, `complaint_recorded`, `still_in_office`,
                `still_represents`, `nothing_to_erase`, `too_much_to_erase`.

        """
        async with self.transactions.open(context, Action.ERASURE_PROPOSE) as act:
            await lock_people(act, target_id)
            check_amount((await _lock_and_find(act, kind, target_id)).indexes)
            act.case_id = target_id if kind is ErasureKind.CASE else None
            requester = await act.get(Person, context.actor.person_id)
            return act.respond(
                await act.add(
                    Erasure(
                        id=act.new_id(),
                        version=1,
                        kind=kind,
                        target_id=target_id,
                        basis=basis,
                        reason=reason,
                        reference=reference,
                        status=ErasureStatus.PROPOSED,
                        proposed_by=context.actor.person_id,
                        proposed_by_name=requester.full_name,
                        proposed_at=act.at,
                    )
                )
            )

    async def confirm(self, context: RequestContext, erasure_id: UUID, *, expected_version: int) -> Erasure:
        """Erase at once, as a signer who did not ask for it. What kept the record from being erased is looked at again.

        Raises:
            NotFound: no such request.
            StaleVersion: somebody settled it since it was read.
            Duplicate: it is settled already.
            ConditionNotMet: `four_eyes`, `own_account`, and those of `propose`.

        """
        async with self.transactions.open(context, Action.ERASURE_CONFIRM) as act:
            proposed = await self._waiting(act, erasure_id, expected_version)
            await refuse_own_account(act, proposed.proposed_by)
            records = await _lock_and_find(act, proposed.kind, proposed.target_id)
            signer = await act.get(Person, context.actor.person_id)
            confirmed = await act.save(confirm(proposed, by=signer, at=act.at, indexes=records.indexes))
            act.erased = confirmed.indexes
            if confirmed.kind is ErasureKind.CASE:
                await _empty_case(act, confirmed.target_id)
                await act.defer(Task.FORGET_FILES, case_id=confirmed.target_id)
            else:
                await _empty_account(act, confirmed.target_id)
            await act.run(rows.erase, confirmed)
            await _record_remains(act, records)
            return act.respond(confirmed)

    async def refuse(
        self, context: RequestContext, erasure_id: UUID, *, expected_version: int, because: str
    ) -> Erasure:
        """Refuse a request, as a signer who did not ask for it.

        Raises:
            NotFound, StaleVersion, Duplicate: as `confirm`.
            ConditionNotMet: `four_eyes`.

        """
        async with self.transactions.open(context, Action.ERASURE_REFUSE) as act:
            proposed = await self._waiting(act, erasure_id, expected_version)
            signer = await act.get(Person, context.actor.person_id)
            return act.respond(await act.save(refuse(proposed, by=signer, at=act.at, because=because)))

    async def withdraw(
        self, context: RequestContext, erasure_id: UUID, *, expected_version: int, because: str
    ) -> Erasure:
        """Take one's own request back.

        Raises:
            NotFound, StaleVersion, Duplicate: as `confirm`.
            ConditionNotMet: `not_ones_own`.

        """
        async with self.transactions.open(context, Action.ERASURE_WITHDRAW) as act:
            proposed = await self._waiting(act, erasure_id, expected_version)
            asker = await act.get(Person, context.actor.person_id)
            return act.respond(await act.save(withdraw(proposed, by=asker, at=act.at, because=because)))

    async def read(self, context: RequestContext, erasure_id: UUID) -> Erasure:
        """Read one request; `NotFound` when there is none. Oversight leaves a leaf by reading."""
        async with self.transactions.open(context, Action.ERASURE_READ) as act:
            erasure = await act.get(Erasure, erasure_id)
            if context.actor.roles & READ_ALL_ROLES:
                act.record_state("erasure", erasure.id, erasure.version, {"read": Action.ERASURE_READ})
            else:
                act.skip_audit()
            return erasure

    async def list_erasures(
        self, context: RequestContext, *, status: ErasureStatus | None, after: UUID | None, limit: int
    ) -> tuple[Erasure, ...]:
        """List requests, newest first, settled ones included: what was erased is nobody's secret from oversight.

        Oversight leaves a leaf by reading.
        """
        async with self.transactions.open(context, Action.ERASURE_READ) as act:
            if context.actor.roles & READ_ALL_ROLES:
                act.record_state(
                    "erasures", act.new_id(), 1, {"read": Action.ERASURE_READ, "status": status, "after": after}
                )
            else:
                act.skip_audit()
            return await act.run(rows.list_erasures, status=status, after=after, limit=limit)

    async def _waiting(self, act: Transaction, erasure_id: UUID, expected_version: int) -> Erasure:
        """Load a request somebody wants to settle; the actor is locked, and the person it is about if it is an account."""
        unlocked = await act.get(Erasure, erasure_id)
        await lock_people(act, unlocked.target_id)
        proposed = await act.get(Erasure, erasure_id)
        check_version(proposed.version, expected_version)
        act.case_id = proposed.target_id if proposed.kind is ErasureKind.CASE else None
        return proposed


async def _lock_and_find(act: Transaction, kind: ErasureKind, target_id: UUID) -> PersonalRecords:
    """Lock what is to be erased, require that nothing keeps it, and find its records."""
    if kind is ErasureKind.CASE:
        cases = await act.run(rows.lock_case, target_id)
        if not cases:
            raise NotFound(what="application")
        await _check_cases(act, cases)
        return await act.run(rows.records_of_case, target_id)
    await act.get(Person, target_id)
    own, others = await _memberships(act, target_id)
    check_account_may_go(
        grants=await act.find(RoleGrant, person_id=target_id),
        delegations=(
            *await act.find(Delegation, from_person_id=target_id),
            *await act.find(Delegation, to_person_id=target_id),
        ),
        memberships=others,
        at=act.at,
    )
    await _check_cases(act, await act.run(rows.lock_cases_of, target_id))
    return await act.run(rows.records_of_person, target_id, own)


async def _check_cases(act: Transaction, cases: Iterable[Application]) -> None:
    for case in cases:
        check_case_may_go(
            case,
            permit=await act.run(permits.of_case, case.id),
            complaints=await act.find(Complaint, application_id=case.id),
            holds=await act.find(LegalHold, application_id=case.id),
            at=act.at,
        )


async def _memberships(act: Transaction, person_id: UUID) -> tuple[frozenset[UUID], list[Membership]]:
    """Tell a person's own applicants, an individual's whose only representative they ever were, from other memberships."""
    own, others = set(), []
    for membership in await act.find(Membership, person_id=person_id):
        organisation = await act.get(Organisation, membership.organisation_id)
        if organisation.kind is OrganisationKind.INDIVIDUAL and await _represent(act, organisation.id) == {person_id}:
            own.add(organisation.id)
        else:
            others.append(membership)
    return frozenset(own), others


async def _represent(act: Transaction, organisation_id: UUID) -> set[UUID]:
    members = await act.find(
        Membership, organisation_id=organisation_id, kind=MembershipKind.LEGAL_REPRESENTATIVE.value
    )
    return {each.person_id for each in members}


async def _empty_case(act: Transaction, case_id: UUID) -> None:
    """Take what the applicant gave out of the rows of a case; the versions of its dossier go with the records."""
    await act.run(rows.forget_answers, case_id)
    for name, emptied in emptied_with(ErasureKind.CASE).items():
        kind = BY_NAME[name].of
        if kind is None or emptied.without is None:
            continue
        for record in await act.find(kind, **{emptied.about: case_id}):
            remains = emptied.without(record, act.at)
            if remains is not record:
                await act.save(remains)


async def _empty_account(act: Transaction, person_id: UUID) -> None:
    """Close an account and take contacts and names out of it, and out of the person's own applicant."""
    await act.save(without_person(await act.get(Person, person_id), at=act.at))
    for token in await act.run(credentials.forget, person_id, name=ERASED, at=act.at):
        act.record_state("token", token.id, token.version, token)
    for session in await act.run(sessions.end, person_id, at=act.at):
        act.record_state("browser_session", session.id, session.version, session)
    await act.run(sessions.forget, person_id)
    await act.run(rows.forget_answers, person_id)
    own, _ = await _memberships(act, person_id)
    for endpoint in await act.run(webhooks.lock_endpoints_of, own):
        emptied = without_address(endpoint)
        await act.run(webhooks.RECORDS.save, emptied)
        await act.run(webhooks.end_all, emptied.id, at=act.at)
        act.record_state(ENDPOINT, emptied.id, emptied.version, emptied)
    for organisation_id in sorted(own):
        await act.run(rows.forget_answers, organisation_id)
        await act.save(without_applicant(await act.get(Organisation, organisation_id)))
        for membership in await act.find(Membership, organisation_id=organisation_id):
            if membership.valid_to is None or membership.valid_to > act.at:
                over = replace(membership, version=membership.version + 1, valid_to=max(act.at, membership.valid_from))
                await act.save(over)


async def _record_remains(act: Transaction, records: PersonalRecords) -> None:
    """Put what stays of every object whose record was erased into this act's record, so that rows can be checked again."""
    recorded = {(kind, _identity(state)) for kind, state in act.changed}
    for key in records.objects:
        if key not in recorded:
            for kind, identity, version, state in await act.run(rows.rows_now, key):
                stated = await bound_version(act.run, state) if isinstance(state, DossierVersion) else state
                act.record_state(kind, identity, version, stated)


def _identity(state: object) -> str:
    return str(getattr(state, "id", ""))
