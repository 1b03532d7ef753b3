"""Permits over HTTP: issued, shown by the clock, listed in pages."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from sandbox_registry.api.handling.log_links import NOTHING_PUBLISHED
from sandbox_registry.api.permits.permit_schemas import permit_out
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.rules.procedures import Confidence, PhaseRule
from sandbox_registry.domain.texts import Text
from tests.support.client import Client
from tests.support.decided import RECORDS, TRIAL_END, TRIAL_START, approved, issued, terms
from tests.support.stages import HEAD, OWNER, submitted
from tests.support.world import PROCEDURE


async def listed(client: Client, query: str = "", *, by: str = OWNER) -> Any:
    return await client.send("GET", f"/permits{query}", by=by)


async def test_permit_is_issued_and_read(client: Client) -> None:
    case = await approved(client.world)
    made = await client.send("POST", f"/applications/{case.id}/permit", by=RECORDS, seen=case.version)
    permit = made.json()
    found = await client.send("GET", f"/permits/{permit['id']}", by=OWNER)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.headers["location"] == f"/api/v1/permits/{permit['id']}"
    assert (found.status_code, found.json() | {"may_do": permit["may_do"]}) == (200, permit)
    assert {
        name: permit[name] for name in ("number", "stage", "decision_number", "case_code", "is_draft_procedure")
    } == {
        "number": "1/2026/GPTN-MẪU",
        "stage": "permit_issued",
        "decision_number": "1/QĐ-UBND-MẪU",
        "case_code": "H12.01-261120-0001",
        "is_draft_procedure": True,
    }
    assert permit["holder"] == {
        "id": str(client.world.startup),
        "name": "Công ty TNHH Tôm Sáng",
        "tax_code": "2001234560",
        "address": "Phường An Xuyên, tỉnh Cà Mau",
    }
    assert (permit["supervising_unit"], len(permit["disclaimers"])) == ("Sở Khoa học và Công nghệ", 2)
    assert [(each["start"], each["end"], each["ceiling"]) for each in permit["versions"]] == [
        ("2027-01-03T17:00:00Z", "2027-12-31T17:00:00Z", "2029-01-03T17:00:00Z")
    ]


async def test_permit_shows_typed_limits_and_dates_owed(client: Client) -> None:
    view = await issued(client.world)
    permit = (await client.send("GET", f"/permits/{view.permit.id}", by="dai_bieu")).json()
    assert permit["terms"]["money"] == {"per_person": 2_000_000, "per_day": 20_000_000, "total": 500_000_000}
    assert permit["terms"]["limits"][:1] == [
        {
            "quantity": "Khối lượng mẫu",
            "comparator": "at_most",
            "value": 157,
            "scale": 100,
            "unit": "g",
            "condition": "",
            "method": "",
        }
    ]
    duties = {each["key"]: each for each in permit["duties"]}
    incident, final = duties["incident_report"], duties["final_report"]
    assert (incident["term"], incident["term_unit"], incident["dues"]) == (72, "h", [])
    assert final["dues"] == [{"due": "2027-12-16T17:00:00Z", "due_date": "2027-12-16", "is_provisional": True}]
    assert duties["periodic_report"]["dues"][0]["due_date"] == "2027-02-22"


async def test_permit_under_a_draft_says_that_it_is_a_specimen(client: Client) -> None:
    permit = (await client.send("GET", f"/permits/{(await issued(client.world)).permit.id}", by="dai_bieu")).json()
    assert permit["is_draft_procedure"]
    assert permit["legal_force"]["en"] == "Specimen, no legal force"
    assert permit["number"].endswith("-MẪU")


async def test_issue_needs_the_version_seen_and_happens_once(client: Client) -> None:
    case = await approved(client.world)
    path = f"/applications/{case.id}/permit"
    missing = await client.send("POST", path, by=RECORDS)
    done = await asyncio.gather(*(client.send("POST", path, by=RECORDS, seen=case.version) for _ in range(2)))
    assert missing.status_code == 428
    assert sorted((each.status_code, each.json().get("code", "")) for each in done) == [
        (201, ""),
        (412, "stale_version"),
    ]


async def test_repeated_issue_gets_the_same_bytes(client: Client) -> None:
    case = await approved(client.world)
    path = f"/applications/{case.id}/permit"
    first = await client.send("POST", path, by=RECORDS, seen=case.version, key="cap-phep-1")
    client.world.clock.forward(days=20)
    second = await client.send("POST", path, by=RECORDS, seen=case.version, key="cap-phep-1")
    assert (first.status_code, second.headers["idempotency-replayed"]) == (201, "true")
    assert first.content == second.content


async def test_stage_shows_by_the_clock(client: Client) -> None:
    permit = (await issued(client.world)).permit
    instant = timedelta(microseconds=1)
    shown = []
    for at in (TRIAL_START - instant, TRIAL_START, TRIAL_END - instant, TRIAL_END):
        client.world.clock.at = at
        one = await client.send("GET", f"/permits/{permit.id}", by=None, headers=await bearer(client))
        rows = await client.send("GET", f"/permits?stage={one.json()['stage']}", by=None, headers=await bearer(client))
        assert [row["stage"] for row in rows.json()["items"]] == [one.json()["stage"]]
        shown.append((one.json()["stage"], one.json()["stage_name"]["en"]))
    assert shown == [
        ("permit_issued", "Issued, not started"),
        ("permit_active", "Active"),
        ("permit_active", "Active"),
        ("permit_ended", "Ended, to be evaluated"),
    ]


async def bearer(client: Client) -> dict[str, str]:
    """A token of the holder made at this moment, for the clock jumps farther than a token lives."""
    return {"Authorization": f"Bearer {await client.world.token(OWNER)}"}


async def test_lists_are_paged_and_narrowed(client: Client) -> None:
    first = (await issued(client.world)).permit
    second = (await issued(client.world, end=TRIAL_END + timedelta(days=90), beyond_request="Theo hội đồng.")).permit
    page = (await listed(client, "?limit=1")).json()
    rest = (await listed(client, f"?limit=1&after={page['after']}")).json()
    end = (await listed(client, f"?after={rest['after']}")).json()
    assert [row["number"] for row in page["items"] + rest["items"]] == ["2/2026/GPTN-MẪU", "1/2026/GPTN-MẪU"]
    assert end == {"items": [], "after": None}
    for query, expected in (
        ("?ends_before=2027-12-31T17:00:00Z", [first.number]),
        (f"?application={second.application_id}", [second.number]),
        ("?stage=permit_issued&stage=permit_active", [second.number, first.number]),
        ("?stage=permit_active", []),
        ("?procedure=ai-decree-142-2026", []),
        (f"?organisation={client.world.rival}", []),
        ("?q=nam%20can", [second.number, first.number]),
    ):
        assert [row["number"] for row in (await listed(client, query)).json()["items"]] == expected, query
    assert (await listed(client, by="doi_thu")).json() == {"items": [], "after": None}


@pytest.mark.parametrize(
    "query",
    [
        "?limit=0",
        "?limit=101",
        "?after=x",
        "?after=AAAA",
        "?stage=active",
        "?ends_before=2027-01-01T00:00:00",
        "?q=%00",
    ],
)
async def test_queries_of_the_wrong_form_are_malformed(client: Client, query: str) -> None:
    answer = await listed(client, query)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_hidden_permit_looks_like_none(client: Client) -> None:
    permit = (await issued(client.world)).permit
    hidden = await client.send("GET", f"/permits/{permit.id}", by="doi_thu")
    none = await client.send("GET", f"/permits/{client.world.rival}", by="doi_thu")
    assert hidden.status_code == none.status_code == 404
    assert hidden.json() | {"request_id": ""} == none.json() | {"request_id": ""}


async def test_terms_come_back_as_they_were_decided(client: Client) -> None:
    view = await issued(client.world)
    shown = (await client.send("GET", f"/permits/{view.permit.id}", by=OWNER)).json()["terms"]
    decided = (await client.send("GET", f"/applications/{view.permit.application_id}/decision", by=OWNER)).json()
    assert shown == decided["terms"]
    assert shown["max_users"] == terms(client.world.units["focal"]).max_users


async def test_permits_are_followed_page_by_page(client: Client) -> None:
    permit = (await issued(client.world)).permit
    since = permit.issued_at.isoformat().replace("+00:00", "Z")
    page = await client.send("GET", f"/permits?updated_since={since}&limit=1", by="nguoi_dai_dien")
    assert [(each["id"], each["updated_at"]) for each in page.json()["items"]] == [(str(permit.id), since)]
    rest = await client.send(
        "GET", f"/permits?updated_since={since}&limit=1&after={page.json()['after']}", by="nguoi_dai_dien"
    )
    assert rest.json() == {"items": [], "after": None}
    other = await client.send("GET", f"/permits?after={page.json()['after']}", by="nguoi_dai_dien")
    naive = await client.send("GET", "/permits?updated_since=2026-11-20T07:00:00", by="nguoi_dai_dien")
    assert [(each.status_code, each.json()["code"]) for each in (other, naive)] == [(400, "malformed")] * 2


async def test_library_of_conditions_is_read(client: Client) -> None:
    await issued(client.world)
    answer = await client.send("GET", "/permit-conditions?restriction=condition&kind=time_limited_licence", by=HEAD)
    assert answer.status_code == 200
    first = answer.json()["items"][0]
    assert first | {"last_issued_at": None} == {
        "restriction": "condition",
        "text": "Báo cáo hằng quý",
        "procedure_code": PROCEDURE,
        "permit_kind": "time_limited_licence",
        "used": 1,
        "lifted": 0,
        "last_issued_at": None,
        "justified": {
            "of": "Báo cáo hằng quý",
            "risk": "Nhầm mẫu",
            "lifted_by": "Hai kỳ báo cáo không nhầm mẫu",
            "review_on": "2027-06-01",
        },
    }
    none = await client.send("GET", "/permit-conditions?kind=pass", by=HEAD)
    assert none.json() == {"items": []}


async def test_permit_says_what_its_phases_must_be_and_who_opens_them(client: Client) -> None:
    view = await issued(client.world)
    words = Text(vi="Văn bản chuyển giai đoạn", en="Leave to proceed", fr="Autorisation")
    rule = PhaseRule(gated=True, opening=words, opened_by=Role.SUPERVISOR, basis="Đề xuất", confidence=Confidence.I)
    bounded = replace(view.procedure, permit=replace(view.procedure.permit, phases=rule))
    shown = permit_out(replace(view, procedure=bounded), log=NOTHING_PUBLISHED).phase_rule
    assert msgspec.to_builtins(shown) == {
        "minimum": 0,
        "gated": True,
        "opening": {"vi": words.vi, "en": words.en, "fr": words.fr},
        "opened_by": "supervisor",
        "basis": "Đề xuất",
    }
    assert permit_out(view, log=NOTHING_PUBLISHED).phase_rule is None


async def test_applicant_reads_what_is_known_of_fees(client: Client) -> None:
    case = await submitted(client.world)
    known = [
        {
            "kind": "not_laid_down",
            "amount": None,
            "label": {
                "vi": "Chưa có quy định về phí, lệ phí",
                "en": "No fee is laid down",
                "fr": "Aucun droit n'est prévu",
            },
            "basis": "Không tìm thấy quy định trong các văn bản đã đọc",
        }
    ]
    for path in (f"/applications/{case.id}", f"/applications/{case.id}/receipt"):
        answer = await client.send("GET", path, by=OWNER)
        assert (answer.status_code, answer.json()["fees"]) == (200, known)
