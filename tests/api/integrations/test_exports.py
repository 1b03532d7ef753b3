"""Exports over HTTP: forms that other programs read, formulas that stay texts, clients that go away or fall asleep."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from litestar.types import Message
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.api.handling.streams import BoundedStream, StreamInterrupted
from sandbox_registry.api.integrations.export_formats import as_csv
from sandbox_registry.db.integrations.exports import BATCH, CASE_FIELDS, PERMIT_FIELDS
from sandbox_registry.domain.integrations.exports import Batch, ExportFilter
from sandbox_registry.domain.texts import Language
from tests.support.client import Client
from tests.support.exporting import COPIES, under_way
from tests.support.stages import submitted
from tests.support.world import PROCEDURE, World

ATOM = "{http://www.w3.org/2005/Atom}"


async def begin(client: Client, title: str) -> str:
    body = {"procedure_code": PROCEDURE, "organisation_id": str(client.world.startup), "title": title}
    answer = await client.send("POST", "/applications", by="nguoi_dai_dien", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_csv_has_headings_in_the_language_and_one_line_each(client: Client) -> None:
    made = [await begin(client, "Ao tôm, cua"), await begin(client, 'Tên "lạ"')]
    answer = await client.send(
        "GET", "/exports/applications.csv", by="nguoi_dai_dien", headers={"Accept-Language": "fr"}
    )
    rows = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == 'attachment; filename="applications.csv"'
    assert rows[0][:5] == ["Identifiant", "Code du dossier", "Version", "Étape", "Intitulé"]
    assert [row[0] for row in rows[1:]] == made
    assert [row[4] for row in rows[1:]] == ["Ao tôm, cua", 'Tên "lạ"']
    assert {len(row) for row in rows} == {len(CASE_FIELDS)}
    assert answer.content.count(b"\r\n") == 3
    assert not answer.content.startswith(b"\xef\xbb\xbf")


async def test_csv_with_bom_begins_with_it(client: Client) -> None:
    answer = await client.send("GET", "/exports/permits.csv?bom=true", by="thanh_tra")
    assert answer.content.startswith("\ufeffĐịnh danh,Phiên bản,Số giấy phép".encode())
    assert len(answer.content.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+84 913", "'+84 913"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        # French and some Vietnamese settings take a semicolon for the border of cells, quoted or not.
        ("Ao;=1+1", "Ao;'=1+1"),
        ("Ao; +1", "Ao;' +1"),
        ('"Ao";@SUM(A1);-1', "\"Ao\";'@SUM(A1);'-1"),
        ("Ao\t=1", "Ao\t'=1"),
        ("Ao\n＝1", "Ao\n'＝1"),
        ("Ao tôm; cua - cá", "Ao tôm; cua - cá"),
        ("  ", "  "),
        ("", ""),
        ("a=1", "a=1"),
        (-1, "-1"),
        (None, ""),
        (datetime(2026, 11, 20, 7, tzinfo=UTC), "2026-11-20T07:00:00.000Z"),
    ],
)
async def test_no_cell_is_a_formula_and_numbers_stay_numbers(given: object, written: str) -> None:
    async def batches() -> AsyncGenerator[Batch, None]:
        yield [(given, "end")]

    found = b"".join(
        [chunk async for chunk in as_csv(("title", "code"), batches(), language=Language.EN, has_bom=False)]
    )
    assert list(csv.reader(io.StringIO(found.decode(), newline="")))[1] == [written, "end"]


async def test_json_lines_hold_every_field_in_order(client: Client) -> None:
    made = await begin(client, "=1+1")
    answer = await client.send("GET", "/exports/applications.jsonl", by="nguoi_dai_dien")
    line = json.loads(answer.content)
    assert (line["id"], line["title"], line["code"], line["version"]) == (made, "=1+1", None, 1)
    assert tuple(line) == CASE_FIELDS
    none = await client.send("GET", "/exports/permits.jsonl", by="nguoi_dai_dien")
    assert (none.status_code, none.content, none.headers["cache-control"]) == (200, b"", "no-store")


async def test_filters_narrow_and_nonsense_is_refused(client: Client) -> None:
    await begin(client, "Nháp")
    filed = await submitted(client.world)
    one = await client.send("GET", "/exports/applications.jsonl?stage=submitted", by="nguoi_dai_dien")
    assert [json.loads(line)["id"] for line in one.content.splitlines()] == [str(filed.id)]
    for form in ("jsonl", "csv"):
        for asked, is_there in (
            (f"q={filed.code or 'Ao tom'}", True),
            ("q=khong-co", False),
            (f"officer={client.world.people['chuyen_vien']}", False),
            ("overdue=true", False),
            ("stage=submitted&overdue=false", True),
        ):
            answer = await client.send("GET", f"/exports/applications.{form}?{asked}", by="mot_cua")
            assert (answer.status_code, str(filed.id) in answer.text) == (200, is_there), asked
        permits = await client.send("GET", f"/exports/permits.{form}?q=1/2026", by="mot_cua")
        assert permits.status_code == 200
    naive = await client.send("GET", "/exports/applications.csv?updated_since=2026-11-20T07:00:00", by="thanh_tra")
    assert (naive.status_code, naive.json()["code"]) == (400, "malformed")


async def test_nobody_and_the_administrator_get_nothing(client: Client) -> None:
    for name in ("applications.csv", "permits.jsonl", "events.ocel.json", "applications.atom"):
        assert (await client.send("GET", f"/exports/{name}", by=None)).status_code == 401
        assert (await client.send("GET", f"/exports/{name}", by="quan_tri")).status_code == 403


async def test_atom_feed_is_newest_first_and_unchanged_pages_cost_nothing(client: Client) -> None:
    made = []
    for title in ("Một & <hai>", "Ba"):
        made.append(await begin(client, title))
        client.world.clock.forward(minutes=1)
    answer = await client.send(
        "GET", "/exports/applications.atom", by="nguoi_dai_dien", headers={"Accept-Language": "en"}
    )
    feed = ET.fromstring(answer.content)  # noqa: S314 - our own.
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert [child.tag for child in feed][:5] == [ATOM + tag for tag in ("id", "title", "updated", "author", "link")]
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [f"urn:uuid:{each}" for each in reversed(made)]
    assert entries[1].findtext(f"{ATOM}title") == "Một & <hai>"
    for entry in entries:
        assert {"id", "title", "updated", "link"} <= {child.tag.removeprefix(ATOM) for child in entry}
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated") == "2026-11-20T07:01:00Z"
    assert answer.headers["last-modified"] == "Fri, 20 Nov 2026 07:01:00 GMT"
    same = {"Accept-Language": "en", "If-None-Match": answer.headers["etag"]}
    again = await client.send("GET", "/exports/applications.atom", by="nguoi_dai_dien", headers=same)
    assert (again.status_code, again.content) == (304, b"")
    await begin(client, "Bốn")
    changed = await client.send("GET", "/exports/applications.atom", by="nguoi_dai_dien", headers=same)
    assert changed.status_code == 200


async def test_atom_reader_follows_changes_page_by_page(client: Client) -> None:
    made = []
    for number in range(5):
        made.append(await begin(client, f"Hồ sơ {number}"))
        client.world.clock.forward(minutes=1)
    path: str | None = "/api/v1/exports/applications.atom?limit=2&updated_since=2026-11-20T07:01:00Z"
    seen = []
    while path is not None:
        feed = ET.fromstring((await client.send("GET", f"http://test{path}", by="nguoi_dai_dien")).content)  # noqa: S314
        seen += [str(entry.findtext(f"{ATOM}id")) for entry in feed.findall(f"{ATOM}entry")]
        path = next((each.get("href") for each in feed.findall(f"{ATOM}link") if each.get("rel") == "next"), None)
    assert seen == [f"urn:uuid:{each}" for each in made[1:]]


async def test_event_log_has_the_form_of_ocel_2(client: Client) -> None:
    await submitted(client.world)
    answer = await client.send("GET", "/exports/events.ocel.json", by="dai_bieu")
    log = answer.json()
    assert list(log) == ["objectTypes", "eventTypes", "events", "objects"]
    check_ocel(log)
    assert log["events"][-1]["type"] == "application:submit"
    assert {each["qualifier"] for each in log["events"][-1]["relationships"]} == {"case", "applicant", "actor"}
    empty = (await client.send("GET", "/exports/events.ocel.json", by="doi_thu")).json()
    assert (empty["objects"], empty["events"]) == ([], [])


def check_ocel(log: dict[str, Any]) -> None:
    """What the OCEL 2.0 JSON schema and its rules of reference ask for."""
    declared = {
        part: {each["name"]: {a["name"]: a["type"] for a in each["attributes"]} for each in log[part]}
        for part in ("objectTypes", "eventTypes")
    }
    objects = {each["id"]: each for each in log["objects"]}
    assert len(objects) == len(log["objects"])
    assert len({each["id"] for each in log["events"]}) == len(log["events"])
    for part, kinds, timed in (("objects", "objectTypes", False), ("events", "eventTypes", True)):
        for each in log[part]:
            assert {attribute["name"] for attribute in each["attributes"]} <= set(declared[kinds][each["type"]])
            assert all(isinstance(attribute["value"], str) for attribute in each["attributes"])
            assert all(set(relation) == {"objectId", "qualifier"} for relation in each["relationships"])
            assert all(relation["objectId"] in objects for relation in each["relationships"])
            moments = [each["time"]] if timed else [attribute["time"] for attribute in each["attributes"]]
            assert all(datetime.fromisoformat(moment).tzinfo is not None for moment in moments)
    times = [each["time"] for each in log["events"]]
    assert times == sorted(times)


class Wire:
    """A client by hand: takes `accepts` messages, then goes away, falls asleep, or neither.

    Of a client that went away the server may say so, and take everything that is sent to nobody at once (`swallows`).
    """

    def __init__(self, *, accepts: int, leaves: bool = False, swallows: bool = False) -> None:
        self.accepts = accepts
        self.leaves = leaves
        self.swallows = swallows
        self.got: list[Message] = []
        self.gone = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.got.append(message)
        if len(self.got) > self.accepts:
            if self.leaves:
                self.gone.set()
            if not self.swallows:
                await asyncio.sleep(3600)

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def many(world: World, owner: AsyncEngine) -> AsyncGenerator[bytes, None]:
    """A CSV export of several batches."""
    filed = await submitted(world)
    async with owner.begin() as connection:
        await connection.execute(COPIES, {"copies": 3 * BATCH, "id": filed.id})
    table = await world.use_cases.exports.cases(world.context("dai_bieu"), narrowed=ExportFilter())
    return as_csv(table.fields, table.batches, language=Language.VI, has_bom=False)


def bounded(
    source: AsyncGenerator[bytes, None], *, chunk_timeout: float = 3600, stream_timeout: float = 3600
) -> BoundedStream:
    return BoundedStream(
        source, media_type="text/csv", headers={}, chunk_timeout=chunk_timeout, stream_timeout=stream_timeout
    )


async def test_client_that_goes_away_leaves_no_snapshot(world: World, owner: AsyncEngine) -> None:
    wire = Wire(accepts=3, leaves=True)
    await bounded(await many(world, owner))({}, wire.receive, wire.send)
    assert len(wire.got) == 4
    assert await under_way(owner) == []


@pytest.mark.parametrize("stream_timeout", [3600, 0.0])
async def test_nothing_is_read_for_a_client_to_whom_sending_takes_no_time(stream_timeout: float) -> None:
    """As Granian does it: what is sent to nobody is gone at once, so only fetching ever waits."""
    fetched = 0

    async def endless() -> AsyncGenerator[bytes, None]:
        nonlocal fetched
        while True:
            fetched += 1
            await asyncio.sleep(0)
            yield b"a"

    wire = Wire(accepts=3, leaves=stream_timeout > 0, swallows=True)
    try:
        await bounded(endless(), stream_timeout=stream_timeout)({}, wire.receive, wire.send)
    except StreamInterrupted:
        assert stream_timeout == 0
    assert fetched < 100


@pytest.mark.parametrize(("chunk_timeout", "stream_timeout"), [(0.2, 3600), (3600, 3)])
async def test_client_that_falls_asleep_is_cut_off(
    world: World, owner: AsyncEngine, chunk_timeout: float, stream_timeout: float
) -> None:
    wire = Wire(accepts=3)
    response = bounded(await many(world, owner), chunk_timeout=chunk_timeout, stream_timeout=stream_timeout)
    with pytest.raises(StreamInterrupted):
        await response({}, wire.receive, wire.send)
    assert [message.get("more_body") for message in wire.got] == [None, True, True, True]
    assert await under_way(owner) == []


async def test_client_that_is_gone_before_the_start_costs_no_snapshot(world: World, owner: AsyncEngine) -> None:
    wire = Wire(accepts=0, leaves=True)
    response = asyncio.create_task(bounded(await many(world, owner))({}, wire.receive, wire.send))
    await asyncio.sleep(0.05)
    response.cancel()
    with pytest.raises(asyncio.CancelledError):
        await response
    assert await under_way(owner) == []


async def test_database_ends_a_transaction_that_stands_idle(world: World, owner: AsyncEngine) -> None:
    """The last line of defence: even without our own limits no snapshot stands longer than 30 seconds."""
    async with world.database.read_snapshot() as connection:
        shown = [
            (await connection.execute(text(f"SHOW {name}"))).scalar_one()
            for name in ("idle_in_transaction_session_timeout", "statement_timeout", "transaction_isolation")
        ]
    assert shown == ["30s", "30s", "repeatable read"]
    assert await under_way(owner) == []


def test_fields_stand_in_a_fixed_order() -> None:
    assert CASE_FIELDS[:6] == ("id", "code", "version", "stage", "title", "procedure_code")
    assert PERMIT_FIELDS == (
        "id",
        "version",
        "number",
        "stage",
        "kind",
        "title",
        "procedure_code",
        "application_id",
        "organisation_id",
        "organisation_name",
        "start",
        "end",
        "issued_at",
        "updated_at",
    )
