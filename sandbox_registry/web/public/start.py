"""The start page: what controlled testing is, whether it is for me, what it costs, how long it takes, who decides."""

from litestar import Response, get

from sandbox_registry.domain.cases.durations import ENOUGH
from sandbox_registry.domain.rules.entries import entry_procedure
from sandbox_registry.domain.rules.procedures import Audience
from sandbox_registry.domain.rules.rehearsals import likely_steps, routing_questions, sum_of_terms
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.applicants import applicants_of
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.public.titles import signer_title


@get("/", opt=declare(is_public=True), include_in_schema=False)
async def start_page(request: Incoming) -> Response[bytes]:
    """Answer a newcomer's four questions and lead on."""
    cases = use_cases(request)
    procedure = entry_procedure(await cases.rule_versions.in_force())
    steps = likely_steps(procedure, await cases.rule_versions.calendar(), at=cases.transactions.now())
    return page(
        request,
        "public/start.html",
        procedure=procedure,
        steps=steps,
        total=sum_of_terms(steps),
        is_total_whole=all(each.term is not None for each in steps),
        waiting=await cases.public_figures.waiting(procedure.code),
        enough=ENOUGH,
        titles=tuple(map(signer_title, procedure.items("signer_titles") or ())),
        applicants=applicants_of(procedure),
        council=procedure.council,
        public=[each for each in procedure.publication if each.audience is Audience.PUBLIC],
        internal=[each for each in procedure.publication if each.audience is Audience.INTERNAL],
        questions=len(routing_questions(procedure)),
    )
