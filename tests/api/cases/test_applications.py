"""Applications over HTTP: identity, versions, repeated requests, problems, lists."""

import asyncio
from typing import Any

from tests.support.client import Client
from tests.support.dossiers import DOSSIER
from tests.support.world import PROCEDURE


async def begin(client: Client, **changes: Any) -> dict[str, Any]:
    body = {
        "procedure_code": PROCEDURE,
        "organisation_id": str(client.world.startup),
        "title": "Truy xuất nguồn gốc cua Cà Mau",
    }
    answer = await client.send("POST", "/applications", by="nguoi_dai_dien", json=body | changes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_create_answers_with_location_and_etag(client: Client) -> None:
    body = {"procedure_code": PROCEDURE, "organisation_id": str(client.world.startup), "title": "Ao tôm"}
    answer = await client.send("POST", "/applications", by="nguoi_dai_dien", json=body)
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/api/v1/applications/{made['id']}"
    assert (made["stage"], made["title"]) == ("draft", "Ao tôm")


async def test_nobody_is_let_in_by_default(client: Client) -> None:
    answer = await client.send("GET", "/applications", by=None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_text_plain_is_not_read_as_json(client: Client) -> None:
    answer = await client.send(
        "POST", "/applications", by="nguoi_dai_dien", content=b"{}", headers={"Content-Type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_unknown_field_is_refused(client: Client) -> None:
    body = {
        "procedure_code": PROCEDURE,
        "organisation_id": str(client.world.startup),
        "title": "A",
        "stage": "approved",
    }
    answer = await client.send("POST", "/applications", by="nguoi_dai_dien", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_unknown_address_is_a_problem_too(client: Client) -> None:
    answer = await client.send("GET", "/nothing", by="nguoi_dai_dien")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_edit_needs_the_version_seen(client: Client) -> None:
    made = await begin(client)
    path = f"/applications/{made['id']}"
    missing = await client.send("PATCH", path, by="nguoi_soan", json={"title": "Mới"})
    stale = await client.send("PATCH", path, by="nguoi_soan", seen=7, json={"title": "Mới"})
    done = await client.send("PATCH", path, by="nguoi_soan", seen=1, json={"title": "Mới"})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (done.status_code, done.json()["title"], done.headers["etag"]) == (200, "Mới", '"2"')


async def test_foreign_case_looks_like_none(client: Client) -> None:
    made = await begin(client)
    foreign = await client.send("GET", f"/applications/{made['id']}", by="doi_thu")
    none = await client.send("GET", f"/applications/{client.world.rival}", by="doi_thu")
    assert foreign.status_code == none.status_code == 404
    assert foreign.json() | {"request_id": ""} == none.json() | {"request_id": ""}


async def test_repeated_request_gets_the_same_bytes(client: Client) -> None:
    body = {"procedure_code": PROCEDURE, "organisation_id": str(client.world.startup), "title": "Ao tôm"}
    first = await client.send("POST", "/applications", by="nguoi_dai_dien", key="mot", json=body)
    again = await client.send("POST", "/applications", by="nguoi_dai_dien", key="mot", json=body)
    other = await client.send("POST", "/applications", by="nguoi_dai_dien", key="mot", json=body | {"title": "Khác"})
    listed = await client.send("GET", "/applications", by="nguoi_dai_dien")
    assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(listed.json()["items"]) == 1


async def test_two_repeated_requests_at_once_do_it_once(client: Client) -> None:
    body = {"procedure_code": PROCEDURE, "organisation_id": str(client.world.startup), "title": "Ao tôm"}
    await client.world.token("nguoi_dai_dien")
    sent = [client.send("POST", "/applications", by="nguoi_dai_dien", key="hai", json=body) for _ in range(6)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    listed = await client.send("GET", "/applications", by="nguoi_dai_dien")
    assert len(listed.json()["items"]) == 1


async def test_every_problem_of_a_draft_comes_at_once_in_the_language_asked_for(client: Client) -> None:
    made = await begin(client)
    path = f"/applications/{made['id']}"
    shown = await client.send("GET", f"{path}/submission", by="nguoi_dai_dien")
    signed = {"digest": shown.json()["digest"]}
    vietnamese = await client.send("POST", f"{path}/submission", by="nguoi_dai_dien", seen=1, json=signed)
    french = await client.send(
        "POST",
        f"{path}/submission",
        by="nguoi_dai_dien",
        seen=1,
        json=signed,
        headers={"Accept-Language": "fr, en;q=0.5"},
    )
    errors = vietnamese.json()["errors"]
    assert vietnamese.status_code == 422
    assert {"answers.project.summary", "documents.application_form"} <= {each["field"] for each in errors}
    assert "lỗi" in vietnamese.json()["detail"]
    assert "erreur" in french.json()["detail"]


async def test_list_pages_without_gaps_while_rows_arrive(client: Client) -> None:
    made = [(await begin(client, title=f"Hồ sơ {number}"))["id"] for number in range(5)]
    first = (await client.send("GET", "/applications?limit=2", by="nguoi_dai_dien")).json()
    await begin(client, title="Chen ngang")
    second = (await client.send("GET", f"/applications?limit=2&after={first['after']}", by="nguoi_dai_dien")).json()
    third = (await client.send("GET", f"/applications?limit=2&after={second['after']}", by="nguoi_dai_dien")).json()
    seen = [row["id"] for page in (first, second, third) for row in page["items"]]
    assert (seen, third["after"]) == (made[::-1], None)


async def test_list_finds_without_diacritics_and_shows_nothing_foreign(client: Client) -> None:
    await begin(client)
    found = await client.send("GET", "/applications?q=truy xuat cua ca mau", by="nguoi_dai_dien")
    none = await client.send("GET", "/applications?q=truy xuat cua ca mau", by="doi_thu")
    assert [row["title"] for row in found.json()["items"]] == ["Truy xuất nguồn gốc cua Cà Mau"]
    assert none.json() == {"items": [], "after": None}


async def test_bad_cursor_names_the_parameter(client: Client) -> None:
    answer = await client.send("GET", "/applications?after=%25%25", by="nguoi_dai_dien")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after")


async def test_edit_refuses_what_no_field_may_hold(client: Client) -> None:
    made = await begin(client)
    answer = await client.send(
        "PATCH",
        f"/applications/{made['id']}",
        by="nguoi_dai_dien",
        seen=1,
        json={"answers": {"project": {"summary": "a\u0000b", "nothing": 1}}},
    )
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["errors"]} == {"answers.project.summary", "answers.project.nothing"}


async def test_whole_dossier_is_kept_as_sent(client: Client) -> None:
    made = await begin(client)
    answer = await client.send(
        "PATCH", f"/applications/{made['id']}", by="nguoi_dai_dien", seen=1, json={"answers": DOSSIER}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["answers"] == DOSSIER
