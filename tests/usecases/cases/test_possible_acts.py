"""What a case offers somebody can succeed now, and what it does not offer is refused: over random walks of whole cases.

`WALKS` in the environment walks more of them, each from another seed.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.db import tables
from sandbox_registry.db.cases.applications import load_case
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.identity.people import actor_for_person
from sandbox_registry.documents.uploads.scanning import NullScanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.applications import Application, SupplementItem
from sandbox_registry.domain.cases.appraisal import Choice, CouncilSession, Participation
from sandbox_registry.domain.errors import DomainError, NotFound, PermissionDenied
from sandbox_registry.domain.identity.people import Actor, Organisation, OrganisationKind, Person, Role, RoleGrant
from sandbox_registry.domain.privacy.erasures import HoldKind
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.domain.stages import Stage
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.registry import UseCases, wire
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions
from tests.api.contract.routes import Rehearsal
from tests.support.decided import BASIS, REASONS, SIGNER, approved, recommended
from tests.support.inputs import TRIED, Attempt, Facts, Spares, attempts, facts_of
from tests.support.inspection import INSPECTOR, ROOM
from tests.support.stages import (
    FOCAL,
    HEAD,
    INTAKE,
    MEMBERS,
    OWNER,
    SECRETARY,
    accepted,
    appraised,
    complete_draft,
    founded,
    received,
    received_for_another_authority,
    reviewed,
    signed_on_paper,
    sitting,
    submitted,
    under_appraisal,
    with_reviewers,
)
from tests.support.world import AI_PROCEDURE, OFFICES, PASSWORDS, PROCEDURE, START, World, shipped_rules

STEPS = 5
GAPS = "ca-mau-with-gaps"
"""A procedure that lacks what acts need: a reason to refuse by, a place to refer to, a quorum, a way to stop an appraisal."""
APPRAISED = '["awaiting_decision", "referred", "withdrawn"]'
LIKELY = Counter(
    {
        Action.APPLICATION_FILE_ASSISTED: 60,
        Action.APPLICATION_SUBMIT: 60,
        Action.APPLICATION_EDIT: 30,
        Action.APPLICATION_RECEIVE: 40,
        Action.APPLICATION_ACCEPT: 40,
        Action.APPLICATION_CLASSIFY: 40,
        Action.APPLICATION_LAPSE: 40,
        Action.APPLICATION_RECOMMEND: 80,
        Action.APPLICATION_SUBMIT_SUPPLEMENT: 30,
        Action.ASSIGNMENT_CLAIM: 20,
        Action.CLARIFICATION_ANSWER: 30,
        Action.CONSULTATION_ANSWER: 20,
        Action.CONSULTATION_CLOSE: 20,
        Action.COUNCIL_CONCLUDE: 60,
        Action.COUNCIL_CONFIRM: 60,
        Action.COUNCIL_VOTE: 40,
        Action.DECISION_APPROVE: 60,
        Action.DECLARATION_MAKE: 20,
        Action.PERMIT_ISSUE: 60,
        Action.REVIEW_SUBMIT: 60,
        Action.APPLICATION_DISCARD: 1,
        Action.APPLICATION_ENTRUST: 2,
        Action.APPLICATION_REFER: 1,
        Action.APPLICATION_REFUSE_INTAKE: 2,
        Action.APPLICATION_REQUEST_WITHDRAWAL: 2,
        Action.APPLICATION_STOP: 4,
        Action.ASSIGNMENT_RELEASE: 2,
        Action.MESSAGE_SEND: 1,
    }
)
"""How likely an act is chosen as the next step, beside 8 for the rest: a walk should get somewhere."""


@pytest.fixture
async def rehearsal(world: World, database_url: str, tmp_path: Path) -> AsyncIterator[UseCases]:
    """The use cases of the world, over a database that keeps nothing."""
    database = Rehearsal(database_url)
    transactions = Transactions(
        database=database,
        authorizer=world.transactions.authorizer,
        rules=world.transactions.rules,
        pseudonyms=world.transactions.pseudonyms,
        now=world.clock,
        new_id=uuid7,
    )
    yield wire(
        transactions,
        store=Store(tmp_path),
        scanner=NullScanner(),
        inspector=INSPECTOR,
        passwords=PASSWORDS,
        max_upload_bytes=1_000_000,
        storage=ROOM,
    )
    await database.close()


@pytest.fixture
async def gaps(owner: AsyncEngine) -> AsyncIterator[str]:
    """The procedure with gaps, in force for one test: rules are kept between tests."""
    text = (shipped("policies") / "procedures" / f"{PROCEDURE}.toml").read_text("utf-8").replace(PROCEDURE, GAPS)
    blocks = text.split("\n[[")
    kept = [each for each in blocks if not each.startswith(("refusal_reasons", "routes"))]
    lines = [
        '"council.quorum" = { confidence = "n/s" }' if line.startswith('"council.quorum"') else line
        for line in "\n[[".join(kept).replace(APPRAISED, '["awaiting_decision", "referred"]').splitlines()
    ]
    like = next(each for each in shipped_rules() if each.code == PROCEDURE)
    content = "\n".join(lines)
    rule = replace(like, code=GAPS, checksum=sha256(content.encode()).hexdigest(), content=content)
    async with owner.begin() as connection:
        await connection.execute(tables.rule_versions.insert(), RECORDS[RuleVersion].values(rule))
    yield GAPS
    async with owner.begin() as connection:
        await connection.execute(tables.rule_versions.delete().where(tables.rule_versions.c.code == GAPS))


async def incomplete(world: World, code: str) -> Application:
    """A supplement asked for on the first day, its part taken out; forty days later its term is over."""
    case = await received(world, procedure_code=code)
    asked = await world.use_cases.intake.request_supplement(
        world.context(INTAKE),
        case.id,
        expected_version=case.version,
        items=(SupplementItem(target="documents.trial_plan", reason="Mờ"),),
        exception_reason=None,
    )
    if code == AI_PROCEDURE:
        world.clock.forward(hours=1)
        await world.use_cases.messages.send(world.context(INTAKE), case.id, body="Hồ sơ sẽ dừng nếu không bổ sung.")
    world.clock.forward(days=40)
    return asked


async def questioned(world: World, code: str) -> Application:
    """A case under appraisal with a question to the applicant, and one to an agency that let its term pass."""
    case = await under_appraisal(world, procedure_code=code)
    await world.use_cases.clarifications.ask(world.context(FOCAL), case.id, question="Dữ liệu ở đâu?")
    for unit in ("police", "health"):
        await world.use_cases.consultations.ask(
            world.context(FOCAL),
            case.id,
            unit_id=world.units[unit],
            question="Có ý kiến gì?",
            term=Term(value=3, unit=Unit("wd")),
            remind_on=None,
            is_required=True,
        )
    world.clock.forward(hours=1)
    await world.use_cases.messages.send(world.context(FOCAL), case.id, body="Sẽ thẩm định tiếp nếu không trả lời.")
    world.clock.forward(days=14)
    await world.use_cases.legal_holds.place(
        world.context("van_thu"), case.id, kind=HoldKind.AUDIT, reason="Thanh tra", reference="QĐ 1"
    )
    return case


async def unwanted(world: World, code: str) -> Application:
    """An accepted case that its applicant wishes to stop."""
    case = await accepted(world, procedure_code=code)
    return await world.use_cases.applications.request_withdrawal(
        world.context(OWNER), case.id, expected_version=case.version, reason="Đổi ý"
    )


async def voted(world: World, _: str) -> Application:
    """A council that sits, four of its five members having voted."""
    case = await reviewed(world)
    session = await sitting(world, case)
    for name in MEMBERS[:4]:
        await world.use_cases.councils.vote(
            world.context(name), case.id, session.id, choice=Choice.FOR, is_written=False, dissent=""
        )
    return case


async def drawn_up(world: World, code: str) -> Application:
    """A council that concluded; nobody confirmed its minutes."""
    case = await voted(world, code)
    async with world.database.transaction() as work:
        session = (await work.find(CouncilSession, application_id=case.id))[0]
    await world.use_cases.councils.conclude(
        world.context(SECRETARY),
        case.id,
        session.id,
        expected_version=session.version,
        present_ids=tuple(world.people[name] for name in MEMBERS[:4]),
        minutes="Đã họp",
    )
    return case


async def refused(world: World, _: str) -> Application:
    """A case that the chairman refused, held for an inspection."""
    case = await recommended(world)
    made = await world.use_cases.decisions.refuse(
        world.context(SIGNER),
        case.id,
        expected_version=case.version,
        legal_basis=BASIS,
        reasons=REASONS,
    )
    await world.use_cases.legal_holds.place(
        world.context("van_thu"), case.id, kind=HoldKind.AUDIT, reason="Thanh tra", reference="QĐ 1"
    )
    return made.application


async def complained(world: World, code: str) -> Application:
    """A refusal against which its applicant complained."""
    case = await refused(world, code)
    await world.use_cases.complaints.file(world.context(OWNER), case.id, grounds="Chưa thỏa đáng")
    return case


async def sent_back(world: World, _: str) -> Application:
    """A file that the signer returned to the head, and the head to the officer."""
    case = await recommended(world)
    returns = world.use_cases.returns
    case = await returns.to_head(
        world.context(SIGNER), case.id, expected_version=case.version, reason="Chưa rõ phạm vi."
    )
    return await returns.to_officer(
        world.context(HEAD), case.id, expected_version=case.version, reason="Thiếu số liệu."
    )


BEGINNINGS: tuple[tuple[Callable[[World, str], Awaitable[Application]], str], ...] = (
    (lambda world, code: world.draft(procedure_code=code), PROCEDURE),
    (lambda world, code: complete_draft(world, procedure_code=code), AI_PROCEDURE),
    (lambda world, code: submitted(world, procedure_code=code), GAPS),
    (lambda world, code: received(world, procedure_code=code), PROCEDURE),
    (lambda world, code: accepted(world, procedure_code=code), AI_PROCEDURE),
    (incomplete, PROCEDURE),
    (incomplete, AI_PROCEDURE),
    (unwanted, GAPS),
    (questioned, AI_PROCEDURE),
    (lambda world, code: under_appraisal(world, procedure_code=code), GAPS),
    (lambda world, _: with_reviewers(world), PROCEDURE),
    (voted, PROCEDURE),
    (lambda world, _: appraised(world), PROCEDURE),
    (lambda world, _: recommended(world), PROCEDURE),
    (lambda world, _: approved(world), PROCEDURE),
    (refused, PROCEDURE),
    (lambda world, _: received_for_another_authority(world), AI_PROCEDURE),
    (drawn_up, PROCEDURE),
    (lambda world, _: signed_on_paper(world), PROCEDURE),
    (complained, PROCEDURE),
    (sent_back, PROCEDURE),
)
"""Where walks begin, so that every act can be offered on one."""


WALKS = int(os.environ.get("WALKS", str(len(BEGINNINGS))))


@dataclass(kw_only=True)
class Walk:
    """One case on its way: who is there, and what was tried on it."""

    world: World
    rehearsal: UseCases
    case_id: UUID
    spares: Spares
    random: Random
    known: dict[UUID, Actor] = field(default_factory=dict)
    done: Counter[Action] = field(default_factory=Counter)
    refused: Counter[Action] = field(default_factory=Counter)
    path: list[str] = field(default_factory=list)

    async def go(self, steps: int) -> None:
        for _ in range(steps):
            new = await founded(self.world, name="Đơn vị mới", agency_code=None)
            spares = replace(self.spares, new_units=(new,))
            now = await facts_of(self.world, self.case_id, spares=spares, random=self.random)
            offered = await self.look(now)
            if not offered or not await self.move(now, offered):
                return
            await self.time_passes(now)

    async def look(self, now: Facts) -> list[tuple[Actor, Action]]:
        """Compare for everybody what is offered with what succeeds; return what is offered."""
        offered: list[tuple[Actor, Action]] = []
        withheld: list[tuple[Actor, Action]] = []
        far: list[tuple[Actor, Action]] = []
        for actor in await self.people(now):
            allowed = await self.allowed(actor, now.case.stage)
            listed = await self.offer(actor, allowed)
            offered += [(actor, action) for action in TRIED if action in listed]
            if Action.APPLICATION_READ in allowed:
                withheld += [(actor, action) for action in TRIED if action in allowed - listed]
            far += [(actor, action) for action in TRIED if action not in allowed | listed]
        for actor, action in self.one_of_each(offered):
            await self.expect_success(actor, action, now)
        unlisted = self.random.sample(far, 10)
        for actor, action in [*self.one_of_each(withheld), *self.one_of_each(withheld), *unlisted]:
            await self.expect_refusal(actor, action, now)
        return offered

    def one_of_each(self, pairs: list[tuple[Actor, Action]]) -> list[tuple[Actor, Action]]:
        """Choose for every act one of the people it is paired with."""
        self.random.shuffle(pairs)
        return [(actor, action) for action, actor in {action: actor for actor, action in pairs}.items()]

    async def people(self, now: Facts) -> list[Actor]:
        """Everybody of the world, and who else has or had a part in the case; nobody's offices change on a walk."""
        named = [each.person_id for each in now.of(Participation)]
        new = dict.fromkeys(each for each in [*self.world.people.values(), *named] if each not in self.known)
        async with self.world.database.primary() as connection:
            for each in new:
                found = await actor_for_person(connection, each, at=now.at, method="test", request_id="walk")
                assert found is not None
                self.known[each] = found
        return list(self.known.values())

    async def offer(self, actor: Actor, allowed: frozenset[Action]) -> frozenset[Action]:
        """Return what somebody is offered with the case, and to who may not open it yet, the declaration of interests."""
        context = RequestContext(actor=actor)
        if Action.APPLICATION_READ in allowed:
            return (await self.rehearsal.cases.read(context, self.case_id)).may_do
        with pytest.raises((NotFound, PermissionDenied)):
            await self.rehearsal.cases.read(context, self.case_id)
        waiting = await self.rehearsal.cases.awaiting_declaration(context)
        is_waiting = any(each.id == self.case_id for each in waiting)
        return frozenset({Action.DECLARATION_MAKE} if is_waiting else ())

    async def allowed(self, actor: Actor, stage: Stage) -> frozenset[Action]:
        async with self.world.database.primary() as connection:
            case = await load_case(
                connection, self.case_id, person_id=actor.person_id, consulted_unit_ids=actor.consulted_units
            )
        assert case is not None
        return self.world.transactions.authorizer.may_do(actor, case.standing, stage)

    async def expect_success(self, actor: Actor, action: Action, now: Facts) -> None:
        refusals = [await self.tried(each, actor) for each in attempts(action, now)]
        self.done[action] += None in refusals
        assert None in refusals, f"{action} is offered at {now.case.stage}, but: {refusals}; {self.path}"

    async def expect_refusal(self, actor: Actor, action: Action, now: Facts) -> None:
        for each in attempts(action, now):
            refusal = await self.tried(each, actor)
            assert refusal is not None, f"{action} succeeds at {now.case.stage} and is not offered; {self.path}"
            self.refused[action] += 1

    async def tried(self, attempt: Attempt, actor: Actor) -> DomainError | None:
        try:
            await attempt(self.rehearsal, RequestContext(actor=actor))
        except DomainError as refusal:
            return refusal
        return None

    async def move(self, now: Facts, offered: list[tuple[Actor, Action]]) -> bool:
        """Do one of the offered acts for good; false when none changes anything."""
        writes = [(actor, action) for actor, action in offered if not action.is_reading]
        if not writes:
            return False
        weights = [LIKELY.get(action, 8) for _, action in writes]
        actor, action = self.random.choices(writes, weights)[0]
        self.path.append(f"{now.at:%d %H:%M} {action}")
        for attempt in attempts(action, now):
            with suppress(DomainError):
                await attempt(self.world.use_cases, RequestContext(actor=actor))
                self.done[action] += 1
                return True
        pytest.fail(f"{action} was offered at {now.case.stage} and fails: {self.path}")

    async def time_passes(self, now: Facts) -> None:
        """Let time pass, and what lies outside the case change."""
        if self.random.random() < 0.5:
            self.world.clock.forward(hours=self.random.choices([0.5, 2, 30, 24 * 8, 24 * 40], [6, 6, 3, 2, 1])[0])
        if self.random.random() < 0.1:
            days = self.random.choice([-1, 2, 30, 3650])
            await self.change(now.case.organisation_id, licence_end=self.world.clock.at + timedelta(days=days))
        if self.random.random() < 0.1:
            await self.change(now.case.receiving_unit_id, agency_code=self.random.choice([None, "H12.01"]))

    async def change(self, organisation_id: UUID, **changes: object) -> None:
        async with self.world.database.transaction() as work:
            found = await work.get(Organisation, organisation_id)
            await work.save(replace(found, version=found.version + 1, **changes))  # type: ignore[arg-type]  # Fields.


async def settle_spares(world: World, codes: tuple[str, ...]) -> Spares:
    """Enter more people and units, so that anyone an act asks for exists."""
    async with world.database.transaction() as work:
        for unit in await work.find(Organisation, kind=OrganisationKind.STATE_UNIT.value):
            if unit.handles:
                await work.save(replace(unit, version=unit.version + 1, handles=codes))
        like_person = await work.get(Person, world.people["phan_bien_1"])
        like_unit = await work.get(Organisation, world.units["health"])

        async def people(count: int) -> tuple[UUID, ...]:
            made = [replace(like_person, id=uuid7(), email=f"{uuid7()}@camau.example") for _ in range(count)]
            for each in made:
                await work.add(each)
            return tuple(each.id for each in made)

        units = [replace(like_unit, id=uuid7(), name=f"Đơn vị {index}") for index in range(6)]
        for unit in units:
            await work.add(unit)
        reviewers, experts, supervisors = await people(6), await people(9), await people(4)
        focal, writers = await people(3), await people(8)
        for role, persons in (
            (Role.REVIEWER, reviewers),
            (Role.COUNCIL_EXPERT, experts),
            (Role.SUPERVISOR, supervisors),
            (Role.FOCAL_OFFICER, focal),
        ):
            for person in persons:
                await work.add(
                    RoleGrant(
                        id=uuid7(),
                        version=1,
                        person_id=person,
                        role=role,
                        unit_id=world.units["focal"],
                        valid_from=world.clock.at,
                        valid_to=None,
                    )
                )

    def named(role: Role) -> tuple[UUID, ...]:
        return tuple(world.people[name] for name, (held, _) in OFFICES.items() if held is role)

    return Spares(
        supervising_unit=world.units["focal"],
        new_units=(),
        reviewers=named(Role.REVIEWER) + reviewers,
        focal_officers=named(Role.FOCAL_OFFICER) + focal,
        supervisors=named(Role.SUPERVISOR) + supervisors,
        experts=named(Role.COUNCIL_EXPERT) + experts,
        units=(world.units["police"], world.units["health"], *(each.id for each in units)),
        writers=writers,
    )


async def test_what_is_offered_succeeds_and_what_is_not_is_refused(
    world: World, rehearsal: UseCases, gaps: str
) -> None:
    spares = await settle_spares(world, (PROCEDURE, AI_PROCEDURE, gaps))
    done: Counter[Action] = Counter()
    refused: Counter[Action] = Counter()
    for seed in range(WALKS):
        begin, code = BEGINNINGS[seed % len(BEGINNINGS)]
        case = await begin(world, code)
        walk = Walk(world=world, rehearsal=rehearsal, case_id=case.id, spares=spares, random=Random(seed))  # noqa: S311 - a walk, no secret.
        await walk.go(STEPS)
        await walk.change(case.organisation_id, licence_end=None)
        await walk.change(case.receiving_unit_id, agency_code="H12.01")
        world.clock.at = START
        done += walk.done
        refused += walk.refused
    assert set(TRIED) - done.keys() == set()
    assert done.total() + refused.total() > 30 * STEPS * WALKS
