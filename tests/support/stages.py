"""Cases brought to a stage, step by step, by the people who would do it."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar, cast
from uuid import UUID

from sandbox_registry.db.cases import dossiers
from sandbox_registry.domain.cases.applications import Application, Document, Reason, SupplementItem, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Advice, Choice, CouncilSession
from sandbox_registry.domain.cases.attachments import AttachmentKind
from sandbox_registry.domain.cases.case_lists import CaseFilter
from sandbox_registry.domain.cases.councils import Composition
from sandbox_registry.domain.cases.filings import unanswered_items
from sandbox_registry.domain.errors import Duplicate
from sandbox_registry.domain.identity.people import Capacity, Organisation
from sandbox_registry.usecases.cases.filing_digests import filing_digest
from tests.support.dossiers import ATTACHED, DOSSIER
from tests.support.world import AI_PROCEDURE, PROCEDURE, START, World

OWNER, INTAKE, FOCAL, HEAD = "nguoi_dai_dien", "mot_cua", "chuyen_vien", "truong_phong"
REVIEWERS = ("phan_bien_1", "phan_bien_2")
MEMBERS = ("uy_vien_1", "uy_vien_2", "uy_vien_3", "uy_vien_4", "uy_vien_5")
CHAIR, SECRETARY = MEMBERS[0], "thu_ky"
EVERYTHING = CaseFilter()
SCORES = dict.fromkeys(("innovation", "benefit", "plan", "risk_control", "user_protection", "regulatory_need"), 8)
AI_DOSSIER: dict[str, dict[str, object]] = {
    **{key: DOSSIER[key] for key in ("users", "schedule", "data", "risks", "contact")},
    "competence": {
        "open_trial": True,
        "sensitive_data": False,
        "children_data": False,
        "important_data": False,
        "security_system": False,
        "province_count": 1,
        "province": "ca_mau",
        "managed_by_ministry": False,
        "bank_fintech": "none",
        "real_users": True,
        "is_small": True,
        "short_dossier": False,
    },
    "system": {
        "title": "Đếm tôm bằng thị giác máy tính",
        "summary": "Camera đếm tôm và báo khi tôm yếu, người nuôi quyết định.",
        "sector": "fisheries",
        "function": "Đếm và cảnh báo, không tự điều khiển.",
        "innovation": "Lần đầu đếm được tôm trong nước đục, không phải bắt tôm lên khỏi ao để đếm.",
        "human_oversight": "Người nuôi xác nhận mọi cảnh báo.",
    },
    "plan": DOSSIER["plan"] | {"space_kinds": ["test_points"]},
    "limits": {"technical": DOSSIER["limits"]["technical"]},
}
"""A dossier under the procedure in force, which has no council and leaves more terms open."""
AI_ATTACHED = frozenset({"application_form", "trial_plan", "user_protection", "capacity"})


T = TypeVar("T")


def prepared(make: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    """Keep what a stage leaves behind, and put it back when a later test asks for the same in a world nothing was done in."""

    @wraps(make)
    async def reached(world: World, **how: Any) -> T:
        snapshots = world.snapshots
        if world.clock.at != START or not await snapshots.is_untouched():
            return await make(world, **how)
        name = f"{snapshots.base}: {make.__name__} {how}"
        if name not in snapshots:
            made = await make(world, **how)
            await snapshots.take(name, (made, world.clock.at))
            return made
        result, world.clock.at = await snapshots.put_back(name)
        return cast("T", result)

    return reached


@prepared
async def complete_draft(
    world: World, *, answers: dict[str, Any] | None = None, procedure_code: str = PROCEDURE
) -> Application:
    """A draft with every answer and every part the procedure asks for."""
    is_ai = procedure_code == AI_PROCEDURE
    draft = await world.draft(procedure_code=procedure_code, answers=answers or (AI_DOSSIER if is_ai else DOSSIER))
    for part in sorted(AI_ATTACHED if is_ai else ATTACHED):
        await world.use_cases.applications.add_document(
            world.context(OWNER),
            draft.id,
            part=part,
            filename=f"{part}.pdf",
            media_type="application/pdf",
            size=1000,
            sha256=sha256(part.encode()).hexdigest(),
        )
    return await current(world, draft)


async def digest_of(world: World, case: Application) -> str:
    """Name what would be filed now; the digest of nothing when there is no such case."""
    async with world.database.transaction() as work:
        for known in await work.find(Application, id=case.id):
            return filing_digest(
                known,
                documents=await work.find(Document, application_id=case.id, removed_at=None),
                procedure=await work.run(world.transactions.rules.pinned, known, at=world.clock.at),
            )
    return "0" * 64


async def filed(world: World, draft: Application, *, by: str = OWNER, authority: str | None = None) -> Application:
    """A dossier filed as it stands."""
    return await world.use_cases.applications.submit(
        world.context(by),
        draft.id,
        expected_version=draft.version,
        digest=await digest_of(world, draft),
        authority=authority,
    )


async def completed(
    world: World, case: Application, *, by: str = OWNER, because: Mapping[str, str] | None = None
) -> Application:
    """A dossier filed again as it stands; every item left as it was, with a word why, unless words are given."""
    if because is None:
        because = {item.target: "Đã đúng." for item in await unanswered(world, case)}
    return await world.use_cases.applications.submit_supplement(
        world.context(by),
        case.id,
        expected_version=case.version,
        digest=await digest_of(world, case),
        no_change_because=because,
    )


async def unanswered(world: World, case: Application) -> tuple[SupplementItem, ...]:
    """What the open supplement request names and nobody changed, if there is one."""
    async with world.database.transaction() as work:
        for request in await work.find(SupplementRequest, application_id=case.id, answered_at=None):
            versions = await work.run(dossiers.filed_versions, case.id)
            return unanswered_items(
                request,
                filed=versions[-1],
                application=await work.get(Application, case.id),
                documents=await work.find(Document, application_id=case.id, removed_at=None),
            )
    return ()


async def current(world: World, case: Application) -> Application:
    """A case as it stands now."""
    async with world.database.transaction() as work:
        return await work.get(Application, case.id)


@prepared
async def submitted(world: World, *, procedure_code: str = PROCEDURE) -> Application:
    """A dossier filed by its signatory."""
    return await filed(world, await complete_draft(world, procedure_code=procedure_code))


@prepared
async def received(world: World, *, procedure_code: str = PROCEDURE) -> Application:
    """A filed dossier with its code."""
    case = await submitted(world, procedure_code=procedure_code)
    await ready(world, case, INTAKE)
    return await world.use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)


@prepared
async def turned_away(world: World, *, procedure_code: str = PROCEDURE) -> Application:
    """A case refused at intake."""
    case = await received(world, procedure_code=procedure_code)
    return await world.use_cases.intake.refuse_intake(
        world.context(INTAKE),
        case.id,
        expected_version=case.version,
        reasons=(Reason(code="not_competent", text="Thuộc cơ quan khác."),),
    )


@prepared
async def accepted(world: World, *, procedure_code: str = PROCEDURE) -> Application:
    """A complete dossier taken in."""
    case = await received(world, procedure_code=procedure_code)
    return await world.use_cases.intake.accept(world.context(INTAKE), case.id, expected_version=case.version)


@prepared
async def claimed(world: World, *, procedure_code: str = PROCEDURE) -> Application:
    """An accepted case with its focal officer."""
    case = await accepted(world, procedure_code=procedure_code)
    await ready(world, case, FOCAL)
    await world.use_cases.assignments.claim(world.context(FOCAL), case.id)
    return case


@prepared
async def under_appraisal(world: World, *, procedure_code: str = PROCEDURE) -> Application:
    """A case whose level is fixed; nobody reviews it yet."""
    case = await claimed(world, procedure_code=procedure_code)
    level = "2" if procedure_code == AI_PROCEDURE else "low"
    return await world.use_cases.appraisal.classify(
        world.context(FOCAL), case.id, expected_version=case.version, level=level
    )


@prepared
async def with_reviewers(world: World) -> Application:
    """A case under appraisal with two reviewers who declared no conflict."""
    case = await under_appraisal(world)
    for name in REVIEWERS:
        await world.use_cases.assignments.assign(
            world.context(HEAD), case.id, person_id=world.people[name], capacity=Capacity.REVIEWER
        )
        await declared(world, case, name)
    return case


@prepared
async def reviewed(world: World) -> Application:
    """A case under appraisal with both reviews in."""
    case = await with_reviewers(world)
    for name in REVIEWERS:
        await world.use_cases.reviews.submit(
            world.context(name), case.id, scores=SCORES, comment="Khả thi.", advice=Advice.APPROVE
        )
    return case


async def ready(world: World, case: Application, *names: str) -> None:
    """Let officials declare before they act where the procedure asks every one of them to; once is enough."""
    async with world.database.transaction() as work:
        procedure = await world.transactions.rules.pinned(work.connection, case, at=world.clock.at)
    if procedure.flag("interests.officials_declare"):
        for name in names:
            with suppress(Duplicate):
                await declared(world, case, name)


async def declared(world: World, case: Application, *names: str) -> None:
    """Let people declare that they have no conflict of interest."""
    for name in names:
        await world.use_cases.appraisal.declare(world.context(name), case.id, conflicted=False, statement="")


def composition(world: World, *members: str, chair: str | None = None, secretary: str = SECRETARY) -> Composition:
    """A council of these people, of all five experts when none are named; the first one chairs."""
    names = members or MEMBERS
    return Composition(
        chair_id=world.people[chair or names[0]],
        secretary_id=world.people[secretary],
        member_ids=tuple(world.people[name] for name in names),
    )


async def convened(world: World, case: Application) -> CouncilSession:
    """The council of a case called for tomorrow."""
    return await world.use_cases.councils.convene(
        world.context(FOCAL),
        case.id,
        composition=composition(world),
        scheduled_at=world.clock.at + timedelta(days=1),
        place="Phòng họp số 2",
    )


async def sitting(world: World, case: Application) -> CouncilSession:
    """The council of a case, everybody declared, at the hour of its sitting."""
    session = await convened(world, case)
    await declared(world, case, *MEMBERS, SECRETARY)
    world.clock.forward(days=1)
    return session


async def concluded(world: World, case: Application, *, against: int = 1) -> CouncilSession:
    """The council of a case, concluded and its minutes confirmed, the last `against` members voting against."""
    session = await sitting(world, case)
    for index, name in enumerate(MEMBERS):
        is_against = index >= len(MEMBERS) - against
        await world.use_cases.councils.vote(
            world.context(name),
            case.id,
            session.id,
            choice=Choice.AGAINST if is_against else Choice.FOR,
            is_written=False,
            dissent="Chưa đủ số liệu." if is_against else "",
        )
    drawn_up = await world.use_cases.councils.conclude(
        world.context(SECRETARY),
        case.id,
        session.id,
        expected_version=session.version,
        present_ids=tuple(world.people[name] for name in MEMBERS),
        minutes="Hội đồng họp đủ thành viên.",
    )
    return await world.use_cases.councils.confirm(
        world.context(CHAIR), case.id, session.id, expected_version=drawn_up.version
    )


@prepared
async def appraised(world: World) -> Application:
    """A case under appraisal that lacks nothing: reviews in, council concluded in favour."""
    case = await reviewed(world)
    await concluded(world, case)
    return case


KIDS = AI_DOSSIER | {"competence": AI_DOSSIER["competence"] | {"children_data": True}}


async def received_for_another_authority(world: World) -> Application:
    """Receive a trial with data of children, filed knowing that the Ministry of Public Security is competent."""
    draft = await complete_draft(world, answers=KIDS, procedure_code=AI_PROCEDURE)
    case = await filed(world, draft, authority="Bộ Công an")
    return await world.use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)


async def founded(world: World, *, name: str = "Chi nhánh mới", agency_code: str | None = "H12.77") -> UUID:
    """Found a unit that works on the same procedures as the desk, after everything that was filed."""
    async with world.database.transaction() as work:
        like = await work.get(Organisation, world.units["one_stop"])
        made = replace(like, id=world.transactions.new_id(), version=1, name=name, agency_code=agency_code)
        await work.add(made)
    return made.id


async def assisted(
    world: World, *, by: str = INTAKE, organisation_id: UUID | None = None, procedure_code: str = PROCEDURE
) -> Application:
    """A complete draft that an officer of a desk prepared for the startup."""
    officer = world.context(by)
    draft = await world.use_cases.applications.assist(
        officer,
        procedure_code=procedure_code,
        organisation_id=organisation_id or world.startup,
        receiving_unit_id=world.units["one_stop"],
        title="Giám sát ao tôm",
    )
    draft = await world.use_cases.applications.edit(
        officer, draft.id, expected_version=draft.version, title=None, answers=DOSSIER
    )
    for part in sorted(ATTACHED):
        await world.use_cases.applications.add_document(
            officer,
            draft.id,
            part=part,
            filename=f"{part}.pdf",
            media_type="application/pdf",
            size=1000,
            sha256=sha256(part.encode()).hexdigest(),
        )
    return await current(world, draft)


async def signed_on_paper(world: World, *, by: str = INTAKE) -> Application:
    """The same, with the paper attached on which its applicant confirmed it."""
    draft = await assisted(world, by=by)
    await world.use_cases.attachments.add(
        world.context(by),
        draft.id,
        kind=AttachmentKind.SIGNED_FORM,
        filename="don-da-ky.pdf",
        media_type="application/pdf",
        size=1000,
        sha256=sha256(b"don da ky").hexdigest(),
    )
    return draft
