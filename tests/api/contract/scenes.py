"""For each operation that takes a body: a person, a case at the right stage, and the ids its example stands for."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application, SupplementItem
from sandbox_registry.domain.cases.appraisal import Choice
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.operations.account_mails import AccountMailKind
from sandbox_registry.domain.rules.rule_versions import RuleKind
from tests.support.account_mails import mailed
from tests.support.decided import BASIS, REASONS, RECORDS, SIGNER, approved, recommended
from tests.support.erasing import ADMIN, KEEPER, hold, newcomer, propose, refused_intake
from tests.support.stages import (
    CHAIR,
    FOCAL,
    HEAD,
    INTAKE,
    MEMBERS,
    OWNER,
    REVIEWERS,
    SECRETARY,
    accepted,
    appraised,
    complete_draft,
    convened,
    digest_of,
    founded,
    received,
    received_for_another_authority,
    reviewed,
    signed_on_paper,
    sitting,
    turned_away,
    under_appraisal,
    with_reviewers,
)
from tests.support.world import AI_PROCEDURE, World


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Who sends an example and where to; `ids` are those of the world that stand in its body, by their field."""

    by: str
    at: dict[str, UUID] = field(default_factory=dict)
    seen: int = 1
    ids: dict[str, Any] = field(default_factory=dict)


def within(case: Application, by: str, *, ids: dict[str, Any] | None = None, **at: UUID) -> Scene:
    return Scene(by=by, at={"application_id": case.id, **at}, seen=case.version, ids=ids or {})


async def scenes(world: World, examples: dict[str, Any]) -> dict[str, Scene]:
    """Set every scene, in one world, but those that open the account of the examples."""
    return {
        **await before_appraisal(world),
        **await after_silence(world),
        **await during_appraisal(world),
        **await in_council(world),
        **await at_decision(world),
        **await around_privacy(world),
        **await among_people(world, examples),
        **await around_machines(world, examples),
    }


async def before_appraisal(world: World) -> dict[str, Scene]:
    draft, filed, mine = await complete_draft(world), await received(world), await accepted(world)
    signed = await signed_on_paper(world)
    own = await world.use_cases.assignments.claim(world.context(FOCAL), mine.id)
    unsent, taken = await complete_draft(world), await received(world)
    asked = await world.use_cases.intake.request_supplement(
        world.context(INTAKE),
        taken.id,
        expected_version=taken.version,
        items=(SupplementItem(target="documents.trial_plan", reason="Mờ"),),
        exception_reason=None,
    )
    organisation = {"organisation_id": world.startup, "receiving_unit_id": world.units["one_stop"]}
    return {
        "applications_create": Scene(by=OWNER, ids=organisation),
        "applications_assist": Scene(by=INTAKE, ids=organisation),
        "applications_file_assisted": within(signed, INTAKE, ids={"digest": await digest_of(world, signed)}),
        "applications_edit": within(draft, OWNER),
        "applications_submit": within(unsent, OWNER, ids={"digest": await digest_of(world, unsent)}),
        "applications_submit_supplement": within(asked, OWNER, ids={"digest": await digest_of(world, asked)}),
        "intake_request_supplement": within(filed, INTAKE),
        "intake_refuse_intake": within(filed, INTAKE),
        "intake_refer": within(filed, INTAKE),
        "intake_retain": within(await received_for_another_authority(world), HEAD),
        "applications_request_withdrawal": within(filed, OWNER),
        "messages_send": within(filed, OWNER),
        "intake_apologize": within(mine, INTAKE),
        "appraisal_classify": within(mine, FOCAL),
        "appraisal_reclassify": within(await under_appraisal(world), FOCAL),
        "appraisal_release": within(mine, FOCAL, assignment_id=own.id),
    }


async def during_appraisal(world: World) -> dict[str, Scene]:
    case, act = await under_appraisal(world), world.use_cases
    reviewer = world.people[REVIEWERS[0]]
    given = await act.assignments.assign(world.context(HEAD), case.id, person_id=reviewer, capacity=Capacity.REVIEWER)
    other = await under_appraisal(world)
    asked = await act.clarifications.ask(world.context(FOCAL), case.id, question="Ao nào?")
    consulted = await act.consultations.ask(
        world.context(FOCAL),
        case.id,
        unit_id=world.units["police"],
        question="Có ý kiến gì?",
        term=None,
        remind_on=None,
        is_required=True,
    )
    return {
        "appraisal_assign": within(other, HEAD, ids={"person_id": reviewer}),
        "appraisal_entrust": within(other, HEAD, ids={"unit_id": await founded(world, agency_code=None)}),
        "appraisal_reassign": within(case, HEAD, assignment_id=given.id, ids={"person_id": world.people[REVIEWERS[1]]}),
        "appraisal_declare": within(case, REVIEWERS[0]),
        "appraisal_record_visit": within(case, FOCAL),
        "appraisal_review": within(await with_reviewers(world), REVIEWERS[0]),
        "consultations_ask_applicant": within(other, FOCAL),
        "consultations_answer_for_applicant": within(case, OWNER, clarification_id=asked.id),
        "consultations_ask_unit": within(case, FOCAL, ids={"unit_id": world.units["health"]}),
        "consultations_answer_for_unit": within(case, "cong_an", consultation_id=consulted.id),
    }


async def after_silence(world: World) -> dict[str, Scene]:
    """What was asked two days ago, under terms left open, with a letter that said what would happen."""
    world.clock.forward(days=-2)
    act = world.use_cases
    filed = await received(world, procedure_code=AI_PROCEDURE)
    waiting = await act.intake.request_supplement(
        world.context(INTAKE),
        filed.id,
        expected_version=filed.version,
        items=(SupplementItem(target="documents.trial_plan", reason="Mờ"),),
        exception_reason=None,
    )
    case = await under_appraisal(world)
    asked = await act.clarifications.ask(world.context(FOCAL), case.id, question="Ao nào?")
    world.clock.forward(hours=1)
    await act.messages.send(world.context(INTAKE), filed.id, body="Hồ sơ sẽ dừng nếu không bổ sung.")
    await act.messages.send(world.context(FOCAL), case.id, body="Sẽ thẩm định tiếp nếu không trả lời.")
    world.clock.forward(hours=47)
    return {
        "intake_lapse": within(waiting, INTAKE),
        "consultations_close_unanswered": within(case, FOCAL, clarification_id=asked.id),
    }


async def in_council(world: World) -> dict[str, Scene]:
    fresh, called, met, voted = [await reviewed(world) for _ in range(4)]
    session = await convened(world, called)
    members = [world.people[name] for name in MEMBERS]
    council = {"chair_id": world.people[CHAIR], "secretary_id": world.people[SECRETARY], "member_ids": members}
    begun, over = await sitting(world, met), await sitting(world, voted)
    for name in MEMBERS:
        await world.use_cases.councils.vote(
            world.context(name), voted.id, over.id, choice=Choice.FOR, is_written=False, dissent=""
        )
    return {
        "councils_convene": within(fresh, FOCAL, ids=council),
        "councils_recompose": Scene(
            by=FOCAL, at={"application_id": called.id, "session_id": session.id}, seen=session.version, ids=council
        ),
        "councils_vote": within(met, CHAIR, session_id=begun.id),
        "councils_conclude": Scene(
            by=SECRETARY,
            at={"application_id": voted.id, "session_id": over.id},
            seen=over.version,
            ids={"present_ids": members},
        ),
    }


async def at_decision(world: World) -> dict[str, Scene]:
    ready, waiting, other = await appraised(world), await recommended(world), await recommended(world)
    refused = await world.use_cases.decisions.refuse(
        world.context(SIGNER),
        other.id,
        expected_version=other.version,
        legal_basis=BASIS,
        reasons=REASONS,
    )
    idle, completed = await under_appraisal(world), await under_appraisal(world)
    back = await world.use_cases.returns.to_officer(
        world.context(HEAD), completed.id, expected_version=completed.version, reason="Thiếu lịch trực."
    )
    over = await turned_away(world)
    filed = await world.use_cases.complaints.file(world.context(OWNER), over.id, grounds="Lý do không rõ.")
    return {
        "returns_to_head": within(waiting, SIGNER),
        "returns_to_officer": within(idle, HEAD),
        "returns_resubmit": within(back, FOCAL),
        "decisions_recommend": within(ready, HEAD),
        "decisions_approve": within(waiting, SIGNER),
        "decisions_refuse": within(waiting, SIGNER),
        "permits_issue": within(await approved(world), RECORDS),
        "applications_complain": within(refused.application, OWNER),
        "complaints_settle": Scene(by="khieu_nai", at={"application_id": over.id, "complaint_id": filed.id}),
        "intake_deliver": within(refused.application, INTAKE),
    }


async def around_privacy(world: World) -> dict[str, Scene]:
    over, kept = await refused_intake(world), await refused_intake(world)
    placed = await hold(world, kept.id)
    person = await newcomer(world)
    asked = await propose(world, over.id)
    return {
        "holds_place": within(over, KEEPER),
        "holds_lift": Scene(by=KEEPER, at={"application_id": kept.id, "hold_id": placed.id}),
        "erasures_propose": Scene(by=ADMIN, ids={"target_id": person.id}),
        "erasures_refuse": Scene(by=SIGNER, at={"erasure_id": asked.id}),
        "erasures_withdraw": Scene(by=ADMIN, at={"erasure_id": asked.id}),
    }


async def among_people(world: World, examples: dict[str, Any]) -> dict[str, Scene]:
    known = await world.use_cases.people.register(world.context(ADMIN), **examples["people_register"])
    world.people["quen"] = known.id
    unit = {"unit_id": world.units["focal"]}
    confirming = await mailed(world, AccountMailKind.CONFIRM_EMAIL, "moi@camau.example", person=world.people[OWNER])
    resetting = await mailed(world, AccountMailKind.RESET_PASSWORD, "nguoi_la@camau.example")
    return {
        "account_confirm_email": Scene(by=OWNER, ids={"secret": confirming}),
        "account_edit": Scene(by=OWNER),
        "account_request_email": Scene(by="quen"),
        "account_request_reset": Scene(by="quen"),
        "account_reset_password": Scene(by="quen", ids={"secret": resetting}),
        "offices_grant": Scene(by=ADMIN, at={"person_id": known.id}, ids=unit),
        "offices_lend": Scene(by=SIGNER, ids={"to_person_id": world.people[HEAD], "unit_id": world.units["committee"]}),
        "organisations_create": Scene(by="nguoi_la"),
        "organisations_edit": Scene(by=OWNER, at={"organisation_id": world.startup}),
        "organisations_add_member": Scene(by=OWNER, at={"organisation_id": world.startup}),
        "people_change_password": Scene(by="quen"),
        "tokens_create": Scene(by=OWNER),
        "tokens_log_in": Scene(by=OWNER),
        "units_create": Scene(by=ADMIN),
        "units_edit": Scene(by=ADMIN, at={"unit_id": world.units["focal"]}),
        "units_propose_handles": Scene(by=ADMIN, at={"unit_id": world.units["focal"]}),
    }


async def around_machines(world: World, examples: dict[str, Any]) -> dict[str, Scene]:
    made = await world.use_cases.webhooks.create(
        world.context(OWNER), organisation_id=world.startup, **examples["webhooks_edit"]
    )
    rule = examples["procedures_propose"]
    proposed = await world.use_cases.rule_versions.propose(
        world.context(ADMIN), kind=RuleKind(rule["kind"]), content=rule["content"] + "# Another."
    )
    others = [
        await world.use_cases.rule_versions.propose(
            world.context(ADMIN), kind=RuleKind(rule["kind"]), content=f"{rule['content']}# {number}"
        )
        for number in range(2)
    ]
    endpoint = {"endpoint_id": made.endpoint.id}
    return {
        "procedures_propose": Scene(by=ADMIN),
        "procedures_approve": Scene(by="quan_tri_2", at={"version_id": proposed.id}),
        "procedures_reject": Scene(by="quan_tri_2", at={"version_id": others[0].id}),
        "procedures_withdraw": Scene(by=ADMIN, at={"version_id": others[1].id}),
        "webhooks_create": Scene(by=OWNER, ids={"organisation_id": world.startup}),
        "webhooks_edit": Scene(by=OWNER, at=endpoint),
        "webhooks_rotate": Scene(by=OWNER, at=endpoint),
    }
