"""Try the procedure without an account: questions, whose case it would be, the papers, the steps, the likely dates.

Answers stand in the address and nowhere else: the page can be printed, kept and sent on, and the registry stores nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from sandbox_registry.domain.cases.durations import ENOUGH
from sandbox_registry.domain.errors import NotFound
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
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.applicants import applicants_of
from sandbox_registry.web.public.common import Incoming, query_of, use_cases
from sandbox_registry.web.public.papers import file_limits

PROCEDURE = "thu-tuc"
"""In the address, the code of the procedure that is tried; without it, the one that newcomers begin with."""
CHANGE = "sua"
"""In the address of who wants to change answers."""
SENT = "sent"
"""Names every question that stood on the page the answers come from: one that was not there is not missing."""
_YES_OR_NO = {"yes": True, "no": False}
_NUMBER = re.compile(r"[0-9]{1,9}|[0-9]{1,3}(?:[. \N{NO-BREAK SPACE}][0-9]{3}){1,2}")
"""A whole number, also with its thousands set apart as Vietnamese does."""
_LONGEST_SAID_AGAIN = 40
Answers = dict[str, dict[str, Any]]


@get("/thu-thu-tuc", opt=declare(is_public=True), include_in_schema=False)
async def rehearsal_page(request: Incoming) -> Response[bytes]:
    """Ask what is still to be asked, or show where the answers lead."""
    cases = use_cases(request)
    every = {each.code: each for each in await cases.rule_versions.in_force()}
    procedure = _tried(every, request)
    questions = _questions(procedure)
    answers = read_answers(questions, request)
    to_ask = open_questions(procedure, routing_questions(procedure), answers)
    referral = None if to_ask else route(procedure, answers)
    if referral is None and not to_ask:
        to_ask = open_questions(procedure, paper_questions(procedure), answers)
    to_ask = tuple(each for each in to_ask if not _may_be_empty(each, request))
    if to_ask or CHANGE in request.query_params:
        return _form(request, procedure, questions, answers, to_ask)
    at = cases.transactions.now()
    target = every.get(referral.target or "") if referral else None
    steps = likely_steps(procedure, await cases.rule_versions.calendar(), at=at)
    return page(
        request,
        "public/rehearsal.html",
        procedure=procedure,
        referral=referral,
        target=target,
        continues=_continued(request, questions, target) if target and target.takes_dossiers else None,
        applicants=applicants_of(procedure),
        supplement=_supplement(procedure),
        file_limits=file_limits,
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


def _tried(every: Mapping[str, Procedure], request: Incoming) -> Procedure:
    """Return the procedure that the address names, else the one to begin with.

    Raises:
        NotFound: no procedure of that code takes dossiers here.

    """
    code = request.query_params.get(PROCEDURE)
    if code is None:
        return entry_procedure(every.values())
    procedure = every.get(code)
    if procedure is None or not procedure.takes_dossiers:
        raise NotFound(what="procedure")
    return procedure


def _questions(procedure: Procedure) -> tuple[Question, ...]:
    return (*routing_questions(procedure), *paper_questions(procedure))


def _continued(request: Incoming, questions: Iterable[Question], target: Procedure) -> str:
    """Return the address that tries the procedure to which answers led, with the answers to what both of them ask."""
    asked = {each.path: each.field.label for each in questions}
    both = {each.path for each in _questions(target) if asked.get(each.path) == each.field.label}
    answers = [(name, value) for name, value in query_of(request) if name in both]
    return f"/thu-thu-tuc?{urlencode([(PROCEDURE, target.code), *answers])}"


def _supplement(procedure: Procedure) -> tuple[Phrase, ...]:
    """Say what having to supply something does to the dates, as far as the procedure says it."""
    rounds, policy = procedure.number("supplement.max_rounds"), procedure.word("supplement.clock_policy")
    return (
        *([] if rounds is None else [Phrase("web.try.supplement_rounds", count=rounds)]),
        *([] if policy is None else [Phrase(f"web.try.supplement_{policy}")]),
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
    if not _NUMBER.fullmatch(written):
        return None
    value, field = int(re.sub(r"[^0-9]", "", written)), question.field
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
    named = PROCEDURE in request.query_params
    return page(
        request,
        "public/rehearsal_form.html",
        procedure=procedure,
        questions=shown,
        carried=[
            *([(PROCEDURE, procedure.code)] if named else []),
            *(
                (name, value)
                for name, value in query_of(request)
                if name in {each.path for each in every if each not in shown}
            ),
        ],
        answers={each.path: _answer(answers, each.path) for each in shown},
        written={each.path: request.query_params.get(each.path, "") for each in shown},
        missing=missing,
        is_new=bool(sent) and not missing and not is_routed,
        step=2 if is_routed else 1,
        is_change=is_routed and CHANGE in request.query_params,
        applicants=applicants_of(procedure),
    )


def _fault(question: Question, request: Incoming) -> Phrase:
    """Say what is wrong with an answer, with what was written and what would be right."""
    written = request.query_params.get(question.path, "").strip()
    if question.field.kind is not FieldKind.INTEGER:
        return Phrase("web.try.choose")
    if not written:
        return Phrase("web.try.number_missing")
    again, low, high = written[:_LONGEST_SAID_AGAIN], question.field.minimum, question.field.maximum
    if low is None or high is None:
        return Phrase("web.try.number_wrong", written=again)
    return Phrase("web.try.number_out_of_range", written=again, minimum=low, maximum=high)


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
