"""Try the procedure without an account: questions, whose case it would be, the papers, the steps, the likely dates.

Answers stand in the address and nowhere else: the page can be printed, kept and sent on, and the registry stores nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar import Response, get

from sandbox_registry.domain.cases.durations import ENOUGH
from sandbox_registry.domain.rules.entries import entry_procedure
from sandbox_registry.domain.rules.form_fields import FieldKind, is_shown
from sandbox_registry.domain.rules.forms import route, visible
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.rules.rehearsals import (
    Question,
    decided_by,
    likely_steps,
    open_questions,
    paper_questions,
    papers,
    routing_questions,
    sum_of_terms,
)
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases

CHANGE = "sua"
"""In the address of who wants to change answers."""
SENT = "sent"
"""Names every question that stood on the page the answers come from: one that was not there is not missing."""
_YES_OR_NO = {"yes": True, "no": False}
_LONGEST_NUMBER = 9
Answers = dict[str, dict[str, Any]]


@get("/thu-thu-tuc", opt=declare(is_public=True), include_in_schema=False)
async def rehearsal_page(request: Incoming) -> Response[bytes]:
    """Ask what is still to be asked, or show where the answers lead."""
    cases = use_cases(request)
    every = {each.code: each for each in await cases.rule_versions.in_force()}
    procedure = entry_procedure(every.values())
    questions = (*routing_questions(procedure), *paper_questions(procedure))
    answers = read_answers(questions, request)
    to_ask = open_questions(procedure, routing_questions(procedure), answers)
    referral = None if to_ask else route(procedure, answers)
    if referral is None and not to_ask:
        to_ask = open_questions(procedure, paper_questions(procedure), answers)
    to_ask = tuple(each for each in to_ask if not _may_be_empty(each, request))
    if to_ask or CHANGE in request.query_params:
        return _form(request, procedure, questions, answers, to_ask)
    at = cases.transactions.now()
    steps = likely_steps(procedure, await cases.rule_versions.calendar(), at=at)
    return page(
        request,
        "public/rehearsal.html",
        procedure=procedure,
        referral=referral,
        target=every.get(referral.target or "") if referral else None,
        at=at,
        steps=steps,
        decided=decided_by(steps),
        total=sum_of_terms(steps),
        papers=papers(procedure, answers),
        fees=procedure.fees_for(visible(procedure, answers)),
        agencies=procedure.consultations_for(visible(procedure, answers)),
        waiting=await cases.public_figures.waiting(procedure.code),
        enough=ENOUGH,
        answered=_answered(procedure, questions, answers),
        query=request.url.query,
    )


def read_answers(questions: Iterable[Question], request: Incoming) -> Answers:
    """Read answers out of the address; what is none of the values that may be given counts as not answered."""
    answers: Answers = {}
    for each in questions:
        given = request.query_params.getall(each.path, [])
        value = _value(each, [one.strip() for one in given])
        if value is not None:
            section, _, key = each.path.partition(".")
            answers.setdefault(section, {})[key] = value
    return answers


def _value(question: Question, given: list[str]) -> Any:
    field, first = question.field, given[0] if given else ""
    known = [each.value for each in field.choices]
    match field.kind:
        case FieldKind.BOOLEAN:
            return _YES_OR_NO.get(first)
        case FieldKind.CHOICE:
            return first if first in known else None
        case FieldKind.CHOICES:
            return [each for each in given if each in known] or None
        case FieldKind.INTEGER:
            return _whole(question, first)
        case _:
            return None


def _whole(question: Question, written: str) -> int | None:
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER):
        return None
    value, field = int(written), question.field
    fits = (field.minimum is None or value >= field.minimum) and (field.maximum is None or value <= field.maximum)
    return value if fits else None


def _may_be_empty(question: Question, request: Incoming) -> bool:
    """Tell whether no answer is an answer: none of several that may be chosen, once the question was put."""
    return question.field.kind is FieldKind.CHOICES and question.path in request.query_params.getall(SENT, [])


def _form(
    request: Incoming,
    procedure: Procedure,
    questions: tuple[Question, ...],
    answers: Answers,
    to_ask: tuple[Question, ...],
) -> Response[bytes]:
    """Show the questions of a step: whose case it is, then the papers; all of them to who wants to change answers.

    Answers of the other step go along unseen. A question that was put and not answered is named; one that only these
    answers brought up is not a fault of anybody.
    """
    asked, sent = visible(procedure, answers), set(request.query_params.getall(SENT, []))
    routing = {each.path for each in routing_questions(procedure)}
    is_routed = not open_questions(procedure, routing_questions(procedure), answers)
    every = [each for each in questions if is_shown(each.field, asked)]
    shown = [
        each for each in every if (each.path in routing) != is_routed or (CHANGE in request.query_params and is_routed)
    ]
    missing = {each.path: _fault(each, request) for each in to_ask if each.path in sent and each in shown}
    return page(
        request,
        "public/rehearsal_form.html",
        procedure=procedure,
        questions=shown,
        carried=[
            (name, value)
            for name, value in request.query_params.multi_items()
            if name in {each.path for each in every if each not in shown}
        ],
        answers={each.path: _answer(answers, each.path) for each in shown},
        written={each.path: request.query_params.get(each.path, "") for each in shown},
        missing=missing,
        is_new=bool(sent) and not missing and not is_routed,
        step=2 if is_routed else 1,
    )


def _fault(question: Question, request: Incoming) -> str:
    """Return the key of what is wrong with an answer."""
    if question.field.kind is FieldKind.INTEGER:
        return "web.try.number_wrong" if request.query_params.get(question.path) else "web.try.number_missing"
    return "web.try.choose"


def _answer(answers: Answers, path: str) -> Any:
    section, _, key = path.partition(".")
    return answers.get(section, {}).get(key)


def _answered(procedure: Procedure, questions: Iterable[Question], answers: Answers) -> list[tuple[Question, Any]]:
    """List the questions that were answered, with labels of what was chosen."""
    asked: Mapping[str, Mapping[str, Any]] = visible(procedure, answers)
    found = ((each, _answer({key: dict(value) for key, value in asked.items()}, each.path)) for each in questions)
    return [(each, _labels(each, value)) for each, value in found if value is not None]


def _labels(question: Question, value: Any) -> Any:
    labels = {each.value: each.label for each in question.field.choices}
    if isinstance(value, list):
        return [labels[each] for each in value]
    return labels.get(value, value) if isinstance(value, str) else value
