"""Decisions, their reasons, tokens, lists."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.authz import Action, AuthorizationDecision, Authorizer, PolicyUnreadable
from sandbox_registry.authz.enforcer import TOKEN_SCOPE
from sandbox_registry.domain.identity.people import Actor, Capacity, Relation, Role, Standing
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.stages import APPLICATION_STAGES, PERMIT_STAGES, Stage
from tests.support.scopes import admits

POLICY_DIR = Path(__file__).parents[2] / "policies" / "casbin"
AUTHORIZER = Authorizer(POLICY_DIR)
PERSON, COMPANY, OTHER_COMPANY, UNIT, OTHER_UNIT = (UUID(int=number) for number in range(1, 6))
FILED = frozenset(APPLICATION_STAGES) - {Stage.DRAFT}
APPRAISED = frozenset({Stage.ACCEPTED, Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION})


def actor(*offices: tuple[Role, UUID], **changes: object) -> Actor:
    nobody = Actor(
        person_id=PERSON,
        offices=frozenset(offices),
        signs_for_organisations=frozenset(),
        drafts_for_organisations=frozenset(),
        signs_for=None,
        auth_method="password",
        token_scopes=None,
        request_id="request",
    )
    return replace(nobody, **changes)  # type: ignore[arg-type]  # Tests name the fields they change.


def case(*capacities: Capacity, conflicted: bool | None = None, past: frozenset[Capacity] = frozenset()) -> Standing:
    return Standing(
        organisation_id=COMPANY,
        unit_ids=frozenset({UNIT}),
        capacities=frozenset(capacities),
        past_capacities=past,
        conflicted=conflicted,
    )


def line_of(words: str) -> str:
    """Find how a line is called; its number changes whenever a line is put in before it."""
    return next(line.text for line in AUTHORIZER.tables() if line.text.partition(" ")[2] == words)


SIGNER = actor((Role.DECISION_MAKER, UNIT))
APPROVE = (Stage.AWAITING_DECISION, Action.DECISION_APPROVE)


def test_decision_names_line_basis_and_role() -> None:
    assert AUTHORIZER.judge(SIGNER, case(), *APPROVE) == AuthorizationDecision(
        allowed=True,
        line=line_of("r:decision_maker,unit,awaiting_decision,decision:approve,allow"),
        basis="A19; Decree 142/2026 arts 23 and 44(5)",
        role=Role.DECISION_MAKER,
    )


def test_refusal_names_the_line_that_refused() -> None:
    decision = AUTHORIZER.judge(SIGNER, case(past=frozenset({Capacity.RECOMMENDER})), *APPROVE)
    assert (decision.allowed, decision.line) == (False, line_of("*,acted_as_reviewer,*,acts:decision,deny"))


def test_silence_refuses_without_a_line() -> None:
    assert AUTHORIZER.judge(actor(), case(), *APPROVE) == AuthorizationDecision(
        allowed=False, line=None, basis="", role=None
    )


def test_several_roles_any_refusal_wins() -> None:
    both = frozenset({Role.APPLICANT, Role.DECISION_MAKER, Role.HDND_MEMBER})
    decided = AUTHORIZER.decide(both, frozenset({Relation.UNIT}), *APPROVE)
    assert decided.allowed is False
    assert decided.line == line_of("r:hdnd_member,*,*,acts:write,deny")
    assert decided.role is Role.HDND_MEMBER


def test_several_roles_any_permission_counts() -> None:
    person = actor((Role.REVIEWER, UNIT), (Role.ONE_STOP_OFFICER, UNIT))
    assert AUTHORIZER.judge(person, case(), Stage.SUBMITTED, Action.APPLICATION_ACCEPT).allowed


def test_office_in_another_unit_gives_nothing_here() -> None:
    elsewhere = actor((Role.DECISION_MAKER, OTHER_UNIT), (Role.RECORDS_OFFICER, UNIT))
    assert not AUTHORIZER.judge(elsewhere, case(), *APPROVE).allowed


def test_administrator_of_an_applicant_still_opens_no_dossier() -> None:
    person = actor((Role.SYSTEM_ADMIN, UNIT), signs_for_organisations=frozenset({COMPANY}))
    assert not AUTHORIZER.judge(person, case(), Stage.DRAFT, Action.APPLICATION_READ).allowed


def test_undeclared_member_may_only_declare() -> None:
    member = actor((Role.COUNCIL_EXPERT, OTHER_UNIT))
    invited, clear = case(Capacity.COUNCIL_MEMBER), case(Capacity.COUNCIL_MEMBER, conflicted=False)
    assert AUTHORIZER.may_do(member, invited, Stage.UNDER_APPRAISAL) == {Action.DECLARATION_MAKE}
    assert AUTHORIZER.may_do(member, clear, Stage.UNDER_APPRAISAL) == {
        Action.APPLICATION_READ,
        Action.CLARIFICATION_READ,
        Action.CONSULTATION_READ,
        Action.COUNCIL_READ,
        Action.COUNCIL_VOTE,
        Action.DECLARATION_MAKE,
        Action.DECLARATION_READ,
        Action.REVIEW_READ,
    }


def test_conflicted_reviewer_may_only_read_the_own_declaration() -> None:
    reviewer = actor((Role.REVIEWER, OTHER_UNIT))
    conflicted = case(Capacity.REVIEWER, conflicted=True)
    assert AUTHORIZER.may_do(reviewer, conflicted, Stage.UNDER_APPRAISAL) == {Action.DECLARATION_READ}


def test_token_does_only_what_it_lists() -> None:
    token = actor(signs_for_organisations=frozenset({COMPANY}), token_scopes=frozenset({"application:read", "no:such"}))
    assert AUTHORIZER.judge(token, case(), Stage.DRAFT, Action.APPLICATION_READ).allowed
    decision = AUTHORIZER.judge(token, case(), Stage.DRAFT, Action.APPLICATION_EDIT)
    assert (decision.allowed, decision.line) == (False, TOKEN_SCOPE)
    assert TOKEN_SCOPE == "token scope"


def test_token_gives_no_more_than_its_holder_has() -> None:
    token = actor(token_scopes=frozenset({"decision:approve"}))
    assert AUTHORIZER.judge(token, case(), *APPROVE).line is None


def test_acts_that_concern_no_case() -> None:
    admin, member = actor((Role.SYSTEM_ADMIN, UNIT)), actor((Role.HDND_MEMBER, UNIT))
    assert AUTHORIZER.may_do(admin, None, Stage.NONE) == {
        Action.BACKUP_MAKE,
        Action.BACKUP_RESTORE,
        Action.CLOCK_STEP,
        Action.DEADLINE_RECALCULATE,
        Action.DELEGATION_READ,
        Action.DELEGATION_REVOKE,
        Action.ERASURE_PROPOSE,
        Action.ERASURE_READ,
        Action.ERASURE_WITHDRAW,
        Action.KEY_CHANGE,
        Action.LOGIN_COUNT,
        Action.ORGANISATION_CONFIRM_UNIT,
        Action.ORGANISATION_CREATE,
        Action.ORGANISATION_CREATE_UNIT,
        Action.ORGANISATION_EDIT,
        Action.ORGANISATION_READ,
        Action.PASSWORD_CHANGE,
        Action.PASSWORD_CONFIRM_RECOVERY,
        Action.PASSWORD_PROPOSE_RECOVERY,
        Action.PERSON_CREATE,
        Action.PERSON_DISABLE,
        Action.PERSON_EDIT,
        Action.PERSON_READ,
        Action.PERSON_REGISTER,
        Action.POLICY_CHANGE,
        Action.PROCEDURE_APPROVE,
        Action.PROCEDURE_PROPOSE,
        Action.PROCEDURE_REJECT,
        Action.SECOND_FACTOR_REMOVE,
        Action.SECOND_FACTOR_SET,
        Action.SESSION_CONFIRM,
        Action.SESSION_END,
        Action.SESSION_OPEN,
        Action.SESSION_READ,
        Action.STORAGE_REWRITE,
        Action.STORED_FILE_REPORT,
        Action.PROCEDURE_WITHDRAW,
        Action.ROLE_CONFIRM,
        Action.ROLE_GRANT,
        Action.ROLE_REVOKE,
        Action.TOKEN_CREATE,
        Action.TOKEN_READ,
        Action.TOKEN_REVOKE,
        Action.WEBHOOK_CREATE,
        Action.WEBHOOK_EDIT,
        Action.WEBHOOK_READ,
        Action.WEBHOOK_REMOVE,
        Action.WEBHOOK_REPLAY,
        Action.WITNESS_CHANGE,
        Action.WITNESS_REPORT,
    }
    assert AUTHORIZER.may_do(member, None, Stage.NONE) == {
        Action.DELEGATION_READ,
        Action.ERASURE_READ,
        Action.EXPORT_READ,
        Action.ORGANISATION_READ,
        Action.PASSWORD_CHANGE,
        Action.PERSON_EDIT,
        Action.PERSON_READ,
        Action.SECOND_FACTOR_REMOVE,
        Action.SECOND_FACTOR_SET,
        Action.SESSION_CONFIRM,
        Action.SESSION_END,
        Action.SESSION_OPEN,
        Action.SESSION_READ,
        Action.TOKEN_CREATE,
        Action.TOKEN_READ,
        Action.TOKEN_REVOKE,
        Action.WORKLOAD_READ,
    }


def test_decisions_are_remembered() -> None:
    asked = (frozenset({Role.APPLICANT}), frozenset({Relation.OWN}), Stage.DRAFT, Action.APPLICATION_EDIT)
    again = (frozenset({Role.APPLICANT}), frozenset({Relation.OWN}), Stage.DRAFT, Action.APPLICATION_EDIT)
    assert AUTHORIZER.decide(*asked) is AUTHORIZER.decide(*again)


def test_version_follows_both_files(tmp_path: Path) -> None:
    copy = tmp_path / "casbin"
    shutil.copytree(POLICY_DIR, copy)
    assert Authorizer(copy).version == AUTHORIZER.version
    for name in ("model.conf", "policy.csv"):
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        assert Authorizer(copy).version != AUTHORIZER.version
        shutil.copy(POLICY_DIR / name, copy)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("p, *, conflict, *, acts:case, deny, x", "'conflict' is no relation"),
        ("p, *, own, draft, application:edit, allow", "5 values, not 6"),
        ("q, *, own, draft, application:edit, allow, x", "starts with 'q'"),
        ("p, *, own, draft, application:edit, allow, art. 1)", "brackets do not match"),
    ],
)
def test_policy_that_cannot_be_meant_is_not_loaded(line: str, why: str, tmp_path: Path) -> None:
    copy = tmp_path / "casbin"
    shutil.copytree(POLICY_DIR, copy)
    with (copy / "policy.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(PolicyUnreadable, match=why.replace("(", r"\(")):
        Authorizer(copy)


def test_casbin_says_nothing_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        authorizer = Authorizer(POLICY_DIR)
        authorizer.decide(frozenset({Role.APPLICANT}), frozenset({Relation.NONE}), *APPROVE)
    assert caplog.records == []


def test_tables_give_every_line_with_its_groups_opened() -> None:
    rows = AUTHORIZER.tables()
    assert [row.number for row in rows] == list(range(1, len(AUTHORIZER.policy.lines) + 1))
    assert rows[4].text == line_of("*,acted_as_intake,*,acts:decision,deny")
    assert rows[4].actions == {"acts:decision", "decision:approve", "decision:refuse", "file:return_to_head"}


def test_scope_of_an_outsider_is_empty() -> None:
    scope = AUTHORIZER.scope(actor())
    assert (scope.all_stages, scope.unit_stages, scope.own_organisations) == (frozenset(), {}, frozenset())


def test_scope_of_an_official_who_also_has_a_company() -> None:
    person = actor(
        (Role.DECISION_MAKER, UNIT),
        (Role.ONE_STOP_OFFICER, OTHER_UNIT),
        (Role.REVIEWER, OTHER_UNIT),
        (Role.CONSULTED_OFFICER, OTHER_UNIT),
        signs_for_organisations=frozenset({COMPANY}),
    )
    nothing: frozenset[Stage] = frozenset()
    assert AUTHORIZER.scope(person) == Scope(
        person_id=PERSON,
        all_stages=nothing,
        unit_stages={
            UNIT: frozenset({Stage.AWAITING_DECISION, Stage.APPROVED, Stage.REFUSED}),
            OTHER_UNIT: nothing,
        },
        desk_stages={
            UNIT: frozenset({Stage.AWAITING_DECISION, Stage.APPROVED, Stage.REFUSED}),
            OTHER_UNIT: FILED,
        },
        own_organisations=frozenset({COMPANY}),
        own_stages=frozenset(APPLICATION_STAGES),
        delegate_organisations=frozenset(),
        delegate_stages=frozenset(APPLICATION_STAGES),
        consulted_units=frozenset({OTHER_UNIT}),
        capacities={
            **dict.fromkeys(Capacity, nothing),
            Capacity.CONSULTED: frozenset({Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION}),
            Capacity.EDITOR: frozenset(APPLICATION_STAGES),
            Capacity.HELPER: frozenset({Stage.DRAFT}),
            Capacity.REVIEWER: APPRAISED,
        },
        procedures=None,
        conflicted_stages=frozenset(),
        hides_conflicted=True,
        hides_undeclared=True,
        awaiting_declaration={
            Capacity.CHAIR: nothing,
            Capacity.COUNCIL_MEMBER: nothing,
            Capacity.REVIEWER: frozenset({Stage.ACCEPTED, Stage.UNDER_APPRAISAL}),
            Capacity.SECRETARY: nothing,
        },
    )


def test_scope_of_the_peoples_council_is_everything_filed_and_every_permit() -> None:
    member = actor((Role.HDND_MEMBER, UNIT))
    assert AUTHORIZER.scope(member).all_stages == FILED
    assert AUTHORIZER.scope(member, Action.PERMIT_READ).all_stages == frozenset(PERMIT_STAGES)


units = st.sampled_from([UNIT, OTHER_UNIT])
companies = st.frozensets(st.sampled_from([COMPANY, OTHER_COMPANY]))
capacities = st.frozensets(st.sampled_from(Capacity), max_size=3)
people = st.builds(
    replace,
    st.just(actor()),
    offices=st.frozensets(st.tuples(st.sampled_from(Role), units), max_size=4),
    signs_for_organisations=companies,
    drafts_for_organisations=companies,
)
standings = st.builds(
    Standing,
    organisation_id=st.just(COMPANY),
    unit_ids=st.frozensets(units),
    capacities=capacities,
    past_capacities=capacities,
    conflicted=st.sampled_from([None, False, True]),
)


@settings(max_examples=100, deadline=None)
@given(people, standings, st.sampled_from([Action.APPLICATION_READ, Action.PERMIT_READ]))
def test_lists_show_exactly_what_a_read_allows(person: Actor, standing: Standing, action: Action) -> None:
    scope = AUTHORIZER.scope(person, action)
    for stage in set(Stage) - {Stage.NONE}:
        assert (
            admits(scope, standing, stage, procedure_code="any")
            is AUTHORIZER.judge(person, standing, stage, action).allowed
        )
