"""The example dossiers: each fits its procedure, or breaks exactly the rules it was written to break, and its papers are real."""

import subprocess
import unicodedata
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from sandbox_registry.demo.dossiers import EXAMPLES, Dossier, dossiers_for, load_dossiers, load_scenarios, starting
from sandbox_registry.demo.papers import make, papers, typeset
from sandbox_registry.documents.uploads.contents.judgement import PDF
from sandbox_registry.documents.uploads.contents.recognition import recognise
from sandbox_registry.documents.uploads.kinds import check_extension, clean_filename
from sandbox_registry.domain.identity.people import MembershipKind, OrganisationKind
from sandbox_registry.domain.rules.forms import normalise, route, validate, validate_shape
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.rulebook.procedure_files import load_procedures

DOSSIERS = load_dossiers()
SCENARIOS = load_scenarios()
TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
RESERVED = (".example", "example.com", "example.org", "example.net")
every_dossier = pytest.mark.parametrize("slug", sorted(DOSSIERS))


@cache
def procedures() -> dict[str, Procedure]:
    return load_procedures(EXAMPLES.parent / "policies" / "procedures")


def procedure_of(dossier: Dossier) -> Procedure:
    return procedures()[dossier.procedure]


def errors_of(dossier: Dossier) -> list[dict[str, str]]:
    found = validate(procedure_of(dossier), normalise(dossier.answers), frozenset(dossier.parts))
    return [{"field": error.field, "code": error.code} for error in found]


def test_every_dossier_has_a_course_and_every_course_a_dossier() -> None:
    assert set(SCENARIOS) ^ set(DOSSIERS) == set(), (
        "each file of examples/dossiers has its scenario in examples/scenarios.toml"
    )
    assert len([slug for slug in DOSSIERS if not slug.startswith("loi-")]) >= 8


def test_the_courses_cover_every_way_a_case_can_go() -> None:
    assert {scenario["course"] for scenario in SCENARIOS.values()} == {
        "permit",
        "refused",
        "referred",
        "lapsed",
        "withdrawn",
        "intake_refused",
        "under_appraisal",
        "submission_refused",
    }
    permits = {scenario["permit"] for scenario in SCENARIOS.values() if scenario["course"] == "permit"}
    assert permits == {"active", "scheduled", "short"}


@every_dossier
def test_a_dossier_breaks_exactly_the_rules_its_course_names(slug: str) -> None:
    assert errors_of(DOSSIERS[slug]) == SCENARIOS[slug].get("errors", [])


@every_dossier
@pytest.mark.parametrize("today", [date(2026, 11, 21), date(2027, 8, 31), date(2028, 2, 29)])
def test_a_dossier_moved_in_time_says_the_same(slug: str, today: date) -> None:
    first_day = today + timedelta(days=SCENARIOS[slug]["starts_in_days"])
    moved = dossiers_for(today)[slug]
    assert moved.answers["schedule"]["start"] == first_day.isoformat()
    assert errors_of(moved) == SCENARIOS[slug].get("errors", [])


@every_dossier
def test_a_dossier_leads_to_the_authority_its_course_names(slug: str) -> None:
    found = route(procedure_of(DOSSIERS[slug]), DOSSIERS[slug].answers)
    assert (found.target if found else None) == SCENARIOS[slug].get("referral")


@every_dossier
def test_a_course_names_only_what_the_procedure_knows(slug: str) -> None:
    scenario, procedure = SCENARIOS[slug], procedure_of(DOSSIERS[slug])
    assert {reason["code"] for reason in scenario.get("reasons", ())} <= {
        reason.code for reason in procedure.refusal_reasons
    }
    for scores in scenario.get("scores", ()):
        assert set(scores) == {criterion.key for criterion in procedure.criteria}
        assert all(0 <= scores[criterion.key] <= criterion.max_score for criterion in procedure.criteria)
    for item in scenario.get("supplement", {"items": ()})["items"]:
        kind, _, path = item["target"].partition(".")
        assert procedure.component(path) if kind == "documents" else procedure.field(path)
    assert scenario.get("level") in {None, *(level.key for level in procedure.levels)}
    votes = scenario.get("votes")
    assert votes is None or (votes["approve"] > votes["refuse"]) == (scenario["course"] == "permit")


@every_dossier
def test_organisations_and_people_are_well_formed_and_fictional(slug: str) -> None:
    dossier = DOSSIERS[slug]
    tax_code = dossier.organisation.tax_code
    weighted = sum(int(digit) * weight for digit, weight in zip(tax_code, TAX_WEIGHTS, strict=False))
    assert len(tax_code) == 10
    assert int(tax_code[9]) == 10 - weighted % 11
    assert dossier.organisation.kind in {OrganisationKind.ENTERPRISE, OrganisationKind.ORGANISATION}
    assert {person.standing for person in dossier.people} <= set(MembershipKind)
    for address in (dossier.organisation.email, *(person.email for person in dossier.people)):
        assert address.endswith(RESERVED)
    assert dossier.representative in dossier.people
    delegated = dossier.answers["contact"]["by_delegate"]
    assert delegated is any(person.standing == "authorised_signatory" for person in dossier.people)


def test_nobody_files_twice_and_no_two_people_share_an_address() -> None:
    codes = [dossier.organisation.tax_code for dossier in DOSSIERS.values()]
    emails = [person.email for dossier in DOSSIERS.values() for person in dossier.people]
    assert len(set(codes)) == len(codes)
    assert len(set(emails)) == len(emails)


@every_dossier
def test_every_file_is_written_in_nfc(slug: str) -> None:
    text = (EXAMPLES / "dossiers" / slug / "dossier.toml").read_text()
    assert unicodedata.is_normalized("NFC", text)
    assert validate_shape(procedure_of(DOSSIERS[slug]), DOSSIERS[slug].answers) == () or slug.startswith("loi-")


@every_dossier
def test_the_papers_answer_the_parts_and_are_pdf_by_their_content(slug: str, tmp_path: Path) -> None:
    dossier = DOSSIERS[slug]
    procedure = procedure_of(dossier)
    made = make(dossier, procedure, tmp_path)
    assert {paper.part for paper, _ in made} == set(dossier.parts)
    for paper, path in made:
        part = procedure.component(paper.part)
        assert recognise(path) == PDF
        check_extension(paper.filename, PDF)
        assert clean_filename(paper.filename, extension="pdf") == paper.filename
        assert part is not None
        assert path.stat().st_size <= part.max_bytes
    for part in procedure.parts:
        assert len([paper for paper, _ in made if paper.part == part.key]) <= part.max_files


def test_the_same_paper_is_the_same_bytes_and_another_day_is_another_paper() -> None:
    dossier = DOSSIERS["truy-xuat-cua-ma-vach-gen"]
    procedure = procedure_of(dossier)
    first = [typeset(paper) for paper in papers(dossier, procedure)]
    assert [typeset(paper) for paper in papers(dossier, procedure)] == first
    moved = starting(dossier, date(2027, 3, 1))
    assert not set(first) & {typeset(paper) for paper in papers(moved, procedure)}


def test_a_reader_program_finds_the_vietnamese_words(tmp_path: Path) -> None:
    dossier = DOSSIERS["drone-tiep-te-dao"]
    made = make(dossier, procedure_of(dossier), tmp_path)
    plan = next(path for paper, path in made if paper.part == "trial_plan")
    done = subprocess.run(["pdftotext", "-layout", plan, "-"], capture_output=True, check=True)
    words = " ".join(unicodedata.normalize("NFC", done.stdout.decode()).split())
    for expected in (
        "ĐỀ ÁN THỬ NGHIỆM",
        "Khối lượng cất cánh tối đa",
        "không quá 70",
        "15/01/2027",
        "3.000.000.000 đồng",
    ):
        assert expected in words
