"""Every error of a field that a use case gives, by its rule; with those of the domain and of files, no sentence is left."""

import ast
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from sandbox_registry.documents.uploads.contents.judgement import PDF
from sandbox_registry.documents.uploads.contents.server import answer_of
from sandbox_registry.documents.uploads.inspection import judgement_of
from sandbox_registry.documents.uploads.kinds import check_extension
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.cases.attachments import AttachmentKind
from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.identity.people import Capacity, MembershipKind
from sandbox_registry.domain.operations.scanning import Verdict
from sandbox_registry.usecases.cases.applications import check_previous, receiving_unit
from sandbox_registry.usecases.cases.documents import Documents
from sandbox_registry.usecases.cases.past_cases import moment_of
from sandbox_registry.usecases.cases.reception import Reception
from sandbox_registry.usecases.cases.stored_files import StoredFiles
from tests.documents.uploads.files import pdf
from tests.documents.uploads.test_contents import REFUSALS
from tests.domain.test_field_errors import RULES
from tests.support import stages
from tests.support.decided import SIGNER, TITLE, recommended, terms
from tests.support.field_errors import FAMILIES, check_said, errors_of, every_key
from tests.support.inspection import INSPECTOR
from tests.support.stages import OWNER
from tests.support.world import START, World

PACKAGE = Path(__file__).parents[2] / "sandbox_registry"
DAY = timedelta(days=1)
Act = Callable[[World, Path], Awaitable[object]]


async def attach(world: World, part: str, *, media_type: str = "application/pdf", size: int = 1000) -> None:
    """Attach two files of one kind to a part."""
    case = await world.draft()
    for digest in ("c" * 64, "d" * 64):
        await world.use_cases.applications.add_document(
            world.context(OWNER),
            case.id,
            part=part,
            filename="tep.pdf",
            media_type=media_type,
            size=size,
            sha256=digest,
        )


class Alarm:
    """A scanner that takes every file for harmful."""

    async def scan(self, path: Path) -> Verdict:
        return Verdict(is_scanned=True, threat=f"alarm at {path.name}")


async def bytes_of_a_file() -> AsyncIterator[bytes]:
    yield pdf()


async def attach_harmful(world: World, tmp_path: Path) -> None:
    case = await world.draft()
    store = Store(tmp_path / "harmful")
    reception = Reception(
        store=store,
        scanner=Alarm(),
        inspector=INSPECTOR,
        limits=world.use_cases.rate_limits,
        max_bytes=1_000_000,
    )
    documents = Documents(
        applications=world.use_cases.applications,
        cases=world.use_cases.cases,
        reception=reception,
        stored=StoredFiles(world.use_cases.transactions, store=store),
    )
    await documents.attach(
        world.context(OWNER), case.id, part="trial_plan", filename="tep.pdf", chunks=bytes_of_a_file()
    )


async def assign_a_chair(world: World, _: Path) -> None:
    case = await stages.accepted(world)
    await world.use_cases.assignments.assign(
        world.context(stages.HEAD), case.id, person_id=world.people["uy_vien_1"], capacity=Capacity.CHAIR
    )


async def supervise(world: World, supervising: str) -> None:
    case = await recommended(world)
    unit_id = world.startup if supervising == "startup" else world.units[supervising]
    await world.use_cases.decisions.approve(
        world.context(SIGNER), case.id, expected_version=case.version, legal_basis=("Luật",), terms=terms(unit_id)
    )


async def declare_without_words(world: World, _: Path) -> None:
    case = await stages.with_reviewers(world)
    await world.use_cases.appraisal.declare(world.context("phan_bien_1"), case.id, conflicted=True, statement="")


async def visit_tomorrow(world: World, _: Path) -> None:
    case = await stages.under_appraisal(world)
    await world.use_cases.appraisal.record_visit(
        world.context(stages.FOCAL),
        case.id,
        visited_at=world.clock.at + DAY,
        place="Vựa 1",
        minutes="-",
        applicant_attended=True,
    )


async def delegate_by_no_document(world: World, _: Path) -> None:
    await world.use_cases.offices.delegate(
        world.context(SIGNER),
        to_person_id=world.people["truong_phong"],
        unit_id=world.units["committee"],
        document=" ",
        title=TITLE,
        valid_to=world.clock.at + DAY,
    )


async def set_up_by_a_wrong_code(world: World, _: Path) -> None:
    await world.use_cases.second_factors.set_up(world.context(OWNER), sealed=b"none of ours", code="000000")


async def invite_nobody(world: World, _: Path) -> None:
    await world.use_cases.organisations.add_member(
        world.context(OWNER), world.startup, email="khong.ai@camau.example", kind=MembershipKind.EDITOR
    )


async def name_a_token_with_nothing(world: World, _: Path) -> None:
    await world.use_cases.tokens.create(world.context(OWNER), name=" ", lifetime=DAY)


async def follow_an_open_case(world: World, _: Path) -> None:
    check_previous(await stages.submitted(world))


async def choose_no_unit(world: World, _: Path) -> None:
    receiving_unit((), preferred=world.startup, procedure_code="ca-mau-2026-draft")


async def look_ahead(_: World, __: Path) -> None:
    moment_of(START + DAY, now=START, begun=START)


async def look_too_far_back(_: World, __: Path) -> None:
    moment_of(START - DAY, now=START, begun=START)


async def exceed_the_limits_of_an_inspection(_: World, __: Path) -> None:
    judgement_of(answer_of(b"", status=signal.SIGXCPU, seconds=10.0)).require_accepted()


async def claim_another_type(_: World, __: Path) -> None:
    check_extension("đề án.docx", PDF)


async def attach_somebody_elses_paper(world: World, _: Path) -> None:
    case = await stages.received(world)
    await world.use_cases.attachments.add(
        world.context(stages.INTAKE),
        case.id,
        kind=AttachmentKind.COUNCIL_MINUTES,
        filename="bien-ban.pdf",
        media_type="application/pdf",
        size=1,
        sha256="c" * 64,
    )


async def entrust(world: World, unit_id: UUID, *, as_desk: bool) -> None:
    case = await stages.received(world)
    await world.use_cases.assignments.entrust(
        world.context(stages.HEAD),
        case.id,
        expected_version=case.version,
        unit_id=unit_id,
        as_desk=as_desk,
        reason="Thành lập sau.",
    )


async def entrust_to_no_desk(world: World, _: Path) -> None:
    await entrust(world, await stages.founded(world, agency_code=None), as_desk=True)


ACTS: dict[str, Act] = {
    "applications.earlier_case_open": follow_an_open_case,
    "applications.unknown_receiving_unit": choose_no_unit,
    "assignments.not_assignable": assign_a_chair,
    "attachments.not_yours": attach_somebody_elses_paper,
    "decisions.unit_supervises_nothing": lambda world, _: supervise(world, "police"),
    "decisions.unknown_supervising_unit": lambda world, _: supervise(world, "startup"),
    "declarations.conflict_not_described": declare_without_words,
    "desks.no_desk": entrust_to_no_desk,
    "desks.not_handling": lambda world, _: entrust(world, world.units["police"], as_desk=False),
    "documents.harmful": attach_harmful,
    "documents.too_large": lambda world, _: attach(world, "application_form", size=10**15),
    "documents.too_many_files": lambda world, _: attach(world, "application_form"),
    "documents.unknown_part": lambda world, _: attach(world, "nothing"),
    "documents.wrong_media": lambda world, _: attach(world, "application_form", media_type="image/png"),
    "offices.document_missing": delegate_by_no_document,
    "organisations.no_account": invite_nobody,
    "second_factor.wrong_code": set_up_by_a_wrong_code,
    "past_case.in_future": look_ahead,
    "past_case.not_begun": look_too_far_back,
    "site_visits.in_future": visit_tomorrow,
    "tokens.wrong_name": name_a_token_with_nothing,
    "upload.inspection_exceeded": exceed_the_limits_of_an_inspection,
    "upload.wrong_extension": claim_another_type,
}


@pytest.mark.parametrize("key", ACTS)
async def test_rule_says_its_sentence_in_three_languages(world: World, tmp_path: Path, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        await ACTS[key](world, tmp_path)
    check_said(key, errors_of(lambda: refused.value.errors))


def test_every_sentence_of_a_field_is_brought_about_by_its_rule() -> None:
    assert every_key() == RULES.keys() | REFUSALS.keys() | ACTS.keys()


def test_errors_of_fields_say_sentences_of_these_families_alone() -> None:
    said = {
        str(each.args[0].value).partition(".")[0]
        for path in PACKAGE.rglob("*.py")
        if path.name != "malformed.py"  # What is malformed has a test of its own.
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "FieldError"
        for each in ast.walk(call)
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "Phrase" and isinstance(each.args[0], ast.Constant)
    }
    assert len(said) > 15
    assert said <= FAMILIES
