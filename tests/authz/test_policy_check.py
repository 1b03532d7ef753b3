"""The checker finds nothing in the shipped policy, and finds every fault put into it on purpose."""

from pathlib import Path

import pytest

from sandbox_registry.authz import PolicyFinding
from sandbox_registry.authz.checks import check_policy
from sandbox_registry.authz.policy import parse_policy
from sandbox_registry.authz.separation import broken_separation_rules
from sandbox_registry.authz.space import Space

POLICY_DIR = Path(__file__).parents[2] / "policies" / "casbin"
MODEL = (POLICY_DIR / "model.conf").read_text(encoding="utf-8")
POLICY = (POLICY_DIR / "policy.csv").read_text(encoding="utf-8")


def line_of(words: str) -> str:
    """Find how a line is called; its number changes whenever a line is put in before it."""
    lines = parse_policy(MODEL, POLICY).lines
    return next(line.text for line in lines if line.text.partition(" ")[2] == words)


# Each fault: what is taken out of policy.csv, what stands there instead, the finding it must give.
FAULTS = {
    "filers may decide": (
        "p, *, own, *, acts:official, deny",
        "p, *, own, *, acts:intake, deny",
        PolicyFinding(
            code="decides_own",
            where=line_of("r:decision_maker,unit,awaiting_decision,decision:approve,allow"),
            message="nobody decides what they filed, "
            "but decision_maker standing as own + unit may decision:approve at awaiting_decision",
        ),
    ),
    "past filers may decide": (
        "p, *, acted_as_filer, *, acts:official",
        "p, *, acted_as_filer, *, acts:intake",
        "decides_own",
    ),
    "delegates may review": ("g2, review:submit, acts:appraisal\n", "", "handles_own"),
    "intake may decide": (
        "p, *, acted_as_intake, *, acts:decision",
        "p, *, acted_as_intake, draft, acts:decision",
        "intake_decides",
    ),
    "intake may appraise": (
        "p, *, acted_as_intake, *, acts:appraisal",
        "p, *, acted_as_intake, accepted, acts:appraisal",
        "intake_appraises",
    ),
    "appraisers may decide": (
        "p, *, acted_as_reviewer, *, acts:decision",
        "p, *, acted_as_reviewer, *, decision:refuse",
        "appraiser_decides",
    ),
    "intake may settle complaints about itself": (
        "p, *, acted_as_intake, *, complaint:settle",
        "p, r:reviewer, acted_as_intake, *, complaint:settle",
        "handler_settles_complaint",
    ),
    "appraisers may take in": (
        "p, *, acted_as_reviewer, *, acts:intake",
        "p, r:reviewer, acted_as_reviewer, *, acts:intake",
        "appraiser_takes_in",
    ),
    "deciders may appraise": (
        "p, *, acted_as_decider, *, acts:appraisal",
        "p, *, acted_as_decider, *, council:vote",
        "decider_works_on_case",
    ),
    "who decided may issue": (
        "p, *, acted_as_decider, *, permit:issue, deny",
        "p, *, acted_as_decider, *, application:stop, deny",
        "decider_issues",
    ),
    "the drafter may vote": (
        "p, *, acted_as_focal, *, council:vote, deny",
        "p, *, acted_as_focal, *, application:stop, deny",
        "drafter_votes",
    ),
    "yesterday's member may handle": (
        "p, *, linked, *, acts:official",
        "p, *, linked, *, acts:decision",
        "linked_handles",
    ),
    "no declaration before acting": (
        "p, *, declares_first, *, acts:handling",
        "p, *, declares_first, *, acts:decision",
        "acts_undeclared",
    ),
    "officers file at home": (
        "p, *, unit, *, application:submit, deny",
        "p, *, unit, *, application:discard, deny",
        "files_in_chain",
    ),
    "no declaration before opening": (
        "p, *, undeclared, *, acts:case",
        "p, *, undeclared, *, acts:appraisal",
        "undeclared_opens",
    ),
    "a refusal in capitals": (
        "p, *, conflicted, *, acts:case, deny",
        "p, *, conflicted, *, acts:case, Deny",
        "unknown_effect",
    ),
    "conflicted people read": (
        "p, *, conflicted, *, acts:case",
        "p, *, conflicted, *, acts:appraisal",
        "conflicted_acts",
    ),
    "the Council writes": (
        "p, r:hdnd_member, *, *, acts:write, deny, the",
        "p, r:hdnd_member, *, draft, acts:write, deny, the",
        "overseer_writes",
    ),
    "a write is forgotten": ("g2, message:send, acts:write\n", "", "overseer_writes"),
    "administrators read": (
        "p, r:system_admin, *, *, acts:case, deny",
        "p, r:system_admin, *, *, acts:decision, deny",
        "admin_opens_dossier",
    ),
    "administrators confirm erasures": (
        "p, r:system_admin, *, *, erasure:confirm, deny",
        "p, r:system_admin, *, draft, erasure:confirm, deny",
        "erases_alone",
    ),
    "who lifts holds confirms erasures": (
        "p, r:records_officer, *, *, erasure:confirm, deny",
        "p, r:records_officer, *, *, erasure:refuse, deny",
        "erases_alone",
    ),
    "signers ask for erasures": (
        "p, r:decision_maker, *, none, erasure:refuse, allow",
        "p, r:decision_maker, *, none, erasure:propose, allow",
        "erases_alone",
    ),
    "delegates sign": (
        "p, r:applicant, own, draft, application:submit,",
        "p, r:applicant, delegate, draft, application:submit,",
        "signs_without_power",
    ),
    "drafts are open": (
        "p, r:hdnd_member, overseer, stages:filed, acts:read_case",
        "p, r:hdnd_member, overseer, stages:case, acts:read_case",
        "draft_open",
    ),
    "anybody of an office reads": (
        "p, r:reviewer, assigned, stages:appraised, review:read",
        "p, r:reviewer, *, stages:appraised, review:read",
        "outsider_acts",
    ),
    "nobody recommends": (
        "p, r:focal_head, unit, under_appraisal, application:recommend",
        "p, r:focal_head, unit, accepted, application:recommend",
        "no_owner",
    ),
    "a refusal hits its own office": (
        "p, *, acted_as_focal, *, council:vote",
        "p, *, acted_as_focal, *, acts:appraisal",
        "no_owner",
    ),
    "nobody gives opinions": (
        "p, r:consulted_officer, consulted, under_appraisal, consultation:answer,",
        "p, r:consulted_officer, consulted, under_appraisal, application:read_timeline,",
        "promise_broken",
    ),
    "only the impossible gives opinions": (
        "p, r:consulted_officer, consulted, under_appraisal, consultation:answer,",
        "p, r:consulted_officer, unit, under_appraisal, consultation:answer,",
        "promise_broken",
    ),
    "nobody reviews": (
        "p, r:reviewer, assigned, under_appraisal, review:submit,",
        "p, r:reviewer, assigned, under_appraisal, application:read_timeline,",
        "unreachable_action",
    ),
    "only the impossible reviews": (
        "p, r:reviewer, assigned, under_appraisal, review:submit,",
        "p, r:reviewer, unit, under_appraisal, review:submit,",
        "unreachable_action",
    ),
    "a line twice": (
        "p, r:applicant, own, refused, application:complain, allow, A25; Law on Complaints 02/2011",
        (
            "p, r:applicant, own, refused, application:complain, allow, A25\n"
            "p, r:applicant, own, refused, application:complain, allow, once more"
        ),
        "repeated_line",
    ),
    "a line against itself": (
        "p, r:records_officer, unit, approved, permit:issue, allow, A23; Decree 30/2020",
        (
            "p, r:records_officer, unit, approved, permit:issue, allow, A23\n"
            "p, r:records_officer, unit, approved, permit:issue, deny, not any more"
        ),
        "contradicted_line",
    ),
    "a line in the shadow of a wider one": (
        "p, r:focal_officer, unit, stages:appraisal, assignment:claim, allow, A11",
        (
            "p, r:focal_officer, unit, stages:appraisal, assignment:claim, allow, A11\n"
            "p, r:focal_officer, unit, accepted, assignment:claim, allow, A11"
        ),
        "idle_line",
    ),
    "a permission always refused": (
        "p, r:auditor, *, none, acts:read_registry, allow",
        "p, r:auditor, *, none, person:create, allow, never\np, r:auditor, *, none, acts:read_registry, allow",
        "idle_line",
    ),
    "a refusal of what nobody may": (
        "p, *, acted_as_focal, *, council:vote, deny",
        "p, *, acted_as_focal, draft, council:conclude, deny, never\np, *, acted_as_focal, *, council:vote, deny",
        "idle_line",
    ),
    "a helper who stays": (
        "p, r:applicant, helper, draft, application:read, allow",
        "p, r:applicant, helper, stages:filed, application:read_timeline, allow, never\np, r:applicant, helper, draft, application:read, allow",
        "helper_stays",
    ),
    "a helper who takes the dossier in": (
        "p, *, acted_as_helper, *, acts:intake, deny",
        "p, *, acted_as_helper, draft, acts:intake, deny",
        "helper_handles",
    ),
    "a declaration that is owed and cannot be made": (
        "p, r:records_officer, unit, stages:decided, declaration:make, allow",
        "p, r:records_officer, unit, approved, declaration:make, allow",
        "undeclarable",
    ),
    "a group nobody uses": (
        "g, draft, stages:editable",
        "g, draft, stages:early\ng, draft, stages:editable",
        "idle_group",
    ),
    "a member twice": (
        "g, draft, stages:editable",
        "g, draft, stages:editable\ng, draft, stages:editable",
        "repeated_member",
    ),
    "a misspelt role": ("r:records_officer, unit, approved", "r:record_officer, unit, approved", "unknown_role"),
    "a role without its prefix": (
        "r:records_officer, unit, approved",
        "records_officer, unit, approved",
        "unknown_role",
    ),
    "a misspelt relation": ("p, *, conflicted, *, acts:case", "p, *, conflict, *, acts:case", "unknown_relation"),
    "a misspelt stage": ("unit, approved, permit:issue", "unit, aproved, permit:issue", "unknown_stage"),
    "a misspelt stage in a group": ("g, withdrawn, stages:filed", "g, withdraw, stages:filed", "unknown_stage"),
    "a misspelt act": ("approved, permit:issue", "approved, permit:isue", "unknown_action"),
    "a misspelt act in a group": ("g2, permit:issue, acts:write", "g2, permit:isue, acts:write", "unknown_action"),
    "an act for every act": ("own, draft, application:discard", "own, draft, *", "unknown_action"),
    "no basis": (
        "p, r:applicant, own, draft, application:discard, allow, A1",
        "p, r:applicant, own, draft, application:discard, allow,",
        "no_basis",
    ),
    "a refusal lists cannot follow": (
        "p, *, acted_as_focal, *, council:vote, deny",
        "p, *, acted_as_decider, *, application:read, deny, a new idea\np, *, acted_as_focal, *, council:vote, deny",
        "unlistable",
    ),
    "a reading lists cannot follow": (
        "p, r:focal_officer, unit, stages:filed, application:read,",
        "p, r:focal_officer, focal, stages:filed, application:read,",
        "unlistable",
    ),
    "an act on a case that those it is allowed to cannot find": (
        "p, r:applicant, own, draft, application:discard, allow, A1",
        "p, r:applicant, own, draft, application:discard, allow, A1\np, r:applicant, acted_as_filer, refused, application:complain, allow, x",
        "unfindable",
    ),
    "brackets": ("allow, A1\n", "allow, A1)\n", "unreadable"),
    "a missing column": ("p, *, own, *, acts:official, deny,", "p, *, own, *, acts:official,", "unreadable"),
    "an unknown kind of line": ("p, *, own, *,", "P, *, own, *,", "unreadable"),
}


def checked(policy: str, tmp_path: Path, model: str = MODEL) -> list[PolicyFinding]:
    (tmp_path / "model.conf").write_text(model, encoding="utf-8")
    (tmp_path / "policy.csv").write_text(policy, encoding="utf-8")
    return check_policy(tmp_path)


def test_shipped_policy_has_no_findings() -> None:
    assert check_policy(POLICY_DIR) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_fault_is_found(fault: str, tmp_path: Path) -> None:
    old, new, expected = FAULTS[fault]
    assert old in POLICY
    found = checked(POLICY.replace(old, new, 1), tmp_path)
    assert expected in (found if isinstance(expected, PolicyFinding) else {finding.code for finding in found})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("&& !some(where (p.eft == deny))", ""),
        ('p.role == "*" || p.role == r.role', 'p.role == "*" || p.role != r.role'),
        ("p.relation in r.relations", 'p.relation == "unit"'),
        ('p.stage == "*" || g(r.stage, p.stage)', 'p.stage == "*" || r.stage == p.stage'),
    ],
)
def test_model_that_answers_otherwise_is_found(old: str, new: str, tmp_path: Path) -> None:
    assert old in MODEL
    assert "model_differs" in {finding.code for finding in checked(POLICY, tmp_path, MODEL.replace(old, new))}


def test_every_refusal_guards_a_duty() -> None:
    """Without any one refusal the checker says which duty is broken: none stands in the file for ornament."""
    lines = POLICY.splitlines()
    refusals = [at for at, line in enumerate(lines) if line.startswith("p,") and ", deny," in line]
    silent = []
    for at in refusals:
        without = parse_policy(MODEL, "\n".join([*lines[:at], *lines[at + 1 :]]))
        if not list(broken_separation_rules(Space(without))):
            silent.append(lines[at])
    assert len(refusals) == 35
    assert silent == []
