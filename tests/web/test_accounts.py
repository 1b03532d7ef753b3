"""Pages of people's own accounts: opening one, recovering it, keeping it, a second step, firms and their members."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest

from sandbox_registry.domain.identity.people import MembershipKind
from sandbox_registry.domain.texts import Language
from sandbox_registry.web.routes import ACCOUNT
from sandbox_registry.web.templating import TEMPLATES
from tests.support.account_mails import secret_in, sent
from tests.support.authenticators import code_at
from tests.support.client import Client
from tests.support.leaves import assert_nothing_leaked, told
from tests.support.visitor import PASSWORD, Visitor, give_password, visitor
from tests.support.world import World

FOUNDER, EDITOR, OFFICER, STRANGER = "nguoi_dai_dien", "nguoi_soan", "chuyen_vien", "nguoi_la"
NEW = "cua gạch bò trên bãi bồi"
OPEN_PAGES = ("/dang-nhap", "/dang-ky", "/quen-mat-khau", "/dat-lai-mat-khau?ma=x")
OWN_PAGES = (
    "/tai-khoan",
    "/tai-khoan/thong-tin",
    "/tai-khoan/thu-dien-tu",
    "/tai-khoan/mat-khau",
    "/tai-khoan/hai-buoc",
    "/tai-khoan/phien",
    "/tai-khoan/ma-truy-cap",
    "/tai-khoan/du-lieu",
    "/to-chuc",
    "/to-chuc/moi",
    "/xac-nhan-lai",
    "/xac-nhan-thu?ma=x",
)


@pytest.fixture
async def phone(client: Client, app: Any, world: World) -> AsyncIterator[Visitor]:  # noqa: ARG001 - it starts the application.
    """A browser; some people have passwords, registration is open and mail is sent."""
    await give_password(world, FOUNDER, EDITOR, OFFICER, STRANGER)
    accounts = world.use_cases.own_accounts
    accounts.sends_mail = accounts.self_registration = world.use_cases.people.self_registration = True
    accounts.portal = "https://thunghiem.example"
    async with visitor(app) as browser:
        yield browser


def says(answer: httpx.Response) -> str:
    """What a page says, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\N{NO-BREAK SPACE}", " ").split())


def test_every_form_that_is_sent_carries_its_proof() -> None:
    for path in TEMPLATES.rglob("*.html"):
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", path.read_text(encoding="utf-8"), re.DOTALL):
            assert "{{ token() }}" in form, path


def test_every_page_that_takes_a_form_also_shows_it() -> None:
    """After a login somebody is led back to the address of the form, so there must be a page."""
    by_method = {
        method: {path for handler in ACCOUNT if method in handler.http_methods for path in handler.paths}
        for method in ("GET", "POST")
    }
    assert by_method["POST"] - by_method["GET"] == {"/dang-xuat"}


async def test_every_page_is_whole_in_every_language(phone: Visitor) -> None:
    for pages in (OPEN_PAGES, OWN_PAGES):
        for path in pages:
            for language in Language:
                answer = await phone.open(f"{path}{'&' if '?' in path else '?'}lang={language}")
                assert answer.status_code == 200, path
                assert answer.headers["content-language"] == language
                assert "{" not in says(answer), path
        await phone.log_in(FOUNDER)


async def test_own_pages_are_for_who_is_logged_in(phone: Visitor) -> None:
    for path in OWN_PAGES:
        answer = await phone.open(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/dang-nhap?tiep=")


async def test_an_account_is_opened_by_a_mailed_link_once(world: World, phone: Visitor) -> None:
    await phone.open("/dang-ky")
    assert "moi@camau.example" in says(await phone.send("/dang-ky", email="moi@camau.example"))
    [mail] = await sent(world)
    assert mail.to == "moi@camau.example"
    assert "https://thunghiem.example/dang-ky/hoan-tat?ma=" in mail.body
    secret = secret_in(mail)
    page = await phone.open(f"/dang-ky/hoan-tat?ma={secret}")
    assert "moi@camau.example" in says(page)
    short = await phone.send("/dang-ky/hoan-tat", ma=secret, full_name="Lê Thị Mới", phone="x", password="ngắn")
    assert short.status_code == 422
    assert 'value="Lê Thị Mới"' in short.text
    done = await phone.send("/dang-ky/hoan-tat", ma=secret, full_name="Lê Thị Mới", phone="", password=NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/tai-khoan")
    assert "Lê Thị Mới" in says(await phone.open("/tai-khoan"))
    again = await phone.open(f"/dang-ky/hoan-tat?ma={secret}")
    assert again.status_code == 409
    assert [each[:2] for each in await told(world)][-2:] == [("person:register", "done"), ("session:open", "done")]
    await assert_nothing_leaked(world, [secret, NEW])


async def test_who_has_an_account_is_told_by_mail_and_the_page_is_the_same(world: World, phone: Visitor) -> None:
    pages = []
    for email in (f"{FOUNDER}@camau.example", "moi@camau.example"):
        await phone.open("/dang-ky")
        pages.append(says(await phone.send("/dang-ky", email=email)).replace(email, ""))
    assert pages[0] == pages[1]
    known, new = await sent(world)
    assert "ma=" not in known.body
    assert "ma=" in new.body


async def test_a_newer_link_replaces_an_older_one(world: World, phone: Visitor) -> None:
    secrets = []
    for email in ("moi@camau.example", "MOI@camau.example"):
        await phone.open("/dang-ky")
        await phone.send("/dang-ky", email=email)
        secrets += [secret_in(mail) for mail in await sent(world)]
    statuses = [(await phone.open(f"/dang-ky/hoan-tat?ma={secret}")).status_code for secret in secrets]
    assert statuses == [409, 200]


async def test_without_a_mail_server_an_account_is_opened_at_once_where_that_is_allowed(
    world: World, phone: Visitor
) -> None:
    world.use_cases.own_accounts.sends_mail = False
    await phone.open("/dang-ky")
    fields = {"email": "moi@camau.example", "full_name": "Lê Mới", "phone": "", "password": NEW}
    assert (await phone.send("/dang-ky", **fields)).status_code == 303
    world.use_cases.own_accounts.self_registration = world.use_cases.people.self_registration = False
    closed = await phone.open("/dang-ky")
    assert 'name="email"' not in closed.text
    await phone.open("/tai-khoan")
    refused = await phone.send("/dang-ky", **fields)
    assert refused.status_code == 409


async def test_without_a_mail_server_nobody_is_asked_for_an_address_in_vain(world: World, phone: Visitor) -> None:
    assert 'name="email"' in (await phone.open("/quen-mat-khau")).text
    world.use_cases.own_accounts.sends_mail = False
    told = await phone.open("/quen-mat-khau")
    assert 'name="email"' not in told.text
    assert "không gửi thư điện tử" in told.text


async def test_a_link_that_is_over_leads_to_another(phone: Visitor) -> None:
    await phone.open("/dat-lai-mat-khau?ma=x")
    refused = await phone.send("/dat-lai-mat-khau", ma="x", new_password=NEW)
    assert (refused.status_code, 'href="/quen-mat-khau"' in refused.text) == (409, True)


async def test_a_forgotten_password_is_set_by_a_mailed_link(world: World, phone: Visitor) -> None:
    pages = []
    for email in (f"{FOUNDER}@camau.example", "khong.ai@camau.example"):
        await phone.open("/quen-mat-khau")
        pages.append(says(await phone.send("/quen-mat-khau", email=email)).replace(email, ""))
    assert pages[0] == pages[1]
    [mail] = await sent(world)
    assert "https://thunghiem.example/dat-lai-mat-khau?ma=" in mail.body
    secret = secret_in(mail)
    await phone.open(f"/dat-lai-mat-khau?ma={secret}")
    assert (await phone.send("/dat-lai-mat-khau", ma=secret, new_password="ngắn")).status_code == 422
    done = await phone.send("/dat-lai-mat-khau", ma=secret, new_password=NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/dang-nhap?moi=1")
    assert "Đã đặt mật khẩu mới" in says(await phone.open(done.headers["location"]))
    assert (await phone.log_in(FOUNDER, password=NEW)).status_code == 303
    await phone.open("/tai-khoan")
    used = await phone.send("/dat-lai-mat-khau", ma=secret, new_password=NEW)
    assert used.status_code == 409


async def test_people_change_their_data_and_their_language_stays_with_them(world: World, phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    await phone.open("/tai-khoan/thong-tin")
    version = phone.hidden["version"]
    wrong = await phone.send(
        "/tai-khoan/thong-tin", version=version, full_name="Trần Văn Ba", phone="abc", language="de"
    )
    assert wrong.status_code == 422
    assert 'value="Trần Văn Ba"' in wrong.text
    fields = {"full_name": "Trần  Văn\u200b Ba", "phone": "0913 222 333", "language": "en"}
    assert (await phone.send("/tai-khoan/thong-tin", version=version, **fields)).status_code == 303
    page = await phone.open("/tai-khoan")
    assert '<html lang="en">' in page.text
    assert "Trần Văn Ba" in page.text
    stale = await phone.send("/tai-khoan/thong-tin", version=version, **fields)
    assert stale.status_code == 412
    view = await world.use_cases.people.read(world.context(FOUNDER), world.people[FOUNDER])
    assert (view.person.language, view.person.phone) == (Language.EN, "0913 222 333")


async def test_another_address_counts_once_its_link_is_used(world: World, phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    await phone.open("/tai-khoan/thu-dien-tu")
    assert (await phone.send("/tai-khoan/thu-dien-tu", email="moi@x.example", password="sai")).status_code == 401
    asked = await phone.send("/tai-khoan/thu-dien-tu", email="moi@x.example", password=PASSWORD)
    assert asked.status_code == 200
    [mail] = await sent(world)
    assert "https://thunghiem.example/xac-nhan-thu?ma=" in mail.body
    await phone.open(f"/xac-nhan-thu?ma={secret_in(mail)}")
    assert (await phone.send("/xac-nhan-thu", ma=secret_in(mail))).status_code == 303
    assert "moi@x.example" in says(await phone.open("/tai-khoan"))


async def test_a_changed_password_keeps_this_browser_and_logs_out_the_others(
    app: Any, world: World, phone: Visitor
) -> None:
    async with visitor(app) as desk:
        await desk.log_in(FOUNDER)
        await phone.log_in(FOUNDER)
        before = phone.http.cookies["__Host-session"]
        await phone.open("/tai-khoan/mat-khau")
        assert (await phone.send("/tai-khoan/mat-khau", current="sai", new=NEW)).status_code == 401
        assert (await phone.send("/tai-khoan/mat-khau", current=PASSWORD, new=NEW)).status_code == 303
        assert phone.http.cookies["__Host-session"] != before
        assert (await phone.open("/tai-khoan")).status_code == 200
        assert (await desk.open("/tai-khoan")).status_code == 303
    assert (await world.use_cases.sessions.recognise(before, request_id="r")) is not None


async def test_a_changed_password_keeps_this_browser_with_a_second_step_too(world: World, phone: Visitor) -> None:
    await with_authenticator(phone, world, FOUNDER)
    await phone.open("/tai-khoan/mat-khau")
    assert (await phone.send("/tai-khoan/mat-khau", current=PASSWORD, new=NEW)).status_code == 303
    visit = await world.use_cases.sessions.recognise(phone.http.cookies["__Host-session"], request_id="r")
    assert visit is not None
    assert visit.session.method == "password_and_code"


async def test_people_take_their_data_away_without_any_secret(phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    answer = await phone.open("/tai-khoan/du-lieu/tai-ve")
    assert answer.headers["content-disposition"].startswith("attachment")
    kept = json.loads(answer.text)
    assert kept["account"]["person"]["email"] == f"{FOUNDER}@camau.example"
    assert kept["sessions"][0]["browser"] == "Chrome, Android"
    assert phone.http.cookies["__Host-session"] not in answer.text
    assert "hash" not in answer.text


async def test_a_token_is_shown_once_after_a_recent_proof_and_revoked(world: World, phone: Visitor) -> None:
    await phone.log_in(FOUNDER)
    await phone.open("/tai-khoan/ma-truy-cap")
    made = await phone.send("/tai-khoan/ma-truy-cap", name="Máy kế toán", days="30")
    assert "cmsr_" in made.text
    page = await phone.open("/tai-khoan/ma-truy-cap")
    assert "cmsr_" not in page.text
    [identity] = re.findall(r'name="revoke" value="([^"]+)"', page.text)
    assert (await phone.send("/tai-khoan/ma-truy-cap", revoke=identity)).status_code == 303
    assert 'name="revoke"' not in (await phone.open("/tai-khoan/ma-truy-cap")).text
    world.clock.forward(minutes=20)
    asked = await phone.send("/tai-khoan/ma-truy-cap", name="Máy khác", days="7")
    assert asked.status_code == 403
    hidden = {name: value for name, value in phone.hidden.items() if name != "form_token"}
    back = await phone.send("/xac-nhan-lai", password=PASSWORD, **hidden)
    assert 'action="/tai-khoan/ma-truy-cap"' in back.text
    hidden = {name: value for name, value in phone.hidden.items() if name != "form_token"}
    shown = await phone.send("/tai-khoan/ma-truy-cap", **hidden)
    assert 'value="Máy khác"' in shown.text
    assert "cmsr_" in (await phone.send("/tai-khoan/ma-truy-cap", name="Máy khác", days="7")).text


async def with_authenticator(phone: Visitor, world: World, name: str) -> tuple[str, list[str]]:
    """Log in and set up an authenticator; its key, and the recovery codes."""
    await phone.log_in(name)
    page = await phone.open("/tai-khoan/hai-buoc")
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text.replace("\N{NO-BREAK SPACE}", " "))
    assert key is not None
    secret, sealed = key[1].replace(" ", ""), phone.hidden["key"]
    wrong = await phone.send("/tai-khoan/hai-buoc", key=sealed, code="000000")
    assert wrong.status_code == 422
    assert secret in wrong.text.replace(" ", ""), "the same key is offered again"
    done = await phone.send("/tai-khoan/hai-buoc", key=sealed, code=code_at(secret, world.clock.at))
    return secret, re.findall(r"<li><code>([A-Z2-9-]{19})</code>", done.text)


async def test_a_second_step_asks_for_a_code_at_every_login(world: World, app: Any, phone: Visitor) -> None:
    async with visitor(app) as desk:
        await desk.log_in(FOUNDER)
        secret, codes = await with_authenticator(phone, world, FOUNDER)
        assert len(set(codes)) == 10
        assert (await desk.open("/tai-khoan")).status_code == 303, "other sessions end"
        assert (await phone.open("/tai-khoan")).status_code == 200
        world.clock.forward(minutes=2)
        asked = await desk.log_in(FOUNDER)
        assert asked.status_code == 200
        assert "__Host-session" not in asked.headers.get("set-cookie", "")
        hidden = {name: value for name, value in desk.hidden.items() if name != "form_token"}
        for wrong in ("", codes[0][:-1], code_at(secret, world.clock.at, steps=-3)):
            assert (await desk.send("/dang-nhap/ma", code=wrong, **hidden)).status_code == 401
        right = code_at(secret, world.clock.at)
        assert (await desk.send("/dang-nhap/ma", code=right, **hidden)).status_code == 303
        visit = await world.use_cases.sessions.recognise(desk.http.cookies["__Host-session"], request_id="r")
        assert visit is not None
        assert visit.session.method == "password_and_code"
        await desk.open("/tai-khoan")
        await desk.send("/dang-xuat")
        await desk.log_in(FOUNDER)
        hidden = {name: value for name, value in desk.hidden.items() if name != "form_token"}
        assert (await desk.send("/dang-nhap/ma", code=right, **hidden)).status_code == 401, "a code counts once"
    await assert_nothing_leaked(world, [secret, *codes])


async def test_a_recovery_code_stands_for_the_authenticator_once(world: World, app: Any, phone: Visitor) -> None:
    _, codes = await with_authenticator(phone, world, FOUNDER)
    written = codes[0].lower().replace("-", " ")
    statuses = []
    for _ in range(2):
        async with visitor(app) as desk:
            await desk.log_in(FOUNDER)
            hidden = {name: value for name, value in desk.hidden.items() if name != "form_token"}
            statuses.append((await desk.send("/dang-nhap/ma", code=written, **hidden)).status_code)
    assert statuses == [303, 401]
    assert "Còn 9 mã dự phòng" in says(await phone.open("/tai-khoan/hai-buoc"))


async def test_half_a_login_is_of_one_browser_and_lasts_minutes(world: World, app: Any, phone: Visitor) -> None:
    secret, _ = await with_authenticator(phone, world, FOUNDER)
    async with visitor(app) as desk, visitor(app) as thief:
        await desk.log_in(FOUNDER)
        half = desk.hidden["half"]
        await thief.open("/dang-nhap")
        world.clock.forward(minutes=1)
        stolen = await thief.send("/dang-nhap/ma", half=half, code=code_at(secret, world.clock.at))
        assert stolen.headers["location"] == "/dang-nhap"
        world.clock.forward(minutes=5)
        late = await desk.send("/dang-nhap/ma", half=half, code=code_at(secret, world.clock.at))
        assert late.headers["location"] == "/dang-nhap"


async def test_the_api_asks_for_the_code_too(client: Client, world: World, phone: Visitor) -> None:
    secret, codes = await with_authenticator(phone, world, FOUNDER)
    world.use_cases.tokens.passwords = world.use_cases.sessions.passwords
    world.clock.forward(minutes=2)
    login = {"email": f"{FOUNDER}@camau.example", "password": PASSWORD, "name": "n"}
    answers = [
        await client.send("POST", "/sessions", by=None, json=login | code)
        for code in ({}, {"code": "111111"}, {"code": code_at(secret, world.clock.at)}, {"code": codes[3]})
    ]
    assert [(each.status_code, each.json().get("code")) for each in answers] == [
        (401, "code_needed"),
        (401, "wrong_credentials"),
        (201, None),
        (201, None),
    ]


async def test_a_second_step_is_taken_away_after_a_recent_proof(world: World, phone: Visitor) -> None:
    secret, _ = await with_authenticator(phone, world, FOUNDER)
    world.clock.forward(minutes=20)
    await phone.open("/tai-khoan/hai-buoc")
    asked = await phone.send("/tai-khoan/hai-buoc", act="remove")
    assert asked.status_code == 403
    assert 'name="code"' in asked.text
    hidden = {name: value for name, value in phone.hidden.items() if name != "form_token"}
    await phone.send("/xac-nhan-lai", code=code_at(secret, world.clock.at), **hidden)
    await phone.open("/tai-khoan/hai-buoc")
    assert (await phone.send("/tai-khoan/hai-buoc", act="remove")).status_code == 303
    assert ("second_factor:remove", "done", None) in await told(world)
    await phone.open("/tai-khoan")
    await phone.send("/dang-xuat")
    assert (await phone.log_in(FOUNDER)).status_code == 303


async def test_an_office_needs_the_code_where_the_installation_says_so(
    client: Client, world: World, phone: Visitor
) -> None:
    world.use_cases.sessions.officials_need_code = world.use_cases.tokens.officials_need_code = True
    world.use_cases.tokens.passwords = world.use_cases.sessions.passwords
    await phone.log_in(OFFICER)
    assert "Chức vụ của bạn cần xác minh hai bước" in says(await phone.open("/tai-khoan"))
    visit = await world.use_cases.sessions.recognise(phone.http.cookies["__Host-session"], request_id="r")
    assert visit is not None
    assert visit.actor is not None
    assert (visit.actor.offices, visit.needs_code) == (frozenset(), True)
    login = {"email": f"{OFFICER}@camau.example", "password": PASSWORD, "name": "n"}
    refused = await client.send("POST", "/sessions", by=None, json=login)
    assert (refused.status_code, refused.json()["code"]) == (409, "code_required")
    await phone.open("/tai-khoan/ma-truy-cap")
    assert (await phone.send("/tai-khoan/ma-truy-cap", name="Máy", days="7")).status_code == 409
    await phone.open("/dang-xuat")
    await with_authenticator(phone, world, OFFICER)
    visit = await world.use_cases.sessions.recognise(phone.http.cookies["__Host-session"], request_id="r")
    assert visit is not None
    assert visit.actor is not None
    assert visit.actor.offices == world.actor(OFFICER).offices
    assert (await phone.open("/tai-khoan")).status_code == 200


async def test_the_operators_new_password_takes_the_authenticator_away(world: World, phone: Visitor) -> None:
    await with_authenticator(phone, world, FOUNDER)
    await world.use_cases.people.set_password(world.people[FOUNDER], new=NEW, request_id="cli")
    assert (await phone.log_in(FOUNDER, password=NEW)).status_code == 303


async def test_a_firm_is_registered_by_a_right_tax_code(world: World, phone: Visitor) -> None:
    await phone.log_in(STRANGER)
    await phone.open("/to-chuc/moi")
    fields = {"kind": "enterprise", "name": "Công ty TNHH Ba Khía", "address": "Năm Căn", "email": "a@bakhia.example"}
    wrong = await phone.send("/to-chuc/moi", tax_code="1234567890", phone="", **fields)
    assert wrong.status_code == 422
    assert 'value="Công ty TNHH Ba Khía"' in wrong.text
    assert 'href="#tax_code"' in wrong.text
    done = await phone.send("/to-chuc/moi", tax_code="0100109106", phone="", **fields)
    assert done.status_code == 303
    assert "Công ty TNHH Ba Khía" in says(await phone.open(done.headers["location"]))
    assert "Công ty TNHH Ba Khía" in says(await phone.open("/to-chuc"))
    taken = await phone.send("/to-chuc/moi", tax_code="0100109106", phone="", **fields)
    assert taken.status_code == 409
    assert [each[0] for each in await told(world)][-1] == "organisation:create"


async def test_a_colleague_is_added_with_a_role_and_let_go(world: World, phone: Visitor) -> None:
    firm = f"/to-chuc/{world.startup}"
    await phone.log_in(FOUNDER)
    page = await phone.open(firm)
    assert f"{EDITOR}@camau.example" in page.text
    unknown = await phone.send(firm, act="invite", email="la@x.example", standing="editor")
    assert unknown.status_code == 422
    assert 'value="la@x.example"' in unknown.text
    added = await phone.send(firm, act="invite", email=f"{STRANGER}@camau.example", standing="authorised_signatory")
    assert added.status_code == 303
    view = await world.use_cases.organisations.read(world.context(FOUNDER), world.startup)
    [new] = [each for each in view.members if each.membership.person_id == world.people[STRANGER]]
    assert new.membership.kind is MembershipKind.AUTHORISED_SIGNATORY
    identity = str(new.membership.id)
    await phone.open(firm)
    ended = await phone.send(firm, **{"end": identity, f"version-{identity}": "1"})
    assert ended.status_code == 303
    assert f"{STRANGER}@camau.example" not in (await phone.open(firm)).text


async def test_who_only_drafts_sees_the_members_and_changes_none(world: World, phone: Visitor) -> None:
    firm = f"/to-chuc/{world.startup}"
    await phone.log_in(EDITOR)
    page = await phone.open(firm)
    assert page.status_code == 200
    assert 'name="standing"' not in page.text
    refused = await phone.send(firm, act="invite", email=f"{STRANGER}@camau.example", standing="editor")
    assert refused.status_code == 403
    assert (await phone.open(f"/to-chuc/{world.rival}")).status_code == 404
