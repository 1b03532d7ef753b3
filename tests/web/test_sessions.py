"""Sessions of browsers: what opens one, what ends one, and that no form is taken that is not ours."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest

from sandbox_registry.domain.identity.people import RoleGrant
from sandbox_registry.domain.texts import Language
from sandbox_registry.web.routes import ACCOUNT
from sandbox_registry.web.sessions import local_path
from tests.support.client import Client
from tests.support.leaves import assert_nothing_leaked, leaves, told
from tests.support.visitor import PASSWORD, Visitor, give_password, visitor
from tests.support.world import World

FOUNDER, OFFICER, SIGNER = "nguoi_dai_dien", "chuyen_vien", "chu_tich"
COOKIE = "__Host-session"
FORMS = sorted(
    path.replace("{organisation_id:uuid}", str(UUID(int=1)))
    for handler in ACCOUNT
    if "POST" in handler.http_methods
    for path in handler.paths
)


@pytest.fixture
async def phone(client: Client, app: Any, world: World) -> AsyncIterator[Visitor]:  # noqa: ARG001 - it starts the application.
    """The browser of somebody; three people have passwords."""
    await give_password(world, FOUNDER, OFFICER, SIGNER)
    async with visitor(app) as browser:
        yield browser


@pytest.fixture
async def desk(phone: Visitor, app: Any) -> AsyncIterator[Visitor]:  # noqa: ARG001 - people have passwords by then.
    """Another browser."""
    async with visitor(app) as browser:
        yield browser


async def is_in(browser: Visitor) -> bool:
    """Say whether a browser is let in to an account."""
    answer = await browser.http.get("/tai-khoan")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


async def is_held(nobody: Visitor, secret: str) -> bool:
    """Say whether a secret opens an account, sent by a browser without cookies of its own."""
    answer = await nobody.http.get("/tai-khoan", headers={"Cookie": f"{COOKIE}={secret}"})
    return answer.status_code == 200


async def test_a_login_opens_a_session_of_this_browser(world: World, phone: Visitor) -> None:
    answer = await phone.log_in(FOUNDER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tai-khoan")
    [cookie] = [each for each in answer.headers.get_list("set-cookie") if each.startswith(COOKIE)]
    attributes = {each.strip().lower() for each in cookie.split(";")[1:]}
    assert attributes == {"path=/", "httponly", "secure", "samesite=lax"}
    page = await phone.open("/tai-khoan")
    assert 'href="/tai-khoan"' in page.text
    assert page.headers["cache-control"] == "no-store"
    secret = phone.http.cookies[COOKIE]
    [opened] = [leaf for leaf in await leaves(world) if leaf.action == "session:open"]
    assert opened.record["objects"][0]["state"]["person_id"] == str(world.people[FOUNDER])
    assert opened.entry["auth"]["method"] == "password"
    await assert_nothing_leaked(world, [secret, PASSWORD])


async def test_public_pages_say_who_is_logged_in_and_nobody_keeps_them(phone: Visitor) -> None:
    before = await phone.open("/tro-giup")
    await phone.log_in(FOUNDER)
    after = await phone.open("/tro-giup")
    assert ("etag" in before.headers, "etag" in after.headers) == (True, False)
    assert (before.headers["cache-control"], after.headers["cache-control"]) == ("no-cache", "no-store")
    assert 'class="person" href="/dang-nhap"' in before.text
    assert 'class="person" href="/tai-khoan"' in after.text


async def test_the_actor_of_a_page_is_the_one_of_the_api(world: World, phone: Visitor) -> None:
    await phone.log_in(OFFICER)
    visit = await world.use_cases.sessions.recognise(phone.http.cookies[COOKIE], request_id="r")
    assert visit is not None
    assert visit.actor == world.actor(OFFICER, auth_method="password", request_id="r")


async def test_a_wrong_password_and_an_unknown_account_look_the_same(phone: Visitor) -> None:
    pages = []
    for email in (f"{FOUNDER}@camau.example", "khong.ai@camau.example"):
        await phone.open("/dang-nhap")
        answer = await phone.send("/dang-nhap", email=email, password="sai mật khẩu rồi", tiep="/")
        assert answer.status_code == 401
        pages.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert pages[0] == pages[1]
    assert COOKIE not in phone.http.cookies


async def test_logins_of_browsers_are_throttled_with_those_of_programs(client: Client, phone: Visitor) -> None:
    email = f"{FOUNDER}@camau.example"
    for _ in range(10):
        await client.send("POST", "/sessions", by=None, json={"email": email, "password": "sai", "name": "n"})
    await phone.open("/dang-nhap")
    answer = await phone.send("/dang-nhap", email=email, password=PASSWORD, tiep="/")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert f'value="{email}"' in answer.text


async def test_a_form_without_its_proof_is_refused_wherever_it_is_sent(phone: Visitor, desk: Visitor) -> None:
    await desk.log_in(OFFICER)
    await desk.open("/tai-khoan")
    await phone.open("/dang-nhap")
    guests = phone.token
    await phone.log_in(FOUNDER)
    await phone.open("/tai-khoan")
    own = phone.token
    assert len(FORMS) >= 4
    for path in FORMS:
        for token in ("", "x", "é", own[:-4], guests, desk.token):
            answer = await phone.send(path, token=token, password=PASSWORD, email="a@b.example", end="others")
            assert answer.status_code == 403, (path, token)
        missing = await phone.http.post(path, data={"password": PASSWORD})
        assert missing.status_code == 403
    assert await is_in(phone)
    assert await is_in(desk)


async def test_a_login_needs_its_proof_from_a_browser_that_was_never_here(phone: Visitor, desk: Visitor) -> None:
    await desk.open("/dang-nhap")
    for token in ("", desk.token):
        answer = await phone.send(
            "/dang-nhap", token=token, email=f"{FOUNDER}@camau.example", password=PASSWORD, tiep="/"
        )
        assert answer.status_code == 403
    assert COOKIE not in phone.http.cookies


async def test_a_script_may_send_the_proof_in_a_header(phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    await phone.open("/tai-khoan/phien")
    answer = await phone.http.post("/tai-khoan/phien", data={"end": "others"}, headers={"X-Form-Token": phone.token})
    assert answer.status_code == 303


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
async def test_pages_take_forms_and_nothing_else(phone: Visitor, kind: str) -> None:
    await phone.open("/dang-nhap")
    answer = await phone.http.post("/dang-nhap", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


async def test_a_session_of_a_browser_is_nothing_to_the_api(phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    secret = phone.http.cookies[COOKIE]
    assert (await phone.http.get("/api/v1/me")).status_code == 401
    answer = await phone.http.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


async def test_a_planted_secret_is_never_adopted(phone: Visitor, desk: Visitor) -> None:
    planted = "A" * 43
    await phone.open("/dang-nhap", headers={"Cookie": f"{COOKIE}={planted}"})
    await phone.log_in(FOUNDER)
    assert phone.http.cookies[COOKIE] != planted
    assert not await is_held(desk, planted)


async def test_each_login_is_another_session_and_ends_the_one_before(phone: Visitor, desk: Visitor) -> None:
    await phone.log_in(FOUNDER)
    first = phone.http.cookies[COOKIE]
    await phone.open("/tai-khoan")
    await phone.send("/dang-nhap", email=f"{OFFICER}@camau.example", password=PASSWORD, tiep="/tai-khoan")
    assert phone.http.cookies[COOKIE] != first
    assert await is_in(phone)
    assert not await is_held(desk, first)


async def test_a_cookie_sent_again_after_the_logout_is_nobodys(world: World, phone: Visitor, desk: Visitor) -> None:
    await phone.log_in(FOUNDER)
    secret = phone.http.cookies[COOKIE]
    await phone.open("/tai-khoan")
    assert await is_held(desk, secret)
    answer = await phone.send("/dang-xuat")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert COOKIE not in phone.http.cookies
    assert not await is_held(desk, secret)
    assert (await told(world))[-1] == ("session:end", "done", None)


async def test_proving_again_replaces_the_secret_and_keeps_open_forms(world: World, phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    await phone.open("/tai-khoan/phien")
    before, open_form = phone.http.cookies[COOKIE], phone.token
    world.clock.forward(minutes=30)
    wrong = await phone.send("/xac-nhan-lai", password="sai", tiep="/tai-khoan")
    assert wrong.status_code == 401
    answer = await phone.send("/xac-nhan-lai", password=PASSWORD, tiep="/tai-khoan/phien")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tai-khoan/phien")
    after = phone.http.cookies[COOKIE]
    assert after != before
    visit = await world.use_cases.sessions.recognise(after, request_id="r")
    assert visit is not None
    assert visit.session.proved_at == world.clock.at
    assert await world.use_cases.sessions.recognise(before, request_id="r") is None
    kept = await phone.send("/tai-khoan/phien", token=open_form, end="others")
    assert kept.status_code == 303


async def test_a_session_is_over_when_it_is_not_used_and_after_its_day(world: World, phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    world.clock.forward(minutes=59)
    assert await is_in(phone)
    world.clock.forward(minutes=61)
    assert not await is_in(phone)
    await phone.log_in(FOUNDER)
    for _ in range(23):
        world.clock.forward(minutes=30)
        assert await is_in(phone)
    world.clock.forward(minutes=30)
    assert not await is_in(phone)


async def test_a_session_is_over_when_its_account_is_closed(world: World, phone: Visitor) -> None:
    await phone.log_in(OFFICER)
    await world.use_cases.people.disable(world.context("quan_tri"), world.people[OFFICER], expected_version=1)
    assert not await is_in(phone)
    [closed] = [leaf for leaf in await leaves(world) if leaf.action == "person:disable"]
    assert [each["type"] for each in closed.record["objects"]] == ["person", "browser_session"]


async def test_a_session_is_over_when_the_password_is_changed(world: World, phone: Visitor, desk: Visitor) -> None:
    await phone.log_in(FOUNDER)
    await desk.log_in(FOUNDER)
    await world.use_cases.people.change_password(
        world.context(FOUNDER), current=PASSWORD, new="cua gạch bò trên bãi bồi"
    )
    assert [await is_in(phone), await is_in(desk)] == [False, False]


async def test_a_session_is_over_when_its_owner_gains_or_loses_power(
    world: World, phone: Visitor, desk: Visitor
) -> None:
    admin = world.context("quan_tri")
    await phone.log_in(OFFICER)
    await desk.log_in(FOUNDER)
    async with world.database.transaction() as work:
        [grant] = await work.find(RoleGrant, person_id=world.people[OFFICER])
    await world.use_cases.offices.end(admin, grant.id, expected_version=grant.version)
    assert not await is_in(phone)
    assert await is_in(desk)
    assert [each[:2] for each in await told(world)][-1] == ("session:end", "done")
    assert not await is_in(phone)  # For good, and on record once.
    assert [each[0] for each in await told(world)].count("session:end") == 1


async def test_a_power_that_begins_by_the_clock_ends_a_session_too(world: World, phone: Visitor) -> None:
    await phone.log_in(OFFICER)
    await world.use_cases.offices.delegate(
        world.context(SIGNER),
        to_person_id=world.people[OFFICER],
        unit_id=world.units["committee"],
        document="1/QĐ",
        title="Phó Chủ tịch",
        valid_from=world.clock.at + timedelta(minutes=20),
        valid_to=world.clock.at + timedelta(days=2),
    )
    assert await is_in(phone)
    world.clock.forward(minutes=21)
    assert not await is_in(phone)


async def test_two_requests_after_a_change_of_power_put_one_end_on_record(world: World, phone: Visitor) -> None:
    await phone.log_in(OFFICER)
    async with world.database.transaction() as work:
        [grant] = await work.find(RoleGrant, person_id=world.people[OFFICER])
    await world.use_cases.offices.end(world.context("quan_tri"), grant.id, expected_version=grant.version)
    secret = phone.http.cookies[COOKIE]
    visits = await asyncio.gather(*(world.use_cases.sessions.recognise(secret, request_id="r") for _ in range(2)))
    assert [visit is not None and visit.actor for visit in visits] == [None, None]
    assert [each[0] for each in await told(world)].count("session:end") == 1


async def test_the_password_somebody_else_gave_opens_no_office(world: World, phone: Visitor) -> None:
    await world.use_cases.people.set_password(world.people[OFFICER], new=PASSWORD, request_id="cli")
    await phone.log_in(OFFICER)
    visit = await world.use_cases.sessions.recognise(phone.http.cookies[COOKIE], request_id="r")
    assert visit is not None
    assert visit.actor is not None
    assert visit.actor.offices == frozenset()
    assert "Hãy tự đặt mật khẩu" in (await phone.open("/tai-khoan")).text


async def test_sessions_are_shown_to_their_owner_who_ends_one_or_all_others(
    world: World, phone: Visitor, desk: Visitor
) -> None:
    await phone.log_in(FOUNDER)
    await desk.log_in(FOUNDER)
    page = await phone.open("/tai-khoan/phien")
    assert page.text.count("Chrome, Android") >= 2
    [other] = re.findall(r'name="end" value="([0-9a-f-]{36})"', page.text)
    assert (await phone.send("/tai-khoan/phien", end=other)).status_code == 303
    assert [await is_in(phone), await is_in(desk)] == [True, False]
    await desk.log_in(FOUNDER)
    await phone.open("/tai-khoan/phien")
    await phone.send("/tai-khoan/phien", end="others")
    assert [await is_in(phone), await is_in(desk)] == [True, False]
    assert UUID(other) in {
        UUID(leaf.entry["obj"]["id"]) for leaf in await leaves(world) if leaf.action == "session:end"
    }


async def test_nobody_ends_the_session_of_somebody_else(world: World, phone: Visitor, desk: Visitor) -> None:
    await phone.log_in(FOUNDER)
    await desk.log_in(OFFICER)
    visit = await world.use_cases.sessions.recognise(desk.http.cookies[COOKIE], request_id="r")
    assert visit is not None
    await phone.open("/tai-khoan/phien")
    for wrong in (str(visit.session.id), "khong-phai-ma"):
        assert (await phone.send("/tai-khoan/phien", end=wrong)).status_code == 404
    assert await is_in(desk)


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/tai-khoan/phien?x=1", "/tai-khoan/phien?x=1"),
        ("//evil.example/", "/tai-khoan"),
        ("/\\evil.example", "/tai-khoan"),
        ("/x\\..\\evil", "/tai-khoan"),
        ("https://evil.example/", "/tai-khoan"),
        ("javascript:alert(1)", "/tai-khoan"),
        ("evil.example", "/tai-khoan"),
        ("/\tx", "/tai-khoan"),
        ("/x\r\nSet-Cookie: a=b", "/tai-khoan"),
        ("/api/v1/me", "/tai-khoan"),
        ("/dang-nhap?tiep=/dang-nhap", "/tai-khoan"),
        ("///evil.example", "/tai-khoan"),
        ("http:///evil", "/tai-khoan"),
        ("//[", "/tai-khoan"),
        ("http://[", "/tai-khoan"),
        ("/x y", "/tai-khoan"),
        ("/\N{FULLWIDTH SOLIDUS}x", "/tai-khoan"),
        ("/" + "x" * 3000, "/tai-khoan"),
        ("", "/tai-khoan"),
    ],
)
def test_a_login_leads_to_pages_of_ours_alone(wanted: str, path: str) -> None:
    assert local_path(wanted) == path


async def test_a_page_for_people_known_leads_to_the_login_and_back(phone: Visitor) -> None:
    answer = await phone.open("/tai-khoan/phien?a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dang-nhap?tiep=%2Ftai-khoan%2Fphien%3Fa%3D1")
    assert (await phone.open(answer.headers["location"])).status_code == 200
    after = await phone.send("/dang-nhap", email=f"{FOUNDER}@camau.example", password=PASSWORD, **_next(phone))
    assert after.headers["location"] == "/tai-khoan/phien?a=1"


def _next(browser: Visitor) -> dict[str, str]:
    return {name: value for name, value in browser.hidden.items() if name in {"tiep", "typed"}}


async def over(world: World, browser: Visitor, **fields: str) -> httpx.Response:
    """Send a form from a page that was open for too long."""
    await browser.log_in(FOUNDER)
    await browser.open("/tai-khoan/phien")
    world.clock.forward(hours=2)
    return await browser.send("/tai-khoan/phien", **fields)


async def test_what_was_typed_waits_for_its_owner(world: World, phone: Visitor) -> None:
    asked = await over(world, phone, end="others", note="Đầm tôm “Năm Căn” <b>", password="bí mật của tôi")
    assert asked.status_code == 401
    assert "Phiên đăng nhập đã hết" in asked.text
    assert "bí mật của tôi" not in asked.text
    back = await phone.send("/dang-nhap", email=f"{FOUNDER}@camau.example", password=PASSWORD, **_next(phone))
    assert back.status_code == 200
    assert 'action="/tai-khoan/phien"' in back.text
    assert phone.hidden["note"] == "Đầm tôm “Năm Căn” <b>"
    assert "password" not in phone.hidden
    before = await told(world)
    hidden = {name: value for name, value in phone.hidden.items() if name != "form_token"}
    shown = await phone.send("/tai-khoan/phien", **hidden)
    assert shown.status_code in {200, 303}
    assert await told(world) == before, "what was restored is only shown"


async def test_what_was_typed_is_not_for_who_logs_in_next(world: World, phone: Visitor) -> None:
    await over(world, phone, note="của người trước")
    answer = await phone.send("/dang-nhap", email=f"{OFFICER}@camau.example", password=PASSWORD, **_next(phone))
    assert answer.status_code == 303


async def test_what_another_site_sends_is_not_kept(world: World, phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    world.clock.forward(hours=2)
    answer = await phone.send("/tai-khoan/phien", token="x", note="của kẻ khác")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dang-nhap?tiep=%2Ftai-khoan%2Fphien")
    made_up = await phone.open("/dang-nhap")
    assert "của kẻ khác" not in unescape(made_up.text)
    answer = await phone.send(
        "/dang-nhap", email=f"{FOUNDER}@camau.example", password=PASSWORD, tiep="/", typed="bm90IG91cnM="
    )
    assert answer.status_code == 303


async def test_the_language_of_a_person_comes_with_them(world: World, phone: Visitor) -> None:
    context = world.context(FOUNDER)
    view = await world.use_cases.people.read(context, world.people[FOUNDER])
    await world.use_cases.own_accounts.edit(
        context, expected_version=view.person.version, full_name="Marie Lan", phone="", language=Language.FR
    )
    await phone.log_in(FOUNDER)
    assert '<html lang="fr">' in (await phone.open("/tai-khoan")).text


async def test_where_a_session_was_is_forgotten_a_month_after_its_end(world: World, phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    upkeep = world.use_cases.upkeep
    assert await upkeep.forget_session_places() == 0
    world.clock.forward(days=31)
    assert await upkeep.forget_session_places() == 1
    assert await upkeep.forget_session_places() == 0
