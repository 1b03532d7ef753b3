"""Procedures of the instruments that this one must be able to express, each lived through by the people of the small province.

Their values are those of the legal research, each with its confidence; what was not found is open. The form and the
way of a case are proposals of the tests.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from uuid_utils.compat import uuid7

from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.appraisal import Advice
from sandbox_registry.domain.identity.people import Capacity, Delegation, Organisation, Role
from sandbox_registry.domain.permits.bounds import open_bounds
from sandbox_registry.domain.permits.permits import OpenBound, PermitTerms
from sandbox_registry.domain.permits.proposals import propose
from sandbox_registry.domain.rules.form_fields import holds
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.rules.rule_versions import RuleKind, RuleStatus, RuleVersion
from sandbox_registry.rulebook.procedure_files import load_procedure, parse_procedure
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.cases.decisions import Decided
from sandbox_registry.usecases.permits.permits import PermitView
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support.decided import BASIS, RECORDS, SIGNER, why_of
from tests.support.stages import AI_DOSSIER, FOCAL, HEAD, INTAKE, OWNER, REVIEWERS, current, declared
from tests.support.stages import filed as file_as_it_stands
from tests.support.world import AI_PROCEDURE, World

FOLDER = Path(__file__).parent
BASE: dict[str, Any] = {
    "project": {"title": "Thử nghiệm", "summary": "Một thử nghiệm có kiểm soát."},
    "plan": {"sites": [{"name": "Khu A", "commune": "Phường 1"}]},
    "users": {"eligible_group": "Người tình nguyện", "max_users": 40},
    "schedule": {"start": "2027-01-04", "end": "2027-12-31"},
    "contact": {"name": "Trần Thị Lan", "phone": "0912 345 678"},
}
_DEMANDED = """
[[consultations]]
key = "{key}"
agency = {{ vi = "Công an Tỉnh", en = "Provincial police", fr = "Police provinciale" }}
basis = "Đề xuất"
confidence = "I"
"""
GATED: list[dict[str, Any]] = [
    {"name": "Hẹp", "start": "2027-01-04", "end": "2027-06-30", "max_users": 10},
    {"name": "Rộng", "start": "2027-07-01", "end": "2027-12-31", "entry_gate": "Sai sót dưới 1 %"},
]
PROVISION = {"document": "Văn bản giả định", "article": "5", "clause": "1", "effect": "set_aside"}


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A procedure file, a dossier under it, the title that signs it, and what the law leaves open for it.

    `demands` adds the key of an agency that must be consulted, `parameters` lines of that table.
    """

    file: str
    answers: dict[str, Any]
    title: str = "Chủ tịch"
    level: str = "single"
    kind: str
    left_open: tuple[str, ...]
    demands: str = ""
    parameters: str = ""
    limits: dict[str, tuple[int, int, str]] = field(default_factory=dict)


HANOI = Instrument(
    file="hanoi.toml",
    answers=BASE | {"legal": {"permit_kind": "exemption_from_provisions", "exempted": [PROVISION]}},
    kind="exemption_from_provisions",
    left_open=("signer_titles",),
)
DA_NANG = Instrument(
    file="da-nang.toml",
    answers=BASE | {"schedule": BASE["schedule"] | {"phases": GATED}},
    title="Phó Chủ tịch",
    kind="time_limited_licence",
    left_open=("duration.max",),
)
HCMC = Instrument(
    file="hcmc.toml",
    answers=BASE | {"tech": {"permit_kind": "time_limited_licence", "vehicle": "drone", "wingspan": 1.5}},
    kind="time_limited_licence",
    left_open=("duration.max", "permit_kind", "signer_titles", "space_kinds"),
    limits={
        "Sải cánh hoặc chiều dài": (15, 10, "m"),
        "Chiều cao thiết bị": (715, 10, "cm"),
        "Khối lượng cất cánh": (70, 1, "kg"),
        "Tốc độ bay": (100, 1, "km/h"),
        "Độ cao bay": (200, 1, "m"),
        "Sức gió": (10, 1, "m/s"),
    },
)
FINTECH = Instrument(
    file="fintech.toml",
    answers=BASE | {"plan": {}, "solution": {"kind": "open_api", "space": ["territory"]}},
    title="Giám đốc Ngân hàng Nhà nước chi nhánh Khu vực",
    kind="certificate",
    left_open=(),
)
AI = Instrument(
    file=f"{AI_PROCEDURE}.toml",
    answers=AI_DOSSIER,
    level="2",
    kind="confirmation",
    left_open=("duration.max", "signer_titles"),
    limits={"Số mẫu mỗi ngày": (300, 1, "mẫu")},
)
INSTRUMENTS = {each.file.removesuffix(".toml"): each for each in (HANOI, DA_NANG, HCMC, FINTECH, AI)}


def content_of(instrument: Instrument) -> bytes:
    """The file of a test procedure, with what they all share; for the AI trials the one that is in force."""
    if instrument is AI:
        return (shipped("policies") / "procedures" / instrument.file).read_bytes()
    parts = [(FOLDER / name).read_bytes() for name in (instrument.file, "form.toml")]
    table = b"[parameters]\n"
    parts[0] = parts[0].replace(table, table + instrument.parameters.encode())
    return b"\n".join(parts) + (_DEMANDED.format(key=instrument.demands).encode() if instrument.demands else b"")


def procedure_of(instrument: Instrument) -> Procedure:
    """The procedure of an instrument."""
    if instrument is AI:
        return load_procedure(shipped("policies") / "procedures" / instrument.file)
    return parse_procedure(content_of(instrument), file=instrument.file)


async def enacted(world: World, instrument: Instrument) -> Procedure:
    """Put a test procedure in force, and let the units of the province handle it."""
    rules, content = procedure_of(instrument), content_of(instrument)
    if instrument is AI:
        return rules
    since = datetime(2026, 1, 1, tzinfo=UTC)
    async with world.database.transaction() as work:
        await work.add(
            RuleVersion(
                id=uuid7(),
                version=1,
                kind=RuleKind.PROCEDURE,
                code=rules.code,
                checksum=sha256(content).hexdigest(),
                content=content.decode(),
                status=RuleStatus.APPROVED,
                proposed_by=None,
                proposed_at=since,
                approved_at=since,
                effective_from=since,
            )
        )
        for key in ("one_stop", "focal", "committee"):
            unit = await work.get(Organisation, world.units[key])
            await work.save(replace(unit, version=unit.version + 1, handles=(*unit.handles, rules.code)))
    return rules


async def filed(world: World, rules: Procedure, answers: dict[str, Any]) -> Application:
    """File a dossier with every document that it needs."""
    owner, use_cases = world.context(OWNER), world.use_cases
    draft = await world.draft(procedure_code=rules.code, answers=answers)
    asked = visible(rules, answers)
    for part in rules.parts:
        if part.required or (part.required_when and holds(part.required_when, asked)):
            await use_cases.applications.add_document(
                owner,
                draft.id,
                part=part.key,
                filename=f"{part.key}.pdf",
                media_type="application/pdf",
                size=1000,
                sha256=sha256(part.key.encode()).hexdigest(),
            )
    return await file_as_it_stands(world, await current(world, draft))


async def under_appraisal(world: World, instrument: Instrument, rules: Procedure) -> Application:
    """Bring a dossier from its filing to an appraisal that lacks nothing."""
    use_cases, case = world.use_cases, await filed(world, rules, instrument.answers)
    case = await use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)
    case = await use_cases.intake.accept(world.context(INTAKE), case.id, expected_version=case.version)
    await use_cases.assignments.claim(world.context(FOCAL), case.id)
    case = await use_cases.appraisal.classify(
        world.context(FOCAL), case.id, expected_version=case.version, level=instrument.level
    )
    reviewer = REVIEWERS[0]
    await use_cases.assignments.assign(
        world.context(HEAD), case.id, person_id=world.people[reviewer], capacity=Capacity.REVIEWER
    )
    await declared(world, case, reviewer)
    scores = {each.key: each.max_score for each in rules.criteria}
    await use_cases.reviews.submit(
        world.context(reviewer), case.id, scores=scores, comment="Khả thi.", advice=Advice.APPROVE
    )
    return case


def asked_terms(world: World, instrument: Instrument, rules: Procedure) -> PermitTerms:
    """The terms that the dossier asks for, justified."""
    wanted = propose(rules, instrument.answers, supervising_unit_id=world.units["focal"], at=world.clock.at)
    assert wanted is not None
    return replace(wanted, justifications=why_of(wanted))


def bases(rules: Procedure, answers: dict[str, Any]) -> tuple[OpenBound, ...]:
    """On what a decision rests where the procedure leaves a bound open."""
    return tuple(OpenBound(parameter=name, basis="Quyết định nêu rõ.") for name in open_bounds(rules, answers))


async def recommended(
    world: World, instrument: Instrument, rules: Procedure, case: Application, *, advice: Advice = Advice.APPROVE
) -> Application:
    """Put the case before the signer."""
    is_refused = advice is Advice.REFUSE
    made = await world.use_cases.decisions.recommend(
        world.context(HEAD),
        case.id,
        expected_version=case.version,
        advice=advice,
        report="Báo cáo thẩm định.",
        justifications=() if is_refused else asked_terms(world, instrument, rules).justifications,
        supervising_unit_id=world.units["focal"],
        open_bounds=bases(rules, instrument.answers),
    )
    return made.application


async def signer(world: World, title: str) -> RequestContext:
    """Somebody who signs under a title, for the chairman."""
    name = "nguoi_la"
    given = Delegation(
        id=uuid7(),
        version=1,
        from_person_id=world.people[SIGNER],
        to_person_id=world.people[name],
        unit_id=world.units["committee"],
        document="01/GUQ",
        valid_from=world.clock.at,
        valid_to=world.clock.at + timedelta(days=30),
        revoked_at=None,
        title=title,
    )
    async with world.database.transaction() as work:
        await work.add(given)
    office = (Role.DECISION_MAKER, world.units["committee"])
    return world.context(name, offices=world.actor(name).offices | {office}, signs_for=world.people[SIGNER])


async def approved(world: World, case: Application, by: RequestContext) -> Application:
    """Allow the trial under the recommended terms."""
    made = await world.use_cases.decisions.approve(by, case.id, expected_version=case.version, legal_basis=BASIS)
    return made.application


async def issued(world: World, case: Application, **how: Any) -> PermitView:
    """Issue the permit."""
    return await world.use_cases.permits.issue(world.context(RECORDS), case.id, expected_version=case.version, **how)


async def refused(world: World, case: Application, rules: Procedure, by: RequestContext) -> Decided:
    """Refuse the trial for the first reason that is no question of competence."""
    code = next(each.code for each in rules.refusal_reasons if each.code != "not_competent")
    return await world.use_cases.decisions.refuse(
        by,
        case.id,
        expected_version=case.version,
        legal_basis=BASIS,
        reasons=(Reason(code=code, text="Chưa đạt."),),
    )
