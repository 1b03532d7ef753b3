"""The addresses of the portal."""

from litestar.types import ControllerRouterHandler

from sandbox_registry.web.public.style_guide import components_page
from sandbox_registry.web.static_files import static_file


def portal_routes(*, is_demonstration: bool) -> list[ControllerRouterHandler]:
    """Return every handler of the portal; the page of components only in a demonstration."""
    return [static_file, *([components_page] if is_demonstration else [])]
