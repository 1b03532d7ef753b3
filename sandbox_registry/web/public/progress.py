"""How far a case is, by its code: the code and the degree of completion, and nothing else."""

import re
from typing import Any

from litestar import Response, get

from sandbox_registry.domain.cases.progress import Progress
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.operations.quotas import By, Group
from sandbox_registry.http.declarations import declare
from sandbox_registry.http.identity import ADDRESS
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases

_CODE = re.compile(r"[0-9A-Z.-]{1,60}")


@get("/tra-cuu", opt=declare(is_public=True), include_in_schema=False)
async def progress_page(request: Incoming) -> Response[bytes]:
    """Ask for a code, or say how far its case is; a code nobody has and one that may not be known look the same."""
    written = request.query_params.get("ma", "").strip()[:100]
    return page(request, "public/progress.html", **await _found(request, written))


async def _found(request: Incoming, written: str) -> dict[str, Any]:
    code = re.sub(r"\s+", "", written).upper()
    found: Progress | None = None
    if _CODE.fullmatch(code):
        cases = use_cases(request)
        await cases.rate_limits.take(Group.LOOKUPS, {By.ADDRESS: request.scope["state"][ADDRESS].encode()})
        try:
            found = await cases.public_figures.progress(code)
        except NotFound:
            found = None
    return {"written": written, "found": found}
