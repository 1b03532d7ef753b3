"""A clock beyond the calendar: dates are missing there, and nothing else. Cases are read, filed and appraised as ever."""

from uuid import UUID

from tests.api.test_matrix import CASE_ROUTES
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.stages import HEAD, INTAKE, OWNER, reviewed
from tests.support.world import World

BEYOND = 13 * 365


async def faults_of(client: Client, case: UUID) -> list[str]:
    """Read everything of a case, as several people; return what was neither answered nor closed to them."""
    paths = [path for method, path in CASE_ROUTES if method == "GET" and "{" not in path and path != "/bundle.zip"]
    faults = []
    for who in (OWNER, INTAKE, HEAD, "dai_bieu"):
        for path in paths:
            asked = f"/applications/{case}{path}" + ("?from=1&to=1" if path.endswith("/changes") else "")
            answer = await client.send("GET", asked, by=who)
            if answer.is_server_error or (answer.is_error and answer.json()["code"] in {"calendar_gap", "rule_gap"}):
                faults.append(f"{who} {path}: {answer.text}")
        for path in ("/applications", "/permits", "/rules"):
            assert (await client.send("GET", path, by=who)).status_code == 200
    return faults


async def test_a_case_is_made_filed_and_appraised_where_no_calendar_reaches(world: World, client: Client) -> None:
    world.clock.forward(days=BEYOND)
    case = await reviewed(world)
    assert await faults_of(client, case.id) == []
    deadlines = (await client.send("GET", f"/applications/{case.id}", by=OWNER)).json()["deadlines"]
    assert {each["gap"] for each in deadlines if each["name"] == "appraisal.term"} == {"calendar"}


async def test_a_case_of_today_is_read_when_no_calendar_reaches_any_more(world: World, client: Client) -> None:
    permit = (await issued(world)).permit
    world.clock.forward(days=BEYOND)
    assert await faults_of(client, permit.application_id) == []
    assert (await client.send("GET", f"/permits/{permit.id}", by=OWNER)).status_code == 200
