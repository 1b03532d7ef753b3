"""What schemathesis and its like found once: each request here broke something, or was answered otherwise than told."""

import pytest

from tests.support.client import Client
from tests.support.stages import INTAKE, OWNER, accepted, under_appraisal
from tests.support.world import PROCEDURE


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
    ],
)
async def test_moment_that_cannot_be_computed_with_is_malformed(client: Client, moment: str) -> None:
    case = await accepted(client.world)
    body = {"promised_at": moment, "reason": "Chờ ý kiến của bộ."}
    answer = await client.send("POST", f"/applications/{case.id}/apology", by=INTAKE, seen=case.version, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_day_that_cannot_be_computed_with_is_malformed(client: Client, day: str) -> None:
    case = await under_appraisal(client.world)
    body = {"unit_id": str(client.world.units["police"]), "question": "Có ý kiến gì?", "remind_on": day}
    answer = await client.send("POST", f"/applications/{case.id}/consultations", by="chuyen_vien", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "a", "minutes": "5"}',
        '{"name": "a", "minutes": 5.0}',
        '{"name": 5, "minutes": 5}',
        '{"name": "a", "scopes": "application:read"}',
        '{"name": "a", "minutes": true}',
        '{"name": "a", "scopes": "null"}',
    ],
)
async def test_value_of_another_type_is_not_converted(client: Client, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.send("POST", "/tokens", by=OWNER, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["errors"][0]["field"] in {"name", "minutes", "scopes"}


async def test_moment_is_not_read_from_a_number(client: Client) -> None:
    case = await accepted(client.world)
    body = {"promised_at": 1_800_000_000, "reason": "Chờ ý kiến của bộ."}
    answer = await client.send("POST", f"/applications/{case.id}/apology", by=INTAKE, seen=case.version, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "promised_at")


async def test_error_in_a_part_names_its_place(client: Client) -> None:
    case = await accepted(client.world)
    body = {"items": [{"target": "documents.trial_plan", "reason": "Thiếu."}, {"target": 5, "reason": "Thiếu."}]}
    path = f"/applications/{case.id}/supplement-requests"
    answer = await client.send("POST", path, by=INTAKE, seen=case.version, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "items.1.target")


@pytest.mark.parametrize(
    "path", ["/applications", "/erasures", "/organisations", "/people", "/permits", "/exports/permits.atom"]
)
@pytest.mark.parametrize("cursor", ["", "%20", "a%20b", "=", "a" * 301, "0", "MDE5MzRmNmU"])
async def test_cursor_that_was_never_given_is_malformed(client: Client, path: str, cursor: str) -> None:
    answer = await client.send("GET", f"{path}?after={cursor}", by="quan_tri")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after")


async def test_procedure_has_no_etag_of_a_version_nobody_sends_back(client: Client) -> None:
    answer = await client.send("GET", f"/procedures/{PROCEDURE}", by=None)
    assert answer.status_code == 200
    assert "etag" not in answer.headers


async def test_reading_what_is_not_there_yet_is_told(client: Client) -> None:
    """A decision cannot be read before its stage: 409, as the contract says of reads inside a case."""
    case = await under_appraisal(client.world)
    answer = await client.send("GET", f"/applications/{case.id}/decision", by=OWNER)
    told = (await client.send("GET", "/openapi.json", by=None)).json()
    operation = told["paths"]["/api/v1/applications/{application_id}/decision"]["get"]
    assert (answer.status_code, answer.json()["code"]) == (409, "transition_not_allowed")
    assert "409" in operation["responses"]
