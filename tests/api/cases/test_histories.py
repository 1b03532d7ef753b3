"""Histories over HTTP: labelled, in two times, with the proof of each leaf as soon as there is one."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.client import Client
from tests.support.decided import issued
from tests.support.ledger import signing_for
from tests.support.stages import INTAKE, OWNER, accepted, received, submitted
from tests.support.world import World


@pytest.fixture
def publishing(database_url: str, owner: AsyncEngine, tmp_path: Path) -> "Publishing":
    """Sign and publish the log that the client's application serves."""
    return Publishing(database_url, owner, tmp_path)


class Publishing:
    def __init__(self, database_url: str, owner: AsyncEngine, directory: Path) -> None:
        self._how = (database_url, owner, directory)

    async def __call__(self) -> None:
        async with signing_for(*self._how) as ledger:
            await ledger.signer().publish()


async def test_timeline_names_acts_offices_and_times_and_leads_to_the_proofs(
    client: Client, publishing: Publishing
) -> None:
    case = await received(client.world)
    path = f"/applications/{case.id}/timeline"
    early = (await client.send("GET", path, by=OWNER)).json()["items"]
    await publishing()
    told = (await client.send("GET", path, by=OWNER)).json()["items"]
    assert [each["log"] for each in early] == [None, None, None]
    assert [each["action_name"]["vi"] for each in told] == ["Lập bản nháp", "Nộp hồ sơ", "Ghi nhận hồ sơ, cấp mã"]
    assert told[2]["office_name"]["vi"] == "Cán bộ Bộ phận Một cửa"
    assert told[2]["line_name"]["vi"].startswith("Cán bộ Bộ phận Một cửa: ")
    assert (told[2]["at"], told[2]["at_local"]) == ("2026-11-20T07:00:00Z", "2026-11-20T14:00:00+07:00")
    for each in told:
        proof = await client.http.get(f"http://test{each['log']['proof']}")
        assert proof.text.startswith(f"c2sp.org/tlog-proof@v1\nindex {each['index']}\n")


async def test_timeline_goes_on_from_its_cursor(client: Client) -> None:
    case = await received(client.world)
    path = f"/applications/{case.id}/timeline"
    first = (await client.send("GET", f"{path}?limit=2", by=OWNER)).json()
    rest = (await client.send("GET", f"{path}?limit=2&after={first['after']}", by=OWNER)).json()
    assert [each["action"] for each in first["items"] + rest["items"]] == [
        "application:create",
        "application:submit",
        "application:receive",
    ]
    assert rest["after"] is None
    for wrong in ("abc", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
        answer = await client.send("GET", f"{path}?after={wrong}", by=OWNER)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after")


async def history(client: Client, case_id: object, at: str, *, by: str = OWNER) -> httpx.Response:
    return await client.send("GET", f"/applications/{case_id}/history", by=by, params={"at": at})


async def test_case_is_shown_as_it_stood_with_stage_and_times_for_people(
    client: Client, publishing: Publishing
) -> None:
    case = await received(client.world)
    await publishing()
    client.world.clock.forward(days=1)
    await client.world.use_cases.intake.accept(client.world.context(INTAKE), case.id, expected_version=case.version)
    seen = (await history(client, case.id, "2026-11-20")).json()
    assert seen["application"]["stage"] == "submitted"
    assert seen["stage_name"]["vi"] == "Đã nộp, chờ kiểm tra"
    assert (seen["at"], seen["at_local"]) == ("2026-11-20T16:59:59.999999Z", "2026-11-20T23:59:59.999999+07:00")
    assert seen["log"]["proof"] == f"/log/proof/{seen['log']['leaf']}.tlog-proof"
    assert {each["part"] for each in seen["dossier"]["documents"]} > {"trial_plan"}
    assert (seen["permit"], seen["erased"]) == (None, [])
    now = (await history(client, case.id, "2026-11-21T07:00:00Z")).json()
    assert (now["application"]["stage"], now["log"]) == ("accepted", None)


async def test_what_a_reader_may_not_read_is_absent_and_what_was_not_there_yet_is_null(client: Client) -> None:
    case = await received(client.world)
    own, councils = [(await history(client, case.id, "2026-11-20", by=by)).json() for by in (OWNER, "dai_bieu")]
    assert (councils["reviews"], councils["recommendation"], councils["decision"]) == ([], None, None)
    assert set(councils) - set(own) >= {"reviews", "recommendation", "assignments"}
    assert set(own) <= set(councils)
    assert None not in [own[name] for name in ("supplements", "complaints", "clarifications")]


@pytest.mark.parametrize(
    ("at", "status", "code"),
    [
        ("20/11/2026", 400, "malformed"),
        ("2026-11-31", 400, "malformed"),
        ("2026-W47-5", 400, "malformed"),
        ("2026-11-20T07:00:00", 400, "malformed"),
        ("2026-11-20T25:00:00Z", 400, "malformed"),
        ("1899-12-31", 400, "malformed"),
        ("9999-12-31", 400, "malformed"),
        ("2026-11-19", 422, "before_the_case"),
        ("2026-11-21", 422, "in_the_future"),
        ("2026-11-20T14:00:01+07:00", 422, "in_the_future"),
    ],
)
async def test_bad_moments_name_the_field_and_the_rule(client: Client, at: str, status: int, code: str) -> None:
    case = await received(client.world)
    answer = await history(client, case.id, at)
    (problem,) = answer.json()["errors"]
    assert (answer.status_code, problem["field"], problem["code"]) == (status, "at", code)
    assert problem["message"].endswith(".")


async def test_offset_may_arrive_with_its_plus_sign_as_a_blank(client: Client) -> None:
    case = await received(client.world)
    path = f"/applications/{case.id}/history?at=2026-11-20T14:00:00+07:00"
    assert (await client.send("GET", path, by=OWNER)).json()["at"] == "2026-11-20T07:00:00Z"


async def test_changes_of_a_case_are_named_in_words(client: Client) -> None:
    case = await accepted(client.world)
    path = f"/applications/{case.id}/history"
    versions = (await client.send("GET", f"{path}/versions", by=OWNER)).json()["items"]
    filed, taken_in = versions[1], versions[-1]
    assert (filed["action_name"]["vi"], filed["stage_name"]["vi"]) == ("Nộp hồ sơ", "Đã nộp, chờ kiểm tra")
    query = f"older={filed['version']}&newer={taken_in['version']}"
    found = (await client.send("GET", f"{path}/changes?{query}", by=OWNER)).json()
    told = {each["path"]: each for each in found["items"]}
    assert {"stage", "accepted_at", "appointment_at", "code", "received_at"} == set(told)
    assert told["stage"]["name"]["vi"] == "Bước"
    assert told["stage"]["before_name"]["vi"] == "Đã nộp, chờ kiểm tra"
    assert told["stage"]["after_name"]["vi"] == "Đã tiếp nhận"
    assert (told["code"]["before"], told["code"]["after"]) == (None, case.code)


async def test_changes_of_a_dossier_go_by_the_words_of_its_form(client: Client) -> None:
    draft = await client.world.draft()
    answers = {"plan": {"objective": "Đếm tôm.", "space_kinds": ["cyber"], "kpis": [{"name": "Tỷ lệ đúng"}]}}
    await client.world.use_cases.applications.edit(
        client.world.context(OWNER), draft.id, expected_version=1, title=None, answers=answers
    )
    found = (await client.send("GET", f"/applications/{draft.id}/changes?older=1&newer=2", by=OWNER)).json()["items"]
    named = {each["path"]: each["name"]["vi"].split(" › ")[1:] for each in found}
    assert named == {
        "answers.plan.objective": ["Mục tiêu"],
        "answers.plan.space_kinds.0": ["Loại không gian thử nghiệm", "#1"],
        "answers.plan.kpis.0.name": ["Chỉ số đánh giá", "#1", "Chỉ số"],
    }
    (space,) = [each for each in found if "space" in each["path"]]
    assert (space["after"], space["after_name"]["vi"], space["before_name"]) == ("cyber", "Không gian mạng", None)


async def test_permit_shows_its_versions_and_foreign_ones_are_not_there(client: Client) -> None:
    permit = (await issued(client.world)).permit
    path = f"/permits/{permit.id}/history"
    listed = (await client.send("GET", f"{path}/versions", by=OWNER)).json()["items"]
    assert [(each["version"], each["stage"], each["action"]) for each in listed] == [
        (1, "permit_issued", "permit:issue")
    ]
    same = (await client.send("GET", f"{path}/changes?older=1&newer=1", by=OWNER)).json()
    assert same == {"is_erased": False, "items": []}
    for below in ("versions", "changes?older=1&newer=1"):
        assert (await client.send("GET", f"{path}/{below}", by="doi_thu")).status_code == 404
    assert (await client.send("GET", f"{path}/changes?older=1&newer=2", by=OWNER)).status_code == 404


async def test_nothing_is_compared_with_what_was_erased(client: Client, owner: AsyncEngine) -> None:
    case = await received(client.world)
    path = f"/applications/{case.id}/history"
    versions = (await client.send("GET", f"{path}/versions", by=OWNER)).json()["items"]
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql("DELETE FROM audit_records WHERE index = %s", (versions[-1]["index"],))
    listed = (await client.send("GET", f"{path}/versions", by=OWNER)).json()["items"]
    assert [each["is_erased"] for each in listed] == [False, False, True]
    found = await client.send("GET", f"{path}/changes?older=1&newer={case.version}", by=OWNER)
    assert found.json() == {"is_erased": True, "items": []}
    seen = (await history(client, case.id, "2026-11-20")).json()
    assert (seen["application"], seen["stage_name"]) == (None, None)
    assert [each["action_name"]["vi"] for each in seen["erased"]] == ["Ghi nhận hồ sơ, cấp mã"]


async def test_history_of_a_foreign_case_is_like_none(client: Client, world: World) -> None:
    case = await received(world)
    for name in ("doi_thu", "quan_tri", "nguoi_la"):
        for below in ("history?at=2026-11-20", "history/versions", "history/changes?older=1&newer=2", "timeline"):
            answer = await client.send("GET", f"/applications/{case.id}/{below}", by=name)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_receipt_decision_and_permit_lead_to_their_own_proofs(client: Client, publishing: Publishing) -> None:
    permit = (await issued(client.world)).permit
    case = f"/applications/{permit.application_id}"
    paths = (f"{case}/receipt", f"{case}/decision", f"/permits/{permit.id}")
    early = [await client.send("GET", path, by=OWNER) for path in paths]
    await publishing()
    late = [await client.send("GET", path, by=OWNER) for path in paths]
    assert [(each.json()["log"], each.headers.get("link")) for each in early] == [(None, None)] * 3
    told = {each["index"]: each["action"] for each in await timeline(client, permit.application_id)}
    assert [told[each.json()["log"]["leaf"]] for each in late] == [
        "application:submit",
        "decision:approve",
        "permit:issue",
    ]
    for each in late:
        proof = each.json()["log"]["proof"]
        assert each.headers["link"] == f'<{proof}>; rel="https://c2sp.org/tlog-proof"'
        assert (await client.http.get(f"http://test{proof}")).status_code == 200
    receipt = late[0].json()
    steps = [told[receipt[name]["leaf"]] for name in ("received_log", "accepted_log")]
    assert steps == ["application:receive", "application:accept"]
    seen = (await history(client, permit.application_id, client.world.clock.at.isoformat())).json()
    assert seen["decision"]["log"] == late[1].json()["log"]


async def timeline(client: Client, case_id: object) -> list[dict[str, Any]]:
    return list((await client.send("GET", f"/applications/{case_id}/timeline", by=OWNER)).json()["items"])


async def test_proof_is_of_the_act_and_not_of_a_refused_try_at_it(client: Client, publishing: Publishing) -> None:
    case = await received(client.world)
    await client.send("POST", f"/applications/{case.id}/acceptance", by="chuyen_vien", seen=case.version)
    await client.world.use_cases.intake.accept(client.world.context(INTAKE), case.id, expected_version=case.version)
    await publishing()
    receipt = (await client.send("GET", f"/applications/{case.id}/receipt", by=OWNER)).json()
    accepted_at = [each["index"] for each in await timeline(client, case.id) if each["action"] == "application:accept"]
    assert [receipt["accepted_log"]["leaf"]] == accepted_at


async def test_draft_has_no_receipt_and_a_filed_dossier_has_one_before_its_code(client: Client) -> None:
    draft = await client.world.draft()
    assert (await client.send("GET", f"/applications/{draft.id}/receipt", by=OWNER)).status_code == 404
    case = await submitted(client.world)
    receipt = (await client.send("GET", f"/applications/{case.id}/receipt", by=OWNER)).json()
    assert (receipt["code"], receipt["received_at"], receipt["received_log"]) == (None, None, None)
    assert receipt["submitted_at"] == "2026-11-20T07:00:00Z"
    assert receipt["organisation_name"] == "Công ty TNHH Tôm Sáng"


async def test_damaged_checkpoint_proves_nothing_and_breaks_no_answer(
    client: Client, publishing: Publishing, tmp_path: Path
) -> None:
    case = await submitted(client.world)
    await publishing()
    (tmp_path / "log" / "checkpoint").write_bytes(b"no note")
    answer = await client.send("GET", f"/applications/{case.id}/receipt", by=OWNER)
    assert (answer.status_code, answer.json()["log"]) == (200, None)
