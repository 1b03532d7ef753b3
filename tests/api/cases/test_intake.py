"""Intake over HTTP: headers, repeated requests, and bodies nobody should send."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases.applications import Application
from tests.support.client import Client
from tests.support.dossiers import DOSSIER
from tests.support.stages import INTAKE, OWNER, accepted, received, submitted
from tests.support.world import PROCEDURE

ITEMS = [{"target": "answers.project.summary", "reason": "Chưa rõ."}]
REASONS = [{"code": "not_innovative", "text": "Đã có."}]


async def post(client: Client, case: Application, path: str, *, by: str = INTAKE, **how: Any) -> Any:
    return await client.send("POST", f"/applications/{case.id}/{path}", by=by, **({"seen": case.version} | how))


async def patch(client: Client, case: Application, body: Any, **how: Any) -> Any:
    sent = (
        {"json": body}
        if not isinstance(body, bytes)
        else {"content": body, "headers": {"Content-Type": "application/json"}}
    )
    return await client.send("PATCH", f"/applications/{case.id}", by=OWNER, **({"seen": case.version} | sent | how))


async def test_dossier_goes_from_filing_to_acceptance(client: Client) -> None:
    case = await submitted(client.world)
    taken = await post(client, case, "receipt")
    asked = await post(client, case, "supplement-requests", seen=taken.json()["version"], json={"items": ITEMS})
    shown = await client.send("GET", f"/applications/{case.id}/submission", by=OWNER)
    signed = {"digest": shown.json()["digest"], "no_change_because": {ITEMS[0]["target"]: "Đã đủ rõ."}}
    answered = await post(client, case, "supplement", by=OWNER, seen=asked.json()["version"], json=signed)
    done = await post(client, case, "acceptance", seen=answered.json()["version"])
    assert [each.status_code for each in (taken, asked, answered, done)] == [200] * 4, done.text
    assert (done.json()["code"], done.json()["stage"]) == ("H12.01-261120-0001", "accepted")
    assert done.headers["etag"] == f'"{done.json()["version"]}"'
    read = await client.send("GET", f"/applications/{case.id}", by=OWNER)
    assert (read.headers["etag"], read.json()["application"]) == (done.headers["etag"], done.json())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("supplement-requests", {"items": ITEMS}),
        ("intake-refusal", {"reasons": REASONS}),
        ("referral", {"reason": "Ở Hà Nội.", "target": "hanoi-29-2025"}),
        ("acceptance", None),
        ("withdrawal", {"reason": "Đổi kế hoạch."}),
    ],
)
async def test_repeated_act_is_answered_with_the_same_bytes(
    client: Client, path: str, body: dict[str, Any] | None
) -> None:
    case, by = await received(client.world), OWNER if path == "withdrawal" else INTAKE
    how: dict[str, Any] = {"by": by, "key": "mot"} | ({} if body is None else {"json": body})
    answers = await asyncio.gather(*(post(client, case, path, **how) for _ in range(4)))
    last = await post(client, case, path, **how)
    assert {each.status_code for each in answers} <= {200, 409}
    assert {each.content for each in answers if each.status_code == 200} == {last.content}
    assert (last.status_code, last.headers["idempotency-replayed"]) == (200, "true")
    assert last.headers["etag"] == f'"{last.json()["version"]}"'
    assert (await post(client, case, path, **(how | {"key": "hai"}))).status_code == 412


async def test_read_under_a_key_is_never_kept(client: Client) -> None:
    case = await received(client.world)
    for path in ("", "/versions", "/changes?older=1&newer=2", "/timeline", "/problems"):
        answer = await client.send("GET", f"/applications/{case.id}{path}", by=OWNER, key="mot")
        assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (200, None)
    await post(client, case, "acceptance")
    later = await client.send("GET", f"/applications/{case.id}", by=OWNER, key="mot")
    assert later.json()["application"]["stage"] == "accepted"


async def test_bad_key_is_refused(client: Client) -> None:
    case = await received(client.world)
    token = f"Bearer {await client.world.token(INTAKE)}".encode()
    for key in ("", "có dấu", "a" * 201, "a b"):
        answer = await client.http.post(
            f"/applications/{case.id}/acceptance",
            headers=[
                (b"Authorization", token),
                (b"If-Match", f'"{case.version}"'.encode()),
                (b"Idempotency-Key", key.encode()),
            ],
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key"), key


IF_MATCH = {
    None: 428,
    "": 400,
    "*": 400,
    "3": 400,
    '"3", "4"': 400,
    '"-1"': 400,
    '"٣"': 400,
    '"9999999999999999999"': 400,
    '"999999999"': 412,
    '"0"': 412,
    ' "{version}" ': 200,
}


async def test_if_match_is_one_version(client: Client) -> None:
    case = await submitted(client.world)
    token = f"Bearer {await client.world.token(INTAKE)}".encode()
    found = {}
    for given in IF_MATCH:
        headers = [(b"Authorization", token)]
        if given is not None:
            headers.append((b"If-Match", given.replace("{version}", str(case.version)).encode()))
        answer = await client.http.post(f"/applications/{case.id}/receipt", headers=headers)
        found[given] = answer.status_code
        assert answer.status_code == 200 or answer.headers["content-type"].startswith("application/problem+json")
    assert found == IF_MATCH


def nested(depth: int) -> bytes:
    return b'{"answers":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"answers": NaN}',
    b'{"answers": []}',
    b'{"answers": "x"}',
    b'{"title": 5}',
    b'{"title": ""}',
    b'{"title": "   "}',
    b'{"title": "\\u200b\\ufeff"}',
    b'{"title": "a\\u0000b"}',
    b'{"title": "a\\nb"}',
    b'{"title": "a\\u0085b"}',
    b'{"title": "a\\u202eb"}',
    b'{"title": "\\ud800"}',
    b'{"title": "' + b"a" * 301 + b'"}',
    b'{"stage": "approved"}',
    nested(13),
    nested(400),
    nested(5_000),
    nested(100_000),
    b'{"answers":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
]


async def test_body_that_fits_no_schema_is_malformed(client: Client) -> None:
    case = await client.world.draft()
    for body in MALFORMED:
        answer = await patch(client, case, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), (body[:40], answer.text)


MISFITS: list[dict[str, Any]] = [
    {"project": 5},
    {"project": [1]},
    {"project": {"readiness": 10**400}},
    {"project": {"readiness": 1e308}},
    {"project": {"readiness": True}},
    {"project": {"is_small": 1}},
    {"project": {"title": {"a": "b"}}},
    {"project": {"title": "a\u0000b"}},
    {"project": {"\u0000": 1}},
    {"project": {"a.b": 1}},
    {"": {}},
    {"limits": {"money_total": 1.5}},
    {"limits": {"money_total": -1}},
    {"schedule": {"start": "0001-01-01"}},
    {"schedule": {"start": "9999-12-31"}},
    {"schedule": {"start": "2027-02-30"}},
    {"plan": {"kpis": {"0": {}}}},
    {"plan": {"kpis": [None]}},
    {"plan": {"kpis": [[]]}},
    {"plan": {"sites": [{"position": {"lat": 91, "lon": 0}}]}},
    {"plan": {"sites": [{"position": {"lat": "8", "lon": 0}}]}},
    {"plan": {"sites": [{"position": {"lat": 1e999, "lon": 0}}]}},
    {"plan": {"space_kinds": ["physical", "physical"]}},
]


async def test_answer_that_fits_no_field_names_it(client: Client) -> None:
    case = await client.world.draft()
    for answers in MISFITS:
        answer = await patch(client, case, json.dumps({"answers": answers}).replace("Infinity", "1e999").encode())
        assert answer.status_code in {400, 422}, (answers, answer.text)
        assert answer.status_code == 400 or all(
            each["field"].startswith("answers.") for each in answer.json()["errors"]
        )
    read = await client.send("GET", f"/applications/{case.id}", by=OWNER)
    assert (read.json()["application"]["answers"], read.json()["application"]["version"]) == ({}, 1)


async def test_a_letter_that_cannot_be_filed_stays_in_the_draft_and_is_named(client: Client) -> None:
    case = await client.world.draft()
    saved = await patch(client, case, {"answers": {"project": {"title": "a\u202eb"}}})
    assert (saved.status_code, saved.json()["answers"]["project"]["title"]) == (200, "a\u202eb")
    problems = (await client.send("GET", f"/applications/{case.id}/problems", by=OWNER)).json()["errors"]
    assert ("answers.project.title", "bad_characters") in {(each["field"], each["code"]) for each in problems}


async def test_patch_merges_objects_and_replaces_lists(client: Client) -> None:
    case = await client.world.draft(answers=DOSSIER)
    rows = [{"name": "Sai số", "baseline": None, "target": 1, "unit": "%"}]
    body = {"answers": {"plan": {"kpis": rows, "sites": []}, "users": None, "project": {"summary": None}}}
    done = (await patch(client, case, body)).json()["answers"]
    assert (done["plan"]["kpis"], done["plan"]["sites"]) == (rows, [])
    assert "users" not in done
    assert "summary" not in done["project"]
    assert done["project"]["title"] == DOSSIER["project"]["title"]
    assert done["plan"]["objective"] == DOSSIER["plan"]["objective"]


async def test_text_is_kept_composed_and_without_blank_ends(client: Client) -> None:
    case = await client.world.draft()
    loose = " To\u0302m Ca\u0300 Mau\u200b \u00a0"
    done = (await patch(client, case, {"title": loose, "answers": {"project": {"title": loose}}})).json()
    assert (done["title"], done["answers"]["project"]["title"]) == ("Tôm Cà Mau", "Tôm Cà Mau")


async def test_last_of_two_equal_keys_counts_and_is_shown(client: Client) -> None:
    case = await client.world.draft()
    done = await patch(client, case, b'{"title":"Mot","title":"Hai"}')
    assert (done.status_code, done.json()["title"]) == (200, "Hai")


async def test_ends_of_time_break_nothing(client: Client) -> None:
    case = await accepted(client.world)
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        await at_the_end_of_time(client, case, moment)


async def at_the_end_of_time(client: Client, case: Application, moment: str) -> None:
    answer = await post(client, case, "apology", json={"promised_at": moment, "reason": "…"})
    listed = await client.send("GET", "/applications", by=OWNER, params={"updated_since": moment})
    read = await client.send("GET", f"/applications/{case.id}", by=OWNER)
    assert answer.status_code in {200, 400, 422}, answer.text
    assert (listed.status_code, read.status_code) == (200, 200), listed.text


async def test_moment_without_zone_is_malformed(client: Client) -> None:
    case = await accepted(client.world)
    for moment in ("2027-01-01T00:00:00", "2027-01-01", "tomorrow", "2027-13-01T00:00:00Z"):
        answer = await post(client, case, "apology", json={"promised_at": moment, "reason": "…"})
        assert answer.status_code == 400, answer.text
    listed = await client.send("GET", "/applications?updated_since=2027-01-01T00:00:00", by=OWNER)
    assert listed.status_code == 400


BAD_QUERIES = [
    "q=%00",
    "q=a%0Ab",
    "procedure=%00",
    "q=" + "a" * 301,
    "limit=0",
    "limit=101",
    "limit=x",
    "stage=nowhere",
    "officer=5",
    "after=" + "9" * 250,
    "overdue=maybe",
]


async def test_bad_query_is_malformed(client: Client) -> None:
    for query in BAD_QUERIES:
        answer = await client.send("GET", f"/applications?{query}", by=OWNER)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), (query, answer.text)


async def test_search_takes_any_words(client: Client) -> None:
    for words in ("'", '"', "\\", "%", "a:*", "!a & (b", "<->", "đ", "🦐", "-- x", "\u2028"):
        answer = await client.send("GET", "/applications", by=OWNER, params={"q": words})
        assert answer.status_code == (400 if words == "\u2028" else 200), (words, answer.text)


LANGUAGES = {
    None: "vi",
    "": "vi",
    "de": "vi",
    "en-GB": "en",
    "FR": "fr",
    "fr; q=0.5 , en;q=0.9": "en",
    "fr;q=0": "vi",
    "fr;q=nan, en;q=inf": "vi",
    "fr;q=x": "vi",
    "*, fr;q=0.1": "fr",
    "," * 500 + "fr": "vi",
    "vi;q=0.1, en;q=0.1": "vi",
}
SAID = {"vi": "Không tìm thấy", "en": "No such", "fr": "Introuvable"}


async def test_problem_is_written_in_the_language_asked_for(client: Client) -> None:
    for asked_for, language in LANGUAGES.items():
        headers = {} if asked_for is None else {"Accept-Language": asked_for}
        answer = await client.send("GET", f"/applications/{UUID(int=1)}", by=OWNER, headers=headers)
        assert answer.headers["content-language"] == language, asked_for
        assert answer.json()["detail"].startswith(SAID[language]), asked_for


async def test_previous_case_of_others_looks_like_none(client: Client) -> None:
    case = await received(client.world)
    body = {"procedure_code": PROCEDURE, "organisation_id": str(client.world.rival), "title": "Tiếp"}
    details = []
    for previous in (case.id, UUID(int=1)):
        sent = body | {"previous_case_id": str(previous)}
        answer = await client.send("POST", "/applications", by="doi_thu", json=sent)
        details.append((answer.status_code, answer.json() | {"request_id": ""}))
    assert details[0] == details[1]
    assert details[0][0] == 404


async def test_organisation_of_others_looks_like_none(client: Client) -> None:
    details = []
    for organisation in (client.world.startup, UUID(int=1)):
        body = {"procedure_code": PROCEDURE, "organisation_id": str(organisation), "title": "Chen"}
        answer = await client.send("POST", "/applications", by="doi_thu", json=body)
        details.append((answer.status_code, answer.json() | {"request_id": ""}))
    assert details[0] == details[1]
    assert details[0][0] == 403


async def test_author_of_a_letter_is_absent_for_the_other_side(client: Client) -> None:
    case = await received(client.world)
    path = f"/applications/{case.id}/messages"
    sent = await client.send("POST", path, by=OWNER, json={"body": "Khi nào có kết quả?"})
    own, other = [(await client.send("GET", path, by=by)).json()["items"][0] for by in (OWNER, INTAKE)]
    assert sent.json() == own
    assert own == other | {"author_id": str(client.world.people[OWNER])}
    assert "author_id" not in other
