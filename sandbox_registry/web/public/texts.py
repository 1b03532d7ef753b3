"""Pages that are only words: help, glossary, accessibility, privacy."""

from litestar import Response, get

from sandbox_registry.domain.texts import Phrase
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.languages import language_of
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming
from sandbox_registry.web.typography import alphabetical

HELP = ("begin", "papers", "supplement", "silence", "refused", "complain", "devices", "contact")
"""The questions of the help page, in their order."""
TERMS = (
    "appointment",
    "council",
    "dossier_code",
    "dossier",
    "exemption",
    "gap",
    "log",
    "one_stop",
    "permit",
    "referral",
    "supplement",
    "trial",
    "working_day",
)
"""The words that are explained, each page of them in the order of its alphabet."""
ACCESSIBILITY = ("promise", "checked", "without", "known", "report")
PRIVACY = ("public_pages", "cookie", "sessions", "address", "dossiers", "log", "rights")


@get("/tro-giup", opt=declare(is_public=True), include_in_schema=False)
async def help_page(request: Incoming) -> Response[bytes]:
    """Answer what people ask most."""
    return page(request, "public/help.html", questions=HELP)


@get("/thuat-ngu", opt=declare(is_public=True), include_in_schema=False)
async def glossary_page(request: Incoming) -> Response[bytes]:
    """Explain the words of the procedure."""
    language = language_of(request)
    named = {term: Phrase(f"web.glossary.term.{term}").in_language(language) for term in TERMS}
    return page(request, "public/glossary.html", terms=sorted(TERMS, key=lambda term: alphabetical(named[term])))


@get("/tiep-can", opt=declare(is_public=True), include_in_schema=False)
async def accessibility_page(request: Incoming) -> Response[bytes]:
    """State how far everybody can use these pages."""
    return page(request, "public/statement.html", name="accessibility", parts=ACCESSIBILITY)


@get("/quyen-rieng-tu", opt=declare(is_public=True), include_in_schema=False)
async def privacy_page(request: Incoming) -> Response[bytes]:
    """State what is known about visitors and applicants."""
    return page(request, "public/statement.html", name="privacy", parts=PRIVACY)
