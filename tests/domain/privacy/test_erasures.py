"""Erasure as rules: two persons, what keeps a case or an account, and what is left of what was erased."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases.applications import Closing, ClosingKind, Complaint, Reason, WithdrawalRequest
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate
from sandbox_registry.domain.identity.people import Delegation, Membership, MembershipKind, Person, Role, RoleGrant
from sandbox_registry.domain.privacy.erasures import (
    ERASED,
    LARGEST,
    Erasure,
    ErasureKind,
    ErasureStatus,
    HoldKind,
    LegalHold,
    check_account_may_go,
    check_case_may_go,
    confirm,
    lift,
    refuse,
    withdraw,
    without_dossier,
    without_person,
)
from sandbox_registry.domain.stages import APPLICATION_STAGES, OPEN_STAGES, Stage
from tests.domain.small import CASE, COMPANY, FRIDAY, OTHER, PERSON, UNIT, case
from tests.domain.small_permits import permit
from tests.support.decided import TRIAL_END, TRIAL_START

ASKED = Erasure(
    id=UUID(int=9),
    version=1,
    kind=ErasureKind.CASE,
    target_id=CASE,
    basis="Luật 91/2025/QH15",
    reason="Chủ thể yêu cầu.",
    reference="12/YC",
    status=ErasureStatus.PROPOSED,
    proposed_by=PERSON,
    proposed_by_name="Quản Trị",
    proposed_at=FRIDAY,
)
SIGNER = Person(
    id=OTHER,
    version=3,
    full_name="Chủ Tịch",
    email="ct@camau.example",
    phone="0913",
    disabled_at=None,
    created_at=FRIDAY,
)
ASKER = replace(SIGNER, id=PERSON, full_name="Quản Trị")
HOLD = LegalHold(
    id=UUID(int=8),
    version=1,
    application_id=CASE,
    kind=HoldKind.AUDIT,
    reason="Kiểm toán.",
    reference="45/KTNN",
    placed_by=OTHER,
    placed_at=FRIDAY,
)
COMPLAINT = Complaint(id=UUID(int=7), version=1, application_id=CASE, filed_by=PERSON, filed_at=FRIDAY, grounds="x")


def condition(caught: pytest.ExceptionInfo[ConditionNotMet]) -> str:
    return caught.value.condition


def test_another_person_confirms_and_the_request_says_so() -> None:
    assert confirm(ASKED, by=SIGNER, at=FRIDAY, indexes=(3, 4)) == replace(
        ASKED,
        version=2,
        status=ErasureStatus.CONFIRMED,
        settled_by=OTHER,
        settled_by_name="Chủ Tịch",
        settled_at=FRIDAY,
        indexes=(3, 4),
    )


def test_who_asked_neither_confirms_nor_refuses_and_only_they_withdraw() -> None:
    with pytest.raises(ConditionNotMet) as caught:
        confirm(ASKED, by=ASKER, at=FRIDAY, indexes=(3,))
    assert condition(caught) == "four_eyes"
    with pytest.raises(ConditionNotMet) as caught:
        refuse(ASKED, by=ASKER, at=FRIDAY, because="x")
    assert condition(caught) == "four_eyes"
    with pytest.raises(ConditionNotMet) as caught:
        withdraw(ASKED, by=SIGNER, at=FRIDAY, because="x")
    assert condition(caught) == "not_ones_own"
    assert withdraw(ASKED, by=ASKER, at=FRIDAY, because="Nhầm.").settled_because == "Nhầm."


def test_a_settled_request_stays_settled() -> None:
    for over in (
        refuse(ASKED, by=SIGNER, at=FRIDAY, because="x"),
        withdraw(ASKED, by=ASKER, at=FRIDAY, because="x"),
        confirm(ASKED, by=SIGNER, at=FRIDAY, indexes=(1,)),
    ):
        with pytest.raises(Duplicate):
            confirm(over, by=SIGNER, at=FRIDAY, indexes=(1,))
        with pytest.raises(Duplicate):
            refuse(over, by=SIGNER, at=FRIDAY, because="x")
        with pytest.raises(Duplicate):
            withdraw(over, by=ASKER, at=FRIDAY, because="x")


@pytest.mark.parametrize(("count", "code"), [(0, "nothing_to_erase"), (LARGEST + 1, "too_much_to_erase")])
def test_an_erasure_names_some_records_and_not_too_many(count: int, code: str) -> None:
    with pytest.raises(ConditionNotMet) as caught:
        confirm(ASKED, by=SIGNER, at=FRIDAY, indexes=tuple(range(count)))
    assert condition(caught) == code


def test_the_largest_erasure_fits_into_an_entry() -> None:
    """Its indexes with their commas, in a log of a hundred million entries, beside some 700 bytes of the rest."""
    assert LARGEST * len("99999999,") + 2_000 < 65_535


def refusal_of(check: Callable[[], None]) -> str | None:
    try:
        check()
    except ConditionNotMet as refusal:
        return refusal.condition
    return None


def kept(stage: Stage, **facts: Any) -> str | None:
    given: dict[str, Any] = {"permit": None, "complaints": (), "holds": (), "at": FRIDAY} | facts
    return refusal_of(lambda: check_case_may_go(case(stage), **given))


def test_only_a_case_that_ended_may_go() -> None:
    for stage in APPLICATION_STAGES:
        expected = "case_open" if stage in OPEN_STAGES | {Stage.DRAFT} else None
        assert kept(stage) == ("permit_running" if stage is Stage.APPROVED else expected), stage


@pytest.mark.parametrize(
    ("at", "facts", "expected"),
    [
        (TRIAL_START - timedelta(days=1), {}, "permit_running"),
        (TRIAL_START, {}, "permit_running"),
        (TRIAL_START, {"suspended_at": TRIAL_START}, "permit_running"),
        (TRIAL_END, {}, None),
        (TRIAL_START, {"revoked_at": TRIAL_START}, None),
        (TRIAL_START, {"terminated_at": TRIAL_START}, None),
        (TRIAL_START, {"completed_at": TRIAL_START, "transition_until": TRIAL_END}, "permit_running"),
        (TRIAL_END, {"completed_at": TRIAL_START, "transition_until": TRIAL_END}, None),
    ],
)
def test_an_approved_case_waits_for_the_end_of_its_permit(at: Any, facts: dict[str, Any], expected: str | None) -> None:
    assert kept(Stage.APPROVED, permit=permit(**facts), at=at) == expected


def test_holds_come_first_and_complaints_keep_too() -> None:
    lifted = lift(HOLD, by=PERSON, at=FRIDAY, because="Xong.")
    assert kept(Stage.SUBMITTED, holds=(lifted, HOLD)) == "on_hold"
    assert kept(Stage.REFUSED, holds=(lifted,)) is None
    assert kept(Stage.REFUSED, complaints=(COMPLAINT,)) == "complaint_recorded"
    with pytest.raises(Duplicate):
        lift(lifted, by=PERSON, at=FRIDAY, because="x")


DAY = timedelta(days=1)
GRANT = RoleGrant(
    id=UUID(int=6), version=1, person_id=PERSON, role=Role.REVIEWER, unit_id=UNIT, valid_from=FRIDAY, valid_to=None
)
LENT = Delegation(
    id=UUID(int=6),
    version=1,
    from_person_id=OTHER,
    to_person_id=PERSON,
    unit_id=UNIT,
    document="1/UQ",
    valid_from=FRIDAY,
    valid_to=FRIDAY + DAY,
    revoked_at=None,
)
MEMBER = Membership(
    id=UUID(int=6),
    version=1,
    organisation_id=COMPANY,
    person_id=PERSON,
    kind=MembershipKind.EDITOR,
    valid_from=FRIDAY,
    valid_to=None,
)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({}, None),
        ({"grants": (GRANT,)}, "still_in_office"),
        ({"grants": (replace(GRANT, valid_to=FRIDAY + DAY),)}, "still_in_office"),
        ({"grants": (replace(GRANT, valid_to=FRIDAY),)}, None),
        ({"delegations": (LENT,)}, "still_in_office"),
        ({"delegations": (replace(LENT, revoked_at=FRIDAY),)}, None),
        ({"delegations": (replace(LENT, valid_to=FRIDAY),)}, None),
        ({"memberships": (MEMBER,)}, "still_represents"),
        ({"memberships": (replace(MEMBER, valid_to=FRIDAY),)}, None),
    ],
)
def test_an_account_in_use_stays(held: dict[str, Any], expected: str | None) -> None:
    given: dict[str, Any] = {"grants": (), "delegations": (), "memberships": (), "at": FRIDAY} | held
    assert refusal_of(lambda: check_account_may_go(**given)) == expected


def test_an_emptied_account_is_closed_once() -> None:
    emptied = without_person(SIGNER, at=FRIDAY)
    assert emptied == replace(
        SIGNER, version=4, full_name=ERASED, email=f"{OTHER}@erased.invalid", phone="", disabled_at=FRIDAY
    )
    assert without_person(emptied, at=FRIDAY + DAY).disabled_at == FRIDAY


def test_officials_reasons_stay_and_the_applicants_words_go() -> None:
    said = (Reason(code="x", text="Vợ tôi ốm."),)
    asked = WithdrawalRequest(at=FRIDAY, by=PERSON, reason="Vợ tôi ốm.")
    withdrawn = case(
        Stage.WITHDRAWN,
        withdrawal=asked,
        closing=Closing(kind=ClosingKind.WITHDRAWN, at=FRIDAY, by=OTHER, reasons=said),
    )
    emptied = without_dossier(withdrawn, at=FRIDAY)
    assert "ốm" not in repr(emptied)
    assert (emptied.title, emptied.answers, emptied.version) == (ERASED, {}, withdrawn.version + 1)
    refused = case(
        Stage.INTAKE_REFUSED, closing=Closing(kind=ClosingKind.INTAKE_REFUSED, at=FRIDAY, by=OTHER, reasons=said)
    )
    assert without_dossier(refused, at=FRIDAY).closing == refused.closing
