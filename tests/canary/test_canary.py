"""A marked secret in every kind of record, looked for in every channel as everybody: who sees it must be declared to."""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.core.kinds import TABLES
from sandbox_registry.domain.acts import known_to
from sandbox_registry.domain.audiences import audience_of, revealed_to
from sandbox_registry.domain.identity.people import Standing
from sandbox_registry.domain.integrations.webhooks import EndpointState
from sandbox_registry.domain.kinds.every import BY_NAME, KINDS, emptied_with
from sandbox_registry.domain.privacy.erasures import ErasureKind
from sandbox_registry.domain.stages import Stage
from tests.api.contract.routes import Rehearsal, Route, rehearsing, send
from tests.canary.planting import EVERYBODYS_ACT, MARKED, Planted, append, holds_words, plant, secret
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.erasing import confirm, propose, refused_intake
from tests.support.ledger import signing_for
from tests.support.stages import OWNER
from tests.support.world import World

PEOPLE = (
    OWNER,
    "nguoi_soan",
    "doi_thu",
    "nguoi_la",
    "mot_cua",
    "mot_cua_noi_khac",
    "chuyen_vien",
    "truong_phong",
    "chu_tich",
    "van_thu",
    "phan_bien_1",
    "phan_bien_2",
    "uy_vien_1",
    "uy_vien_6",
    "thu_ky",
    "cong_an",
    "giam_sat",
    "dai_bieu",
    "thanh_tra",
    "quan_tri",
)
OWN = {"person": "phan_bien_1", "token": OWNER}
"""Kinds that somebody also reads, or reads only, of themselves."""
ABOUT_ONESELF = {
    ("role_grant", name): {"GET /api/v1/me"}
    | ({"GET /api/v1/people/{person_id:uuid}"} if name == OWN["person"] else set())
    for name in PEOPLE
}
"""Where everybody reads their own objects of a kind, and nobody else's: the title one signs under, in one's office."""
ALSO = {"organisation": Action.PERMIT_READ}
"""A permit names its holder, with the address."""
NAIVE, NAIVE_ACT = "private_note", "private_note:write"


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """In which answers each person saw each mark."""

    planted: Planted
    of: Mapping[tuple[str | None, str], list[str]]

    def by(self, name: str | None) -> set[str]:
        return {mark for seer, mark in self.of if seer == name}


async def _plant_naively(world: World, planted: Planted) -> None:
    """Do what a newcomer's note does that nobody declared: an act of its own, and a state beside an act all may learn of."""
    note = {"id": str(planted.case_id), "version": 1, "body": secret(NAIVE)}
    await append(world, planted.case_id, act=NAIVE_ACT, kind=NAIVE, state=note)
    await append(world, planted.case_id, act=EVERYBODYS_ACT, kind=NAIVE, state=note)


async def _walk(client: Client, routes: list[Route], planted: Planted) -> dict[tuple[str | None, str], list[str]]:
    """Ask every route as everybody; what would change something is asked too, for its errors, and nothing of it is kept."""
    marks = [secret(kind.name) for kind in KINDS] + [secret(NAIVE), NAIVE_ACT]
    found: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
    for name in (*PEOPLE, None):
        for route in routes:
            answer = await send(client, route, by=name, **planted.in_paths)
            said = _all_of(answer)
            for mark in marks:
                if mark.encode() in said:
                    found[name, mark].append(f"{route.method} {route.path}")
    return found


def _all_of(answer: httpx.Response) -> bytes:
    if answer.headers.get("content-type") != "application/zip":
        return answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


async def _may(world: World, planted: Planted, name: str, action: Action) -> bool:
    """Ask the policy whether somebody may do this with the case, its permit, its applicant, or the registry's books."""
    actor = world.actor(name)
    async with world.database.transaction() as work:
        case = await case_rows.load_case(
            work.connection, planted.case_id, person_id=actor.person_id, consulted_unit_ids=frozenset()
        )
    assert case is not None
    judge = world.transactions.authorizer.judge
    places: list[tuple[Standing | None, Stage]] = [
        (case.standing, case.application.stage),
        (case.standing, Stage.PERMIT_ISSUED),
        (case.standing, Stage.NONE),
        (None, Stage.NONE),
    ]
    return any(judge(actor, standing, stage, action).allowed for standing, stage in places)


def test_every_kind_that_holds_words_has_a_canary() -> None:
    assert set(MARKED) == {
        kind.name for kind in KINDS if kind.of is not None and holds_words(kind.of) and not kind.is_public
    }


async def test_a_secret_is_seen_by_those_it_is_declared_to_and_by_nobody_else(
    world: World, owner: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    permit = (await issued(world)).permit
    planted = await plant(world, owner, permit.application_id)
    await _plant_naively(world, planted)
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        async with rehearsing(world, tmp_path, Rehearsal(database_url), people=PEOPLE) as (client, routes):
            sightings = Sightings(planted=planted, of=await _walk(client, routes, planted))
    assert [leak async for leak in _leaks(world, sightings)] == []
    assert sightings.by(None) == set()
    seen = {name: {kind.name for kind in KINDS if secret(kind.name) in sightings.by(name)} for name in PEOPLE}
    assert (seen["doi_thu"], seen["mot_cua_noi_khac"]) == (set(), {"role_grant"})
    assert {"application", "clarification", "decision", "dossier_version", "message", "permit"} <= seen[OWNER]
    assert {"consultation", "legal_hold", "review", "site_visit", "release", "erasure"} <= seen["dai_bieu"]


async def _leaks(world: World, sightings: Sightings) -> AsyncIterator[tuple[str, str, list[str]]]:
    """Go through what somebody saw who may not read it, or which nobody declared."""
    for name, mark in sightings.of:
        kind = next((each for each in KINDS if secret(each.name) == mark), None)
        if name is None or (kind is not None and OWN.get(kind.name) == name):
            continue
        if kind is not None and set(sightings.of[name, mark]) <= ABOUT_ONESELF.get((kind.name, name), set()):
            continue
        acts = {kind.read_by, ALSO.get(kind.name)} if kind and kind.name != "token" else set()
        if not any([await _may(world, sightings.planted, name, act) for act in acts if act]):
            yield name, mark, sightings.of[name, mark]


async def test_everybody_learns_of_the_acts_that_are_declared_to_them_and_of_no_other(
    world: World, owner: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    permit = (await issued(world)).permit
    case_id = permit.application_id
    for act in Action:
        await append(world, case_id, act=act, kind="application", state={"read": act})
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        async with rehearsing(world, tmp_path, Rehearsal(database_url), people=PEOPLE) as (client, _):
            for name in (OWNER, "nguoi_soan", "mot_cua", "truong_phong", "dai_bieu", "thanh_tra"):
                async with world.database.transaction() as work:
                    case = await case_rows.load_case(
                        work.connection, case_id, person_id=world.people[name], consulted_unit_ids=frozenset()
                    )
                assert case is not None
                expected = known_to(audience_of(world.actor(name), case.standing))
                assert revealed_to(world.actor(name), case.standing).acts == expected
                channels = {
                    "timeline": await _timeline(client, case_id, name),
                    "event log": await _event_log(client, name),
                    "bundle": await _bundle(client, case_id, name),
                }
                told = {channel: acts for channel, acts in channels.items() if acts is not None}
                assert told == {channel: set(map(str, expected)) for channel in told}, name
                assert ("bundle" in told) == (name not in {"mot_cua", "truong_phong"})


async def _timeline(client: Client, case_id: object, name: str) -> set[str]:
    acts, after = set(), ""
    while True:
        page = (await client.send("GET", f"/applications/{case_id}/timeline?limit=100{after}", by=name)).json()
        acts |= {each["action"] for each in page["items"]}
        if page["after"] is None:
            return acts
        after = f"&after={page['after']}"


async def _event_log(client: Client, name: str) -> set[str]:
    answer = await client.send("GET", "/exports/events.ocel.json", by=name)
    return {each["type"] for each in answer.json()["events"]}


async def _bundle(client: Client, case_id: object, name: str) -> set[str] | None:
    answer = await client.send("GET", f"/applications/{case_id}/bundle.zip", by=name)
    if answer.status_code != 200:
        return None
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        statements = [json.loads(archive.read(each)) for each in archive.namelist() if each.startswith("statements/")]
    return {json.loads(each["statement"])["act"] for each in statements}


async def test_no_secret_goes_out_by_the_public_log_a_job_or_a_webhook(world: World, owner: AsyncEngine) -> None:
    made = await world.use_cases.webhooks.create(
        world.context(OWNER), organisation_id=world.startup, url="https://example.com/", events=["*"], description="máy"
    )
    async with owner.begin() as connection:
        await connection.execute(
            TABLES["webhook"].update().values(state=EndpointState.ACTIVE), {"id": made.endpoint.id}
        )
    await issued(world)
    case = await refused_intake(world)
    words = await _words(owner, {name for name in MARKED if name not in {"organisation", "permit", "person"}})
    assert len(words) > 15
    async with owner.connect() as connection:
        sinks = [
            str(value)
            for query in (
                "SELECT convert_from(entry, 'UTF8') FROM audit_leaves",
                "SELECT convert_from(statement, 'UTF8') FROM audit_leaves",
                "SELECT args::text FROM procrastinate_jobs",
                "SELECT data::text FROM webhook_deliveries WHERE application_id IS NOT NULL",
            )
            for value in (await connection.execute(text(query))).scalars()
        ]
    assert sum(str(case.id) in sink for sink in sinks) > 5
    assert [(name, word) for name, word in words if any(word in sink for sink in sinks)] == []


async def _words(owner: AsyncEngine, names: set[str]) -> set[tuple[str, str]]:
    """Return what was really written into the secret field of each kind."""
    found = set()
    async with owner.connect() as connection:
        for name in names:
            column, _, inner = MARKED[name].partition(".")
            values = (
                await connection.execute(TABLES[name].select().with_only_columns(TABLES[name].c[column]))
            ).scalars()
            found |= {(name, value[inner] if inner else value) for value in values}
    return {(name, word) for name, word in found if word and len(word) > 3}


async def test_nothing_that_an_erasure_takes_is_left_anywhere(world: World, owner: AsyncEngine) -> None:
    case = await refused_intake(world)
    taken = emptied_with(ErasureKind.CASE)
    await plant(world, owner, case.id, kinds=[BY_NAME[name] for name in taken])
    marks = {name: secret(name).encode() for name in taken}
    assert await _left(owner, marks) == set(marks)
    await confirm(world, await propose(world, case.id))
    assert await _left(owner, marks) == set()


async def _left(owner: AsyncEngine, marks: Mapping[str, bytes]) -> set[str]:
    """Look for marks in whatever the database holds."""
    found = set()
    async with owner.connect() as connection:
        tables = await connection.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        )
        for table in tables.scalars().all():
            rows: Any = await connection.exec_driver_sql(f'SELECT * FROM "{table}"')  # noqa: S608 - a name the catalogue gave.
            held = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
            found |= {name for name, mark in marks.items() if mark in held}
    return found


def test_kinds_that_erasures_keep_say_why() -> None:
    kept = {name: kind.erasure for name, kind in BY_NAME.items() if not hasattr(kind.erasure, "with_the")}
    assert all(getattr(each, "because", "") for each in kept.values())
