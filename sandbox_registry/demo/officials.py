"""The offices of the demonstration at work: intake, appraisal, council, decision, records."""

from datetime import datetime
from itertools import cycle
from typing import Any

from sandbox_registry.demo.applicants import Case
from sandbox_registry.demo.province import (
    ADVISERS,
    COUNCILLORS,
    FOCAL,
    HEAD,
    INTAKE,
    OFFICER,
    RECORDS,
    REVIEWERS,
    SECRETARY,
    SIGNER,
    SUPERVISOR,
    Official,
    Province,
)
from sandbox_registry.domain.permits.bounds import open_bounds
from sandbox_registry.domain.rules.calendars import local_date

BASES = {
    "duration.max": "Thời hạn theo đề án thử nghiệm đã thẩm định; Nghị định 142/2026/NĐ-CP Điều 23(7)(a).",
    "signer_titles": "Luật Tổ chức chính quyền địa phương: Chủ tịch ký thay mặt Ủy ban nhân dân tỉnh.",
    "permit_kind": "Loại giấy phép theo đề nghị và kết quả thẩm định.",
    "space_kinds": "Không gian theo đề nghị và kết quả thẩm định.",
}
"""What the demonstration's decisions rest on where a procedure leaves a bound open."""
LIFTED_BY = "Số liệu của nửa đầu thời gian thử nghiệm, do cơ quan giám sát xác nhận, cho thấy rủi ro này không xảy ra."
"""What evidence would lift a condition or a limit of the demonstration."""
_OPINIONS = {False: "agree_with_conditions", True: "disagree"}


async def receive(case: Case) -> None:
    """Register the dossier."""
    await case.act(INTAKE.email, "receipt")


async def refuse_intake(case: Case) -> None:
    """Refuse to take the dossier in."""
    await case.act(INTAKE.email, "intake-refusal", {"reasons": case.scenario["reasons"]})


async def refer(case: Case) -> None:
    """Send the case where the router says it belongs."""
    reason = "Nội dung hồ sơ thuộc thẩm quyền của cơ quan khác theo câu trả lời ở phần thẩm quyền."
    await case.act(INTAKE.email, "referral", {"reason": reason})


async def ask_to_complete(case: Case) -> None:
    """Ask, once and item by item, for what is missing."""
    await case.act(INTAKE.email, "supplement-requests", {"items": case.scenario["supplement"]["items"]})


async def accept(case: Case) -> None:
    """Take the dossier in."""
    await case.act(INTAKE.email, "acceptance")


async def lapse(case: Case) -> None:
    """Confirm that the supplement never came."""
    await case.act(INTAKE.email, "lapse", {})


async def begin_appraisal(case: Case, province: Province) -> None:
    """Claim, classify, appoint reviewers and a supervisor; the reviewers declare before they open the dossier."""
    await case.add(OFFICER.email, "claim", {})
    await case.act(OFFICER.email, "classification", {"level": case.scenario["level"]})
    for official, capacity in ((REVIEWERS[0], "reviewer"), (REVIEWERS[1], "reviewer"), (SUPERVISOR, "supervisor")):
        part = {"person_id": province.people[official.email], "capacity": capacity}
        await case.add(HEAD.email, "assignments", part)
    for reviewer in REVIEWERS:
        await declare(case, reviewer)


async def declare(case: Case, official: Official) -> None:
    """Declare that one has no interest in the case."""
    declaration = {"conflicted": False, "statement": "Tôi không có lợi ích liên quan đến tổ chức đề nghị."}
    await case.add(official.email, "declarations", declaration)


async def consult(case: Case, province: Province) -> list[str]:
    """Ask the agencies of the scenario; return the consultations in the same order."""
    consultations = []
    for planned in case.scenario.get("consultations", ()):
        question = "Đề nghị quý cơ quan cho ý kiến về nội dung thử nghiệm thuộc lĩnh vực quản lý."
        body = {"unit_id": province.units[planned["unit"]], "question": question, "is_required": True}
        consultations.append((await case.add(OFFICER.email, "consultations", body))["id"])
    return consultations


async def answer_consultations(case: Case, consultations: list[str]) -> None:
    """Give the agencies' opinions."""
    for identity, planned in zip(consultations, case.scenario.get("consultations", ()), strict=True):
        disagrees = planned["opinion"].startswith("Không thống nhất")
        body = {"opinion": _OPINIONS[disagrees], "text": planned["opinion"]}
        await case.add(ADVISERS[planned["unit"]].email, f"consultations/{identity}/answer", body)


async def ask_to_clarify(case: Case) -> str | None:
    """Ask the applicant about the substance, where the scenario does."""
    if "clarification" not in case.scenario:
        return None
    body = {"question": case.scenario["clarification"]["question"]}
    clarification_id: str = (await case.add(OFFICER.email, "clarifications", body))["id"]
    return clarification_id


async def clarify(case: Case, clarification_id: str | None) -> None:
    """Answer as the applicant."""
    if clarification_id is not None:
        body = {"answer": case.scenario["clarification"]["answer"]}
        await case.add(case.owner, f"clarifications/{clarification_id}/answer", body)


async def review(case: Case) -> None:
    """Score the dossier, each reviewer apart."""
    for reviewer, scores in zip(REVIEWERS, case.scenario["scores"], strict=True):
        total = sum(scores.values())
        body = {
            "scores": scores,
            "comment": "Nhận xét chi tiết theo từng tiêu chí kèm theo phiếu chấm.",
            "advice": "approve_with_conditions" if total >= 5 * len(scores) else "refuse",
        }
        await case.add(reviewer.email, "reviews", body)


async def convene(case: Case, province: Province, *, sits_at: datetime) -> Any:
    """Call the council; everybody on it declares."""
    people = [province.people[each.email] for each in COUNCILLORS]
    body = {
        "chair_id": people[0],
        "secretary_id": province.people[SECRETARY.email],
        "member_ids": people,
        "scheduled_at": sits_at.isoformat(),
        "place": "Phòng họp số 2, Sở Khoa học và Công nghệ",
    }
    session = await case.add(SECRETARY_OF_MEETING.email, "council-sessions", body)
    for official in (*COUNCILLORS, SECRETARY):
        await declare(case, official)
    return session


async def sit(case: Case, province: Province, session: Any) -> None:
    """Vote, and close the sitting with its minutes: the secretary draws them up, the chair confirms them."""
    votes = case.scenario["votes"]
    choices = ["for"] * votes["approve"] + ["against"] * votes["refuse"]
    for member, choice in zip(COUNCILLORS, choices, strict=True):
        dissent = (
            votes.get("dissent", "") if choice == ("against" if votes["approve"] > votes["refuse"] else "for") else ""
        )
        body = {"choice": choice, "dissent": dissent}
        await case.add(member.email, f"council-sessions/{session['id']}/votes", body)
    minutes = (
        f"Hội đồng họp đủ thành phần; {votes['approve']} phiếu tán thành, {votes['refuse']} phiếu không tán thành."
    )
    present = [province.people[each.email] for each in COUNCILLORS]
    path = f"/applications/{case.id}/council-sessions/{session['id']}"
    concluded = await case.caller.ask(
        "POST",
        f"{path}/conclusion",
        by=SECRETARY.email,
        version=session["version"],
        body={"present_ids": present, "minutes": minutes},
    )
    await case.caller.ask("POST", f"{path}/confirmation", by=COUNCILLORS[0].email, version=concluded["version"])


async def recommend(case: Case, province: Province) -> None:
    """Put the appraisal before the signer."""
    await case.refresh()
    refuses = case.scenario["course"] == "refused"
    body = {
        "advice": "refuse" if refuses else "approve_with_conditions",
        "report": "Báo cáo thẩm định tổng hợp ý kiến phản biện, cơ quan phối hợp và kết luận của hội đồng.",
        "conditions": case.scenario.get("conditions", []),
        "disagreements": await _answered_disagreements(case),
    }
    if not refuses:
        await _set_terms(case, province, body)
    await case.act(HEAD.email, "recommendation", body)


async def _answered_disagreements(case: Case) -> list[dict[str, str]]:
    """Answer each agency that disagrees, as the appraisal report must."""
    path = f"/applications/{case.id}/consultations"
    consultations = (await case.caller.ask("GET", path, by=HEAD.email))["items"]
    answer = "Tổ thẩm định đã tiếp thu; điều kiện của giấy phép và kết luận của hội đồng nêu rõ nội dung này."
    return [
        {"consultation_id": each["id"], "answer": answer} for each in consultations if each["opinion"] == "disagree"
    ]


async def _set_terms(case: Case, province: Province, body: dict[str, Any]) -> None:
    """Recommend what the dossier asks, or another kind of permit than it asks, and why."""
    bounds = [{"parameter": name, "basis": BASES[name]} for name in open_bounds(case.procedure, case.dossier.answers)]
    kind = case.scenario.get("permit_kind")
    path = f"/applications/{case.id}/proposed-terms?supervising_unit_id={province.units[FOCAL.name]}"
    proposed = await case.caller.ask("GET", path, by=HEAD.email)
    body["justifications"] = _justifications(case, proposed["terms"], body["conditions"])
    if kind in {None, case.dossier.answers["legal"]["permit_kind"]}:
        body["open_bounds"] = bounds
        return
    reason = "Tỉnh không có thẩm quyền miễn áp dụng luật; chỉ cho thử nghiệm phần pháp luật chưa quy định."
    changed = {"kind": kind, "exempted_provisions": [], "open_bounds": bounds, "beyond_request": reason}
    body["terms"] = proposed["terms"] | changed


def _justifications(case: Case, terms: dict[str, Any], conditions: list[str]) -> list[dict[str, str]]:
    """Say of each condition and limit which risk of the dossier's register it answers; it is reviewed half way."""
    hazards = cycle(row["hazard"] for row in case.dossier.answers["risks"]["register"])
    start, end = (datetime.fromisoformat(terms[name]) for name in ("start", "end"))
    review_on = local_date(start + (end - start) / 2).isoformat()
    restrictions = dict.fromkeys((*conditions, *(each["quantity"] for each in terms["limits"])))
    return [
        {"of": each, "risk": hazard, "lifted_by": LIFTED_BY, "review_on": review_on}
        for each, hazard in zip(restrictions, hazards, strict=False)
    ]


async def refuse(case: Case) -> None:
    """Sign a refusal with its reasons."""
    await case.act(SIGNER.email, "refusal", _signed() | {"reasons": case.scenario["reasons"]})


async def approve(case: Case) -> None:
    """Sign an approval under the recommended terms."""
    await case.act(SIGNER.email, "approval", _signed())


def _signed() -> dict[str, Any]:
    return {
        "legal_basis": ["Luật Khoa học, công nghệ và đổi mới sáng tạo số 93/2025/QH15, Điều 21"],
    }


async def issue(case: Case) -> None:
    """Issue the permit and hand the result over."""
    permit = await case.act(RECORDS.email, "permit")
    case.outcome = permit["number"]
    await deliver(case)


async def deliver(case: Case) -> None:
    """Hand the result over at the counter."""
    await case.refresh()
    await case.act(INTAKE.email, "delivery", {"channel": "Bộ phận Một cửa"})


async def stop(case: Case) -> None:
    """Stop handling the case at the applicant's wish."""
    await case.act(INTAKE.email, "stop")


SECRETARY_OF_MEETING = OFFICER
"""Who calls the council: the officer of the case."""
