"""Rules of applicant organisations: the tax code's check digit, and that somebody can always sign."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError
from sandbox_registry.domain.identity.people import Membership, MembershipKind, OrganisationKind
from sandbox_registry.domain.texts import Phrase

SIGNING = frozenset({MembershipKind.LEGAL_REPRESENTATIVE, MembershipKind.AUTHORISED_SIGNATORY})
APPLICANT_KINDS = frozenset(OrganisationKind) - {OrganisationKind.STATE_UNIT}
_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_MODULUS, _TENTH = 11, 10
_TAX_CODE = re.compile(r"(\d{9})(\d)(-\d{3})?", re.ASCII)
_AGENCY_CODE = re.compile(r"[A-Z0-9][A-Z0-9.]{1,30}", re.ASCII)


def is_tax_code(code: str) -> bool:
    """Tell whether this is an enterprise number: ten digits, the last one checking the others, and a branch or none."""
    match = _TAX_CODE.fullmatch(code)
    if match is None or match[3] == "-000":
        return False
    weighted = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, match[1], strict=True))
    return _TENTH - weighted % _MODULUS == int(match[2])


def is_agency_code(code: str) -> bool:
    """Tell whether this has the form of an agency's code: capitals, digits and dots, such as H12.01."""
    return _AGENCY_CODE.fullmatch(code) is not None


def applicant_errors(*, kind: OrganisationKind, tax_code: str | None) -> Iterator[FieldError]:
    """List what is wrong with an applicant: an enterprise has a tax code, and a code given is a right one."""
    if kind not in APPLICANT_KINDS:
        yield FieldError(field="kind", code="not_an_applicant", message=Phrase("organisations.state_unit"))
    if tax_code is None and kind is OrganisationKind.ENTERPRISE:
        yield FieldError(field="tax_code", code="required", message=Phrase("organisations.needs_tax_code"))
    if tax_code is not None and not is_tax_code(tax_code):
        yield FieldError(field="tax_code", code="wrong_tax_code", message=Phrase("organisations.wrong_tax_code"))


def agency_code_errors(agency_code: str | None) -> Iterator[FieldError]:
    """Say what is wrong with the prefix of a state unit's dossier codes."""
    if agency_code is not None and not is_agency_code(agency_code):
        yield FieldError(
            field="agency_code", code="wrong_agency_code", message=Phrase("organisations.wrong_agency_code")
        )


def procedure_errors(handles: Iterable[str], *, known: frozenset[str]) -> Iterator[FieldError]:
    """List the procedures that nobody wrote, among those a state unit shall handle."""
    for code in sorted(set(handles) - known):
        yield FieldError(
            field="handles", code="unknown_procedure", message=Phrase("organisations.unknown_procedure", code=code)
        )


def check_new_membership(present: Iterable[Membership], new: Membership) -> None:
    """Refuse a second standing of the same person at the same time.

    Raises:
        Duplicate: the person is a member already.

    """
    if any(each.person_id == new.person_id and _overlap(each, new) for each in present):
        raise Duplicate(what="membership")


def check_signatory_remains(after: Iterable[Membership], *, at: datetime) -> None:
    """Refuse a change after which nobody could sign at some moment from `at` on.

    Raises:
        ConditionNotMet: `signatory_needed`.

    """
    covered: datetime | None = at
    for each in sorted((each for each in after if each.kind in SIGNING), key=lambda each: each.valid_from):
        if covered is not None and each.valid_from <= covered:
            covered = None if each.valid_to is None else max(covered, each.valid_to)
    if covered is not None:
        raise ConditionNotMet("signatory_needed")


def check_may_appoint(present: Iterable[Membership], *, by: Membership | None, kind: MembershipKind) -> None:
    """Refuse that somebody authorised to sign gives or takes the power to sign; the representative does that.

    `by` is the standing of who acts; null for an administrator.

    Raises:
        ConditionNotMet: `representative_needed`.

    """
    is_headed = any(each.kind is MembershipKind.LEGAL_REPRESENTATIVE for each in present)
    if by is not None and is_headed and kind in SIGNING and by.kind is not MembershipKind.LEGAL_REPRESENTATIVE:
        raise ConditionNotMet("representative_needed")


def _overlap(one: Membership, other: Membership) -> bool:
    return (one.valid_to is None or other.valid_from < one.valid_to) and (
        other.valid_to is None or one.valid_from < other.valid_to
    )
