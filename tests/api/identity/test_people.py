"""Accounts, tokens, offices, organisations and rules over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.client import Client
from tests.support.leaves import assert_nothing_leaked
from tests.support.tokens import is_well_formed
from tests.support.world import PROCEDURE

PASSWORD, NEW_PASSWORD = "tôm sú lội ngược dòng", "cua gạch bò trên bãi bồi"
EMAIL = "moi@camau.example"


async def log_in(client: Client, **how: Any) -> dict[str, Any]:
    answer = await client.send("POST", "/sessions", by=None, json={"email": EMAIL, "password": PASSWORD} | how)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def person(client: Client) -> dict[str, Any]:
    body = {"full_name": "Trần Văn Mới", "email": EMAIL, "password": PASSWORD}
    answer = await client.send("POST", "/people", by="quan_tri", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_office_counts_once_its_holder_chose_a_password(client: Client, person: dict[str, Any]) -> None:
    office = {"role": "focal_head", "unit_id": str(client.world.units["focal"])}
    proposed = await client.send("POST", f"/people/{person['id']}/offices", by="quan_tri", json=office)
    assert proposed.status_code == 201, proposed.text
    confirmation = f"/offices/{proposed.json()['id']}/confirmation"
    assert (await client.send("POST", confirmation, by="quan_tri_2", seen=1)).status_code == 200
    own = {"Authorization": f"Bearer {(await log_in(client))['secret']}"}
    me = (await client.send("GET", "/me", by=None, headers=own)).json()
    assert (me["must_change_password"], me["offices"]) == (True, [])
    assert [each["role"] for each in me["grants"]] == ["focal_head"]
    refused = await client.send("GET", "/people", by=None, headers=own)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await client.send("PUT", "/me/password", by=None, headers=own, json=change)).status_code == 200
    own = {"Authorization": f"Bearer {(await log_in(client, password=NEW_PASSWORD))['secret']}"}
    me = (await client.send("GET", "/me", by=None, headers=own)).json()
    assert (me["must_change_password"], [each["role"] for each in me["offices"]]) == (False, ["focal_head"])
    assert (await client.send("GET", "/people", by=None, headers=own)).status_code == 200


async def test_office_waits_again_while_the_operators_password_is_in_use(
    client: Client, person: dict[str, Any]
) -> None:
    identity = UUID(person["id"])
    office = {"role": "focal_head", "unit_id": str(client.world.units["focal"])}
    await client.send("POST", f"/people/{person['id']}/offices", by="quan_tri", json=office)
    own = {"Authorization": f"Bearer {(await log_in(client))['secret']}"}
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    await client.send("PUT", "/me/password", by=None, headers=own, json=change)
    await client.world.use_cases.people.set_password(identity, new=PASSWORD, request_id="test")
    own = {"Authorization": f"Bearer {(await log_in(client))['secret']}"}
    me = (await client.send("GET", "/me", by=None, headers=own)).json()
    assert (me["must_change_password"], me["offices"]) == (True, [])


async def test_a_person_logs_in_reads_themselves_and_logs_out(client: Client, person: dict[str, Any]) -> None:
    made = await log_in(client, name="Máy bàn", minutes=60)
    secret = made["secret"]
    own = {"Authorization": f"Bearer {secret}"}
    assert is_well_formed(secret)
    me = await client.send("GET", "/me", by=None, headers=own)
    assert (me.status_code, me.json()["person"]) == (200, person)
    listed = await client.send("GET", "/tokens", by=None, headers=own)
    assert [each["name"] for each in listed.json()["items"]] == ["Máy bàn"]
    assert listed.json()["items"][0]["last_used_at"] is not None
    assert secret not in listed.text
    gone = await client.send("DELETE", "/sessions/current", by=None, headers=own)
    assert (gone.status_code, gone.json()["id"]) == (200, made["token"]["id"])
    refused = await client.send("GET", "/me", by=None, headers=own)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    await assert_nothing_leaked(client.world, [PASSWORD, secret])


@pytest.mark.usefixtures("person")
async def test_every_failed_log_in_gets_the_same_answer(client: Client) -> None:
    tried = [
        {"email": EMAIL, "password": "sai mật khẩu rồi"},
        {"email": "khong.co@camau.example", "password": PASSWORD},
        {"email": "chuyen_vien@camau.example", "password": PASSWORD},
    ]
    answers = [await client.send("POST", "/sessions", by=None, json=each) for each in tried]
    assert {(each.status_code, each.json()["code"], each.json()["detail"]) for each in answers} == {
        (401, "wrong_credentials", "Thư điện tử hoặc mật khẩu không đúng.")
    }


@pytest.mark.usefixtures("person")
async def test_a_token_is_scoped_and_its_secret_is_never_kept_for_a_replay(client: Client, owner: AsyncEngine) -> None:
    secret = (await log_in(client))["secret"]
    own = {"Authorization": f"Bearer {secret}"}
    body = {"name": "phần mềm", "scopes": ["token:read"], "minutes": 60}
    made = [await client.send("POST", "/tokens", by=None, headers=own, key="k1", json=body) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json()["secret"] != made[1].json()["secret"]
    async with owner.connect() as connection:
        kept = (await connection.exec_driver_sql("SELECT count(*) FROM idempotency_answers")).scalar_one()
    assert kept == 0
    narrow = {"Authorization": f"Bearer {made[0].json()['secret']}"}
    assert (await client.send("GET", "/tokens", by=None, headers=narrow)).status_code == 200
    refused = await client.send("POST", "/tokens", by=None, headers=narrow, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    wide = await client.send("POST", "/tokens", by=None, headers=own, json=body | {"scopes": ["all"]})
    assert (wide.status_code, wide.json()["errors"][0]["field"]) == (422, "scopes")


@pytest.mark.usefixtures("person")
async def test_a_password_is_changed_by_knowing_it(client: Client) -> None:
    own = {"Authorization": f"Bearer {(await log_in(client))['secret']}"}
    weak = {"current_password": PASSWORD, "new_password": "matkhau123456"}
    refused = await client.send("PUT", "/me/password", by=None, headers=own, json=weak)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "common")
    changed = await client.send("PUT", "/me/password", by=None, headers=own, json=weak | {"new_password": NEW_PASSWORD})
    assert changed.status_code == 200
    assert (await client.send("GET", "/me", by=None, headers=own)).status_code == 401
    await log_in(client, password=NEW_PASSWORD)


async def test_registration_is_closed_unless_set(client: Client) -> None:
    body = {"full_name": "Lê Thị Mới", "email": "le@x.example", "password": PASSWORD}
    answer = await client.send("POST", "/registrations", by=None, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "registration_closed")


async def test_an_office_is_given_and_ended(client: Client, person: dict[str, Any]) -> None:
    unit = str(client.world.units["focal"])
    body = {"role": "reviewer", "unit_id": unit}
    where = f"/people/{person['id']}/offices"
    made = await client.send("POST", where, by="quan_tri", json=body)
    assert (made.status_code, made.json()["role"], made.headers["etag"]) == (201, "reviewer", '"1"')
    again = await client.send("POST", where, by="quan_tri", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    opposed = await client.send("POST", where, by="quan_tri", json=body | {"role": "hdnd_member"})
    assert (opposed.status_code, opposed.json()["code"]) == (409, "hdnd_disjoint")
    listed = await client.send("GET", f"/people?role=reviewer&unit={unit}", by="truong_phong")
    assert person["id"] in {each["id"] for each in listed.json()["items"]}
    end = f"/offices/{made.json()['id']}/ending"
    assert (await client.send("POST", end, by="quan_tri")).status_code == 428
    assert (await client.send("POST", end, by="quan_tri", seen=1)).status_code == 200
    assert (await client.send("POST", end, by="quan_tri", seen=1)).status_code == 412


async def test_an_office_that_holds_power_is_confirmed_by_another(client: Client, person: dict[str, Any]) -> None:
    body = {"role": "decision_maker", "unit_id": str(client.world.units["committee"]), "title": "Phó Chủ tịch"}
    where = f"/people/{person['id']}/offices"
    made = await client.send("POST", where, by="quan_tri_2", json=body)
    assert (made.status_code, made.json()["awaits_confirmation"]) == (201, True)
    confirmation = f"/offices/{made.json()['id']}/confirmation"
    assert (await client.send("POST", confirmation, by="quan_tri")).status_code == 428
    own = await client.send("POST", confirmation, by="quan_tri_2", seen=1)
    assert (own.status_code, own.json()["code"]) == (409, "four_eyes")
    # quan_tri opened the account that is to sign, as the proposer opened none.
    served = await client.send("POST", confirmation, by="quan_tri", seen=1)
    assert (served.status_code, served.json()["code"]) == (409, "own_account")
    view = (await client.send("GET", f"/people/{person['id']}", by="quan_tri")).json()
    assert [each["service"] for each in view["services"]] == ["opened"]
    again = await client.send("POST", f"/people/{client.world.people['nguoi_la']}/offices", by="quan_tri_2", json=body)
    held = await client.send("POST", f"/offices/{again.json()['id']}/confirmation", by="quan_tri", seen=1)
    assert (held.status_code, held.json()["awaits_confirmation"]) == (200, False)


async def test_an_official_gets_in_again_by_two_administrators(client: Client) -> None:
    where = f"/people/{client.world.people['chu_tich']}/password-recovery"
    assert (await client.send("POST", where, by="truong_phong")).status_code == 403
    made = await client.send("POST", where, by="quan_tri")
    assert (made.status_code, made.json()["service"]) == (201, "recovery_proposed")
    alone = await client.send("POST", f"{where}/confirmation", by="quan_tri")
    assert (alone.status_code, alone.json()["code"]) == (409, "four_eyes")
    confirmed = await client.send("POST", f"{where}/confirmation", by="quan_tri_2")
    assert (confirmed.status_code, confirmed.json()["service"]) == (200, "recovery_confirmed")


async def test_power_to_sign_is_lent_and_taken_back(client: Client) -> None:
    world = client.world
    body = {
        "to_person_id": str(world.people["truong_phong"]),
        "unit_id": str(world.units["committee"]),
        "document": "01/GUQ-UBND",
        "title": "Phó Chủ tịch",
        "valid_to": "2026-12-20T00:00:00Z",
    }
    made = await client.send("POST", "/delegations", by="chu_tich", json=body)
    assert made.status_code == 201
    me = (await client.send("GET", "/me", by="truong_phong")).json()
    assert me["signs_for"] == str(world.people["chu_tich"])
    onward = await client.send(
        "POST", "/delegations", by="truong_phong", json=body | {"to_person_id": str(world.people["chuyen_vien"])}
    )
    assert (onward.status_code, onward.json()["code"]) == (409, "not_by_right")
    listed = await client.send("GET", f"/units/{world.units['committee']}/delegations", by="dai_bieu")
    assert listed.json()["items"] == [made.json()]
    back = await client.send("POST", f"/delegations/{made.json()['id']}/revocation", by="chu_tich", seen=1)
    assert (back.status_code, back.json()["version"]) == (200, 2)


async def test_an_account_is_closed_with_the_version_seen(client: Client, person: dict[str, Any]) -> None:
    where = f"/people/{person['id']}/closing"
    assert (await client.send("POST", where, by="truong_phong", seen=1)).status_code == 403
    assert (await client.send("POST", where, by="quan_tri", seen=9)).status_code == 412
    closed = await client.send("POST", where, by="quan_tri", seen=1)
    assert (closed.status_code, closed.json()["version"]) == (200, 2)


async def test_people_are_hidden_from_strangers_and_paged_for_others(client: Client) -> None:
    target = client.world.people["chu_tich"]
    for who in (target, "01900000-0000-7000-8000-000000000000"):
        hidden = await client.send("GET", f"/people/{who}", by="nguoi_la")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    seen: list[str] = []
    after = ""
    while True:
        page = (await client.send("GET", f"/people?limit=7{after}", by="thanh_tra")).json()
        seen += [each["id"] for each in page["items"]]
        if page["after"] is None:
            break
        after = f"&after={page['after']}"
    assert len(seen) == len(set(seen)) == len(client.world.people)


async def test_an_applicant_is_registered_edited_and_joined(client: Client) -> None:
    contact = {"address": "Năm Căn, Cà Mau", "email": "tom@x.example", "phone": "0290 3800 800"}
    body = contact | {"kind": "enterprise", "name": "Công ty Tôm Vàng", "tax_code": "0300588569"}
    wrong = await client.send("POST", "/organisations", by="nguoi_la", json=body | {"tax_code": "0300588560"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "wrong_tax_code")
    made = await client.send("POST", "/organisations", by="nguoi_la", json=body)
    where = f"/organisations/{made.json()['id']}"
    assert (made.status_code, made.headers["location"]) == (201, f"/api/v1{where}")
    assert (await client.send("POST", "/organisations", by="doi_thu", json=body)).status_code == 409
    edited = await client.send("PUT", f"{where}/contact", by="nguoi_la", seen=1, json=contact | {"phone": ""})
    assert (edited.status_code, edited.headers["etag"], edited.json()["phone"]) == (200, '"2"', "")
    hidden = await client.send("PUT", f"{where}/contact", by="doi_thu", seen=2, json=contact)
    assert hidden.status_code == 404
    joined = await client.send(
        "POST", f"{where}/members", by="nguoi_la", json={"email": "nguoi_soan@camau.example", "kind": "editor"}
    )
    assert joined.status_code == 201
    view = (await client.send("GET", where, by="nguoi_soan")).json()
    assert [each["kind"] for each in view["members"]] == ["legal_representative", "editor"]
    ended = await client.send("POST", f"{where}/members/{joined.json()['id']}/ending", by="nguoi_la", seen=1)
    assert ended.status_code == 200
    assert (await client.send("GET", where, by="nguoi_soan")).status_code == 404


async def test_units_are_entered_by_administrators_and_known_to_all(client: Client) -> None:
    body = {"name": "Ban Quản lý", "address": "Cà Mau", "email": "ban@x.example", "handles": [PROCEDURE]}
    assert (await client.send("POST", "/units", by="nguoi_la", json=body)).status_code == 403
    made = await client.send("POST", "/units", by="quan_tri", json=body)
    assert (made.status_code, made.json()["kind"]) == (201, "state_unit")
    assert (made.json()["handles"], made.json()["handles_proposed"]) == ([], [PROCEDURE])
    where = f"/units/{made.json()['id']}"
    contact = {name: body[name] for name in ("address", "email")}
    changed = await client.send("PUT", where, by="quan_tri", seen=1, json=contact | {"name": "B"})
    assert (changed.status_code, changed.json()["name"]) == (200, "B")
    alone = await client.send("POST", f"{where}/handles/confirmation", by="quan_tri", seen=2)
    assert (alone.status_code, alone.json()["code"]) == (409, "four_eyes")
    confirmed = await client.send("POST", f"{where}/handles/confirmation", by="quan_tri_2", seen=2)
    assert (confirmed.status_code, confirmed.json()["handles"]) == (200, [PROCEDURE])
    proposed = await client.send("PUT", f"{where}/handles", by="quan_tri", seen=3, json={"handles": []})
    assert (proposed.json()["handles"], proposed.json()["handles_proposed"]) == ([PROCEDURE], [])
    listed = (await client.send("GET", "/organisations?kind=state_unit", by="nguoi_la")).json()
    assert len(listed["items"]) == len(client.world.units) + 1


async def test_rules_are_public_and_changed_by_two(client: Client, owner: AsyncEngine) -> None:
    current = await client.send("GET", f"/procedures/{PROCEDURE}", by=None)
    assert (current.status_code, current.json()["code"]) == (200, PROCEDURE)
    assert current.json()["parameters"]["appraisal.term"]["basis"]
    assert (await client.send("GET", "/procedures/khong-co", by=None)).status_code == 404
    (row,) = (await client.send("GET", f"/rules?code={PROCEDURE}", by=None)).json()["items"]
    text = (await client.send("GET", f"/rules/{row['id']}", by=None)).json()["content"]
    try:
        body = {"kind": "procedure", "content": text + "# again\n"}
        assert (await client.send("POST", "/rules", by="truong_phong", json=body)).status_code == 403
        faulty = await client.send("POST", "/rules", by="quan_tri", json=body | {"content": text + "x = 1\n"})
        assert (faulty.status_code, faulty.json()["code"]) == (422, "invalid")
        made = await client.send("POST", "/rules", by="quan_tri", json=body)
        assert (made.status_code, made.json()["status"]) == (201, "proposed")
        where, when = f"/rules/{made.json()['id']}", {"effective_from": "2030-01-01T00:00:00Z"}
        own = await client.send("POST", f"{where}/approval", by="quan_tri", seen=1, json=when)
        assert (own.status_code, own.json()["code"]) == (409, "four_eyes")
        approved = await client.send("POST", f"{where}/approval", by="quan_tri_2", seen=1, json=when)
        assert (approved.status_code, approved.json()["status"]) == (200, "approved")
        replay = await client.send("GET", f"{where}/replay", by="quan_tri")
        assert replay.json() == {"cases": 0, "differences": []}
    finally:
        async with owner.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM rule_versions WHERE proposed_by IS NOT NULL")
