"""Histories over HTTP: labelled, in two times, with the proof of each leaf as soon as there is one."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.log.ledger import signing_for
from tests.stages import OWNER, received


@pytest.fixture
def publishing(database_url: str, owner: AsyncEngine, tmp_path: Path) -> "Publishing":
    """Sign and publish the log that the client's application serves."""
    return Publishing(database_url, owner, tmp_path)


class Publishing:
    def __init__(self, database_url: str, owner: AsyncEngine, directory: Path) -> None:
        self._how = (database_url, owner, directory)

    async def __call__(self) -> None:
        async with signing_for(*self._how) as ledger:
            await ledger.signer().publish()


async def test_timeline_names_acts_offices_and_times_and_leads_to_the_proofs(
    client: Client, publishing: Publishing
) -> None:
    case = await received(client.world)
    path = f"/applications/{case.id}/timeline"
    early = (await client.send("GET", path, by=OWNER)).json()["items"]
    await publishing()
    told = (await client.send("GET", path, by=OWNER)).json()["items"]
    assert [each["log"] for each in early] == [None, None, None]
    assert [each["action_name"]["vi"] for each in told] == ["Lập bản nháp", "Nộp hồ sơ", "Ghi nhận hồ sơ, cấp mã"]
    assert told[2]["office_name"]["vi"] == "Cán bộ Bộ phận Một cửa"
    assert (told[2]["at"], told[2]["at_local"]) == ("2026-11-20T07:00:00Z", "2026-11-20T14:00:00+07:00")
    for each in told:
        proof = await client.http.get(f"http://test{each['log']['proof']}")
        assert proof.text.startswith(f"c2sp.org/tlog-proof@v1\nindex {each['index']}\n")


async def test_timeline_goes_on_from_its_cursor(client: Client) -> None:
    case = await received(client.world)
    path = f"/applications/{case.id}/timeline"
    first = (await client.send("GET", f"{path}?limit=2", by=OWNER)).json()
    rest = (await client.send("GET", f"{path}?limit=2&after={first['after']}", by=OWNER)).json()
    assert [each["action"] for each in first["items"] + rest["items"]] == [
        "application:create",
        "application:submit",
        "application:receive",
    ]
    assert rest["after"] is None
    for wrong in ("abc", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
        answer = await client.send("GET", f"{path}?after={wrong}", by=OWNER)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after")
