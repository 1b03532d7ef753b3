"""The addresses of the portal."""

from litestar.types import ControllerRouterHandler

from sandbox_registry.web.public.authority import authority_page
from sandbox_registry.web.public.days_off import days_off_page
from sandbox_registry.web.public.log import log_page
from sandbox_registry.web.public.procedures import procedure_page, procedures_page
from sandbox_registry.web.public.progress import progress_page
from sandbox_registry.web.public.rehearsal import rehearsal_page
from sandbox_registry.web.public.start import start_page
from sandbox_registry.web.public.style_guide import components_page
from sandbox_registry.web.public.texts import accessibility_page, glossary_page, help_page, privacy_page
from sandbox_registry.web.static_files import static_file

PUBLIC: tuple[ControllerRouterHandler, ...] = (
    accessibility_page,
    authority_page,
    days_off_page,
    glossary_page,
    help_page,
    log_page,
    privacy_page,
    procedure_page,
    procedures_page,
    progress_page,
    rehearsal_page,
    start_page,
)
"""The pages for everybody."""


def portal_routes(*, is_demonstration: bool) -> list[ControllerRouterHandler]:
    """Return every handler of the portal; the page of components only in a demonstration."""
    return [static_file, *PUBLIC, *([components_page] if is_demonstration else [])]
