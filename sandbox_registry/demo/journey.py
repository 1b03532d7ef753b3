"""The whole demonstration: a province settles, startups file, and every dossier takes its course."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox_registry.demo import applicants, officials
from sandbox_registry.demo.applicants import Case
from sandbox_registry.demo.caller import Caller
from sandbox_registry.demo.dossiers import load_dossiers, load_scenarios, starting
from sandbox_registry.demo.province import DELEGATE, OFFICER, Province, settle
from sandbox_registry.demo.schedule import Course, MovingClock, office_day, run
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.rules.procedures import Procedure

LENGTH = timedelta(days=84)
"""How long before the end of the demonstration it begins: time for a supplement to lapse and a short trial to end."""

_DECISION_AFTER = 30
_LATE = {"under_appraisal": 10, "withdrawn": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one dossier ended: a line of the table the demonstration prints."""

    slug: str
    applicant: str
    course: str
    code: str
    stage: str
    outcome: str


async def demonstrate(
    caller: Caller, *, admins: tuple[str, str], procedures: dict[str, Procedure], clock: MovingClock, end: datetime
) -> tuple[Ending, ...]:
    """Drive every example dossier through the registry between `end - LENGTH` and `end`; the clock stands at the start."""
    province = await settle(caller, admins=admins)
    cases = [_case(caller, slug, procedures=procedures, begun=clock(), end=end) for slug in load_dossiers()]
    clock.move_to(office_day(clock(), days=0))
    courses = ((_start(case, begun=clock(), end=end), _course(case, province, clock=clock)) for case in cases)
    await run(courses, clock=clock)
    clock.move_to(end)
    return tuple([await _ending(case) for case in cases])


def _case(caller: Caller, slug: str, *, procedures: dict[str, Procedure], begun: datetime, end: datetime) -> Case:
    dossier, scenario = load_dossiers()[slug], load_scenarios()[slug]
    first_day = local_date(_start_of(scenario, begun=begun, end=end)) + timedelta(days=_DECISION_AFTER + 2)
    if scenario.get("permit") == "scheduled":
        first_day = local_date(end) + timedelta(days=scenario["starts_in_days"])
    moved = starting(dossier, first_day)
    return Case(caller=caller, dossier=moved, scenario=scenario, procedure=procedures[dossier.procedure])


def _start(case: Case, *, begun: datetime, end: datetime) -> datetime:
    return _start_of(case.scenario, begun=begun, end=end)


def _start_of(scenario: Any, *, begun: datetime, end: datetime) -> datetime:
    """Say when a dossier is begun: at once, or so late that it is still open at the end."""
    late = _LATE.get(scenario["course"])
    return begun if late is None else office_day(end - timedelta(days=late), days=0)


async def _course(case: Case, province: Province, *, clock: MovingClock) -> Course:
    """Take one dossier from draft to its end; every `yield` waits that many days."""
    await applicants.begin(case)
    yield 1
    await applicants.draft(case)
    yield 1
    if not await applicants.file(case):
        return
    yield 1
    await officials.receive(case)
    yield 1
    course = case.scenario["course"]
    if course in _AT_INTAKE:
        await _AT_INTAKE[course](case)
        return
    if "supplement" in case.scenario:
        await officials.ask_to_complete(case)
        if not case.scenario["supplement"]["answered"]:
            yield 45
            await officials.lapse(case)
            return
        yield 5
        await applicants.complete(case)
        yield 1
    await officials.accept(case)
    yield 1
    if course == "withdrawn":
        await case.act(case.owner, "withdrawal", {"reason": case.scenario["withdrawal"]["reason"]})
        yield 1
        await officials.stop(case)
        return
    async for days in _appraisal(case, province, clock=clock):
        yield days


async def _appraisal(case: Case, province: Province, *, clock: MovingClock) -> Course:
    await officials.begin_appraisal(case, province)
    letter = {"body": "Hồ sơ của quý đơn vị đang được thẩm định; chuyên viên phụ trách: Lê Hoàng Nam."}
    await case.add(OFFICER.email, "messages", letter)
    consultations = await officials.consult(case, province)
    question = await officials.ask_to_clarify(case)
    yield 2
    if case.scenario["course"] == "under_appraisal":
        return
    await officials.clarify(case, question)
    yield 2
    await officials.answer_consultations(case, consultations)
    await officials.review(case)
    yield 2
    session = await officials.convene(case, province, sits_at=office_day(clock(), days=2))
    yield 2
    await officials.sit(case, province, session)
    yield 2
    await officials.recommend(case, province)
    yield 2
    if case.scenario["course"] == "refused":
        await officials.refuse(case)
        yield 1
        await officials.deliver(case)
        yield 7
        grounds = "Đề nghị xem xét lại mức đánh giá rủi ro va chạm; công ty bổ sung phương án chạy không khách."
        await case.add(case.owner, "complaints", {"grounds": grounds})
    else:
        await officials.approve(case)
        yield 1
        await officials.issue(case)
    yield 3
    # A delegate of the People's Council looks into the case; that reading stands in the log as well.
    await case.caller.ask("GET", f"/applications/{case.id}", by=DELEGATE.email)


_AT_INTAKE: dict[str, Callable[[Case], Any]] = {
    "intake_refused": officials.refuse_intake,
    "referred": officials.refer,
}


async def _ending(case: Case) -> Ending:
    view = await case.refresh()
    return Ending(
        slug=case.dossier.slug,
        applicant=case.dossier.organisation.name,
        course=case.scenario["course"],
        code=case.code,
        stage=case.stage,
        outcome=await _outcome(case, view["application"]),
    )


async def _outcome(case: Case, application: Any) -> str:
    if case.refused_with:
        return f"{len(case.refused_with)} lỗi: {case.refused_with[0][0]} …"
    if case.outcome:
        permits = await case.caller.ask("GET", "/permits", by=case.owner)
        return next(f"{each['number']} {each['stage']}" for each in permits["items"] if each["number"] == case.outcome)
    closing = application["closing"]
    return (closing["authority"] or closing["kind"]) if closing else ""


def table(endings: tuple[Ending, ...]) -> Iterator[str]:
    """Yield the lines of a table of endings."""
    heads = ("hồ sơ", "mã hồ sơ", "kịch bản", "bước", "kết quả")
    rows = [(each.slug, each.code, each.course, each.stage, each.outcome) for each in endings]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    for row in (heads, tuple("-" * width for width in widths), *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
