"""The page that shows every pattern once: the style guide, in a demonstration only."""

from typing import Any

from litestar import Request, Response, get

from sandbox_registry.http.declarations import declare
from sandbox_registry.usecases.registry import UseCases
from sandbox_registry.web.components.icons import ICONS
from sandbox_registry.web.pages import page

COLOURS = [
    "paper",
    "surface",
    "sunk",
    "ink",
    "ink2",
    "line",
    "edge",
    "green",
    "green-tint",
    "water",
    "water-tint",
    "amber",
    "amber-tint",
    "red",
    "red-tint",
    "silt",
    "silt-tint",
    "focus",
    "footer",
]
STATES = (
    ("late", "late"),
    ("today", "clock"),
    ("you", "you"),
    ("us", "hourglass"),
    ("working", "half"),
    ("mend", "mend"),
    ("done", "done"),
    ("empty", "empty"),
    ("gap", "specimen"),
)
PANELS = (("you", "you"), ("attention", "mend"), ("error", "mend"), ("know", "shield"), ("gap", "specimen"))


@get("/components", opt=declare(is_public=True), include_in_schema=False)
async def components_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show every pattern once."""
    cases: UseCases = request.app.state.use_cases
    return page(
        request,
        "public/components.html",
        colours=COLOURS,
        states=STATES,
        panels=PANELS,
        icons=tuple(ICONS),
        today=cases.transactions.now(),
    )
