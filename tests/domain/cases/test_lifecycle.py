"""Every move of a case: the table as a whole, and what each act refuses."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases import filings, intake, lifecycle
from sandbox_registry.domain.cases.applications import (
    Apology,
    Application,
    Closing,
    ClosingKind,
    Document,
    DossierVersion,
    Reason,
    ResultHandover,
    SupplementItem,
    SupplementRequest,
    UnchangedItem,
    WithdrawalRequest,
)
from sandbox_registry.domain.cases.lifecycle import ACTIONS, TRANSITIONS
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid, TransitionNotAllowed
from sandbox_registry.domain.rules.forms import Referral
from sandbox_registry.domain.rules.procedures import Procedure, ProcedureStatus
from sandbox_registry.domain.stages import APPLICATION_STAGES, OPEN_STAGES, Stage
from tests.domain.small import CALENDAR, FRIDAY, PERSON, UNIT, WORD, case, local, procedure
from tests.support.small_cases import ITEMS, MONDAY, REQUEST

DECEMBER, JANUARY = local(2026, 12, 1, 10), local(2027, 1, 5)
RULES = procedure()
REASONS = (Reason(code="not_innovative", text="Đã có trên thị trường."),)
REFERRAL = Referral(target="cap-bo", authority=WORD, reason=WORD, basis="Điều 23(3)", answers={})
D, S, R, A = Stage.DRAFT, Stage.SUBMITTED, Stage.SUPPLEMENT_REQUESTED, Stage.ACCEPTED
U, W, OK, NO = Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION, Stage.APPROVED, Stage.REFUSED
OUT, GONE, TURNED_AWAY, SENT = Stage.WITHDRAWN, Stage.LAPSED, Stage.INTAKE_REFUSED, Stage.REFERRED


def at(stage: Stage, **facts: Any) -> Application:
    return case(stage, **({"received_at": FRIDAY} if stage is not D else {}), **facts)


def test_the_table_says_exactly_this() -> None:
    moves = {(act, start, end or start) for act, (starts, end) in TRANSITIONS.items() for start in starts}
    assert moves == {
        ("discard", D, OUT),
        ("submit", D, S),
        ("file_assisted", D, S),
        ("receive", S, S),
        ("request_supplement", S, R),
        ("submit_supplement", R, S),
        ("lapse", R, GONE),
        ("refuse_intake", S, TURNED_AWAY),
        ("refer", S, SENT),
        ("refer", A, SENT),
        ("refer", U, SENT),
        ("retain", S, S),
        ("retain", A, A),
        ("retain", U, U),
        ("retain", W, W),
        ("accept", S, A),
        ("classify", A, U),
        ("reclassify", U, U),
        ("return_to_officer", U, U),
        ("resubmit", U, U),
        ("recommend", U, W),
        ("return_to_head", W, U),
        ("approve", W, OK),
        ("refuse", W, NO),
        ("request_withdrawal", S, S),
        ("request_withdrawal", R, R),
        ("request_withdrawal", A, A),
        ("request_withdrawal", U, U),
        ("request_withdrawal", W, W),
        ("stop", S, OUT),
        ("stop", R, OUT),
        ("stop", A, OUT),
        ("stop", U, OUT),
        ("stop", W, OUT),
        ("apologize", A, A),
        ("apologize", U, U),
        ("apologize", W, W),
        ("issue", OK, OK),
        ("deliver", OK, OK),
        ("deliver", NO, NO),
        ("complain", NO, NO),
        ("complain", TURNED_AWAY, TURNED_AWAY),
    }


@pytest.mark.parametrize("stage", APPLICATION_STAGES)
@pytest.mark.parametrize("act", sorted(TRANSITIONS))
def test_moved_follows_the_table(act: str, stage: Stage) -> None:
    before = at(stage)
    starts, end = TRANSITIONS[act]
    if stage not in starts:
        with pytest.raises(TransitionNotAllowed) as refused:
            lifecycle.moved(before, act, at=MONDAY)
        assert (refused.value.action, refused.value.stage) == (ACTIONS.get(act, f"application:{act}"), stage)
    else:
        after = lifecycle.moved(before, act, at=MONDAY, level="2")
        assert after == replace(before, version=8, stage=end or stage, updated_at=MONDAY, level="2")


def ask(
    application: Application,
    *,
    items: tuple[SupplementItem, ...] = ITEMS,
    earlier: tuple[SupplementRequest, ...] = (),
    exception_reason: str | None = None,
    rules: Procedure = RULES,
) -> tuple[Application, SupplementRequest]:
    return intake.request_supplement(
        application,
        request_id=UUID(int=9),
        items=items,
        exception_reason=exception_reason,
        earlier=earlier,
        procedure=rules,
        by=PERSON,
        at=MONDAY,
    )


def answer(
    application: Application,
    *,
    rules: Procedure = RULES,
    when: Any = DECEMBER,
    errors: tuple[FieldError, ...] = (),
    unanswered: tuple[SupplementItem, ...] = (),
    because: Mapping[str, str] | None = None,
) -> tuple[Application, SupplementRequest]:
    return filings.submit_supplement(
        application,
        supplements=(REQUEST,),
        promises=(),
        procedure=rules,
        calendar=CALENDAR,
        errors=errors,
        unanswered=unanswered,
        no_change_because=because or {},
        by=PERSON,
        at=when,
    )


def lapse(
    application: Application,
    *,
    rules: Procedure = RULES,
    when: Any = MONDAY,
    letters: tuple[Any, ...] = (),
    reason: str | None = None,
) -> Application:
    return intake.lapse(
        application,
        supplements=(REQUEST,),
        promises=(),
        letters=letters,
        reason=reason,
        procedure=rules,
        calendar=CALENDAR,
        by=PERSON,
        at=when,
    )


def apologize(
    application: Application,
    *,
    promised: Any = JANUARY,
    latest: Any = None,
    bound: Any = None,
    length_reason: str | None = "Bộ hẹn tháng Một.",
) -> Application:
    return intake.apologize(
        application,
        promised_at=promised,
        reason="Chờ ý kiến",
        length_reason=length_reason,
        latest=latest,
        latest_promise=bound,
        by=PERSON,
        at=MONDAY,
    )


def test_a_new_day_keeps_its_bound_or_says_why_it_is_so_late() -> None:
    promised = at(U, appointment_at=local(2026, 12, 18))
    bounded = apologize(promised, bound=local(2027, 1, 5), length_reason=None).apology
    assert bounded is not None
    assert (bounded.latest_at, bounded.length_reason) == (local(2027, 1, 5), None)
    with pytest.raises(Invalid) as beyond:
        apologize(promised, bound=local(2027, 1, 4))
    with pytest.raises(Invalid) as unreasoned:
        apologize(promised, length_reason=None)
    assert [(each.field, each.code) for each in (*beyond.value.errors, *unreasoned.value.errors)] == [
        ("promised_at", "too_late"),
        ("length_reason", "required"),
    ]


CALLS: dict[str, Callable[[Application], object]] = {
    "discard": lambda each: filings.discard(each, by=PERSON, at=MONDAY),
    "submit": lambda each: filings.submit(
        each, by=PERSON, at=MONDAY, procedure=RULES, unit_ids=(UNIT,), errors=(), takes_drafts=False
    ),
    "receive": lambda each: intake.receive(each, code="H12-1", at=MONDAY),
    "request_supplement": ask,
    "submit_supplement": answer,
    "lapse": lapse,
    "refuse_intake": lambda each: intake.refuse_intake(each, reasons=REASONS, procedure=RULES, by=PERSON, at=MONDAY),
    "refer": lambda each: intake.refer(each, referral=REFERRAL, reason="Hai tỉnh", by=PERSON, at=MONDAY),
    "accept": lambda each: intake.accept(each, procedure=RULES, calendar=CALENDAR, at=MONDAY),
    "classify": lambda each: intake.classify(each, level="1", procedure=RULES, at=MONDAY),
    "request_withdrawal": lambda each: filings.request_withdrawal(
        each, reason="Đổi ý", procedure=RULES, by=PERSON, at=MONDAY
    ),
    "stop": lambda each: intake.stop(each, by=PERSON, at=MONDAY),
    "apologize": apologize,
    "deliver": lambda each: intake.deliver(each, channel="online", by=PERSON, at=MONDAY),
}


@pytest.mark.parametrize("act", sorted(CALLS))
def test_every_act_refuses_every_other_stage_before_anything_else(act: str) -> None:
    refused = set()
    for stage in APPLICATION_STAGES:
        try:
            CALLS[act](case(stage))
        except TransitionNotAllowed:
            refused.add(stage)
        except (ConditionNotMet, Duplicate, Invalid):
            pass
    assert refused == set(APPLICATION_STAGES) - TRANSITIONS[act][0]


def condition_of(refused: pytest.ExceptionInfo[ConditionNotMet]) -> str:
    return refused.value.condition


def codes_of(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in refused.value.errors]


def test_submit_pins_the_rules_and_starts_the_clock() -> None:
    draft = case(D)
    filed = filings.submit(
        draft, by=PERSON, at=MONDAY, procedure=RULES, unit_ids=(UNIT,), errors=(), takes_drafts=False
    )
    assert filed == replace(
        draft,
        version=8,
        stage=S,
        updated_at=MONDAY,
        procedure_version=RULES.checksum,
        unit_ids=(UNIT,),
        submitted_by=PERSON,
        submitted_at=MONDAY,
        completeness_from=MONDAY,
    )


def test_submit_refuses_a_faulty_dossier_and_a_procedure_of_others() -> None:
    fault = FieldError(field="answers.plan.title", code="required", message=WORD)
    with pytest.raises(Invalid) as faulty:
        filings.submit(case(D), by=PERSON, at=MONDAY, procedure=RULES, unit_ids=(), errors=(fault,), takes_drafts=False)
    others = procedure(more={"status": ProcedureStatus.REFERRAL})
    with pytest.raises(ConditionNotMet) as elsewhere:
        filings.submit(case(D), by=PERSON, at=MONDAY, procedure=others, unit_ids=(), errors=(), takes_drafts=False)
    assert faulty.value.errors == (fault,)
    assert condition_of(elsewhere) == "procedure_takes_no_dossiers"


@pytest.mark.parametrize(
    ("more", "takes_drafts", "refusal"),
    [
        ({"status": ProcedureStatus.DRAFT}, True, None),
        ({"status": ProcedureStatus.DRAFT}, False, "procedure_is_a_draft"),
        ({"effective_from": MONDAY.date()}, False, None),
        ({"effective_from": MONDAY.date() + timedelta(days=1)}, False, "procedure_not_in_effect"),
        ({"effective_to": MONDAY.date() + timedelta(days=1)}, False, None),
        ({"effective_to": MONDAY.date()}, False, "procedure_not_in_effect"),
    ],
)
def test_dossiers_are_filed_under_law_in_effect(
    more: dict[str, Any],
    takes_drafts: bool,  # noqa: FBT001 - a case.
    refusal: str | None,
) -> None:
    rules = procedure(more=more)
    if refusal is None:
        filings.require_open(rules, takes_drafts=takes_drafts, at=MONDAY)
    else:
        with pytest.raises(ConditionNotMet) as refused:
            filings.require_open(rules, takes_drafts=takes_drafts, at=MONDAY)
        assert condition_of(refused) == refusal


def test_number_of_a_specimen_says_so() -> None:
    draft = procedure(more={"status": ProcedureStatus.DRAFT})
    assert (RULES.numbered("1/QĐ-UBND"), draft.numbered("1/QĐ-UBND")) == ("1/QĐ-UBND", "1/QĐ-UBND-MẪU")


def test_a_dossier_is_received_once() -> None:
    received = intake.receive(case(S), code="H12.01-261123-0001", at=MONDAY)
    assert (received.code, received.received_at, received.stage) == ("H12.01-261123-0001", MONDAY, S)
    with pytest.raises(Duplicate):
        intake.receive(received, code="H12.01-261123-0002", at=MONDAY)


@pytest.mark.parametrize("act", ["request_supplement", "refuse_intake", "refer", "accept"])
def test_intake_acts_need_a_received_dossier(act: str) -> None:
    with pytest.raises(ConditionNotMet) as refused:
        CALLS[act](case(S))
    assert condition_of(refused) == "not_received"


def test_supplement_request_names_what_it_asks_for() -> None:
    asked, request = ask(at(S))
    assert (asked.stage, request) == (R, REQUEST)


def test_supplement_request_lists_every_fault_at_once() -> None:
    strange = SupplementItem(target="documents.bank_statement", reason="Thêm.")
    with pytest.raises(Invalid) as refused:
        ask(at(S), items=(strange, ITEMS[0], ITEMS[0]))
    with pytest.raises(Invalid) as empty:
        ask(at(S), items=())
    assert codes_of(refused) == [("items.0.target", "unknown_target"), ("items.2.target", "twice")]
    assert codes_of(empty) == [("items", "required")]


def test_second_supplement_request_is_an_exception_with_a_reason() -> None:
    with pytest.raises(ConditionNotMet) as refused:
        ask(at(S), earlier=(REQUEST,))
    _, second = ask(at(S), earlier=(REQUEST,), exception_reason="Luật mới")
    assert condition_of(refused) == "supplement_rounds_used"
    assert (second.round, second.exception_reason) == (2, "Luật mới")


def test_first_supplement_request_needs_no_exception() -> None:
    _, first = ask(at(S), exception_reason="Thừa")
    assert first.exception_reason is None


def test_rounds_are_not_counted_where_the_procedure_leaves_them_open() -> None:
    _, second = ask(at(S), earlier=(REQUEST,), rules=procedure(supplement__max_rounds=None))
    assert (second.round, second.exception_reason) == (2, None)


@pytest.mark.parametrize(
    ("policy", "restarts"), [(("restart", "word"), True), (("continue", "word"), False), (None, True)]
)
def test_supplement_restarts_or_continues_the_clock(policy: Any, restarts: bool) -> None:  # noqa: FBT001 - a case.
    when = local(2026, 12, 1, 10)
    answered, request = answer(at(R), rules=procedure(supplement__clock_policy=policy), when=when)
    assert (answered.stage, answered.completeness_from) == (S, when if restarts else FRIDAY)
    assert request == replace(REQUEST, version=2, answered_by=PERSON, answered_at=when)


def test_item_left_as_it_was_is_filed_only_with_a_word_why() -> None:
    plan, other = (SupplementItem(target=f"documents.{part}", reason="Mờ") for part in ("trial_plan", "risk_register"))
    for because in ({}, {other.target: "Rõ"}, {plan.target: "Rõ", other.target: "Rõ"}):
        with pytest.raises(Invalid) as refused:
            answer(at(R), unanswered=(plan,), because=because)
        missing = [] if plan.target in because else [(plan.target, "unanswered")]
        needless = [(f"no_change_because.{other.target}", "not_unanswered")] if other.target in because else []
        assert codes_of(refused) == missing + needless
    _, request = answer(at(R), unanswered=(plan,), because={plan.target: "Bản này rõ."})
    assert request.unchanged == (UnchangedItem(target=plan.target, because="Bản này rõ."),)


def test_item_counts_as_changed_by_its_answer_or_the_bytes_of_its_files() -> None:
    def file(digest: str, *, name: str = "a.pdf", part: str = "trial_plan") -> Document:
        return Document(
            id=UUID(int=1),
            version=1,
            application_id=UUID(int=2),
            part=part,
            filename=name,
            media_type="application/pdf",
            size=1,
            sha256=digest,
            uploaded_by=PERSON,
            uploaded_at=MONDAY,
        )

    items = tuple(
        SupplementItem(target=target, reason="-")
        for target in ("answers.plan.goal", "answers.plan.sites", "documents.trial_plan", "documents.letter")
    )
    sites = [{"name": "Ao 1"}]
    filed = DossierVersion(
        application_id=UUID(int=2),
        number=3,
        cause="submitted",
        title="-",
        answers={"plan": {"goal": "Đếm tôm", "sites": sites}},
        documents=({"part": "trial_plan", "filename": "a.pdf", "sha256": "aa", "size": 1},),
        made_by=PERSON,
        made_at=MONDAY,
    )

    def left(answers: Any, *documents: Document) -> list[str]:
        found = filings.unanswered_items(
            replace(REQUEST, items=items), filed=filed, application=case(R, answers=answers), documents=documents
        )
        return [each.target.rpartition(".")[2] for each in found]

    same = {"plan": {"goal": "Đếm tôm", "sites": [{"name": "Ao 1"}]}}
    assert left(same, file("aa", name="b.pdf")) == ["goal", "sites", "trial_plan", "letter"]
    assert left({"plan": {"goal": "Đếm cua", "sites": sites}}, file("bb")) == ["sites", "letter"]
    assert left({"plan": {"goal": "Đếm tôm", "sites": []}}, file("aa"), file("cc")) == ["goal", "letter"]
    assert left({}, file("dd", part="letter")) == []


def test_digest_of_a_filing_covers_every_answer_and_every_file() -> None:
    def content(application: Application, *names: str) -> dict[str, object]:
        documents = [
            Document(
                id=UUID(int=number),
                version=1,
                application_id=application.id,
                part=name,
                filename=f"{name}.pdf",
                media_type="application/pdf",
                size=number,
                sha256=name * 8,
                uploaded_by=PERSON,
                uploaded_at=MONDAY,
            )
            for number, name in enumerate(names, start=1)
        ]
        return filings.filed_content(application, documents=documents, procedure=RULES)

    draft = case(D, answers={"plan": {"goal": "Đếm tôm"}})
    assert content(draft, "b", "a")["documents"] == [
        {"part": "a", "filename": "a.pdf", "sha256": "a" * 8, "size": 2},
        {"part": "b", "filename": "b.pdf", "sha256": "b" * 8, "size": 1},
    ]
    assert content(draft)["answers"] == draft.answers
    assert content(draft)["procedure"] == f"{RULES.code}@{RULES.checksum}"
    others = (replace(draft, title="Khác"), replace(draft, answers={}), replace(draft, organisation_id=UUID(int=9)))
    assert all(content(each) != content(draft) for each in others)
    with pytest.raises(ConditionNotMet) as refused:
        filings.require_signed("0" * 64, current="1" * 64)
    assert condition_of(refused) == "other_content"


def test_nothing_is_written_once_the_term_of_a_supplement_is_over() -> None:
    def editing(when: Any, rules: Procedure = RULES) -> SupplementRequest | None:
        return filings.require_editable(
            at(R), supplements=(REQUEST,), promises=(), procedure=rules, calendar=CALENDAR, at=when
        )

    assert editing(local(2026, 12, 24) - timedelta(microseconds=1)) == REQUEST
    with pytest.raises(ConditionNotMet) as late:
        editing(local(2026, 12, 24))
    assert condition_of(late) == "supplement_too_late"
    assert editing(local(2030, 1, 1), procedure(supplement__term=None)) == REQUEST
    draft = filings.require_editable(
        case(D), supplements=(), promises=(), procedure=RULES, calendar=CALENDAR, at=local(2030, 1, 1)
    )
    assert draft is None


def test_supplement_ends_with_its_term() -> None:
    last = local(2026, 12, 24) - timedelta(microseconds=1)  # 30 days from Monday 23 November.
    assert answer(at(R), when=last)[0].stage is S
    with pytest.raises(ConditionNotMet) as late:
        answer(at(R), when=local(2026, 12, 24))
    with pytest.raises(ConditionNotMet) as early:
        lapse(at(R), when=last)
    lapsed = lapse(at(R), when=local(2026, 12, 24))
    assert (condition_of(late), condition_of(early)) == ("supplement_too_late", "supplement_term_open")
    assert lapsed.closing == Closing(kind=ClosingKind.LAPSED, at=local(2026, 12, 24), by=PERSON, reasons=())


def test_nothing_lapses_and_nothing_is_late_without_a_term() -> None:
    rules = procedure(supplement__term=None)
    assert answer(at(R), rules=rules, when=local(2029, 1, 1))[0].stage is S
    with pytest.raises(ConditionNotMet) as caught:
        lapse(at(R), rules=rules, when=local(2029, 1, 1), reason="Không bổ sung.")
    assert condition_of(caught) == "notice_missing"


def test_without_a_term_a_letter_and_a_reason_close_the_case() -> None:
    rules, told, after = procedure(supplement__term=None), local(2026, 12, 1, 9), local(2026, 12, 2)
    with pytest.raises(ConditionNotMet):
        lapse(at(R), rules=rules, when=after - timedelta(seconds=1), letters=(told,), reason="Không bổ sung.")
    with pytest.raises(Invalid):
        lapse(at(R), rules=rules, when=after, letters=(told,))
    done = lapse(at(R), rules=rules, when=after, letters=(told,), reason="Không bổ sung.")
    assert (done.stage, done.closing) == (
        GONE,
        Closing(
            kind=ClosingKind.LAPSED,
            at=after,
            by=PERSON,
            reasons=(Reason(code="no_supplement", text="Không bổ sung."),),
        ),
    )


def test_faulty_supplement_is_refused() -> None:
    fault = FieldError(field="documents.trial_plan", code="missing", message=WORD)
    with pytest.raises(Invalid) as refused:
        answer(at(R), errors=(fault,))
    assert refused.value.errors == (fault,)


def test_refusal_of_intake_needs_reasons_of_the_procedure() -> None:
    refused = intake.refuse_intake(at(S), reasons=REASONS, procedure=RULES, by=PERSON, at=MONDAY)
    closing = Closing(kind=ClosingKind.INTAKE_REFUSED, at=MONDAY, by=PERSON, reasons=REASONS)
    assert (refused.stage, refused.closing) == (TURNED_AWAY, closing)
    for reasons, codes in (
        ((), [("reasons", "required")]),
        ((*REASONS, Reason(code="mood", text="-")), [("reasons.1.code", "unknown_reason")]),
    ):
        with pytest.raises(Invalid) as faulty:
            intake.refuse_intake(at(S), reasons=reasons, procedure=RULES, by=PERSON, at=MONDAY)
        assert codes_of(faulty) == codes


def test_referral_names_the_authority() -> None:
    sent = intake.refer(at(U), referral=REFERRAL, reason="Cấp độ 3", by=PERSON, at=MONDAY)
    assert sent.closing == Closing(
        kind=ClosingKind.REFERRED,
        at=MONDAY,
        by=PERSON,
        reasons=(Reason(code="not_competent", text="Cấp độ 3"),),
        authority=WORD.vi,
        target_procedure="cap-bo",
    )


def test_accept_promises_appraisal_and_decision() -> None:
    accepted = intake.accept(at(S), procedure=RULES, calendar=CALENDAR, at=local(2026, 11, 26, 10))
    # Ten working days to Thursday 10 December, five more to Thursday 17 December, 24:00.
    assert (accepted.stage, accepted.appointment_at) == (A, local(2026, 12, 18))


def test_accept_promises_nothing_while_a_term_is_open() -> None:
    rules = procedure(decision__term=None)
    assert intake.accept(at(S), procedure=rules, calendar=CALENDAR, at=MONDAY).appointment_at is None


@pytest.mark.parametrize("level", ["3", None])
def test_classify_takes_a_level_of_the_procedure(level: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        intake.classify(at(A), level=level, procedure=RULES, at=MONDAY)
    assert codes_of(refused) == [("level", "unknown_level")]
    classified = intake.classify(at(A), level="2", procedure=RULES, at=MONDAY)
    assert (classified.stage, classified.level, classified.classified_at) == (U, "2", MONDAY)


def test_classify_takes_no_level_where_there_are_none() -> None:
    rules = procedure(more={"levels": ()})
    assert intake.classify(at(A), level=None, procedure=rules, at=MONDAY).level is None
    with pytest.raises(Invalid):
        intake.classify(at(A), level="1", procedure=rules, at=MONDAY)


def test_withdrawal_is_a_wish_and_then_a_notice() -> None:
    with pytest.raises(ConditionNotMet) as unasked:
        intake.stop(at(U), by=PERSON, at=MONDAY)
    asked = filings.request_withdrawal(at(U), reason="Đổi ý", procedure=RULES, by=PERSON, at=MONDAY)
    with pytest.raises(Duplicate):
        filings.request_withdrawal(asked, reason="Vẫn vậy", procedure=RULES, by=PERSON, at=MONDAY)
    stopped = intake.stop(asked, by=PERSON, at=MONDAY)
    assert condition_of(unasked) == "no_withdrawal_requested"
    assert (asked.stage, asked.withdrawal) == (U, WithdrawalRequest(at=MONDAY, by=PERSON, reason="Đổi ý"))
    assert (stopped.stage, stopped.closing) == (
        OUT,
        Closing(
            kind=ClosingKind.WITHDRAWN, at=MONDAY, by=PERSON, reasons=(Reason(code="applicant_wish", text="Đổi ý"),)
        ),
    )


def test_nothing_but_the_notice_moves_a_case_whose_applicant_asked_to_stop() -> None:
    for act, (starts, leads_to) in lifecycle.TRANSITIONS.items():
        for stage in starts & OPEN_STAGES:
            asked = replace(at(stage), withdrawal=WithdrawalRequest(at=MONDAY, by=PERSON, reason="Đổi ý"))
            if leads_to in {None, OUT}:
                lifecycle.require_stage(asked, act)
                continue
            with pytest.raises(ConditionNotMet) as caught:
                lifecycle.require_stage(asked, act)
            assert caught.value.condition == "withdrawal_unanswered"


def test_nobody_asks_to_stop_where_no_notice_may_follow() -> None:
    without = procedure(
        more={"stages": tuple(replace(rule, next=tuple(set(rule.next) - {OUT})) for rule in RULES.stages)}
    )
    with pytest.raises(ConditionNotMet) as caught:
        filings.request_withdrawal(at(U), reason="Đổi ý", procedure=without, by=PERSON, at=MONDAY)
    assert caught.value.condition == "step_not_in_procedure"


def test_discarded_draft_stays_on_record() -> None:
    discarded = filings.discard(case(D), by=PERSON, at=MONDAY)
    closing = Closing(kind=ClosingKind.WITHDRAWN, at=MONDAY, by=PERSON, reasons=())
    assert (discarded.stage, discarded.closing) == (OUT, closing)


def test_one_new_date_only_and_in_time() -> None:
    promised = at(U, appointment_at=local(2026, 12, 18))
    apologized = apologize(promised)
    assert apologized.apology == Apology(
        at=MONDAY,
        by=PERSON,
        reason="Chờ ý kiến",
        promised_at=local(2027, 1, 5),
        length_reason="Bộ hẹn tháng Một.",
    )
    with pytest.raises(Duplicate):
        apologize(apologized)
    with pytest.raises(ConditionNotMet) as late:
        apologize(promised, latest=MONDAY)
    with pytest.raises(Invalid) as backwards:
        apologize(promised, promised=local(2026, 12, 18))
    assert condition_of(late) == "apology_too_late"
    assert codes_of(backwards) == [("promised_at", "not_later")]


def test_result_is_delivered_once() -> None:
    delivered = intake.deliver(at(NO), channel="online", by=PERSON, at=MONDAY)
    assert (delivered.stage, delivered.delivery) == (NO, ResultHandover(at=MONDAY, by=PERSON, channel="online"))
    with pytest.raises(Duplicate):
        intake.deliver(delivered, channel="post", by=PERSON, at=MONDAY)


def test_step_that_the_procedure_does_not_have_is_refused() -> None:
    without = procedure(
        more={"stages": tuple(replace(rule, next=tuple(set(rule.next) - {SENT})) for rule in RULES.stages)}
    )
    for stage in (S, A, U):
        lifecycle.require_step(at(stage), Action.APPLICATION_REFER, RULES)
        with pytest.raises(ConditionNotMet) as caught:
            lifecycle.require_step(at(stage), Action.APPLICATION_REFER, without)
        assert caught.value.condition == "step_not_in_procedure"
    lifecycle.require_step(at(S), Action.APPLICATION_ACCEPT, without)
    lifecycle.require_step(at(S), Action.MESSAGE_SEND, without)


def test_permit_is_issued_only_where_the_procedure_leads_to_one() -> None:
    lifecycle.require_step(at(OK), Action.PERMIT_ISSUE, RULES)
    without = procedure(more={"stages": tuple(rule for rule in RULES.stages if rule.stage is not OK)})
    with pytest.raises(ConditionNotMet):
        lifecycle.require_step(at(OK), Action.PERMIT_ISSUE, without)
