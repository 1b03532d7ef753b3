"""Tax codes, and that somebody can always sign."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_registry.domain.errors import ConditionNotMet, Duplicate
from sandbox_registry.domain.identity.organisations import (
    agency_code_errors,
    applicant_errors,
    check_may_appoint,
    check_new_membership,
    check_signatory_remains,
    is_tax_code,
    procedure_errors,
)
from sandbox_registry.domain.identity.people import Membership, MembershipKind, OrganisationKind

AT = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
REPRESENTATIVE, SIGNATORY, EDITOR = MembershipKind


def member(number: int, kind: MembershipKind, start: datetime = AT - DAY, end: datetime | None = None) -> Membership:
    return Membership(
        id=UUID(int=100 + number),
        version=1,
        organisation_id=UUID(int=1),
        person_id=UUID(int=number),
        kind=kind,
        valid_from=start,
        valid_to=end,
    )


@pytest.mark.parametrize("code", ["0300588569", "0101248141", "0300588569-001", "0101248141-999"])
def test_numbers_of_known_enterprises_are_right(code: str) -> None:
    assert is_tax_code(code)


@pytest.mark.parametrize(
    "code", ["", "0300588568", "030058856", "03005885690", "0300588569-000", "0300588569-1", "０300588569", "abc"]
)
def test_other_numbers_are_wrong(code: str) -> None:
    assert not is_tax_code(code)


@given(st.integers(min_value=0, max_value=8), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_noticed(place: int, shift: int) -> None:
    digits = [int(digit) for digit in "0300588569"]
    digits[place] = (digits[place] + shift) % 10
    assert not is_tax_code("".join(map(str, digits)))


def test_what_an_applicant_needs() -> None:
    found = {
        (kind, code): [error.code for error in applicant_errors(kind=kind, tax_code=code)]
        for kind in OrganisationKind
        for code in (None, "0300588569", "1")
    }
    assert found == {
        (OrganisationKind.ENTERPRISE, None): ["required"],
        (OrganisationKind.ENTERPRISE, "0300588569"): [],
        (OrganisationKind.ENTERPRISE, "1"): ["wrong_tax_code"],
        (OrganisationKind.INDIVIDUAL, None): [],
        (OrganisationKind.INDIVIDUAL, "0300588569"): [],
        (OrganisationKind.INDIVIDUAL, "1"): ["wrong_tax_code"],
        (OrganisationKind.ORGANISATION, None): [],
        (OrganisationKind.ORGANISATION, "0300588569"): [],
        (OrganisationKind.ORGANISATION, "1"): ["wrong_tax_code"],
        (OrganisationKind.STATE_UNIT, None): ["not_an_applicant"],
        (OrganisationKind.STATE_UNIT, "0300588569"): ["not_an_applicant"],
        (OrganisationKind.STATE_UNIT, "1"): ["not_an_applicant", "wrong_tax_code"],
    }


def test_a_unit_has_a_plain_code_and_known_procedures() -> None:
    assert [error.code for error in agency_code_errors("h12 08")] == ["wrong_agency_code"]
    assert [error.code for error in procedure_errors(("a", "b"), known=frozenset({"a"}))] == ["unknown_procedure"]
    assert not [*agency_code_errors("H12.08"), *agency_code_errors(None), *procedure_errors("a", known=frozenset("a"))]


@pytest.mark.parametrize(
    "members",
    [
        (member(1, REPRESENTATIVE),),
        (member(1, SIGNATORY), member(2, EDITOR)),
        (member(1, REPRESENTATIVE, end=AT + DAY), member(2, SIGNATORY, start=AT + DAY)),
        (member(1, REPRESENTATIVE, end=AT + 3 * DAY), member(2, SIGNATORY, start=AT + DAY)),
    ],
)
def test_somebody_can_sign_from_now_on(members: tuple[Membership, ...]) -> None:
    check_signatory_remains(members, at=AT)


@pytest.mark.parametrize(
    "members",
    [
        (),
        (member(1, EDITOR),),
        (member(1, REPRESENTATIVE, end=AT),),
        (member(1, REPRESENTATIVE, end=AT + DAY),),
        (member(1, REPRESENTATIVE, end=AT + DAY), member(2, SIGNATORY, start=AT + 2 * DAY)),
        (member(1, REPRESENTATIVE, start=AT + DAY),),
    ],
)
def test_a_gap_without_signatory_is_refused(members: tuple[Membership, ...]) -> None:
    with pytest.raises(ConditionNotMet) as caught:
        check_signatory_remains(members, at=AT)
    assert caught.value.condition == "signatory_needed"


def test_the_same_person_twice_at_once_is_refused() -> None:
    present = [member(1, EDITOR, end=AT + DAY)]
    with pytest.raises(Duplicate):
        check_new_membership(present, member(1, SIGNATORY))
    check_new_membership(present, member(1, SIGNATORY, start=AT + DAY))
    check_new_membership(present, member(2, SIGNATORY))


@pytest.mark.parametrize("kind", [REPRESENTATIVE, SIGNATORY])
def test_the_power_to_sign_is_the_representatives_to_give(kind: MembershipKind) -> None:
    present = [member(1, REPRESENTATIVE), member(2, SIGNATORY)]
    with pytest.raises(ConditionNotMet):
        check_may_appoint(present, by=present[1], kind=kind)
    check_may_appoint(present, by=present[0], kind=kind)
    check_may_appoint(present, by=None, kind=kind)
    check_may_appoint(present, by=present[1], kind=EDITOR)
    check_may_appoint(present[1:], by=present[1], kind=kind)
