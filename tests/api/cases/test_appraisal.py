"""An appraisal over HTTP: the whole way, who sees what, repeated requests, bodies nobody should send."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox_registry.domain.cases.applications import Application
from tests.support import stages
from tests.support.client import Client
from tests.support.stages import FOCAL, HEAD, MEMBERS, OWNER, SCORES, SECRETARY

ONE, TWO = stages.REVIEWERS
REVIEW = {"scores": SCORES, "comment": "Khả thi.", "advice": "approve"}


async def post(
    client: Client, case: Application, path: str, body: dict[str, Any] | None = None, *, by: str, **how: Any
) -> httpx.Response:
    sent = {} if body is None else {"json": body}
    return await client.send("POST", f"/applications/{case.id}/{path}", by=by, **(sent | how))


async def get(client: Client, case: Application, path: str, *, by: str) -> httpx.Response:
    return await client.send("GET", f"/applications/{case.id}/{path}", by=by)


def council(client: Client, **changes: Any) -> dict[str, Any]:
    world = client.world
    return {
        "chair_id": str(world.people[MEMBERS[0]]),
        "secretary_id": str(world.people[SECRETARY]),
        "member_ids": [str(world.people[name]) for name in MEMBERS],
        "scheduled_at": (world.clock.at + timedelta(hours=1)).isoformat(),
        "place": "Phòng 2",
    } | changes


def ok(response: httpx.Response, status: int = 201) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_whole_appraisal_over_http(client: Client) -> None:
    world, case = client.world, await stages.accepted(client.world)
    ok(await post(client, case, "claim", by=FOCAL))
    classified = await post(client, case, "classification", {"level": "low"}, by=FOCAL, seen=case.version)
    assert (ok(classified, 200)["stage"], classified.headers["etag"]) == ("under_appraisal", f'"{case.version + 1}"')
    for name in stages.REVIEWERS:
        body = {"person_id": str(world.people[name]), "capacity": "reviewer"}
        ok(await post(client, case, "assignments", body, by=HEAD))
        ok(await post(client, case, "declarations", {"conflicted": False}, by=name))
        assert ok(await post(client, case, "reviews", REVIEW, by=name))["score"] == 80.0
    asked = ok(
        await post(
            client,
            case,
            "consultations",
            {"unit_id": str(world.units["police"]), "question": "Có vướng mắc?", "term": {"value": 5, "unit": "wd"}},
            by=FOCAL,
        )
    )
    opinion = {"opinion": "agree", "text": "Không."}
    answered = ok(await post(client, case, f"consultations/{asked['id']}/answer", opinion, by="cong_an"), 200)
    assert (answered["opinion"], answered["is_late"], answered["version"]) == ("agree", False, 2)
    question = ok(await post(client, case, "clarifications", {"question": "Nguồn điện?"}, by=FOCAL))
    body = {"answer": "Máy phát."}
    assert ok(await post(client, case, f"clarifications/{question['id']}/answer", body, by=OWNER), 200)["round"] == 1
    session = ok(await post(client, case, "council-sessions", council(client), by=FOCAL))
    world.clock.forward(hours=1)
    for name in (*MEMBERS, SECRETARY):
        ok(await post(client, case, "declarations", {"conflicted": False}, by=name))
    path = f"council-sessions/{session['id']}"
    for name in MEMBERS:
        ok(await post(client, case, f"{path}/votes", {"choice": "for"}, by=name))
    minutes = {"present_ids": council(client)["member_ids"], "minutes": "Nhất trí."}
    concluded = await post(client, case, f"{path}/conclusion", minutes, by=SECRETARY, seen=1)
    assert (ok(concluded, 200)["is_passed"], concluded.json()["votes_for"], concluded.headers["etag"]) == (
        True,
        5,
        '"2"',
    )
    confirmed = await post(client, case, f"{path}/confirmation", by=MEMBERS[0], seen=2)
    assert ok(confirmed, 200)["confirmed_by"] == str(world.people[MEMBERS[0]])
    sittings = ok(await get(client, case, "council-sessions", by=HEAD), 200)["items"]
    assert (sittings[0]["session"], len(sittings[0]["votes"])) == (confirmed.json(), 5)


@pytest.mark.parametrize(
    "path", ["reviews", "declarations", "council-sessions", "consultations", "assignments", "site-visits"]
)
async def test_applicant_never_sees_how_the_case_is_judged(client: Client, path: str) -> None:
    case = await stages.appraised(client.world)
    refused = await get(client, case, path, by=OWNER)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    hidden = await get(client, case, path, by="doi_thu")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")


async def test_reviewer_learns_nothing_of_others_before_filing(client: Client) -> None:
    case = await stages.with_reviewers(client.world)
    filed = ok(await post(client, case, "reviews", REVIEW, by=ONE))
    assert ok(await get(client, case, "reviews", by=TWO), 200) == {"items": []}
    assert ok(await get(client, case, "reviews", by=HEAD), 200) == {"items": [filed]}


async def test_refusal_for_want_of_a_declaration_names_the_way_out(client: Client) -> None:
    case = await stages.under_appraisal(client.world)
    body = {"person_id": str(client.world.people[ONE]), "capacity": "reviewer"}
    ok(await post(client, case, "assignments", body, by=HEAD))
    refused = await get(client, case, "reviews", by=ONE)
    assert (refused.status_code, refused.json()["code"]) == (403, "declaration_owed")
    method, path = refused.json()["remedy"].split()
    ok(await client.send(method, path.removeprefix("/api/v1"), by=ONE, json={"conflicted": False}))
    assert (await get(client, case, "reviews", by=ONE)).status_code == 200
    other = await get(client, case, "declarations", by=OWNER)
    assert (other.status_code, other.json()["code"], other.json()["remedy"]) == (403, "permission_denied", None)


async def test_repeated_requests_are_one_act(client: Client) -> None:
    case = await stages.with_reviewers(client.world)
    for path, body, by in (
        ("reviews", REVIEW, ONE),
        ("messages", {"body": "Khi nào có kết quả?"}, OWNER),
        ("clarifications", {"question": "Nguồn điện?"}, FOCAL),
    ):
        first = await post(client, case, path, body, by=by, key=f"key-{path}")
        again = await post(client, case, path, body, by=by, key=f"key-{path}")
        assert (ok(first), again.content, again.headers["idempotency-replayed"]) == (
            again.json(),
            first.content,
            "true",
        )
    assert len(ok(await get(client, case, "messages", by=OWNER), 200)["items"]) == 1


async def test_pages_of_letters_follow_by_cursor(client: Client) -> None:
    case = await stages.accepted(client.world)
    for each in range(3):
        ok(await post(client, case, "messages", {"body": str(each)}, by=OWNER))
    first = ok(await get(client, case, "messages?limit=2", by=OWNER), 200)
    second = ok(await get(client, case, f"messages?limit=2&after={first['after']}", by=OWNER), 200)
    assert [each["body"] for each in first["items"] + second["items"]] == ["2", "1", "0"]
    assert second["after"] is None
    assert (await get(client, case, "messages?after=nonsense", by=OWNER)).status_code == 400
    assert (await get(client, case, "messages?limit=101", by=OWNER)).status_code == 400


async def test_every_broken_rule_of_a_council_comes_back_with_its_field(client: Client) -> None:
    case = await stages.under_appraisal(client.world)
    four = council(client)["member_ids"][1:]
    refused = await post(client, case, "council-sessions", council(client, member_ids=four), by=FOCAL)
    assert refused.status_code == 422
    assert [(each["field"], each["code"]) for each in refused.json()["errors"]] == [
        ("member_ids", "even"),
        ("member_ids", "too_few"),
        ("chair_id", "not_a_member"),
    ]


async def test_sitting_is_changed_and_concluded_only_in_the_version_seen(client: Client) -> None:
    case = await stages.under_appraisal(client.world)
    session = await stages.convened(client.world, case)
    path = f"/applications/{case.id}/council-sessions/{session.id}"
    body = council(client, place="Phòng 3")
    without = await client.send("PUT", path, by=FOCAL, json=body)
    changed = await client.send("PUT", path, by=FOCAL, seen=1, json=body)
    stale = await client.send("PUT", path, by=FOCAL, seen=1, json=body)
    assert [each.status_code for each in (without, changed, stale)] == [428, 200, 412]
    assert (changed.json()["place"], changed.headers["etag"]) == ("Phòng 3", '"2"')


@pytest.mark.parametrize(
    ("path", "body", "by"),
    [
        ("classification", {"level": "low", "extra": 1}, FOCAL),
        ("assignments", {"person_id": "nobody", "capacity": "reviewer"}, HEAD),
        ("assignments", {"person_id": "01a20093-6015-7000-8000-000000000000", "capacity": "king"}, HEAD),
        ("declarations", {"conflicted": "no"}, FOCAL),
        ("reviews", {"scores": {"plan": 8.5}, "advice": "approve"}, ONE),
        ("reviews", {"scores": {"plan": 8}, "advice": "perhaps"}, ONE),
        ("consultations", {"unit_id": "01a20093-6015-7000-8000-000000000000", "question": ""}, FOCAL),
        ("site-visits", {"visited_at": "2026-11-20T07:00:00", "place": "a", "minutes": "b"}, FOCAL),
        ("messages", {"body": " \u202e"}, OWNER),
        ("council-sessions", {"place": "a"}, FOCAL),
    ],
)
async def test_body_of_the_wrong_form_is_refused(client: Client, path: str, body: dict[str, Any], by: str) -> None:
    case = await stages.accepted(client.world)
    refused = await post(client, case, path, body, by=by, seen=case.version)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")


async def test_nobody_without_a_token_gets_anything(client: Client) -> None:
    case = await stages.accepted(client.world)
    for method, path in (("POST", "claim"), ("GET", "reviews"), ("GET", "messages")):
        assert (await client.send(method, f"/applications/{case.id}/{path}", by=None)).status_code == 401
