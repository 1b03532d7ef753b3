"""Who gets through every route: each person of the world against each kind of case, as the policy says and no other way.

Nothing is kept: every transaction is rolled back, so each cell of the matrix is asked of the same world.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from sandbox_registry.authz import Action, Authorizer
from sandbox_registry.authz.standings import towards_unit
from sandbox_registry.db.cases.applications import load_case
from sandbox_registry.domain.identity.people import Actor, Role, Standing
from sandbox_registry.domain.stages import Stage
from tests.api.contract.routes import CASE, NOBODY_KNOWS, PERMIT, Rehearsal, Route, all_told, rehearsing, send
from tests.support.decided import issued
from tests.support.groups import dealt
from tests.support.stages import received, with_reviewers
from tests.support.world import World

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
GROUPS = dealt(PEOPLE)
# What each route about a case asks of the policy. A new route has to be put here before this file passes.
CASE_ROUTES: dict[tuple[str, str], Action] = {
    ("DELETE", ""): Action.APPLICATION_DISCARD,
    ("GET", ""): Action.APPLICATION_READ,
    ("PATCH", ""): Action.APPLICATION_EDIT,
    ("POST", "/acceptance"): Action.APPLICATION_ACCEPT,
    ("POST", "/apology"): Action.APPLICATION_APOLOGIZE,
    ("POST", "/approval"): Action.DECISION_APPROVE,
    ("GET", "/assignments"): Action.REVIEW_READ,
    ("POST", "/assisted-submission"): Action.APPLICATION_FILE_ASSISTED,
    ("POST", "/assignments"): Action.ASSIGNMENT_ASSIGN,
    ("POST", "/assignments/{assignment_id:uuid}/reassignment"): Action.ASSIGNMENT_ASSIGN,
    ("POST", "/assignments/{assignment_id:uuid}/release"): Action.ASSIGNMENT_RELEASE,
    ("GET", "/attachments"): Action.APPLICATION_READ,
    ("POST", "/attachments"): Action.ATTACHMENT_ADD,
    ("GET", "/attachments/{attachment_id:uuid}/content"): Action.APPLICATION_READ,
    ("GET", "/bundle.zip"): Action.APPLICATION_READ_BUNDLE,
    ("GET", "/changes"): Action.APPLICATION_READ,
    ("POST", "/claim"): Action.ASSIGNMENT_CLAIM,
    ("GET", "/clarifications"): Action.CLARIFICATION_READ,
    ("POST", "/clarifications"): Action.CLARIFICATION_ASK,
    ("POST", "/clarifications/{clarification_id:uuid}/answer"): Action.CLARIFICATION_ANSWER,
    ("POST", "/clarifications/{clarification_id:uuid}/silence"): Action.CLARIFICATION_CLOSE,
    ("POST", "/classification"): Action.APPLICATION_CLASSIFY,
    ("POST", "/classification-correction"): Action.APPLICATION_RECLASSIFY,
    ("POST", "/complaints"): Action.APPLICATION_COMPLAIN,
    ("POST", "/complaints/{complaint_id:uuid}/outcome"): Action.COMPLAINT_SETTLE,
    ("GET", "/consultations"): Action.CONSULTATION_READ,
    ("POST", "/consultations"): Action.CONSULTATION_ASK,
    ("POST", "/consultations/{consultation_id:uuid}/answer"): Action.CONSULTATION_ANSWER,
    ("POST", "/consultations/{consultation_id:uuid}/silence"): Action.CONSULTATION_CLOSE,
    ("GET", "/council-sessions"): Action.COUNCIL_READ,
    ("POST", "/council-sessions"): Action.COUNCIL_CONVENE,
    ("PUT", "/council-sessions/{session_id:uuid}"): Action.COUNCIL_CONVENE,
    ("POST", "/council-sessions/{session_id:uuid}/conclusion"): Action.COUNCIL_CONCLUDE,
    ("POST", "/council-sessions/{session_id:uuid}/confirmation"): Action.COUNCIL_CONFIRM,
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
    ("POST", "/entrusting"): Action.APPLICATION_ENTRUST,
    ("GET", "/history"): Action.APPLICATION_READ_TIMELINE,
    ("GET", "/history/changes"): Action.APPLICATION_READ_TIMELINE,
    ("GET", "/history/versions"): Action.APPLICATION_READ_TIMELINE,
    ("GET", "/holds"): Action.HOLD_READ,
    ("POST", "/holds"): Action.HOLD_PLACE,
    ("POST", "/holds/{hold_id:uuid}/lifting"): Action.HOLD_LIFT,
    ("POST", "/intake-refusal"): Action.APPLICATION_REFUSE_INTAKE,
    ("POST", "/lapse"): Action.APPLICATION_LAPSE,
    ("GET", "/messages"): Action.MESSAGE_READ,
    ("POST", "/messages"): Action.MESSAGE_SEND,
    ("POST", "/permit"): Action.PERMIT_ISSUE,
    ("GET", "/problems"): Action.APPLICATION_READ,
    ("GET", "/receipt"): Action.APPLICATION_READ,
    ("POST", "/receipt"): Action.APPLICATION_RECEIVE,
    ("GET", "/recommendation"): Action.REVIEW_READ,
    ("POST", "/recommendation"): Action.APPLICATION_RECOMMEND,
    ("GET", "/recommendations"): Action.REVIEW_READ,
    ("POST", "/referral"): Action.APPLICATION_REFER,
    ("POST", "/refusal"): Action.DECISION_REFUSE,
    ("POST", "/retention"): Action.APPLICATION_RETAIN,
    ("POST", "/resubmission"): Action.FILE_RESUBMIT,
    ("POST", "/return-to-head"): Action.FILE_RETURN_TO_HEAD,
    ("POST", "/return-to-officer"): Action.FILE_RETURN_TO_OFFICER,
    ("GET", "/returns"): Action.REVIEW_READ,
    ("GET", "/reviews"): Action.REVIEW_READ,
    ("POST", "/reviews"): Action.REVIEW_SUBMIT,
    ("GET", "/proposed-terms"): Action.REVIEW_READ,
    ("GET", "/site-visits"): Action.REVIEW_READ,
    ("POST", "/site-visits"): Action.SITE_VISIT_RECORD,
    ("POST", "/stop"): Action.APPLICATION_STOP,
    ("GET", "/submission"): Action.APPLICATION_READ,
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
    ("POST", "/applications/assisted"): Action.APPLICATION_ASSIST,
    ("GET", "/applications/awaiting-declaration"): None,
    ("POST", "/delegations"): Action.DELEGATION_GRANT,
    ("POST", "/delegations/{delegation_id:uuid}/revocation"): Action.DELEGATION_REVOKE,
    ("GET", "/erasures"): Action.ERASURE_READ,
    ("POST", "/erasures"): Action.ERASURE_PROPOSE,
    ("GET", "/erasures/{erasure_id:uuid}"): Action.ERASURE_READ,
    ("POST", "/erasures/{erasure_id:uuid}/confirmation"): Action.ERASURE_CONFIRM,
    ("POST", "/erasures/{erasure_id:uuid}/refusal"): Action.ERASURE_REFUSE,
    ("POST", "/erasures/{erasure_id:uuid}/withdrawal"): Action.ERASURE_WITHDRAW,
    ("GET", "/me"): None,
    ("POST", "/me/email"): Action.PERSON_EDIT,
    ("POST", "/me/email/confirmation"): Action.PERSON_EDIT,
    ("PUT", "/me/password"): Action.PASSWORD_CHANGE,
    ("PUT", "/me/profile"): Action.PERSON_EDIT,
    ("POST", "/offices/{grant_id:uuid}/confirmation"): Action.ROLE_CONFIRM,
    ("POST", "/offices/{grant_id:uuid}/ending"): Action.ROLE_REVOKE,
    ("GET", "/organisations"): None,
    ("POST", "/organisations"): Action.ORGANISATION_CREATE,
    ("GET", "/organisations/{organisation_id:uuid}"): Action.ORGANISATION_READ,
    ("GET", "/organisations/{organisation_id:uuid}/changes"): Action.ORGANISATION_READ,
    ("PUT", "/organisations/{organisation_id:uuid}/contact"): Action.ORGANISATION_EDIT,
    ("POST", "/organisations/{organisation_id:uuid}/members"): Action.ORGANISATION_EDIT,
    ("POST", "/organisations/{organisation_id:uuid}/members/{membership_id:uuid}/ending"): Action.ORGANISATION_EDIT,
    ("GET", "/people"): Action.PERSON_READ,
    ("POST", "/people"): Action.PERSON_CREATE,
    ("GET", "/people/{person_id:uuid}"): Action.PERSON_READ,
    ("POST", "/people/{person_id:uuid}/closing"): Action.PERSON_DISABLE,
    ("POST", "/people/{person_id:uuid}/offices"): Action.ROLE_GRANT,
    ("POST", "/people/{person_id:uuid}/password-recovery"): Action.PASSWORD_PROPOSE_RECOVERY,
    ("POST", "/people/{person_id:uuid}/password-recovery/confirmation"): Action.PASSWORD_CONFIRM_RECOVERY,
    ("GET", "/permit-conditions"): None,
    ("GET", "/permits"): None,
    ("POST", "/rules"): Action.PROCEDURE_PROPOSE,
    ("POST", "/rules/{version_id:uuid}/approval"): Action.PROCEDURE_APPROVE,
    ("POST", "/rules/{version_id:uuid}/rejection"): Action.PROCEDURE_REJECT,
    ("POST", "/rules/{version_id:uuid}/withdrawal"): Action.PROCEDURE_WITHDRAW,
    ("GET", "/rules/{version_id:uuid}/replay"): Action.PROCEDURE_PROPOSE,
    ("DELETE", "/sessions/current"): Action.TOKEN_REVOKE,
    ("GET", "/tokens"): Action.TOKEN_READ,
    ("POST", "/tokens"): Action.TOKEN_CREATE,
    ("DELETE", "/tokens/{token_id:uuid}"): Action.TOKEN_REVOKE,
    ("POST", "/units"): Action.ORGANISATION_CREATE_UNIT,
    ("PUT", "/units/{unit_id:uuid}"): Action.ORGANISATION_CREATE_UNIT,
    ("PUT", "/units/{unit_id:uuid}/handles"): Action.ORGANISATION_CREATE_UNIT,
    ("POST", "/units/{unit_id:uuid}/handles/confirmation"): Action.ORGANISATION_CONFIRM_UNIT,
    ("GET", "/units/{unit_id:uuid}/delegations"): Action.DELEGATION_READ,
    ("GET", "/webhooks"): None,
    ("POST", "/webhooks"): Action.WEBHOOK_CREATE,
    ("DELETE", "/webhooks/{endpoint_id:uuid}"): Action.WEBHOOK_REMOVE,
    ("GET", "/webhooks/{endpoint_id:uuid}"): Action.WEBHOOK_READ,
    ("PUT", "/webhooks/{endpoint_id:uuid}"): Action.WEBHOOK_EDIT,
    ("POST", "/webhooks/{endpoint_id:uuid}/check"): Action.WEBHOOK_EDIT,
    ("POST", "/webhooks/{endpoint_id:uuid}/dead-letters/replay"): Action.WEBHOOK_REPLAY,
    ("GET", "/webhooks/{endpoint_id:uuid}/deliveries"): Action.WEBHOOK_READ,
    ("GET", "/webhooks/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}"): Action.WEBHOOK_READ,
    ("POST", "/webhooks/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}/replay"): Action.WEBHOOK_REPLAY,
    ("POST", "/webhooks/{endpoint_id:uuid}/secrets"): Action.WEBHOOK_EDIT,
}
# Each asks `permit:read`, by where the permit stands.
PERMIT_ROUTES = {("GET", PERMIT), ("GET", f"{PERMIT}/history/changes"), ("GET", f"{PERMIT}/history/versions")}
OPEN_ROUTES = {
    *(
        ("GET", f"/{page}")
        for page in (
            "ai-quyet-dinh",
            "kiem-tra-nhat-ky",
            "ngay-nghi",
            "quyen-rieng-tu",
            "thu-thu-tuc",
            "thu-tuc",
            "thu-tuc/{code:str}",
            "thuat-ngu",
            "tiep-can",
            "tra-cuu",
            "tro-giup",
        )
    ),
    ("GET", "/api/v1/procedures/{code:str}"),
    ("POST", "/api/v1/password-resets"),
    ("POST", "/api/v1/password-resets/completion"),
    ("POST", "/api/v1/registrations"),
    ("GET", "/api/v1/rules"),
    ("GET", "/api/v1/rules/{version_id:uuid}"),
    ("GET", "/api/v1/rules/{version_id:uuid}/warnings"),
    ("POST", "/api/v1/sessions"),
    *(
        (method, f"/{page}")
        for page in ("dang-ky", "dang-ky/hoan-tat", "dang-nhap", "dang-nhap/ma", "dat-lai-mat-khau", "quen-mat-khau")
        for method in ("GET", "POST")
    ),
    ("POST", "/dang-xuat"),
    ("GET", "/"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
}
# What is in each export: the act that would read each thing there, and whether these are permits.
EXPORTS: dict[str, tuple[Action, bool]] = {
    "/exports/applications.atom": (Action.APPLICATION_READ, False),
    "/exports/applications.csv": (Action.APPLICATION_READ, False),
    "/exports/applications.jsonl": (Action.APPLICATION_READ, False),
    "/exports/events.ocel.json": (Action.APPLICATION_READ_TIMELINE, False),
    "/exports/permits.atom": (Action.PERMIT_READ, True),
    "/exports/permits.csv": (Action.PERMIT_READ, True),
    "/exports/permits.jsonl": (Action.PERMIT_READ, True),
}
PAGES = ("/tai-khoan", "/to-chuc", "/xac-nhan")
"""Pages of one's own: who is not logged in is led to the login, and a form that is not ours is refused."""
# The log as C2SP tiles, the description of this API and what pages are made with: public, without personal data.
OPEN_FOLDERS = ("/log/", "/api/v1/docs", "/api/v1/openapi.json", "/static/", "/components")


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
    async with world.database.replica() as connection:
        for person, actor in people.items():
            units = frozenset(unit for role, unit in actor.offices if role is Role.CONSULTED_OFFICER)
            case = await load_case(connection, identity, person_id=actor.person_id, consulted_unit_ids=units)
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
    if answer.status_code == 404 and all_told(answer) == all_told(none):
        return "hidden"
    if answer.status_code == 403:
        return "forbidden"
    if answer.status_code == 409 and answer.json()["code"] == "transition_not_allowed":
        return "not now"
    assert answer.status_code not in {400, 401, 405, 415, 428, 429, 500}, answer.text
    return "allowed"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
async def test_every_route_gives_each_person_what_the_policy_says(
    world: World, tmp_path: Path, database_url: str, group: tuple[str, ...]
) -> None:
    people = {name: world.actor(name) for name in group}
    permit = await issued(world)
    cases = {
        "approved": permit.permit.application_id,
        "reviewed": (await with_reviewers(world)).id,
        "received": (await received(world)).id,
    }
    places = [await place(world, name, identity, people) for name, identity in cases.items()]
    counted: Counter[str] = Counter()
    wrong = []
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=group) as (client, routes):
        judged = [route for route in routes if route.path.startswith(CASE)]
        named = {(route.method, route.path.removeprefix(CASE)) for route in judged}
        assert named ^ set(CASE_ROUTES) == set(), (
            "say in CASE_ROUTES of this file which act each route asks the policy for"
        )
        for row, route in enumerate(judged):
            action = CASE_ROUTES[route.method, route.path.removeprefix(CASE)]
            none: httpx.Response | None = None
            for name, actor in people.items():
                number = PEOPLE.index(name)
                wanted = [
                    expected(world.transactions.authorizer, actor, each.standings[name], each.stage, action)
                    for each in places
                ]
                if none is None or number % 6 == row % 6:
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
    assert min(counted[each] for each in ("allowed", "hidden", "forbidden", "not now")) > 2, counted


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
async def test_every_other_route_gives_each_person_what_the_policy_says(
    world: World, tmp_path: Path, database_url: str, group: tuple[str, ...]
) -> None:
    wrong: list[tuple[object, ...]] = []
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=group) as (client, routes):
        # Pages take no bearer token, and do what they do by the same use cases.
        others = [route for route in routes if not route.path.startswith((CASE, *PAGES)) and not route.is_public]
        acts = OTHER_ROUTES | dict.fromkeys((("GET", path) for path in EXPORTS), Action.EXPORT_READ)
        named = {(method, path.removeprefix("/api/v1")) for method, path in PERMIT_ROUTES} | set(acts)
        served = {(route.method, route.path.removeprefix("/api/v1")) for route in others}
        assert served ^ named == set(), (
            "say in OTHER_ROUTES or EXPORTS of this file which act each route asks the policy for"
        )
        for route in others:
            action = acts.get((route.method, route.path.removeprefix("/api/v1")))
            for name in group:
                actor = world.actor(name)
                # Who is bound to a unit reads its books, not those of others.
                own = next((unit for _, unit in actor.offices), NOBODY_KNOWS)
                answer = await send(client, route, by=name, unit_id=own)
                standing = towards_unit(own) if "{unit_id" in route.path and route.method == "GET" else None
                may = action is None or world.transactions.authorizer.judge(actor, standing, Stage.NONE, action).allowed
                assert answer.status_code not in {400, 405, 415, 428, 429, 500}, (route.key, answer.text)
                if not may and answer.status_code not in {403, 404}:
                    wrong.append((*route.key, name, answer.status_code))
                if may and answer.status_code == 403 and answer.json()["code"] == "permission_denied":
                    wrong.append((*route.key, name, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))


def is_closed(route: Route, answer: httpx.Response) -> bool:
    """Tell whether nobody got in: an API asks for a token, a page leads to the login."""
    if not route.path.startswith(PAGES):
        return answer.status_code == 401
    return answer.status_code == 403 or (answer.status_code, answer.headers["location"][:10]) == (303, "/dang-nhap")


async def test_nobody_gets_in_but_where_the_route_says_so(world: World, tmp_path: Path, database_url: str) -> None:
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=PEOPLE) as (client, routes):
        for route in routes:
            answer = await send(client, route, by=None)
            assert route.is_public is (route.key in OPEN_ROUTES or route.path.startswith(OPEN_FOLDERS)), route.key
            assert route.is_public or is_closed(route, answer), (route.key, answer.text)
            assert (await client.http.request("TRACE", "http://test" + route.at())).status_code == 405, route.key
        public = {route.path for route in routes if route.is_public}
        readable = {route.path: route.is_public for route in routes if route.method == "GET"}
        for path, at in {route.path: route.at() for route in routes}.items():
            methods, head = [
                (await client.http.request(each, "http://test" + at)).status_code for each in ("OPTIONS", "HEAD")
            ]
            is_page = path.startswith(PAGES)
            assert methods == (204 if path in public else 303 if is_page else 401), path
            expected = {None: {405}, False: {303 if is_page else 401}, True: {200, 303, 400, 404, 409}}[
                readable.get(path)
            ]
            assert head in expected, path


async def test_permit_is_seen_by_whom_the_policy_names(world: World, tmp_path: Path, database_url: str) -> None:
    view = await issued(world)
    people = {name: world.actor(name) for name in PEOPLE}
    where = await place(world, "approved", view.permit.application_id, people)
    stage = view.permit.stage(at=world.clock.at)
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=PEOPLE) as (client, routes):
        judged = [route for route in routes if route.path.startswith(PERMIT)]
        assert {route.key for route in judged} ^ PERMIT_ROUTES == set(), "name each in PERMIT_ROUTES of this file"
        for route in judged:
            for name, actor in people.items():
                answer = await send(client, route, by=name, permit_id=view.permit.id)
                none = await send(client, route, by=name)
                may = world.transactions.authorizer.judge(
                    actor, where.standings[name], stage, Action.PERMIT_READ
                ).allowed
                is_told = answer.status_code == 200 or all_told(answer) != all_told(none)
                assert is_told is may, (route.path, name, answer.text)


async def test_exports_hold_what_each_person_may_read_one_by_one(
    world: World, tmp_path: Path, database_url: str
) -> None:
    people = {name: world.actor(name) for name in PEOPLE}
    permit = (await issued(world)).permit
    cases = [permit.application_id, (await with_reviewers(world)).id, (await received(world)).id]
    places = [await place(world, str(identity), identity, people) for identity in cases]
    judge, counted = world.transactions.authorizer.judge, Counter[str]()
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=PEOPLE) as (client, _):
        for path, (action, is_permits) in EXPORTS.items():
            for name, actor in people.items():
                answer = await client.send("GET", path, by=name)
                if is_permits:
                    stage, standing = permit.stage(at=world.clock.at), places[0].standings[name]
                    wanted = {permit.id} if judge(actor, standing, stage, action).allowed else set()
                    known = {permit.id}
                else:
                    wanted = {
                        each.identity
                        for each in places
                        if judge(actor, each.standings[name], each.stage, action).allowed
                    }
                    known = set(cases)
                may = judge(actor, None, Stage.NONE, Action.EXPORT_READ).allowed
                assert answer.status_code == (200 if may else 403), (path, name, answer.text)
                held = {identity for identity in known if str(identity) in answer.text} if may else wanted
                assert held == wanted, (path, name)
                counted["something" if wanted else "nothing"] += may
    assert min(counted["something"], counted["nothing"]) > 20, counted
