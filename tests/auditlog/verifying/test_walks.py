"""No false alarm: whole cases walked at random with real acts, however they end, and the check of the database says yes.

`WALKS` in the environment walks more of them, each from another seed.
"""

import os
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database
from sandbox_registry.auditlog.verifying.dossiers import Dossier, check_dossier
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import Last
from sandbox_registry.authz import Action
from sandbox_registry.domain.cases.applications import Application, Document, SupplementItem
from sandbox_registry.domain.identity.people import Actor, Organisation
from sandbox_registry.domain.stages import Stage
from tests.support.erasing import confirm, propose
from tests.support.inputs import TRIED, Facts, Spares, facts_of
from tests.support.stages import INTAKE, OWNER, complete_draft, filed, received
from tests.support.verifying import AUTHORITY, record_settled, set_clock
from tests.support.world import AI_PROCEDURE, PROCEDURE, START, World
from tests.usecases.cases.test_possible_acts import BEGINNINGS, GAPS, Walk, settle_spares

CASES = int(os.environ.get("WALKS", "7"))
STEPS = 6


async def whole(world: World) -> list[str]:
    """Check the database against its log; return what was found, notes included."""
    report = Report()
    await check_database(world.database, Evidence(authorities=authorities_in((AUTHORITY,))), report=report)
    assert report.entries > 1
    return [f"{each.code} {each.text.en}" for each in report.findings]


class BlindWalk(Walk):
    """A walk that does what is offered, and tries nothing else; nothing happens outside the log but time."""

    async def go(self, steps: int) -> None:
        for _ in range(steps):
            like = await self.unit()
            units = self.world.use_cases.units
            new = await units.create(
                self.world.context("quan_tri"),
                name="Đơn vị mới",
                address=like.address,
                email=like.email,
                phone=like.phone,
                handles=like.handles,
            )
            await units.confirm_handles(self.world.context("quan_tri_2"), new.id, expected_version=new.version)
            spares = replace(self.spares, new_units=(new.id,))
            now = await facts_of(self.world, self.case_id, spares=spares, random=self.random)
            offered = await self.look(now)
            if not offered or not await self.move(now, offered):
                return
            await self.time_passes(now)

    async def unit(self) -> Organisation:
        async with self.world.database.transaction() as work:
            return await work.get(Organisation, self.world.units["one_stop"])

    async def look(self, now: Facts) -> list[tuple[Actor, Action]]:
        people = await self.people(now)
        self.random.shuffle(people)
        offered: list[tuple[Actor, Action]] = []
        for actor in people:
            listed = await self.offer(actor, await self.allowed(actor, now.case.stage))
            offered += [(actor, action) for action in TRIED if action in listed and not action.is_reading]
            if len({action for _, action in offered}) >= 6:
                break
        return offered

    async def time_passes(self, now: Facts) -> None:
        del now
        if self.random.random() < 0.5:
            self.world.clock.forward(hours=self.random.choice([0.5, 2, 30, 24 * 8, 24 * 40]))


async def walked(world: World, seed: int) -> list[str]:
    """Walk one case at random in a world where nothing happened yet; return what the check found."""
    spares = await settle_spares(world, (PROCEDURE, AI_PROCEDURE))
    await record_settled(world)
    await walk(world, spares, seed)
    return await whole(world)


async def walk(world: World, spares: Spares, seed: int) -> int:
    """Begin a case on the day that its papers are of and do what is offered, at random; return how much was done."""
    await set_clock(world, START - world.clock.at)
    begun = [each for each in BEGINNINGS if each[1] != GAPS]
    begin, code = begun[Random(seed).randrange(len(begun))]  # noqa: S311 - a walk, no secret.
    case = await begin(world, code)
    walking = BlindWalk(
        world=world,
        rehearsal=world.use_cases,
        case_id=case.id,
        spares=spares,
        random=Random(seed),  # noqa: S311 - a walk, no secret.
    )
    await walking.go(STEPS)
    return walking.done.total()


async def test_walks_of_whole_cases_leave_a_log_that_is_whole(world: World) -> None:
    spares = await settle_spares(world, (PROCEDURE, AI_PROCEDURE))
    await record_settled(world)
    done = 0
    for seed in range(CASES):
        done += await walk(world, spares, seed)
    assert done > CASES
    assert await whole(world) == []


async def asked(world: World) -> Application:
    """A case whose applicant is to supplement one part."""
    case = await received(world)
    return await world.use_cases.intake.request_supplement(
        world.context(INTAKE),
        case.id,
        expected_version=case.version,
        items=(SupplementItem(target="documents.trial_plan", reason="Mờ"),),
        exception_reason=None,
    )


async def half_done(world: World, case: Application) -> Application:
    """Attach another file in the open supplement, and file nothing."""
    await world.use_cases.applications.add_document(
        world.context(OWNER),
        case.id,
        part="trial_plan",
        filename="ban sua.pdf",
        media_type="application/pdf",
        size=11,
        sha256="1" * 64,
        keep=_nothing,
    )
    return await _case(world, case.id)


async def _nothing() -> None:
    """Keep no bytes."""


async def _case(world: World, case_id: UUID) -> Application:
    async with world.database.transaction() as work:
        return await work.get(Application, case_id)


@pytest.mark.parametrize("end", ["lapse", "stop"])
async def test_a_file_attached_to_a_supplement_that_was_never_filed_is_no_alarm(world: World, end: str) -> None:
    await record_settled(world)
    case = await half_done(world, await asked(world))
    assert await whole(world) == []  # While it is open, what is attached leaves no leaf.
    applications, intake = world.use_cases.applications, world.use_cases.intake
    if end == "stop":
        case = await applications.request_withdrawal(
            world.context(OWNER), case.id, expected_version=case.version, reason="Đổi ý"
        )
        assert await whole(world) == []
        case = await intake.stop(world.context(INTAKE), case.id, expected_version=case.version)
    else:
        world.clock.forward(days=40)
        case = await intake.lapse(world.context(INTAKE), case.id, expected_version=case.version, reason=None)
    assert case.stage in {Stage.LAPSED, Stage.WITHDRAWN}
    assert await whole(world) == []
    await confirm(world, await propose(world, case.id))
    assert {each.partition(" ")[0] for each in await whole(world)} == {"erased"}


async def test_a_file_that_comes_after_a_supplement_lapsed_is_an_alarm(world: World, owner: AsyncEngine) -> None:
    await record_settled(world)
    case = await half_done(world, await asked(world))
    world.clock.forward(days=40)
    await world.use_cases.intake.lapse(world.context(INTAKE), case.id, expected_version=case.version, reason=None)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql(
            "UPDATE documents SET removed_at = NULL, filename = 'khac.pdf' WHERE sha256 = repeat('1', 64)"
        )
    assert [each.partition(" ")[0] for each in await whole(world)] == ["documents_changed"]


async def test_a_discarded_draft_with_files_is_no_alarm(world: World) -> None:
    await record_settled(world)
    draft = await complete_draft(world)
    await world.use_cases.applications.discard(world.context(OWNER), draft.id, expected_version=draft.version)
    assert await whole(world) == []


PLANTED = """
    INSERT INTO dossier_versions (application_id, number, cause, title, answers, documents, made_by, made_at)
    SELECT application_id, {number}, 'edited', title, answers, documents, made_by, made_at
    FROM dossier_versions WHERE number = 1
"""
REWRITTEN = {
    "a version planted after the last": PLANTED.format(number=99),
    "a version planted before the first": PLANTED.format(number=0),
    "a version of the draft taken away": "DELETE FROM dossier_versions WHERE number = 2",
    "a version of the draft rewritten": "UPDATE dossier_versions SET title = title || '.' WHERE number = 2",
    "who wrote a version": "UPDATE dossier_versions SET made_by = (SELECT max(id::text)::uuid FROM people) WHERE number = 2",
    "when a version was written": "UPDATE dossier_versions SET made_at = made_at - interval '1 day' WHERE number = 2",
    "a file taken out again, gone": "DELETE FROM documents WHERE removed_at IS NOT NULL",
    "a file taken out again, exchanged": "UPDATE documents SET sha256 = repeat('2', 64) WHERE removed_at IS NOT NULL",
    "a file that nobody ever took out": (
        "INSERT INTO documents SELECT gen_random_uuid(), version, application_id, part, filename, media_type, size, "
        "sha256, uploaded_by, uploaded_at, uploaded_at FROM documents WHERE removed_at IS NULL LIMIT 1"
    ),
}


@pytest.fixture
async def rewritten(world: World) -> Application:
    """A case that was filed after a file of its draft was exchanged."""
    await record_settled(world)
    draft = await complete_draft(world)
    applications = world.use_cases.applications
    async with world.database.transaction() as work:
        [document, *_] = [each for each in await work.find(Document, application_id=draft.id) if not each.removed_at]
    await applications.remove_document(world.context(OWNER), draft.id, document.id)
    await applications.add_document(
        world.context(OWNER),
        draft.id,
        part=document.part,
        filename=document.filename,
        media_type=document.media_type,
        size=document.size,
        sha256="1" * 64,
    )
    return await filed(world, await _case(world, draft.id))


@pytest.mark.parametrize("name", REWRITTEN)
async def test_what_was_edited_before_a_filing_cannot_be_rewritten_after_it(
    world: World, owner: AsyncEngine, rewritten: Application, name: str
) -> None:
    assert rewritten.stage is Stage.SUBMITTED
    assert await whole(world) == []
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        assert (await connection.exec_driver_sql(REWRITTEN[name])).rowcount > 0
    assert {each.partition(" ")[0] for each in await whole(world)} == {"dossier_changed"}


def test_a_filing_from_before_edits_were_bound_has_nothing_to_compare_with() -> None:
    """As in a registry that is older than that: its records state no digests."""
    older = Last(index=7, state={"application_id": "a", "number": 1, "documents": []})
    report = Report()
    for last in (None, older, Last(index=7, state=None)):
        assert check_dossier("a", Dossier(), last, is_open=True, report=report)
        assert not check_dossier("a", Dossier(), last, is_open=False, report=report)
    assert report.findings == []
