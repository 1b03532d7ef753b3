"""A marked secret in every kind of record, looked for in every channel as everybody: who sees it must be declared to."""

import inspect
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.core.kinds import TABLES
from sandbox_registry.domain.acts import known_to
from sandbox_registry.domain.audiences import audience_of, revealed_to
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.promises import APPOINTMENT, Promise
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind, Person, Standing
from sandbox_registry.domain.integrations.webhooks import EndpointState
from sandbox_registry.domain.kinds.every import BY_NAME, KINDS, emptied_with
from sandbox_registry.domain.operations import mails
from sandbox_registry.domain.operations.mails import Mail
from sandbox_registry.domain.privacy.erasures import ErasureKind
from sandbox_registry.domain.stages import Stage
from tests.api.contract.routes import Rehearsal, Route, rehearsing, send
from tests.canary.planting import EVERYBODYS_ACT, MARKED, SEARCHED, Planted, append, holds_words, plant, secret
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.erasing import ADMIN, confirm, propose, refused_intake
from tests.support.groups import dealt
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
GROUPS = dealt(PEOPLE)
SEES = {
    OWNER: {"application", "clarification", "decision", "dossier_version", "message", "permit"},
    "dai_bieu": {"consultation", "legal_hold", "review", "site_visit", "release", "erasure"},
}
SEES_ONLY: dict[str, set[str]] = {"doi_thu": set(), "mot_cua_noi_khac": {"role_grant"}}
"""Whose marks come up for some, at least and at most: a walk that saw nothing would prove nothing."""
ADDRESS = "203.0.113.177"
"""Where the browser of a session is, which has no words of its own."""
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


async def _walk(
    client: Client, routes: list[Route], planted: Planted, *, people: Iterable[str | None]
) -> dict[tuple[str | None, str], list[str]]:
    """Ask every route as everybody; what would change something is asked too, for its errors, and nothing of it is kept."""
    marks = [secret(kind.name) for kind in KINDS] + [secret(NAIVE), NAIVE_ACT]
    found: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
    for name in people:
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


@pytest.mark.parametrize("people", GROUPS, ids=lambda people: people[0])
async def test_a_secret_is_seen_by_those_it_is_declared_to_and_by_nobody_else(
    world: World, owner: AsyncEngine, database_url: str, tmp_path: Path, people: tuple[str, ...]
) -> None:
    permit = (await issued(world)).permit
    planted = await plant(world, owner, permit.application_id)
    await _plant_naively(world, planted)
    asking = (*people, None) if people is GROUPS[0] else people
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        async with rehearsing(world, tmp_path, Rehearsal(database_url), people=people) as (client, routes):
            sightings = Sightings(planted=planted, of=await _walk(client, routes, planted, people=asking))
    assert [leak async for leak in _leaks(world, sightings)] == []
    assert sightings.by(None) == set()
    seen = {name: {kind.name for kind in KINDS if secret(kind.name) in sightings.by(name)} for name in people}
    for name, kinds in seen.items():
        assert kinds >= SEES.get(name, set()), name
        assert name not in SEES_ONLY or kinds == SEES_ONLY[name], name


def test_whose_sightings_are_known_is_asked() -> None:
    assert (SEES.keys() | SEES_ONLY.keys()) <= set(PEOPLE)


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


async def test_a_search_finds_a_secret_for_those_alone_who_read_it(
    world: World, owner: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    """A list that is shorter by another word tells as much as the word itself."""
    permit = (await issued(world)).permit
    planted = await plant(world, owner, permit.application_id)
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=PEOPLE) as (client, routes):
        searching = [route for route in routes if route.searches]
        assert len(searching) == 8
        found = await _search(client, searching, planted, kinds=SEARCHED, people=PEOPLE)
        # What is searched by is the same for everybody: those who find most find nothing by any other word.
        others = MARKED.keys() - SEARCHED
        assert await _search(client, searching, planted, kinds=others, people=(OWNER, "dai_bieu", "quan_tri")) == {}
    for (name, kind), where in found.items():
        reading = BY_NAME[kind].read_by
        assert name is not None
        assert reading is not None
        assert await _may(world, planted, name, reading), (name, kind, where)
    assert {(OWNER, "application"), ("dai_bieu", "application"), (OWNER, "permit")} <= found.keys()
    assert {name for name, _ in found}.isdisjoint({"doi_thu", "nguoi_la", "mot_cua_noi_khac", "quan_tri", None})
    assert set(found[OWNER, "application"]) == {
        route.path for route in searching if not {"people", "organisations"} & set(route.path.split("/"))
    }


async def _search(
    client: Client, routes: list[Route], planted: Planted, *, kinds: Iterable[str], people: Iterable[str | None]
) -> dict[tuple[str | None, str], list[str]]:
    """Search every list for the marks of these kinds, as these people; return where something of the case came up."""
    found: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
    known = [str(identity).encode() for identity in {planted.case_id, *planted.identities.values()}]
    for name in people:
        for route in routes:
            for kind in kinds:
                answer = await client.send(
                    route.method, f"http://test{route.path}", by=name, params={"q": secret(kind)}
                )
                if any(identity in _all_of(answer) for identity in known):
                    found[name, kind].append(route.path)
    return dict(found)


async def test_a_mail_holds_nothing_but_what_its_reader_wrote(world: World, owner: AsyncEngine) -> None:
    permit = (await issued(world)).permit
    planted = await plant(world, owner, permit.application_id)
    about_token = await _mail_of_a_token(world, owner, planted)
    about_dates = await _mail_of_new_dates(world, planted)
    written = {
        name
        for name, made in inspect.getmembers(mails, inspect.isfunction)
        if inspect.signature(made).return_annotation is Mail
    }
    assert written == {"expiry_notice", "new_dates_notice"}  # Another mail is rendered here as well.
    assert about_token.to == f"{OWNER}@camau.example"
    assert [_marks_in(each) for each in (about_token, about_dates)] == [["token"], []]


def _marks_in(mail: Mail) -> list[str]:
    words = f"{mail.id} {mail.to} {mail.subject} {mail.body}"
    return [kind.name for kind in KINDS if secret(kind.name) in words]


async def _mail_of_a_token(world: World, owner: AsyncEngine, planted: Planted) -> Mail:
    upkeep, sent = world.use_cases.upkeep, list[Mail]()

    async def send_mail(mail: Mail) -> None:
        sent.append(mail)

    days = [world.clock.at.date() + timedelta(days=ahead) for ahead in range(10)]
    assert sum([await upkeep.remind_token_holders(day=day) for day in days]) == 1
    async with owner.connect() as connection:
        query = text("SELECT args->>'token_id' FROM procrastinate_jobs WHERE task_name LIKE '%holder'")
        tokens = [UUID(each) for each in (await connection.execute(query)).scalars()]
    assert tokens == [planted.identities["token"]]
    assert await upkeep.write_to_token_holder(tokens[0], send=send_mail)
    return sent[0]


async def _mail_of_new_dates(world: World, planted: Planted) -> Mail:
    async with world.database.transaction() as work:
        case = await work.get(Application, planted.case_id)
        marked = await work.get(Promise, planted.identities["promise"])
        reader = await work.get(Person, world.people[OWNER])
    given = replace(marked, name=APPOINTMENT, due=world.clock.at)
    assert secret("application") in case.title
    assert secret("promise") in given.calendar_version
    return mails.new_dates_notice(case, (given,), history=(given,), person=reader)


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


async def test_nothing_that_an_account_leaves_behind_is_found_once_it_is_erased(
    world: World, owner: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    person = await world.use_cases.people.register(
        world.context(ADMIN),
        full_name=f"Le {secret('person')}",
        email="canary-person@camau.example",
        phone="0913 111 222",
        password="mười hai con cua",
    )
    own = await _own_applicant(world, person)
    words = {"0913 111 222", "canary-person", "canary-organisation", "canary-token", "canary-webhook", ADDRESS}
    marks = {word: word.encode() for word in words}
    taken = emptied_with(ErasureKind.ACCOUNT)
    assert set(taken) == {"browser_session", "organisation", "person", "token", "webhook"}
    assert await _left(owner, marks) == words
    asked = await propose(world, person.id, kind=ErasureKind.ACCOUNT)
    readers = (ADMIN, "dai_bieu", OWNER)
    about = {"person_id": person.id, "organisation_id": own.id}
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=[ADMIN]) as (client, routes):
        before = await _read(client, routes, about, words, by=ADMIN)
    await confirm(world, asked)
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=readers) as (client, routes):
        after = {word for name in readers for word in await _read(client, routes, about, words, by=name)}
    assert await _left(owner, marks) == set()
    assert before >= {"0913 111 222", "canary-person", "canary-organisation"}
    assert after == set()


async def _own_applicant(world: World, person: Person) -> Organisation:
    """The person as an applicant of their own, with a session of a browser, a token and an endpoint."""
    actor = world.context("nguoi_la", person_id=person.id)
    browser = world.context("nguoi_la", person_id=person.id, auth_method="password")
    await world.use_cases.sessions.open_again(replace(browser, address=ADDRESS), user_agent="Firefox/130.0")
    own = await world.use_cases.organisations.create(
        actor,
        kind=OrganisationKind.INDIVIDUAL,
        name=f"Le {secret('organisation')}",
        tax_code=None,
        address=secret("organisation"),
        email="canary-organisation@camau.example",
        phone="",
        licence_end=None,
    )
    await world.use_cases.tokens.create(actor, name=secret("token"), lifetime=timedelta(days=9))
    signing = world.context("nguoi_la", person_id=person.id, signs_for_organisations=frozenset({own.id}))
    await world.use_cases.webhooks.create(
        signing,
        organisation_id=own.id,
        url="https://canary-webhook.example/",
        events=["*"],
        description=secret("webhook"),
    )
    return own


async def _read(client: Client, routes: list[Route], about: Mapping[str, Any], words: set[str], *, by: str) -> set[str]:
    """Ask every route about a person and their applicant, and every list for each word; return the words that come back."""
    said = [await send(client, route, by=by, **about) for route in routes]
    said += [
        await client.send("GET", f"http://test{route.path}", by=by, params={"q": word})
        for route in routes
        if route.searches
        for word in words
    ]
    return {word for word in words for each in said if word.encode() in _all_of(each)}
