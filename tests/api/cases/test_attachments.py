"""Papers of officials over HTTP: who attaches which, who reads which, and that they are inspected like any file."""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sandbox_registry.domain.cases.applications import Application
from tests.documents.uploads.files import pdf
from tests.support import stages
from tests.support.client import Client
from tests.support.decided import approved
from tests.support.stages import CHAIR, FOCAL, HEAD, INTAKE, MEMBERS, OWNER, REVIEWERS, SECRETARY
from tests.support.world import World

PDF = pdf()
KEEPER, RIVAL, AGENCY = "van_thu", "doi_thu", "cong_an"


async def attach(client: Client, case: Application, kind: str, *, by: str | None, content: bytes = PDF) -> Any:
    return await client.send(
        "POST",
        f"/applications/{case.id}/attachments",
        by=by,
        params={"kind": kind, "filename": "Biên bản (đã ký).pdf"},
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )


async def shown(client: Client, case: Application, *, by: str) -> list[str]:
    answer = await client.send("GET", f"/applications/{case.id}/attachments", by=by)
    assert answer.status_code == 200, answer.text
    return [each["kind"] for each in answer.json()["items"]]


async def asked_of(world: World, case: Application) -> None:
    """Ask the police for its opinion."""
    await world.use_cases.consultations.ask(
        world.context(FOCAL),
        case.id,
        unit_id=world.units["police"],
        question="Có ý kiến gì?",
        term=None,
        remind_on=None,
        is_required=False,
    )


async def in_appraisal(client: Client) -> Application:
    """A case whose council sits and whose agency was asked, with a paper of each kind that there can be."""
    case = await stages.reviewed(client.world)
    await stages.sitting(client.world, case)
    await asked_of(client.world, case)
    for kind, by in (
        ("site_minutes", REVIEWERS[0]),
        ("council_minutes", SECRETARY),
        ("agency_letter", AGENCY),
        ("notice", INTAKE),
    ):
        made = await attach(client, case, kind, by=by)
        assert made.status_code == 201, made.text
    return case


async def test_each_kind_of_paper_has_its_own_readers(client: Client) -> None:
    case = await in_appraisal(client)
    everything = ["site_minutes", "council_minutes", "agency_letter", "notice"]
    for name, kinds in (
        (OWNER, ["notice"]),
        ("nguoi_soan", ["notice"]),
        (INTAKE, ["notice"]),
        (AGENCY, ["agency_letter", "notice"]),
        (REVIEWERS[0], ["site_minutes", "agency_letter", "notice"]),
        (MEMBERS[1], everything),
        (FOCAL, everything),
        (HEAD, everything),
        ("dai_bieu", everything),
    ):
        assert await shown(client, case, by=name) == kinds, name
    hidden = await client.send("GET", f"/applications/{case.id}/attachments", by=RIVAL)
    assert hidden.status_code == 404


async def test_paper_one_may_not_read_is_none(client: Client) -> None:
    case = await in_appraisal(client)
    listed = await client.send("GET", f"/applications/{case.id}/attachments", by=FOCAL)
    papers = {each["kind"]: each for each in listed.json()["items"]}
    path = f"/applications/{case.id}/attachments/{{}}/content".format
    read = await client.send("GET", path(papers["notice"]["id"]), by=OWNER)
    assert (read.content, read.headers["content-security-policy"]) == (PDF, "sandbox")
    assert papers["notice"]["sha256"] == sha256(PDF).hexdigest()
    for name, kind in ((OWNER, "council_minutes"), (AGENCY, "site_minutes"), (INTAKE, "agency_letter")):
        there = await client.send("GET", path(papers[kind]["id"]), by=name)
        none = await client.send("GET", path(case.id), by=name)
        assert there.status_code == none.status_code == 404
        assert there.json() | {"request_id": ""} == none.json() | {"request_id": ""}


async def test_applicant_learns_of_no_paper_through_the_timeline_or_the_bundle_of_kinds(client: Client) -> None:
    case = await in_appraisal(client)
    for name, seen in ((OWNER, False), (HEAD, True), ("dai_bieu", True)):
        timeline = await client.send("GET", f"/applications/{case.id}/timeline?limit=100", by=name)
        assert ("attachment:add" in {each["action"] for each in timeline.json()["items"]}) is seen, name


@pytest.mark.parametrize(
    ("by", "kind", "refusal"),
    [
        (OWNER, "notice", (403, "permission_denied")),
        (HEAD, "council_minutes", (403, "permission_denied")),
        ("dai_bieu", "notice", (403, "permission_denied")),
        (RIVAL, "notice", (404, "not_found")),
        (None, "notice", (401, "unauthenticated")),
        (KEEPER, "decision", (404, "not_found")),
        (FOCAL, "council_minutes", (422, "not_yours")),
        (AGENCY, "notice", (422, "not_yours")),
        (CHAIR, "agency_letter", (422, "not_yours")),
        (INTAKE, "decision", (422, "not_yours")),
        (FOCAL, "letter", (400, "malformed")),
    ],
)
async def test_paper_of_somebody_else_is_refused(
    client: Client, tmp_path: Path, by: str | None, kind: str, refusal: tuple[int, str]
) -> None:
    case = await stages.reviewed(client.world)
    await stages.sitting(client.world, case)
    await asked_of(client.world, case)
    answer = await attach(client, case, kind, by=by)
    problem = answer.json()
    status, code = refusal
    assert answer.status_code == status, answer.text
    assert code in {problem["code"], *(each["code"] for each in problem["errors"])}, answer.text
    assert [each for each in (tmp_path / "documents").rglob("*") if each.is_file()] == []


async def test_paper_is_inspected_like_the_files_of_an_applicant(client: Client, tmp_path: Path) -> None:
    case = await stages.received(client.world)
    for content, code in ((b"MZ\x90\x00", "unknown_type"), (PDF[:100], "broken_file"), (b"", "empty_file")):
        answer = await attach(client, case, "notice", by=INTAKE, content=content)
        assert (answer.status_code, [each["code"] for each in answer.json()["errors"]]) == (422, [code])
    large = await attach(client, case, "notice", by=INTAKE, content=b"%PDF-1.7\n" + b"0" * 5_000_001)
    assert large.status_code == 413
    assert [each for each in (tmp_path / "documents").rglob("*") if each.is_file()] == []


async def test_same_paper_sent_again_is_attached_once_and_answered_alike(client: Client) -> None:
    case = await stages.received(client.world)
    answers = await asyncio.gather(*(attach(client, case, "notice", by=INTAKE) for _ in range(3)))
    assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
    assert await shown(client, case, by=OWNER) == ["notice"]


async def test_another_original_of_the_same_paper_is_no_repetition_of_the_first(client: Client) -> None:
    case = await stages.received(client.world)
    sent = [PDF + bytes(3000), PDF + bytes(3000), PDF + bytes(4000), PDF.rstrip() + b"\n"]
    answers = [await attach(client, case, "notice", by=INTAKE, content=content) for content in sent]
    assert [each.status_code for each in answers] == [201, 201, 409, 409]


async def test_signed_decision_is_attached_by_the_records_office_and_read_by_the_applicant(client: Client) -> None:
    case = await approved(client.world)
    assert (await attach(client, case, "decision", by=INTAKE)).status_code == 409
    made = await attach(client, case, "decision", by=KEEPER)
    assert (made.status_code, made.json()["attached_by"]) == (201, str(client.world.people[KEEPER]))
    assert await shown(client, case, by=OWNER) == ["decision"]
