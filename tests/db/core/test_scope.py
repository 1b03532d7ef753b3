"""The scope of a list, in SQL and in Python: the same cases for anyone who asks, whatever their standing."""

import random
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from uuid_utils.compat import uuid7

from sandbox_registry.authz import Action
from sandbox_registry.db import tables
from sandbox_registry.db.cases.applications import load_case
from sandbox_registry.db.cases.case_lists import list_cases
from sandbox_registry.db.core.scopes import visible_to
from sandbox_registry.domain.cases.case_lists import CaseFilter
from sandbox_registry.domain.identity.people import Actor, Capacity, Role, Standing
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage
from tests.support.scopes import admits
from tests.support.world import AI_PROCEDURE, PROCEDURE, World

CASES, ACTORS, PEOPLE, PAGE = 60, 40, 6, 7
WORDS = "giam sat ao tom"
CAPACITIES = sorted(set(Capacity) - {Capacity.CONSULTED})


@dataclass(frozen=True, kw_only=True)
class Place:
    """The units, firms and people that chance may draw from."""

    units: tuple[UUID, ...]
    firms: tuple[UUID, ...]
    people: tuple[UUID, ...]


def chance() -> random.Random:
    return random.Random(2026)  # noqa: S311 - to be repeatable, not to be secret.


def some(draw: random.Random, of: tuple[UUID, ...], *, at_most: int = 2) -> list[UUID]:
    return draw.sample(of, draw.randint(0, at_most))


def application(draw: random.Random, place: Place, *, by: UUID, at: object) -> dict[str, object]:
    stage = draw.choice(APPLICATION_STAGES)
    is_filed = stage is not Stage.DRAFT
    return {
        "id": uuid7(),
        "version": 1,
        "stage": stage.value,
        "procedure_code": draw.choice((PROCEDURE, AI_PROCEDURE)),
        "procedure_version": "0" * 64 if is_filed else None,
        "submitted_at": at if is_filed else None,
        "organisation_id": draw.choice(place.firms),
        "receiving_unit_id": draw.choice(place.units),
        "unit_ids": some(draw, place.units),
        "title": "?",
        "answers": {},
        "created_by": by,
        "created_at": at,
        "updated_at": at,
        "level_corrections": [],
        "returns": 0,
        "search_text": WORDS,
    }


async def scatter(world: World, draw: random.Random, place: Place) -> list[UUID]:
    """Fill the database with cases in which people stand in every way, present and past."""
    by, at = place.people[0], world.clock.at
    cases = [application(draw, place, by=by, at=at) for _ in range(CASES)]
    held: list[tuple[object, UUID, str, object]] = []
    declared: list[tuple[object, UUID, bool]] = []
    asked: list[tuple[object, UUID]] = []
    for case in cases:
        for person in draw.sample(place.people, draw.randint(0, 3)):
            capacities = draw.sample(CAPACITIES, draw.randint(1, 2))
            held.extend((case["id"], person, each.value, at if draw.random() < 0.3 else None) for each in capacities)
        tellers = draw.sample(place.people, draw.randint(0, 3))
        declared.extend((case["id"], person, draw.random() < 0.5) for person in tellers)
        asked.extend((case["id"], unit) for unit in some(draw, place.units))
    async with world.database.transaction() as work:
        await work.connection.execute(tables.applications.insert(), cases)
        rows = [
            {"id": uuid7(), "version": 1, "application_id": case, "person_id": person, "capacity": capacity}
            | {"given_by": by, "since": at, "until": until}
            for case, person, capacity, until in held
        ]
        await work.connection.execute(tables.participations.insert(), rows)
        told = [
            {"id": uuid7(), "version": 1, "application_id": case, "person_id": person, "conflicted": conflicted}
            | {"statement": "", "made_at": at}
            for case, person, conflicted in declared
        ]
        await work.connection.execute(tables.declarations.insert(), told)
        consulted = [
            {"id": uuid7(), "version": 1, "application_id": case, "unit_id": unit, "question": "?", "asked_by": by}
            | {"asked_at": at, "term_value": 7, "term_unit": "wd", "is_required": True, "text": "", "is_late": False}
            for case, unit in asked
        ]
        await work.connection.execute(tables.consultations.insert(), consulted)
    return [UUID(str(case["id"])) for case in cases]


def somebody(draw: random.Random, place: Place) -> Actor:
    scopes = None if draw.random() < 0.9 else frozenset({Action.PERMIT_READ.value})
    roles = draw.sample(sorted(Role), draw.randint(0, 2))
    return Actor(
        person_id=draw.choice(place.people),
        offices=frozenset((role, draw.choice(place.units)) for role in roles),
        signs_for_organisations=frozenset(some(draw, place.firms, at_most=1)),
        drafts_for_organisations=frozenset(some(draw, place.firms, at_most=1)),
        signs_for=None,
        auth_method="test",
        token_scopes=scopes,
        token_procedures=None if draw.random() < 0.7 else frozenset({draw.choice((PROCEDURE, AI_PROCEDURE))}),
        request_id="test",
    )


async def standings(world: World, case_ids: list[UUID], actor: Actor) -> dict[UUID, tuple[Standing, Stage, str]]:
    units = frozenset(unit for role, unit in actor.offices if role is Role.CONSULTED_OFFICER)
    found = {}
    async with world.database.replica() as connection:
        for case_id in case_ids:
            case = await load_case(connection, case_id, person_id=actor.person_id, consulted_unit_ids=units)
            assert case is not None
            found[case_id] = (case.standing, case.application.stage, case.application.procedure_code)
    return found


async def listed(world: World, scope: Scope) -> set[UUID]:
    async with world.database.replica() as connection:
        rows = await connection.execute(select(tables.applications.c.id).where(visible_to(scope)))
    return {row.id for row in rows}


async def paged(world: World, scope: Scope, narrowed: CaseFilter) -> list[UUID]:
    """List all cases page by page, as a reader would."""
    seen: list[UUID] = []
    async with world.database.replica() as connection:
        while page := await list_cases(
            connection, scope=scope, narrowed=narrowed, after=seen[-1] if seen else None, limit=PAGE
        ):
            seen += [row.id for row in page]
    return seen


async def test_query_admits_what_the_scope_admits_and_a_read_allows(world: World) -> None:
    draw = chance()
    place = Place(
        units=tuple(world.units.values())[:4],
        firms=(world.startup, world.rival),
        people=tuple(world.people.values())[:PEOPLE],
    )
    case_ids = await scatter(world, draw, place)
    shown_somewhere: set[UUID] = set()
    for _ in range(ACTORS):
        actor = somebody(draw, place)
        scope = world.transactions.authorizer.scope(actor)
        known = await standings(world, case_ids, actor)
        by_scope = {
            each
            for each, (standing, stage, code) in known.items()
            if admits(scope, standing, stage, procedure_code=code)
        }
        by_policy = {
            each
            for each, (standing, stage, code) in known.items()
            if actor.reaches(code)
            and world.transactions.authorizer.judge(actor, standing, stage, Action.APPLICATION_READ).allowed
        }
        by_query = await listed(world, scope)
        assert by_query == by_scope, actor
        assert by_query == by_policy, actor
        # With words, the first pages are looked for among the newest cases, by a statement of their own.
        for text in (None, "ao tôm"):
            assert await paged(world, scope, CaseFilter(text=text)) == sorted(by_query, reverse=True), (actor, text)
        stages = frozenset(draw.sample(APPLICATION_STAGES, 3))
        at_stages = sorted((each for each in by_query if known[each][1] in stages), reverse=True)
        assert await paged(world, scope, CaseFilter(stages=stages)) == at_stages, (actor, stages)
        shown_somewhere |= by_query
    # What nobody ever saw would prove nothing.
    assert len(shown_somewhere) > CASES // 2
