"""What the instruments of other places need is expressible, and each is lived through to a permit and to a refusal."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.authz.policy import read_policy
from sandbox_registry.domain.cases.appraisal import Advice, Outcome
from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.permits.permits import OpenBound
from sandbox_registry.domain.rules.procedures import FeeKind
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.procedure_checks import faults_of
from sandbox_registry.runtime.shipped import shipped
from tests.support import decided, instruments
from tests.support.instruments import AI, DA_NANG, FINTECH, HANOI, HCMC, INSTRUMENTS
from tests.support.stages import HEAD
from tests.support.world import World

POLICY = read_policy(shipped("policies") / "casbin")


def fields(refusal: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in refusal.value.errors]


@pytest.mark.parametrize("name", INSTRUMENTS)
async def test_instrument_is_lived_through_to_a_permit_and_to_a_refusal(world: World, name: str) -> None:
    instrument = INSTRUMENTS[name]
    rules = await instruments.enacted(world, instrument)
    assert list(faults_of(rules, POLICY)) == []
    by = await instruments.signer(world, instrument.title)
    first = await instruments.under_appraisal(world, instrument, rules)
    first = await instruments.recommended(world, instrument, rules, first)
    view = await instruments.issued(world, await instruments.approved(world, first, by))
    second = await instruments.under_appraisal(world, instrument, rules)
    second = await instruments.recommended(world, instrument, rules, second, advice=Advice.REFUSE)
    turned_down = await instruments.refused(world, second, rules, by)
    terms = view.permit.terms
    assert terms == replace(
        instruments.asked_terms(world, instrument, rules), open_bounds=instruments.bases(rules, instrument.answers)
    )
    assert terms.kind == instrument.kind
    assert tuple(each.parameter for each in terms.open_bounds) == instrument.left_open
    assert {each.quantity: (each.value, each.scale, each.unit) for each in terms.limits} == instrument.limits
    assert view.permit.number.endswith("-MẪU") is (instrument is not AI)
    assert (turned_down.application.stage, turned_down.view.decision.outcome) == (Stage.REFUSED, Outcome.REFUSED)
    seen = await world.use_cases.cases.read(world.context("nguoi_dai_dien"), second.id)
    assert [each.kind for each in seen.procedure.fees_for(instrument.answers)] == [FeeKind.NOT_LAID_DOWN]


async def test_what_an_instrument_bounds_is_bound_at_every_step(world: World) -> None:
    rules = await instruments.enacted(world, HCMC)
    wide = HCMC.answers | {"tech": HCMC.answers["tech"] | {"wingspan": 1.58}}
    with pytest.raises(Invalid) as refusal:
        await instruments.filed(world, rules, wide)
    assert fields(refusal) == [("answers.tech.wingspan", "too_big")]
    case = await instruments.under_appraisal(world, HCMC, rules)
    asked = replace(
        instruments.asked_terms(world, HCMC, rules),
        open_bounds=instruments.bases(rules, HCMC.answers),
        daily_hours=None,
        conditions=(),
        limits=(),
        justifications=(),
    )
    with pytest.raises(Invalid) as refusal:
        await world.use_cases.decisions.recommend(
            world.context(HEAD),
            case.id,
            expected_version=case.version,
            advice=Advice.APPROVE,
            report="Báo cáo.",
            terms=asked,
        )
    assert fields(refusal) == [
        *[("terms.limits", "limit_of_law_missing")] * 6,
        ("terms.daily_hours", "beyond_hours"),
        ("terms.conditions", "condition_of_law_missing"),
        ("terms.limits", "beyond_request"),
    ]


async def test_every_format_has_numbers_of_its_own_from_one(world: World) -> None:
    for instrument, form, numbers in (
        (DA_NANG, "GP-{n}-{year}", ["GP-1-2026-MẪU", "GP-2-2026-MẪU"]),
        (HANOI, "{n:02}/{year}/GPTN", ["01/2026/GPTN-MẪU", "02/2026/GPTN-MẪU"]),
    ):
        line = (
            f'"permit.number_format" = {{ value = "{form}", unit = "format", basis = "Đề xuất", confidence = "I" }}\n'
        )
        numbered = replace(instrument, parameters=line)
        rules = await instruments.enacted(world, numbered)
        assert list(faults_of(rules, POLICY)) == []
        by = await instruments.signer(world, numbered.title)
        issued = []
        for _ in numbers:
            case = await instruments.under_appraisal(world, numbered, rules)
            case = await instruments.recommended(world, numbered, rules, case)
            view = await instruments.issued(world, await instruments.approved(world, case, by))
            issued.append(view.permit.number)
        assert issued == numbers
    assert (await decided.issued(world)).permit.number == "3/2026/GPTN-MẪU"


async def test_gate_stands_before_every_later_phase_and_the_permit_says_who_opens_it(world: World) -> None:
    rules = await instruments.enacted(world, DA_NANG)
    open_gate = [each | {"entry_gate": ""} for each in instruments.GATED]
    ungated = replace(DA_NANG, answers=_with_phases(DA_NANG.answers, open_gate))
    case = await instruments.under_appraisal(world, ungated, rules)
    with pytest.raises(Invalid) as refusal:
        await instruments.recommended(world, ungated, rules, case)
    assert fields(refusal) == [("terms.phases.1.entry_gate", "required")]
    assert rules.permit.phases is not None
    assert (rules.permit.phases.opened_by, rules.permit.phases.gated) == ("decision_maker", True)


async def test_who_signs_follows_from_the_solution(world: World) -> None:
    rules = await instruments.enacted(world, FINTECH)
    lending = replace(FINTECH, answers=FINTECH.answers | {"solution": {"kind": "p2p_lending", "space": ["territory"]}})
    by = await instruments.signer(world, FINTECH.title)
    for instrument, is_signed in ((FINTECH, True), (lending, False)):
        case = await instruments.under_appraisal(world, instrument, rules)
        case = await instruments.recommended(world, instrument, rules, case)
        if is_signed:
            assert (await instruments.approved(world, case, by)).stage is Stage.APPROVED
            continue
        with pytest.raises(Invalid) as refusal:
            await instruments.approved(world, case, by)
        assert fields(refusal) == [("signer_title", "unknown_title")]


async def test_approval_from_before_open_bounds_needed_a_basis_is_issued_with_one(
    world: World, owner: AsyncEngine
) -> None:
    rules = await instruments.enacted(world, AI)
    case = await instruments.under_appraisal(world, AI, rules)
    case = await instruments.recommended(world, AI, rules, case)
    case = await instruments.approved(world, case, await instruments.signer(world, AI.title))
    async with owner.begin() as connection:
        await connection.execute(
            text("UPDATE decisions SET terms = terms - 'open_bounds' WHERE application_id = :case"), {"case": case.id}
        )
    with pytest.raises(Invalid) as refusal:
        await instruments.issued(world, case)
    assert fields(refusal) == [("terms.open_bounds", "bound_without_basis")] * 2
    given = tuple(OpenBound(parameter=name, basis="Điều 23(7)") for name in AI.left_open)
    assert (await instruments.issued(world, case, open_bounds=given)).permit.terms.open_bounds == given


async def test_value_of_the_level_counts_once_the_level_is_fixed(world: World) -> None:
    line = (
        '"decision.term" = { value = 5, by_level = { single = 2 }, unit = "wd", basis = "Đề xuất", confidence = "I" }\n'
    )
    instrument = replace(HANOI, parameters=line)
    rules = await instruments.enacted(world, instrument)
    assert list(faults_of(rules, POLICY)) == []
    case = await instruments.under_appraisal(world, instrument, rules)
    case = await instruments.recommended(world, instrument, rules, case)
    seen = await world.use_cases.cases.read(world.context(HEAD), case.id)
    (decision,) = [each.computation for each in seen.deadlines if each.name == "decision.term"]
    # From Friday 20 November: Monday, and Wednesday after the holiday of the 24th.
    assert decision is not None
    assert decision.due_date == date(2026, 11, 25)


def _with_phases(answers: dict[str, Any], phases: list[dict[str, Any]]) -> dict[str, Any]:
    return answers | {"schedule": answers["schedule"] | {"phases": phases}}
