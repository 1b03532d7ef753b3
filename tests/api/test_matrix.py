"""Who gets through every route: each person of the world against each kind of case, as the policy says and no other way.

Nothing is kept: every transaction is rolled back, so each cell of the matrix is asked of the same world.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
from asgi_lifespan import LifespanManager
from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import inspect

from sandbox_registry.api.identity import PUBLIC
from sandbox_registry.app import create_app
from sandbox_registry.authz import Action, Authorizer
from sandbox_registry.authz.ways import stranger
from sandbox_registry.db.applications import load_case
from sandbox_registry.db.engine import Database
from sandbox_registry.db.work import UnitOfWork
from sandbox_registry.domain.people import Actor, Role, Standing
from sandbox_registry.domain.stages import Stage
from sandbox_registry.settings import Settings
from tests.client import Client
from tests.decided import issued
from tests.documents.files import pdf
from tests.stages import received, with_reviewers
from tests.world import World

CASE = "/api/v1/applications/{application_id:uuid}"
NOBODY_KNOWS = UUID(int=1)
PEOPLE = (
    "nguoi_dai_dien",
    "nguoi_soan",
    "doi_thu",
    "nguoi_la",
    "mot_cua",
    "mot_cua_noi_khac",
    "chuyen_vien",
    "chuyen_vien_2",
    "truong_phong",
    "chu_tich",
    "van_thu",
    "phan_bien_1",
    "uy_vien_1",
    "cong_an",
    "giam_sat",
    "dai_bieu",
    "thanh_tra",
    "quan_tri",
)
# What each route about a case asks of the policy. A new route has to be put here before this file passes.
CASE_ROUTES: dict[tuple[str, str], Action] = {
    ("DELETE", ""): Action.APPLICATION_DISCARD,
    ("GET", ""): Action.APPLICATION_READ,
    ("PATCH", ""): Action.APPLICATION_EDIT,
    ("POST", "/acceptance"): Action.APPLICATION_ACCEPT,
    ("POST", "/apology"): Action.APPLICATION_APOLOGIZE,
    ("POST", "/approval"): Action.DECISION_APPROVE,
    ("GET", "/assignments"): Action.REVIEW_READ,
    ("POST", "/assignments"): Action.ASSIGNMENT_ASSIGN,
    ("POST", "/assignments/{assignment_id:uuid}/reassignment"): Action.ASSIGNMENT_ASSIGN,
    ("POST", "/assignments/{assignment_id:uuid}/release"): Action.ASSIGNMENT_RELEASE,
    ("GET", "/changes"): Action.APPLICATION_READ,
    ("POST", "/claim"): Action.ASSIGNMENT_CLAIM,
    ("GET", "/clarifications"): Action.CLARIFICATION_READ,
    ("POST", "/clarifications"): Action.CLARIFICATION_ASK,
    ("POST", "/clarifications/{clarification_id:uuid}/answer"): Action.CLARIFICATION_ANSWER,
    ("POST", "/classification"): Action.APPLICATION_CLASSIFY,
    ("POST", "/complaints"): Action.APPLICATION_COMPLAIN,
    ("GET", "/consultations"): Action.CONSULTATION_READ,
    ("POST", "/consultations"): Action.CONSULTATION_ASK,
    ("POST", "/consultations/{consultation_id:uuid}/answer"): Action.CONSULTATION_ANSWER,
    ("POST", "/consultations/{consultation_id:uuid}/silence"): Action.CONSULTATION_CLOSE,
    ("GET", "/council-sessions"): Action.COUNCIL_READ,
    ("POST", "/council-sessions"): Action.COUNCIL_CONVENE,
    ("PUT", "/council-sessions/{session_id:uuid}"): Action.COUNCIL_CONVENE,
    ("POST", "/council-sessions/{session_id:uuid}/conclusion"): Action.COUNCIL_CONCLUDE,
    ("POST", "/council-sessions/{session_id:uuid}/votes"): Action.COUNCIL_VOTE,
    ("GET", "/decision"): Action.DECISION_READ,
    ("GET", "/declarations"): Action.DECLARATION_READ,
    ("POST", "/declarations"): Action.DECLARATION_MAKE,
    ("POST", "/delivery"): Action.APPLICATION_DELIVER,
    ("POST", "/documents"): Action.APPLICATION_EDIT,
    ("DELETE", "/documents/{document_id:uuid}"): Action.APPLICATION_EDIT,
    ("GET", "/documents/{document_id:uuid}"): Action.APPLICATION_READ,
    ("GET", "/documents/{document_id:uuid}/content"): Action.APPLICATION_READ,
    ("DELETE", "/editors/{person_id:uuid}"): Action.APPLICATION_SHARE,
    ("PUT", "/editors/{person_id:uuid}"): Action.APPLICATION_SHARE,
    ("POST", "/intake-refusal"): Action.APPLICATION_REFUSE_INTAKE,
    ("POST", "/lapse"): Action.APPLICATION_LAPSE,
    ("GET", "/messages"): Action.MESSAGE_READ,
    ("POST", "/messages"): Action.MESSAGE_SEND,
    ("POST", "/permit"): Action.PERMIT_ISSUE,
    ("GET", "/problems"): Action.APPLICATION_READ,
    ("POST", "/receipt"): Action.APPLICATION_RECEIVE,
    ("GET", "/recommendation"): Action.REVIEW_READ,
    ("POST", "/recommendation"): Action.APPLICATION_RECOMMEND,
    ("POST", "/referral"): Action.APPLICATION_REFER,
    ("POST", "/refusal"): Action.DECISION_REFUSE,
    ("GET", "/reviews"): Action.REVIEW_READ,
    ("POST", "/reviews"): Action.REVIEW_SUBMIT,
    ("GET", "/site-visits"): Action.REVIEW_READ,
    ("POST", "/site-visits"): Action.SITE_VISIT_RECORD,
    ("POST", "/stop"): Action.APPLICATION_STOP,
    ("POST", "/submission"): Action.APPLICATION_SUBMIT,
    ("POST", "/supplement"): Action.APPLICATION_SUBMIT_SUPPLEMENT,
    ("POST", "/supplement-requests"): Action.APPLICATION_REQUEST_SUPPLEMENT,
    ("GET", "/timeline"): Action.APPLICATION_READ_TIMELINE,
    ("GET", "/versions"): Action.APPLICATION_READ,
    ("POST", "/withdrawal"): Action.APPLICATION_REQUEST_WITHDRAWAL,
}
# Routes that concern no case; null: everyone who is logged in, each for what is theirs or what a scope lets through.
OTHER_ROUTES: dict[tuple[str, str], Action | None] = {
    ("GET", "/applications"): None,
    ("POST", "/applications"): Action.APPLICATION_CREATE,
    ("GET", "/applications/awaiting-declaration"): None,
    ("POST", "/delegations"): Action.DELEGATION_GRANT,
    ("POST", "/delegations/{delegation_id:uuid}/revocation"): Action.DELEGATION_REVOKE,
    ("GET", "/me"): None,
    ("PUT", "/me/password"): Action.PASSWORD_CHANGE,
    ("POST", "/offices/{grant_id:uuid}/ending"): Action.ROLE_REVOKE,
    ("GET", "/organisations"): None,
    ("POST", "/organisations"): Action.ORGANISATION_CREATE,
    ("GET", "/organisations/{organisation_id:uuid}"): Action.ORGANISATION_READ,
    ("PUT", "/organisations/{organisation_id:uuid}/contact"): Action.ORGANISATION_EDIT,
    ("POST", "/organisations/{organisation_id:uuid}/members"): Action.ORGANISATION_EDIT,
    ("POST", "/organisations/{organisation_id:uuid}/members/{membership_id:uuid}/ending"): Action.ORGANISATION_EDIT,
    ("GET", "/people"): Action.PERSON_READ,
    ("POST", "/people"): Action.PERSON_CREATE,
    ("GET", "/people/{person_id:uuid}"): Action.PERSON_READ,
    ("POST", "/people/{person_id:uuid}/closing"): Action.PERSON_DISABLE,
    ("POST", "/people/{person_id:uuid}/offices"): Action.ROLE_GRANT,
    ("GET", "/permits"): None,
    ("POST", "/rules"): Action.PROCEDURE_PROPOSE,
    ("POST", "/rules/{version_id:uuid}/approval"): Action.PROCEDURE_APPROVE,
    ("GET", "/rules/{version_id:uuid}/replay"): Action.PROCEDURE_PROPOSE,
    ("DELETE", "/sessions/current"): Action.TOKEN_REVOKE,
    ("GET", "/tokens"): Action.TOKEN_READ,
    ("POST", "/tokens"): Action.TOKEN_CREATE,
    ("DELETE", "/tokens/{token_id:uuid}"): Action.TOKEN_REVOKE,
    ("POST", "/units"): Action.ORGANISATION_CREATE_UNIT,
    ("PUT", "/units/{unit_id:uuid}"): Action.ORGANISATION_CREATE_UNIT,
    ("GET", "/units/{unit_id:uuid}/delegations"): Action.DELEGATION_READ,
    ("GET", "/webhooks"): None,
    ("POST", "/webhooks"): Action.WEBHOOK_CREATE,
    ("DELETE", "/webhooks/{endpoint_id:uuid}"): Action.WEBHOOK_REMOVE,
    ("GET", "/webhooks/{endpoint_id:uuid}"): Action.WEBHOOK_READ,
    ("PUT", "/webhooks/{endpoint_id:uuid}"): Action.WEBHOOK_EDIT,
    ("POST", "/webhooks/{endpoint_id:uuid}/check"): Action.WEBHOOK_EDIT,
    ("GET", "/webhooks/{endpoint_id:uuid}/deliveries"): Action.WEBHOOK_READ,
    ("GET", "/webhooks/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}"): Action.WEBHOOK_READ,
    ("POST", "/webhooks/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}/replay"): Action.WEBHOOK_REPLAY,
    ("POST", "/webhooks/{endpoint_id:uuid}/secrets"): Action.WEBHOOK_EDIT,
}
PERMIT_ROUTE = ("GET", "/api/v1/permits/{permit_id:uuid}")
OPEN_ROUTES = {
    ("GET", "/api/v1/procedures/{code:str}"),
    ("POST", "/api/v1/registrations"),
    ("GET", "/api/v1/rules"),
    ("GET", "/api/v1/rules/{version_id:uuid}"),
    ("POST", "/api/v1/sessions"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}
EXPORTS = "/api/v1/exports/"  # Lists in other clothes, inside the same scopes; tests of their own.
# The log as C2SP tiles and the description of this API: public, without personal data.
OPEN_FOLDERS = ("/log/", "/api/v1/docs", "/api/v1/openapi.json")


class Rehearsal(Database):
    """A database on which every act is done and none is kept."""

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        async with self.engine.connect() as connection:
            transaction = await connection.begin()
            try:
                yield UnitOfWork(connection)
            finally:
                await transaction.rollback()


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method at one address, and a body its schema takes."""

    method: str
    path: str
    is_public: bool
    body: bytes | None

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    def at(self, **identities: UUID) -> str:
        """Return the address with its identities in place; what is not named is nobody's."""
        return re.sub(
            r"\{(\w+):(\w+)\}",
            lambda found: str(identities.get(found[1], NOBODY_KNOWS)) if found[2] == "uuid" else "ca-mau-2026-draft",
            self.path,
        )


def routes_of(app: Litestar) -> Iterator[Route]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), route
        for method, (handler, _) in route.route_handler_map.items():
            if method == "OPTIONS":
                continue
            data = handler.parsed_fn_signature.parameters.get("data")
            body = None if data is None else msgspec.json.encode(sample(inspect.type_info(data.annotation)))
            yield Route(
                method=str(method),
                path=route.path,
                is_public=bool(handler.opt.get(PUBLIC)),
                body=pdf() if handler.opt.get("content") == "file" else body,
            )


EXAMPLES = {
    "email": "lan@camau.example",
    "phone": "0913 000 000",
    "tax_code": "2001112223",
    "password": "mười hai con cua trong giỏ",
}
WORDS = ("x", "xx", "xxxxxxxxxxxx", "2001234567", "lan@camau.example", "0913 000 000", "H12.99", "a" * 64)


def sample(kind: inspect.Type) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of value.
    """Make a value that a schema takes."""
    match kind:
        case inspect.StructType():
            return {
                field.encode_name: EXAMPLES.get(field.encode_name) or sample(field.type)
                for field in kind.fields
                if field.required
            }
        case inspect.StrType():
            return next(word for word in WORDS if fits(word, kind))
        case inspect.UnionType():
            return sample(kind.types[0])
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return [sample(kind.item_type) for _ in range(kind.min_length or 0)]
        case inspect.IntType() | inspect.FloatType():
            return max(kind.ge or 1, 1)
        case inspect.BoolType():
            return False
        case inspect.DictType():
            return {}
        case inspect.UUIDType():
            return str(NOBODY_KNOWS)
        case inspect.DateTimeType():
            return datetime(2027, 6, 1, tzinfo=UTC).isoformat()
        case inspect.DateType():
            return "2027-06-01"
        case inspect.NoneType():
            return None
    raise AssertionError(kind)


def fits(word: str, kind: inspect.StrType) -> bool:
    longest = 10**6 if kind.max_length is None else kind.max_length
    return (kind.min_length or 0) <= len(word) <= longest and re.search(kind.pattern or "", word) is not None


@dataclass(frozen=True, kw_only=True)
class Place:
    """A case of the world, and for each person how they stand to it."""

    name: str
    identity: UUID
    version: int
    stage: Stage
    standings: Mapping[str, Standing]


async def place(world: World, name: str, identity: UUID, people: Mapping[str, Actor]) -> Place:
    standings = {}
    stage, version = Stage.NONE, 0
    async with world.database.reading() as connection:
        for person, actor in people.items():
            units = frozenset(unit for role, unit in actor.offices if role is Role.CONSULTED_OFFICER)
            case = await load_case(
                connection, identity, person_id=actor.person_id, consulted_unit_ids=units, lock=False
            )
            assert case is not None
            standings[person], stage, version = case.standing, case.application.stage, case.application.version
    return Place(
        name=name,
        identity=identity,
        version=version,
        stage=stage,
        standings=standings,
    )


def expected(authorizer: Authorizer, actor: Actor, standing: Standing, stage: Stage, action: Action) -> str:
    """Say what the policy makes of a request: allowed, hidden, forbidden, or not now."""

    def may(what: Action, at: Stage = stage) -> bool:
        return authorizer.judge(actor, standing, at, what).allowed

    decision = authorizer.judge(actor, standing, stage, action)
    if decision.allowed:
        return "allowed"
    if not may(Action.APPLICATION_READ) and not may(Action.DECLARATION_MAKE):
        return "hidden"
    if decision.line is not None or not any(may(action, at) for at in Stage):
        return "forbidden"
    return "not now"


def told(answer: httpx.Response, none: httpx.Response) -> str:
    """Say what an answer makes known; `none` is the answer about a case that does not exist."""
    if answer.status_code == 404 and without_id(answer) == without_id(none):
        return "hidden"
    if answer.status_code == 403:
        return "forbidden"
    if answer.status_code == 409 and answer.json()["code"] == "transition_not_allowed":
        return "not now"
    assert answer.status_code not in {400, 401, 405, 415, 428, 429, 500}, answer.text
    return "allowed"


def without_id(answer: httpx.Response) -> bytes:
    return re.sub(rb'"request_id":"[^"]*"', b"", answer.content)


async def send(client: Client, route: Route, *, by: str | None, seen: int = 1, **identities: UUID) -> httpx.Response:
    kind = "application/octet-stream" if "documents" in route.path else "application/json"
    query = {"/documents": "?part=trial_plan&filename=a.pdf", "/changes": "?older=1&newer=2"}
    return await client.send(
        route.method,
        "http://test" + route.at(**identities) + query.get(route.path.removeprefix(CASE), ""),
        by=by,
        seen=seen,
        content=route.body,
        headers={"Content-Type": kind} if route.body is not None else {},
    )


@asynccontextmanager
async def rehearsing(world: World, tmp_path: Path, database_url: str) -> AsyncIterator[tuple[Client, list[Route]]]:
    """Serve the world over a database that keeps nothing."""
    app: Any = create_app(Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="unused"), world.use_cases)
    async with LifespanManager(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            client = Client(http=http, world=world)
            for name in PEOPLE:
                await client.send("GET", "/me", by=name)
            kept, world.acts.database = world.acts.database, Rehearsal(database_url)
            try:
                yield client, list(routes_of(app))
            finally:
                await world.acts.database.close()
                world.acts.database = kept


async def test_every_route_gives_each_person_what_the_policy_says(
    world: World, tmp_path: Path, database_url: str
) -> None:
    people = {name: world.actor(name) for name in PEOPLE}
    permit = await issued(world)
    cases = {
        "approved": permit.permit.application_id,
        "reviewed": (await with_reviewers(world)).id,
        "received": (await received(world)).id,
    }
    places = [await place(world, name, identity, people) for name, identity in cases.items()]
    counted: Counter[str] = Counter()
    wrong = []
    async with rehearsing(world, tmp_path, database_url) as (client, routes):
        judged = [route for route in routes if route.path.startswith(CASE)]
        assert {(route.method, route.path.removeprefix(CASE)) for route in judged} == set(CASE_ROUTES)
        for row, route in enumerate(judged):
            action = CASE_ROUTES[route.method, route.path.removeprefix(CASE)]
            for number, (name, actor) in enumerate(people.items()):
                wanted = [
                    expected(world.acts.authorizer, actor, each.standings[name], each.stage, action) for each in places
                ]
                if number % 6 == row % 6 or number == 0:
                    none = await send(client, route, by=name)
                    assert none.status_code == 404, (route.key, name, none.text)
                for turn, where in enumerate(places):
                    # Of cases that are all hidden from a person one is enough, another one each time.
                    if set(wanted) == {"hidden"} and turn != number % len(places):
                        continue
                    answer = await send(client, route, by=name, seen=where.version, application_id=where.identity)
                    said = told(answer, none)
                    counted[said] += 1
                    # The domain may still say "not now" to what the policy allows.
                    if said != wanted[turn] and (said, wanted[turn]) != ("not now", "allowed"):
                        wrong.append((*route.key, name, where.name, wanted[turn], said, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))
    assert min(counted[each] for each in ("allowed", "hidden", "forbidden", "not now")) > 30, counted


async def test_every_other_route_gives_each_person_what_the_policy_says(
    world: World, tmp_path: Path, database_url: str
) -> None:
    wrong: list[tuple[object, ...]] = []
    async with rehearsing(world, tmp_path, database_url) as (client, routes):
        others = [route for route in routes if not route.path.startswith(CASE) and not route.is_public]
        named = {("GET", PERMIT_ROUTE[1].removeprefix("/api/v1"))} | set(OTHER_ROUTES)
        others = [route for route in others if not route.path.startswith(EXPORTS)]
        assert {(route.method, route.path.removeprefix("/api/v1")) for route in others} == named
        for route in others:
            action = OTHER_ROUTES.get((route.method, route.path.removeprefix("/api/v1")))
            for name in PEOPLE:
                actor = world.actor(name)
                # Who is bound to a unit reads its books, not those of others.
                own = next((unit for _, unit in actor.offices), NOBODY_KNOWS)
                answer = await send(client, route, by=name, unit_id=own)
                standing = stranger(unit_ids={own}) if "{unit_id" in route.path and route.method == "GET" else None
                may = action is None or world.acts.authorizer.judge(actor, standing, Stage.NONE, action).allowed
                assert answer.status_code not in {400, 405, 415, 428, 429, 500}, (route.key, answer.text)
                if not may and answer.status_code not in {403, 404}:
                    wrong.append((*route.key, name, answer.status_code))
                if may and answer.status_code == 403 and answer.json()["code"] == "permission_denied":
                    wrong.append((*route.key, name, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))


async def test_nobody_gets_in_but_where_the_route_says_so(world: World, tmp_path: Path, database_url: str) -> None:
    async with rehearsing(world, tmp_path, database_url) as (client, routes):
        for route in routes:
            answer = await send(client, route, by=None)
            assert route.is_public is (route.key in OPEN_ROUTES or route.path.startswith(OPEN_FOLDERS)), route.key
            assert route.is_public or answer.status_code == 401, (route.key, answer.text)
            for method in ("OPTIONS", "HEAD", "TRACE"):
                other = await client.http.request(method, "http://test" + route.at())
                assert other.status_code in ({200, 204, 401, 404, 405} if route.is_public else {401, 405}), (
                    method,
                    route,
                )


async def test_permit_is_seen_by_whom_the_policy_names(world: World, tmp_path: Path, database_url: str) -> None:
    view = await issued(world)
    people = {name: world.actor(name) for name in PEOPLE}
    where = await place(world, "approved", view.permit.application_id, people)
    stage = view.permit.stage(at=world.clock.at)
    async with rehearsing(world, tmp_path, database_url) as (client, routes):
        route = next(each for each in routes if each.key == PERMIT_ROUTE)
        for name, actor in people.items():
            answer = await send(client, route, by=name, permit_id=view.permit.id)
            none = await send(client, route, by=name)
            may = world.acts.authorizer.judge(actor, where.standings[name], stage, Action.PERMIT_READ).allowed
            assert answer.status_code == (200 if may else 404), (name, answer.text)
            assert may or without_id(answer) == without_id(none)
