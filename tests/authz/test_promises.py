"""Powers stay where the law puts them, and nobody loses what they must be able to do: faults planted in the policy."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox_registry.authz.policy import parse_policy
from sandbox_registry.authz.promises import broken_promises
from sandbox_registry.authz.space import Space

POLICY_DIR = Path(__file__).parents[2] / "policies" / "casbin"
MODEL = (POLICY_DIR / "model.conf").read_text(encoding="utf-8")
POLICY = (POLICY_DIR / "policy.csv").read_text(encoding="utf-8")

# What somebody is given who should not have it: role, relation, stage, act; and the finding.
GRANTED = {
    # Offices, accounts and rules.
    "a head grants offices": ("r:focal_head, *, none, role:grant", "wrong_office"),
    "a signer grants offices": ("r:decision_maker, unit, none, role:grant", "wrong_office"),
    "everybody grants offices": ("r:applicant, *, none, role:grant", "wrong_office"),
    "the records office takes offices away": ("r:records_officer, unit, none, role:revoke", "wrong_office"),
    "a head makes accounts": ("r:focal_head, *, none, person:create", "wrong_office"),
    "a desk shuts accounts": ("r:one_stop_officer, *, none, person:disable", "wrong_office"),
    "a head founds units": ("r:focal_head, *, none, organisation:create_unit", "wrong_office"),
    "a head approves rules": ("r:focal_head, *, none, procedure:approve", "wrong_office"),
    "a signer approves rules": ("r:decision_maker, unit, none, procedure:approve", "wrong_office"),
    "an officer proposes rules": ("r:focal_officer, *, none, procedure:propose", "wrong_office"),
    "an applicant proposes rules": ("r:applicant, own, none, procedure:propose", "wrong_office"),
    "a signer changes the policy": ("r:decision_maker, unit, none, policy:change", "wrong_office"),
    "a desk changes keys": ("r:one_stop_officer, *, none, key:change", "wrong_office"),
    "the records office restores backups": ("r:records_officer, *, none, backup:restore", "wrong_office"),
    "a supervisor makes backups": ("r:supervisor, *, none, backup:make", "wrong_office"),
    "an officer steps the clock": ("r:focal_officer, *, none, clock:step", "wrong_office"),
    "an expert changes the witnesses": ("r:council_expert, *, none, witness:change", "wrong_office"),
    "a reviewer reports for a witness": ("r:reviewer, *, none, witness:report", "wrong_office"),
    "a head confirms offices": ("r:focal_head, *, none, role:confirm", "wrong_office"),
    "an administrator lends power to sign": ("r:system_admin, *, none, delegation:grant", "wrong_office"),
    "a head lends power to sign": ("r:focal_head, unit, none, delegation:grant", "wrong_office"),
    "the records office ends a delegation": ("r:records_officer, unit, none, delegation:revoke", "wrong_office"),
    # Issuing and deciding.
    "a signer issues": ("r:decision_maker, unit, approved, permit:issue", "wrong_office"),
    "a desk issues": ("r:one_stop_officer, unit, approved, permit:issue", "wrong_office"),
    "a supervisor issues": ("r:supervisor, supervisor, approved, permit:issue", "wrong_office"),
    "the records office issues before the decision": (
        "r:records_officer, unit, awaiting_decision, permit:issue",
        "wrong_stage",
    ),
    "the records office issues what was refused": ("r:records_officer, unit, refused, permit:issue", "wrong_stage"),
    "the records office of anywhere issues": ("r:records_officer, *, approved, permit:issue", "wrong_standing"),
    "a head approves": ("r:focal_head, unit, awaiting_decision, decision:approve", "wrong_office"),
    "the records office refuses": ("r:records_officer, unit, awaiting_decision, decision:refuse", "wrong_office"),
    "a council approves": ("r:council_expert, council_chair, awaiting_decision, decision:approve", "wrong_office"),
    "a signer approves without appraisal": ("r:decision_maker, unit, submitted, decision:approve", "wrong_stage"),
    "a signer decides again": ("r:decision_maker, unit, refused, decision:approve", "wrong_stage"),
    "a signer of anywhere decides": ("r:decision_maker, *, awaiting_decision, decision:approve", "wrong_standing"),
    # Taking in and appraising.
    "an officer accepts": ("r:focal_officer, unit, submitted, application:accept", "wrong_office"),
    "the records office refuses intake": (
        "r:records_officer, unit, submitted, application:refuse_intake",
        "wrong_office",
    ),
    "a desk accepts again": ("r:one_stop_officer, unit, under_appraisal, application:accept", "wrong_stage"),
    "a desk of anywhere receives": ("r:one_stop_officer, *, submitted, application:receive", "wrong_standing"),
    "an officer recommends": ("r:focal_officer, focal, under_appraisal, application:recommend", "wrong_office"),
    "a signer recommends": ("r:decision_maker, unit, under_appraisal, application:recommend", "wrong_office"),
    "an officer assigns": ("r:focal_officer, focal, accepted, assignment:assign", "wrong_office"),
    "a reviewer votes": ("r:reviewer, assigned, under_appraisal, council:vote", "wrong_office"),
    "the secretary votes": ("r:council_expert, secretary, under_appraisal, council:vote", "wrong_standing"),
    "a head reviews": ("r:focal_head, unit, under_appraisal, review:submit", "wrong_office"),
    "a reviewer of nothing reviews": ("r:reviewer, council_member, under_appraisal, review:submit", "wrong_standing"),
    "an officer answers for the agency": (
        "r:focal_officer, focal, under_appraisal, consultation:answer",
        "wrong_office",
    ),
    "an agency that was not asked answers": (
        "r:consulted_officer, unit, under_appraisal, consultation:answer",
        "wrong_standing",
    ),
    "a desk classifies": ("r:one_stop_officer, unit, accepted, application:classify", "wrong_office"),
    "a signer asks the applicant": ("r:decision_maker, unit, awaiting_decision, clarification:ask", "wrong_office"),
    "a reviewer asks agencies": ("r:reviewer, assigned, under_appraisal, consultation:ask", "wrong_office"),
    "an agency convenes the council": (
        "r:consulted_officer, consulted, under_appraisal, council:convene",
        "wrong_office",
    ),
    "a signer stops a case": ("r:decision_maker, unit, awaiting_decision, application:stop", "wrong_office"),
    "the records office lets a case lapse": (
        "r:records_officer, unit, supplement_requested, application:lapse",
        "wrong_office",
    ),
    # The applicant's side.
    "a desk files for somebody": ("r:supervisor, supervisor, draft, application:submit", "wrong_office"),
    "a head edits a dossier": ("r:focal_head, unit, supplement_requested, application:edit", "wrong_office"),
    "a delegate complains": ("r:applicant, delegate, refused, application:complain", "wrong_standing"),
    "a delegate withdraws": ("r:applicant, delegate, submitted, application:request_withdrawal", "wrong_standing"),
    "an officer answers for the applicant": (
        "r:focal_officer, focal, under_appraisal, clarification:answer",
        "wrong_office",
    ),
    # Reading.
    "everybody reads people": ("r:applicant, *, none, person:read", "wrong_office"),
    "a desk reads workloads": ("r:one_stop_officer, *, none, workload:read", "wrong_office"),
    "an expert reads erasures": ("r:council_expert, *, none, erasure:read", "wrong_office"),
    "an officer takes bundles": ("r:focal_officer, unit, submitted, application:read_bundle", "wrong_office"),
    "an agency reads scores": ("r:consulted_officer, consulted, under_appraisal, review:read", "wrong_office"),
    "a desk reads the minutes": ("r:one_stop_officer, unit, under_appraisal, council:read", "wrong_office"),
    "a desk reads interests": ("r:one_stop_officer, unit, under_appraisal, declaration:read", "wrong_office"),
    "a desk reads opinions": ("r:one_stop_officer, unit, under_appraisal, consultation:read", "wrong_office"),
    # Files and personal data.
    "a head lifts holds": ("r:focal_head, unit, accepted, hold:lift", "wrong_office"),
    "a desk places holds": ("r:one_stop_officer, unit, submitted, hold:place", "wrong_office"),
    "a head confirms erasures": ("r:focal_head, *, none, erasure:confirm", "wrong_office"),
    "everybody asks for erasures": ("r:applicant, *, none, erasure:propose", "wrong_office"),
    "the records office refuses erasures": ("r:records_officer, *, none, erasure:refuse", "wrong_office"),
}

# What stands in policy.csv, what stands there instead, and who loses what they must be able to do.
LOST = {
    "the applicant no longer reads its decision": (
        "p, r:applicant, own, stages:decided, decision:read",
        "p, r:applicant, own, approved, decision:read",
        "applicant as own",
    ),
    "its delegate no longer reads the permit": (
        "p, r:applicant, delegate, stages:permit, permit:read",
        "p, r:applicant, delegate, permit_active, permit:read",
        "applicant as delegate",
    ),
    "the applicant's reading hits its own refusal": (
        "p, *, own, *, acts:official, deny",
        "p, *, own, *, acts:case, deny",
        "applicant as own",
    ),
    "the applicant cannot complain of a refused intake": (
        "p, r:applicant, own, intake_refused, application:complain",
        "p, r:applicant, own, refused, application:complain",
        "applicant as own",
    ),
    "no withdrawal after acceptance": (
        "p, r:applicant, own, stages:open, application:request_withdrawal",
        "p, r:applicant, own, submitted, application:request_withdrawal",
        "applicant as own",
    ),
    "no timeline for the applicant": (
        "p, r:applicant, own, stages:case, application:read_timeline",
        "p, r:applicant, own, draft, application:read_timeline",
        "applicant as own",
    ),
    "no own password": (
        "p, r:applicant, *, none, password:change",
        "p, r:applicant, own, none, password:change",
        "applicant as none",
    ),
    "committees read nothing": (
        "p, r:hdnd_committee, overseer, stages:filed, acts:read_case",
        "p, r:hdnd_committee, overseer, stages:decided, acts:read_case",
        "hdnd_committee as overseer",
    ),
    "members read no permits": (
        "p, r:hdnd_member, overseer, stages:permit, permit:read",
        "p, r:hdnd_member, overseer, permit_ended, permit:read",
        "hdnd_member as overseer",
    ),
    "members check nothing": (
        "p, r:hdnd_member, overseer, stages:filed, application:read_bundle",
        "p, r:hdnd_member, overseer, refused, application:read_bundle",
        "hdnd_member as overseer",
    ),
    "committees read no interests": (
        "p, r:hdnd_committee, overseer, stages:filed, declaration:read",
        "p, r:hdnd_committee, overseer, approved, declaration:read",
        "hdnd_committee as overseer",
    ),
    "inspection reads no books": (
        "p, r:auditor, *, none, acts:read_registry",
        "p, r:auditor, *, none, organisation:read",
        "auditor as overseer",
    ),
    "refusals are not decided cases": ("g, refused, stages:decided\n", "", "applicant as own"),
    "referred cases are not filed": ("g, referred, stages:filed\n", "", "hdnd_member as overseer"),
    "suspended permits are none": ("g, permit_suspended, stages:permit\n", "", "supervisor as supervisor"),
    "reading scores is no reading": ("g2, review:read, acts:read_case\n", "", "hdnd_committee as overseer"),
    "workloads are no books": ("g2, workload:read, acts:read_registry\n", "", "hdnd_member as overseer"),
    "letters do not reach the desk": (
        "p, r:one_stop_officer, unit, stages:filed, message:read",
        "p, r:one_stop_officer, unit, submitted, message:read",
        "one_stop_officer as unit",
    ),
    "signers decide unread": (
        "p, r:decision_maker, unit, stages:signing, acts:read_case",
        "p, r:decision_maker, unit, stages:decided, acts:read_case",
        "decision_maker as unit",
    ),
    "reviewers score unread": (
        "p, r:reviewer, assigned, stages:appraised, application:read",
        "p, r:reviewer, assigned, accepted, application:read",
        "reviewer as reviewer",
    ),
    "agencies answer unread": (
        "p, r:consulted_officer, consulted, under_appraisal, application:read",
        "p, r:consulted_officer, consulted, accepted, application:read",
        "consulted_officer as consulted",
    ),
    "members vote unread": (
        "p, r:council_expert, council_member, stages:appraised, review:read",
        "p, r:council_expert, council_member, accepted, review:read",
        "council_expert as council_member",
    ),
    "who drafts is shut out": (
        "p, *, acted_as_focal, *, council:vote, deny",
        "p, *, acted_as_focal, *, acts:read_case, deny",
        "focal_officer as unit+focal",
    ),
    "members are shut out by their own vote": (
        "p, *, acted_as_reviewer, *, acts:decision, deny",
        "p, *, acted_as_reviewer, *, acts:read_case, deny",
        "council_expert as council_member",
    ),
    "nobody may take offices away": (
        "p, r:system_admin, *, none, role:revoke",
        "p, r:system_admin, own, none, role:revoke",
        "system_admin as none",
    ),
    "holds cannot be lifted after the decision": (
        "p, r:records_officer, unit, stages:filed, hold:lift",
        "p, r:records_officer, unit, stages:open, hold:lift",
        "records_officer as unit",
    ),
    "results are not delivered": (
        "p, r:one_stop_officer, unit, stages:decided, application:deliver",
        "p, r:one_stop_officer, unit, refused, application:deliver",
        "one_stop_officer as unit",
    ),
    "supervisors do not know what was approved": (
        "p, r:supervisor, supervisor, approved, decision:read",
        "p, r:supervisor, focal, approved, decision:read",
        "supervisor as supervisor",
    ),
}


def findings(policy: str) -> set[tuple[str, str]]:
    return {(found.code, found.where) for found in broken_promises(Space(parse_policy(MODEL, policy)))}


def test_shipped_policy_keeps_its_promises() -> None:
    assert findings(POLICY) == set()


@pytest.mark.parametrize("fault", GRANTED)
def test_power_in_other_hands_is_found(fault: str) -> None:
    given, code = GRANTED[fault]
    policy = parse_policy(MODEL, f"{POLICY}p, {given}, allow, a new idea\n")
    # Only the lines about this act: what is said of the others does not change.
    space = Space(replace(policy, lines=policy.by_action[given.rpartition(", ")[2]]))
    assert (code, policy.lines[-1].text) in {(found.code, found.where) for found in broken_promises(space)}


@pytest.mark.parametrize("fault", LOST)
def test_lost_right_is_found(fault: str) -> None:
    old, new, who = LOST[fault]
    assert old in POLICY
    assert ("promise_broken", who) in findings(POLICY.replace(old, new, 1))
