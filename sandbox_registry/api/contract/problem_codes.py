"""Every problem code the API can give and what it means; a test keeps this list equal to what the program raises."""

from collections.abc import Iterator

from sandbox_registry.domain.errors import ConditionNotMet, DomainError
from sandbox_registry.http.status import STATUS

LAYER: dict[str, tuple[int, str]] = {
    "internal_error": (500, "An internal error; quote the `request_id` to support."),
    "malformed": (400, "A body, header or parameter does not conform to this description; `errors` says where."),
    "method_not_allowed": (405, "The address does not support this method; `Allow` lists those that it supports."),
    "not_found": (404, "It does not exist, or is not visible to you."),
    "precondition_required": (428, "`If-Match` is missing; send the ETag of the version you read."),
    "request_timeout": (408, "The body took too long to arrive: 20 s for a chunk, 30 s in all, 15 minutes for a file."),
    "too_large": (413, "The body is larger than this address accepts."),
    "unauthenticated": (401, "No token, or one that is unknown, expired, revoked or not usable from this address."),
    "unsupported_media_type": (415, "The body is not `application/json`."),
}
"""Codes of the HTTP layer."""

CONDITIONS: dict[str, str] = {
    "account_closed": "The account is closed.",
    "another_authority": "The answers on competence lead to another authority; confirm its name, or have the head record why the case "
    "stays.",
    "apology_too_late": "It is too late for a notice of delay.",
    "appraisal_incomplete": "The appraisal is incomplete; `errors` lists everything that is missing.",
    "auditor_disjoint": "An inspector or auditor cannot hold an office that handles cases.",
    "beyond_ceiling": "The decided period exceeds the longest one possible.",
    "case_open": "The case has not ended, so it cannot be erased.",
    "clarification_rounds_used": "The allowed rounds of clarification are used up.",
    "clarification_term_open": "The applicant still has time to answer the question.",
    "code_required": "The office needs a login with a password and a code of an authenticator.",
    "complaint_recorded": "A complaint in the case has no recorded outcome yet.",
    "consultation_term_open": "The agency still has time to answer.",
    "council_concluded": "The council has concluded.",
    "council_member_left": "A member left because of a conflict of interest; recompose the council first.",
    "council_not_begun": "The session has not begun.",
    "council_not_concluded": "The council has not concluded.",
    "council_quorum_not_reached": "Too few members took part.",
    "council_votes_missing": "A member who is present has not voted.",
    "effective_in_past": "A version cannot take effect in the past.",
    "endpoint_not_active": "The webhook endpoint is not active; have it checked first.",
    "four_eyes": "The proposer of a version, an office, a unit's procedures or a recovery cannot confirm it, the requester of an erasure "
    "cannot settle it, and nobody confirms their own minutes.",
    "hdnd_disjoint": "A member of the People's Council cannot hold an office that handles cases.",
    "holds_office": "A person who holds an office cannot act for an applicant.",
    "idempotency_key_reused": "The Idempotency-Key was used for another request.",
    "in_the_chain": "Nobody files under a procedure handled by a unit in which they hold an office.",
    "licence_over": "The holder's licence leaves no time for a trial.",
    "minutes_by_one": "The procedure does not require the minutes to be confirmed.",
    "link_over": "The secret was used, has expired or is wrong.",
    "no_agency_code": "The receiving unit has no agency code to number dossiers with.",
    "no_council": "The procedure has no appraisal council.",
    "no_focal_officer": "The case has no focal officer to return the file to.",
    "no_other_attempt": "The procedure takes no other dossier after a refusal.",
    "no_other_level": "The procedure has no other trial level.",
    "no_mail": "This installation sends no mail.",
    "no_paper_to_attach": "There is no paper for you to attach to this case now.",
    "no_referral": "The answers name no other authority; choose a target that the procedure lists.",
    "no_withdrawal_requested": "The applicant has not asked to withdraw.",
    "not_a_member": "Not a member of this council.",
    "not_an_official": "Signing authority is delegated only to an official who holds an office.",
    "not_asked_for": "Only what the supplement request names may be changed.",
    "not_at_a_desk": "Only an officer who sits at a desk helps to file.",
    "not_by_right": "Only somebody who signs in their own right may delegate that authority.",
    "not_ones_own": "People can delegate and revoke only their own signing authority, and withdraw only their own requests.",
    "not_oneself": "Nobody can give offices or powers to themselves, or remove their own.",
    "nothing_proposed": "Nobody proposed this within the term for confirming it.",
    "nothing_to_erase": "No personal data is left to erase.",
    "not_anothers_proposal": "Your own proposal is withdrawn, not rejected.",
    "not_own_proposal": "Only the proposer can withdraw a proposal; others reject it.",
    "not_published": "No checkpoint of the log is published yet.",
    "not_received": "The one-stop unit has not registered the dossier yet.",
    "on_hold": "The case is under a legal hold.",
    "operator_appoints": "An administrator cannot let anybody act for an applicant; the operator does.",
    "other_content": "The digest is not that of what would be filed now; read it again.",
    "outside_mechanism": "The answers place the trial outside the mechanism, so it is not accepted.",
    "own_account": "Accounts of which one opened another, or set its password, over any number of steps, cannot confirm each other's proposals.",
    "paper_missing": "The paper that the applicant signed is not attached.",
    "permit_running": "The permit of the case has not ended.",
    "procedure_is_a_draft": "The procedure is only a proposal, and this installation does not accept dossiers under proposals.",
    "procedure_not_in_effect": "The procedure is not yet in effect, or no longer in effect.",
    "procedure_takes_no_dossiers": "The procedure belongs to another authority.",
    "proof_too_old": "What is asked for needs a proof, given a moment ago, of who asks for it.",
    "proposal_closed": "The proposal was rejected or withdrawn.",
    "proposal_over": "The period of the proposed office is over.",
    "registration_closed": "Self-registration is disabled.",
    "notice_missing": "No term is set, and no letter gave the applicant notice before today.",
    "representative_needed": "Only the legal representative can give or revoke the power to sign.",
    "signatory_needed": "An organisation always needs somebody who can sign.",
    "signs_by_right": "This person signs in their own right during that time.",
    "step_not_in_procedure": "The procedure of the case does not provide for this step at this stage.",
    "still_in_office": "The person holds an office or delegated signing authority.",
    "still_represents": "The person acts for an organisation.",
    "still_trying": "The event is still being sent.",
    "supplement_rounds_used": "The allowed supplement requests are used up.",
    "supplement_term_open": "The term for supplementing has not passed, or none is set.",
    "supplement_too_late": "The term for supplementing has passed.",
    "too_much_to_erase": "One erasure names at most 5000 records.",
    "too_many_endpoints": "An organisation has at most ten webhook endpoints.",
    "within_competence": "The answers on competence leave the case with this authority.",
    "window_over": "The decided trial period is over.",
    "withdrawal_unanswered": "The applicant has asked to withdraw: nothing but the notice that handling stops moves the case.",
}
"""Facts the law or the procedure asks for first: the codes of `ConditionNotMet`."""


def problem_codes() -> dict[str, tuple[int, str]]:
    """Return every code with its status and its meaning, in the order of the alphabet."""
    special = {kind.code: status for kind, status in STATUS.items() if issubclass(kind, ConditionNotMet)}
    conditions = {code: (special.get(code, STATUS[ConditionNotMet]), meaning) for code, meaning in CONDITIONS.items()}
    return dict(sorted((conditions | dict(_refusals()) | LAYER).items()))


def codes_of(status: int) -> tuple[str, ...]:
    """Return the codes that come with a status."""
    return tuple(code for code, (code_status, _) in problem_codes().items() if code_status == status)


def _refusals() -> Iterator[tuple[str, tuple[int, str]]]:
    for kind, status in STATUS.items():
        if kind is not ConditionNotMet and not issubclass(kind, ConditionNotMet):
            yield kind.code, (status, _meaning(kind))


def _meaning(kind: type[DomainError]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]
