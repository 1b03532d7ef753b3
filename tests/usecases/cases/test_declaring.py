"""Where a procedure asks every official to declare interests, nobody acts on a case before they have, whatever the office."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Advice
from sandbox_registry.domain.errors import DeclarationOwed, NotFound
from sandbox_registry.domain.identity.people import Capacity, Organisation, OrganisationKind
from sandbox_registry.domain.privacy.erasures import HoldKind
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.domain.stages import Stage
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support.decided import BASIS, SIGNER, terms, why
from tests.support.decided import RECORDS as KEEPER
from tests.support.stages import (
    FOCAL,
    HEAD,
    INTAKE,
    REVIEWERS,
    SCORES,
    complete_draft,
    declared,
    filed,
    received,
    submitted,
    under_appraisal,
)
from tests.support.world import PROCEDURE, World, shipped_rules

DECLARING = "ca-mau-declaring"
REVIEWER = REVIEWERS[0]
ANSWERS = {
    '"interests.officials_declare"': '"interests.officials_declare" = { value = true, unit = "yes/no", basis = "Thử", '
    'confidence = "I" }',
    '"council.required"': '"council.required" = { value = false, unit = "yes/no", basis = "Thử", confidence = "I" }',
}


@pytest.fixture
async def declaring(world: World, owner: AsyncEngine) -> AsyncIterator[str]:
    """The procedure without a council and with declarations by everybody, in force for one test."""
    text = (shipped("policies") / "procedures" / f"{PROCEDURE}.toml").read_text("utf-8").replace(PROCEDURE, DECLARING)
    lines = [
        next((answer for name, answer in ANSWERS.items() if line.startswith(name)), line) for line in text.splitlines()
    ]
    content = "\n".join(lines)
    like = next(each for each in shipped_rules() if each.code == PROCEDURE)
    rule = replace(like, code=DECLARING, checksum=sha256(content.encode()).hexdigest(), content=content)
    async with owner.begin() as connection:
        await connection.execute(tables.rule_versions.insert(), RECORDS[RuleVersion].values(rule))
    async with world.database.transaction() as work:
        for unit in await work.find(Organisation, kind=OrganisationKind.STATE_UNIT.value):
            if unit.handles:
                await work.save(replace(unit, version=unit.version + 1, handles=(*unit.handles, DECLARING)))
    yield DECLARING
    async with owner.begin() as connection:
        await connection.execute(tables.rule_versions.delete().where(tables.rule_versions.c.code == DECLARING))


Act = Callable[[RequestContext, Application], Awaitable[Any]]


async def only_after_declaring(world: World, case: Application, name: str, act: Act) -> Any:
    """See that somebody is refused an act, offered the declaration alone, and does the act once it is made."""
    with pytest.raises(DeclarationOwed) as caught:
        await act(world.context(name), case)
    assert caught.value.case_id == case.id
    await declared(world, case, name)
    return await act(world.context(name), case)


async def test_every_office_declares_before_it_acts(world: World, declaring: str) -> None:
    use = world.use_cases
    case = await submitted(world, procedure_code=declaring)
    view = await use.cases.read(world.context(INTAKE), case.id)
    assert not {"application:receive", "application:accept"} & view.may_do
    assert "declaration:make" in view.may_do
    case = await only_after_declaring(
        world, case, INTAKE, lambda who, it: use.intake.receive(who, it.id, expected_version=it.version)
    )
    case = await use.intake.accept(world.context(INTAKE), case.id, expected_version=case.version)
    await only_after_declaring(world, case, FOCAL, lambda who, it: use.assignments.claim(who, it.id))
    case = await use.appraisal.classify(world.context(FOCAL), case.id, expected_version=case.version, level="low")
    await only_after_declaring(
        world,
        case,
        HEAD,
        lambda who, it: use.assignments.assign(
            who, it.id, person_id=world.people[REVIEWER], capacity=Capacity.REVIEWER
        ),
    )
    await declared(world, case, REVIEWER)
    await use.reviews.submit(world.context(REVIEWER), case.id, scores=SCORES, comment="", advice=Advice.APPROVE)
    made = await use.decisions.recommend(
        world.context(HEAD),
        case.id,
        expected_version=case.version,
        advice=Advice.APPROVE,
        report="Đủ.",
        justifications=why("Số mẫu mỗi ngày"),
    )
    decided = await only_after_declaring(
        world,
        made.application,
        SIGNER,
        lambda who, it: use.decisions.approve(
            who, it.id, expected_version=it.version, legal_basis=BASIS, terms=terms(world.units["focal"])
        ),
    )
    permit = await only_after_declaring(
        world,
        decided.application,
        KEEPER,
        lambda who, it: use.permits.issue(who, it.id, expected_version=it.version),
    )
    assert permit.permit.application_id == case.id


async def test_stages_of_the_tests_are_reached_under_such_a_procedure(world: World, declaring: str) -> None:
    assert (await under_appraisal(world, procedure_code=declaring)).stage is Stage.UNDER_APPRAISAL


async def test_hold_needs_no_declaration_since_it_only_keeps_the_file(world: World, declaring: str) -> None:
    case = await received(world, procedure_code=declaring)
    placed = await world.use_cases.legal_holds.place(
        world.context(KEEPER), case.id, kind=HoldKind.AUDIT, reason="Thanh tra", reference="QĐ 1"
    )
    assert placed.application_id == case.id


async def test_conflict_that_one_officer_declares_leaves_the_case_to_another(world: World, declaring: str) -> None:
    case = await received(world, procedure_code=declaring)
    await world.use_cases.appraisal.declare(
        world.context("mot_cua_2"), case.id, conflicted=True, statement="Có cổ phần"
    )
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context("mot_cua_2"), case.id)
    accepted = await world.use_cases.intake.accept(world.context(INTAKE), case.id, expected_version=case.version)
    assert accepted.stage is Stage.ACCEPTED


async def test_applicant_declares_nothing(world: World, declaring: str) -> None:
    case = await filed(world, await complete_draft(world, procedure_code=declaring))
    assert case.stage is Stage.SUBMITTED
