"""Erasures and holds over HTTP: routes, bodies, versions, pages, and refusals in words."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.domain.privacy.erasures import ErasureKind
from tests.support.client import Client
from tests.support.erasing import ADMIN, KEEPER, SIGNER, confirm, everything_written, newcomer, propose, refused_intake
from tests.support.stages import OWNER

ASKED = {"kind": "case", "basis": "Luật 91/2025/QH15", "reason": "Chủ thể yêu cầu.", "reference": "12/YC-2026"}


async def asked(client: Client, target: object, **changes: Any) -> Any:
    body = ASKED | {"target_id": str(target)} | changes
    return await client.send("POST", "/erasures", by=ADMIN, json=body)


async def test_a_request_goes_from_its_proposal_to_the_erasure(client: Client) -> None:
    case = await refused_intake(client.world)
    made = await asked(client, case.id)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path = made.headers["location"].removeprefix("/api/v1")
    assert (await client.send("GET", path, by="dai_bieu")).json() == made.json()
    unseen = await client.send("POST", f"{path}/confirmation", by=SIGNER)
    stale = await client.send("POST", f"{path}/confirmation", by=SIGNER, seen=7)
    assert (unseen.status_code, stale.status_code) == (428, 412)
    done = await client.send("POST", f"{path}/confirmation", by=SIGNER, seen=1)
    assert (done.status_code, done.json()["status"], done.headers["etag"]) == (200, "confirmed", '"2"')
    assert done.json()["indexes"]
    shown = await client.send("GET", f"/applications/{case.id}", by="dai_bieu")
    assert (shown.status_code, shown.json()["application"]["title"]) == (200, "[đã xóa]")
    again = await client.send("POST", f"{path}/confirmation", by=SIGNER, seen=2)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")


async def test_a_request_is_refused_or_withdrawn_with_a_reason(client: Client) -> None:
    person = await newcomer(client.world)
    first = (await asked(client, person.id, kind="account")).json()
    bare = await client.send("POST", f"/erasures/{first['id']}/refusal", by=SIGNER, seen=1, json={"because": " "})
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (400, "because")
    refused = await client.send(
        "POST", f"/erasures/{first['id']}/refusal", by=SIGNER, seen=1, json={"because": "Phải lưu trữ."}
    )
    assert (refused.status_code, refused.json()["settled_because"]) == (200, "Phải lưu trữ.")
    second = (await asked(client, person.id, kind="account")).json()
    other = await client.send(
        "POST", f"/erasures/{second['id']}/withdrawal", by="quan_tri_2", seen=1, json={"because": "Nhầm."}
    )
    assert (other.status_code, other.json()["code"]) == (409, "not_ones_own")
    over = await client.send(
        "POST", f"/erasures/{second['id']}/withdrawal", by=ADMIN, seen=1, json={"because": "Nhầm."}
    )
    assert (over.status_code, over.json()["status"]) == (200, "withdrawn")
    page = (await client.send("GET", "/erasures?limit=1", by="thanh_tra")).json()
    rest = (await client.send("GET", f"/erasures?after={page['after']}", by="thanh_tra")).json()
    assert [each["id"] for each in page["items"] + rest["items"]] == [second["id"], first["id"]]
    narrowed = (await client.send("GET", "/erasures?status=refused", by=SIGNER)).json()
    assert ([each["id"] for each in narrowed["items"]], narrowed["after"]) == ([first["id"]], None)


async def test_a_hold_is_placed_shown_and_lifted(client: Client) -> None:
    case = await refused_intake(client.world)
    body = {"kind": "audit", "reason": "Kiểm toán nhà nước yêu cầu.", "reference": "45/KTNN"}
    path = f"/applications/{case.id}/holds"
    placed = await client.send("POST", path, by=KEEPER, json=body)
    assert (placed.status_code, placed.json()["lifted_at"]) == (201, None)
    stopped = await asked(client, case.id)
    assert (stopped.status_code, stopped.json()["code"]) == (409, "on_hold")
    assert str(case.code) in stopped.json()["detail"]
    lifting = f"{path}/{placed.json()['id']}/lifting"
    assert (await client.send("POST", lifting, by=KEEPER, json={"because": "x"})).status_code == 428
    lifted = await client.send("POST", lifting, by=KEEPER, seen=1, json={"because": "Đã xong."})
    assert (lifted.status_code, lifted.json()["lifted_because"]) == (200, "Đã xong.")
    listed = await client.send("GET", path, by="dai_bieu")
    assert listed.json() == {"items": [lifted.json()]}
    assert (await client.send("GET", path, by="nguoi_dai_dien")).status_code == 403
    assert (await asked(client, case.id)).status_code == 201


async def test_a_request_repeated_under_its_key_is_one(client: Client) -> None:
    person = await newcomer(client.world)
    body = ASKED | {"kind": "account", "target_id": str(person.id)}
    once = await client.send("POST", "/erasures", by=ADMIN, json=body, key="k1")
    twice = await client.send("POST", "/erasures", by=ADMIN, json=body, key="k1")
    assert (once.status_code, twice.status_code, twice.content) == (201, 201, once.content)
    other = await propose(
        client.world, (await newcomer(client.world, email="b@camau.example")).id, kind=ErasureKind.ACCOUNT
    )
    assert str(other.id) != once.json()["id"]


async def test_answers_kept_for_repeated_requests_show_nothing_erased(client: Client, owner: AsyncEngine) -> None:
    world = client.world
    case = await refused_intake(world)
    letter = {"body": "Gặp ông Cua ở Năm Căn."}
    sent = await client.send("POST", f"/applications/{case.id}/messages", by=OWNER, json=letter, key="k1")
    account = {"full_name": "Lê Thị Mực", "email": "le.thi.muc@camau.example", "phone": "", "password": "mười hai con"}
    made = await client.send("POST", "/people", by=ADMIN, json=account, key="k1")
    assert (sent.status_code, made.status_code) == (201, 201), (sent.text, made.text)
    before = await everything_written(owner)
    assert before.count("Năm Căn") > 2
    assert before.count("Thị Mực") > 2
    await confirm(world, await propose(world, case.id))
    await confirm(world, await propose(world, UUID(made.json()["id"]), kind=ErasureKind.ACCOUNT))
    after = await everything_written(owner)
    assert [each for each in ("Năm Căn", "Thị Mực", "le.thi.muc") if each in after] == []
