"""Files over HTTP: what is taken in, what is refused before its first byte, how a download looks."""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest

from sandbox_registry.app import create_app
from sandbox_registry.db.cases import dossiers
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.runtime.settings import Settings
from tests.documents.uploads.files import pdf, png, slow_pdf
from tests.support.client import Client
from tests.support.leaves import leaves
from tests.support.stages import OWNER, submitted
from tests.support.world import World

PDF = pdf()
NAME = "Đơn đề nghị (bản ký).pdf"


async def attach(client: Client, case: Application, *, by: str | None = OWNER, **changes: Any) -> Any:
    query = {"part": "trial_plan", "filename": NAME} | changes.pop("params", {})
    sent = {"content": PDF, "headers": {"Content-Type": "application/octet-stream"}} | changes
    return await client.send("POST", f"/applications/{case.id}/documents", by=by, params=query, **sent)


def stored(tmp_path: Path) -> list[str]:
    return sorted(each.name for each in (tmp_path / "documents").rglob("*") if each.is_file())


async def test_file_comes_back_as_it_was_sent(client: Client, tmp_path: Path) -> None:
    case = await client.world.draft()
    made = await attach(client, case)
    shown = made.json()
    digest = sha256(PDF).hexdigest()
    path = f"/applications/{case.id}/documents/{shown['id']}"
    read = await client.send("GET", path, by=OWNER)
    content = await client.send("GET", f"{path}/content", by="nguoi_soan")
    assert (made.status_code, made.headers["location"]) == (201, f"/api/v1{path}")
    assert (shown["filename"], shown["media_type"], shown["size"], shown["sha256"]) == (
        NAME,
        "application/pdf",
        len(PDF),
        digest,
    )
    assert (read.json(), read.headers["etag"]) == (shown, '"1"')
    assert (content.content, content.headers["content-length"]) == (PDF, str(len(PDF)))
    assert content.headers["content-type"] == "application/pdf"
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-security-policy"] == "sandbox"
    assert content.headers["cache-control"] == "no-store"
    assert unquote(content.headers["content-disposition"]) == f"attachment; filename*=UTF-8''{NAME}"
    assert stored(tmp_path) == [digest]


async def test_cleaned_copy_is_shown_and_what_was_sent_is_kept_beside_it(client: Client, tmp_path: Path) -> None:
    case = await client.world.draft()
    sent = PDF + bytes(3000)
    made = await attach(client, case, content=sent)
    again = await attach(client, case, content=sent)
    shown = made.json()
    content = await client.send("GET", f"/applications/{case.id}/documents/{shown['id']}/content", by=OWNER)
    assert (made.status_code, again.content) == (201, made.content)
    assert (shown["sha256"], shown["size"]) == (sha256(content.content).hexdigest(), len(content.content))
    assert shown["original"] == {"sha256": sha256(sent).hexdigest(), "size": len(sent)}
    assert content.content == PDF.rstrip() + b"\n"
    assert stored(tmp_path) == sorted([shown["sha256"], shown["original"]["sha256"]])


async def test_another_original_of_the_same_copy_is_no_repetition_of_the_first(client: Client, tmp_path: Path) -> None:
    """Whoever is answered 201 may rely on it that what they sent is kept."""
    case = await client.world.draft()
    made = await attach(client, case, content=PDF + bytes(3000))
    before = stored(tmp_path)
    others = [await attach(client, case, content=content) for content in (PDF + bytes(4000), PDF.rstrip() + b"\n")]
    assert (made.status_code, [each.status_code for each in others]) == (201, [409, 409])
    assert stored(tmp_path) == before


async def test_same_file_sent_again_is_attached_once_and_answered_alike(client: Client) -> None:
    """An upload whose answer was lost is repeated; somebody else, or another name, is told that it is there."""
    case = await client.world.draft()
    answers = await asyncio.gather(*(attach(client, case) for _ in range(3)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1
    renamed = await attach(client, case, params={"filename": "Khác.pdf"})
    colleague = await attach(client, case, by="nguoi_soan")
    assert [each.status_code for each in (renamed, colleague)] == [409, 409]
    versions = await client.send("GET", f"/applications/{case.id}/versions", by=OWNER)
    assert [len(each["documents"]) for each in versions.json()["items"]] == [0, 1]


async def test_refused_file_leaves_nothing(client: Client, tmp_path: Path) -> None:
    case = await client.world.draft()
    filed = await submitted(client.world)
    large = b"%PDF-1.7\n" + b"0" * 5_000_001
    cases: list[tuple[int, str, Any]] = [
        (404, "not_found", await attach(client, case, by="doi_thu")),
        (404, "not_found", await attach(client, case, by="mot_cua")),
        (401, "unauthenticated", await attach(client, case, by=None)),
        (403, "permission_denied", await attach(client, filed, by="mot_cua")),
        (409, "transition_not_allowed", await attach(client, filed)),
        (422, "unknown_part", await attach(client, case, params={"part": "nothing"})),
        (422, "unknown_part", await attach(client, case, params={"part": "../../etc/passwd"})),
        (422, "wrong_extension", await attach(client, case, params={"filename": "x.docx"})),
        (422, "unknown_type", await attach(client, case, content=b"MZ\x90\x00")),
        (422, "unknown_type", await attach(client, case, content=b"<html><script>")),
        (422, "broken_file", await attach(client, case, content=PDF[:100])),
        (422, "empty_file", await attach(client, case, content=b"")),
        (413, "file_too_large", await attach(client, case, content=large)),
        (400, "malformed", await attach(client, case, params={"part": "\x00"})),
        (400, "malformed", await attach(client, case, params={"filename": ""})),
    ]
    for status, code, answer in cases:
        problem = answer.json()
        assert answer.status_code == status, answer.text
        assert code in {problem["code"], *(each["code"] for each in problem["errors"])}, answer.text
    async with client.world.database.replica() as connection:
        assert await dossiers.live_documents(connection, case.id) == ()
    assert stored(tmp_path) == []


async def test_kind_that_the_part_does_not_take_is_neither_attached_nor_kept(client: Client, tmp_path: Path) -> None:
    case = await client.world.draft()
    answer = await attach(client, case, content=png(), params={"filename": "anh.png"})
    assert stored(tmp_path) == []
    assert (answer.status_code, [each["code"] for each in answer.json()["errors"]]) == (422, ["wrong_media"])
    async with client.world.database.replica() as connection:
        assert await dossiers.live_documents(connection, case.id) == ()


async def test_outsider_cannot_read_a_file_that_is_there(client: Client) -> None:
    case = await client.world.draft()
    made = (await attach(client, case)).json()
    for tail in ("", "/content"):
        there = await client.send("GET", f"/applications/{case.id}/documents/{made['id']}{tail}", by="doi_thu")
        none = await client.send("GET", f"/applications/{UUID(int=1)}/documents/{made['id']}{tail}", by="doi_thu")
        assert there.status_code == none.status_code == 404
        assert there.json() | {"request_id": ""} == none.json() | {"request_id": ""}


async def test_file_of_another_case_looks_like_none(client: Client) -> None:
    mine, other = await client.world.draft(), await client.world.draft()
    made = (await attach(client, other)).json()
    for method in ("GET", "DELETE"):
        there = await client.send(method, f"/applications/{mine.id}/documents/{made['id']}", by=OWNER)
        none = await client.send(method, f"/applications/{mine.id}/documents/{UUID(int=1)}", by=OWNER)
        assert there.status_code == none.status_code == 404
        assert there.json() | {"request_id": ""} == none.json() | {"request_id": ""}


async def test_removed_file_stays_on_record_and_may_come_back(client: Client) -> None:
    case = await client.world.draft()
    made = (await attach(client, case)).json()
    path = f"/applications/{case.id}/documents/{made['id']}"
    done = await asyncio.gather(*(client.send("DELETE", path, by=OWNER) for _ in range(2)))
    removed = next(each for each in done if each.status_code == 200).json()
    shown = await client.send("GET", path, by=OWNER)
    again = await attach(client, case)
    view = await client.send("GET", f"/applications/{case.id}", by=OWNER)
    versions = await client.send("GET", f"/applications/{case.id}/versions", by=OWNER)
    assert sorted(each.status_code for each in done) == [200, 404]
    assert (removed["version"], removed["removed_at"] is not None) == (2, True)
    assert shown.json() == removed
    assert (again.status_code, [each["id"] for each in view.json()["documents"]]) == (201, [again.json()["id"]])
    assert [len(each["documents"]) for each in versions.json()["items"]] == [0, 1, 0, 1]


async def test_damaged_file_is_not_sent_and_found_once_until_it_is_whole_again(client: Client, tmp_path: Path) -> None:
    case = await client.world.draft()
    made = (await attach(client, case)).json()
    path = f"/applications/{case.id}/documents/{made['id']}"
    damage(tmp_path, made["sha256"])
    before = len(await leaves(client.world))

    answers = await asyncio.gather(*(client.send("GET", f"{path}/content", by=OWNER) for _ in range(3)))

    assert {(each.status_code, each.json()["code"]) for each in answers} == {(500, "file_damaged")}
    found = [(leaf.action, leaf.kind, leaf.result) for leaf in (await leaves(client.world))[before:]]
    assert found == [("stored_file:report", "damaged_file", "done")]

    await client.send("DELETE", path, by=OWNER)
    again = await attach(client, case)
    content = f"/applications/{case.id}/documents/{again.json()['id']}/content"
    assert (await client.send("GET", content, by=OWNER)).content == PDF
    damage(tmp_path, made["sha256"])
    assert (await client.send("GET", content, by=OWNER)).status_code == 500
    assert len(await leaves(client.world)) == before + 2


def damage(tmp_path: Path, digest: str) -> None:
    kept = tmp_path / "documents" / digest[:2] / digest[2:4] / digest
    kept.write_bytes(PDF[:-1] + b"X")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(({"type": "http.request", "body": PDF[:200], "more_body": True},), id="midway"),
        pytest.param(({"type": "http.request", "body": slow_pdf(), "more_body": False},), id="while it is inspected"),
    ],
)
async def test_client_that_leaves_leaves_nothing(world: World, tmp_path: Path, body: tuple[Any, ...]) -> None:
    case, secret = await world.draft(), await world.token(OWNER)
    app = create_app(Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="unused"), world.use_cases)
    app.state.use_cases = world.use_cases
    sent: list[Any] = []
    events = [*body]

    async def receive() -> Any:
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": f"/api/v1/applications/{case.id}/documents",
        "raw_path": b"",
        "query_string": b"part=trial_plan&filename=a.pdf",
        "root_path": "",
        "headers": [
            (b"authorization", f"Bearer {secret}".encode()),
            (b"content-type", b"application/pdf"),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
    }
    await app(scope, receive, send)
    async with world.database.replica() as connection:
        assert await dossiers.live_documents(connection, case.id) == ()
    assert stored(tmp_path) == []
    assert [each["status"] for each in sent if each["type"] == "http.response.start"] != [201]
