"""Decisions over HTTP: routes, bodies, versions, repeated requests, and every fault of a body at once."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from sandbox_registry.domain.cases.applications import Application
from tests.support.client import Client
from tests.support.decided import BASIS, SIGNER, TITLE, recommended, terms, why
from tests.support.stages import HEAD, OWNER, appraised, under_appraisal

REASONS = [{"code": "plan_inadequate", "text": "Chưa có phương án thu hồi."}]


def terms_body(client: Client, **changes: Any) -> dict[str, Any]:
    """The terms of a trial as JSON."""
    body: dict[str, Any] = json.loads(msgspec.json.encode(terms(client.world.units["focal"])))
    return body | changes


def decided_terms(client: Client) -> dict[str, Any]:
    """Those terms as a decision keeps them, with its own condition."""
    body = terms_body(client)
    justifications = [*body["justifications"], *whys("Mua bảo hiểm")]
    return body | {"conditions": [*body["conditions"], "Mua bảo hiểm"], "justifications": justifications}


def whys(*restrictions: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(msgspec.json.encode(why(*restrictions)))
    return found


def approval(client: Client, **changes: Any) -> dict[str, Any]:
    body = {"legal_basis": list(BASIS), "conditions": ["Mua bảo hiểm"], "justifications": whys("Mua bảo hiểm")}
    return body | {"terms": terms_body(client)} | changes


def refusal(**changes: Any) -> dict[str, Any]:
    return {"legal_basis": list(BASIS), "reasons": REASONS} | changes


async def post(client: Client, case: Application, path: str, body: Any, *, by: str = SIGNER, **how: Any) -> Any:
    sent = {"seen": case.version, "json": body} | how
    return await client.send("POST", f"/applications/{case.id}/{path}", by=by, **sent)


async def get(client: Client, case: Application, path: str, *, by: str) -> Any:
    return await client.send("GET", f"/applications/{case.id}/{path}", by=by)


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


async def test_recommendation_is_made_and_read(client: Client) -> None:
    case = await appraised(client.world)
    body: dict[str, Any] = {
        "advice": "approve_with_conditions",
        "report": " Đủ điều kiện. ",
        "conditions": [" Mua bảo hiểm "],
    }
    body["justifications"] = whys("Số mẫu mỗi ngày", " Mua bảo hiểm ")
    made = await post(client, case, "recommendation", body, by=HEAD)
    found = await get(client, case, "recommendation", by=SIGNER)
    assert (made.status_code, made.headers["etag"]) == (201, f'"{case.version + 1}"')
    assert made.json()["application"]["stage"] == "awaiting_decision"
    assert (found.status_code, found.json()) == (200, made.json()["recommendation"])
    assert (found.json()["report"], found.json()["conditions"]) == ("Đủ điều kiện.", ["Mua bảo hiểm"])
    assert (await get(client, case, "recommendation", by=OWNER)).status_code == 403


async def test_incomplete_appraisal_is_a_conflict_with_everything_it_lacks(client: Client) -> None:
    case = await under_appraisal(client.world)
    answer = await post(client, case, "recommendation", {"advice": "approve", "report": "Đủ."}, by=HEAD)
    assert (answer.status_code, answer.json()["code"]) == (409, "appraisal_incomplete")
    assert faults(answer) == [("reviews", "review_missing"), ("council_sessions", "council_not_concluded")]


async def test_approval_is_made_and_read(client: Client) -> None:
    case = await recommended(client.world)
    made = await post(client, case, "approval", approval(client))
    found = await get(client, case, "decision", by=OWNER)
    decision = made.json()["decision"]
    assert (made.status_code, made.headers["etag"]) == (201, f'"{case.version + 1}"')
    assert made.headers["location"] == f"/api/v1/applications/{case.id}/decision"
    assert made.json()["application"]["stage"] == "approved"
    assert (found.status_code, found.headers["etag"], found.json()) == (200, '"1"', decision)
    assert decision | {"terms": None, "id": None, "signer_id": None} == {
        "id": None,
        "version": 1,
        "application_id": str(case.id),
        "unit_id": str(client.world.units["committee"]),
        "number": "1/QĐ-UBND-MẪU",
        "outcome": "approved",
        "signer_id": None,
        "signer_name": "Chu Tich",
        "signer_title": TITLE,
        "on_behalf_of": None,
        "on_behalf_of_name": None,
        "decided_at": client.world.clock.at.isoformat().replace("+00:00", "Z"),
        "legal_basis": list(BASIS),
        "reasons": [],
        "conditions": ["Mua bảo hiểm"],
        "terms": None,
        "log": None,
    }
    assert decision["terms"] == decided_terms(client)


async def test_moments_may_come_in_any_zone_and_are_kept_in_utc(client: Client) -> None:
    case = await recommended(client.world)
    changed = terms_body(client, start="2027-01-04T00:00:00+07:00", end="2028-01-01T00:00:00+07:00")
    made = await post(client, case, "approval", approval(client, terms=changed))
    assert made.json()["decision"]["terms"] == decided_terms(client)


async def test_refusal_is_made_and_read(client: Client) -> None:
    case = await recommended(client.world)
    made = await post(client, case, "refusal", refusal())
    found = await get(client, case, "decision", by=OWNER)
    assert (made.status_code, made.json()["application"]["stage"]) == (201, "refused")
    assert (found.json()["outcome"], found.json()["reasons"], found.json()["terms"]) == ("refused", REASONS, None)


async def test_every_fault_of_an_approval_comes_at_once(client: Client) -> None:
    case = await recommended(client.world)
    changed = terms_body(client, end="2030-01-01T00:00:00Z", sites=[], kind="confirmation")
    answer = await post(client, case, "approval", approval(client, terms=changed))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert faults(answer) == [
        ("terms.end", "end_beyond_ceiling"),
        ("terms.kind", "unknown_kind"),
        ("terms.sites", "no_space"),
        ("terms.beyond_request", "required"),
    ]


async def test_nobody_retypes_the_terms(client: Client) -> None:
    case = await appraised(client.world)
    focal = client.world.units["focal"]
    proposal = (await get(client, case, f"proposed-terms?supervising_unit_id={focal}", by=HEAD)).json()
    advice = {"advice": "approve", "report": "Đủ điều kiện.", "justifications": whys("Số mẫu mỗi ngày")}
    advised = await post(client, case, "recommendation", advice, by=HEAD)
    body = approval(client)
    del body["terms"]
    made = await post(client, case, "approval", body, seen=case.version + 1)
    assert advised.json()["recommendation"]["terms"] == proposal["terms"] | {"justifications": whys("Số mẫu mỗi ngày")}
    assert made.json()["decision"]["terms"] == proposal["terms"] | {
        "conditions": ["Mua bảo hiểm"],
        "justifications": whys("Số mẫu mỗi ngày", "Mua bảo hiểm"),
    }
    assert proposal["open_bounds"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"start": "2027-01-04T00:00:00"},
        {"start": "1999-12-31T23:59:59Z"},
        {"end": "9999-12-31T23:59:59-12:00"},
        {"max_users": -1},
        {"max_users": 10**9},
        {"money": {"total": -1}},
        {"money": {"total": 10**16}},
        {"money": {"total": 1.5}},
        {"limits": [{"quantity": "Gió", "comparator": "at_most", "value": 2**53, "unit": "m/s"}]},
        {"limits": [{"quantity": "Gió", "comparator": "about", "value": 10, "unit": "m/s"}]},
        {"limits": [{"quantity": "Gió", "comparator": "at_most", "value": 10, "scale": 0, "unit": "m/s"}]},
        {"sites": [{"name": "A", "commune": "B", "latitude": 91, "longitude": 0}]},
        {"sites": [{"name": "A", "commune": "B"}] * 101},
        {"daily_hours": {"start": "05:00:00Z", "end": "18:00:00"}},
        {"kind": "Giấy phép"},
        {"stop_contact": "0912\u202e345"},
        {"stop_contact": "   "},
        {"legal_basis": [""]},
        {"ceiling": None},
    ],
)
async def test_terms_of_the_wrong_form_are_malformed(client: Client, changes: dict[str, Any]) -> None:
    path = f"/applications/{client.world.startup}/approval"
    body = approval(client, terms=terms_body(client, **changes))
    answer = await client.send("POST", path, by=SIGNER, seen=1, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_decision_needs_the_version_seen(client: Client) -> None:
    case = await recommended(client.world)
    missing = await post(client, case, "refusal", refusal(), seen=None)
    stale = await post(client, case, "refusal", refusal(), seen=case.version - 1)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")


async def test_repeated_decision_gets_the_same_bytes(client: Client) -> None:
    case = await recommended(client.world)
    first = await post(client, case, "approval", approval(client), key="quyet-dinh-1")
    second = await post(client, case, "approval", approval(client), key="quyet-dinh-1")
    other = await post(client, case, "approval", approval(client, conditions=[], justifications=[]), key="quyet-dinh-1")
    assert (first.status_code, second.status_code, second.headers["idempotency-replayed"]) == (201, 201, "true")
    assert first.content == second.content
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_two_at_once_give_one_decision(client: Client) -> None:
    case = await recommended(client.world)
    await get(client, case, "decision", by=SIGNER)  # The token is made before the race.
    done = await asyncio.gather(
        post(client, case, "approval", approval(client)), post(client, case, "refusal", refusal())
    )
    assert sorted(each.status_code for each in done) == [201, 412]


async def test_who_may_not_decide_is_told_so_or_knows_nothing(client: Client) -> None:
    case = await recommended(client.world)
    forbidden = await post(client, case, "refusal", refusal(), by=OWNER)
    hidden = await post(client, case, "refusal", refusal(), by="doi_thu")
    again = await post(client, case, "refusal", refusal())
    too_late = await post(client, case, "approval", approval(client), seen=case.version + 1)
    assert [(each.status_code, each.json()["code"]) for each in (forbidden, hidden, too_late)] == [
        (403, "permission_denied"),
        (404, "not_found"),
        (409, "transition_not_allowed"),
    ]
    assert again.status_code == 201
