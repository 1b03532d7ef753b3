"""A Litestar application that does nothing."""

from litestar import Litestar, get


@get("/health/live")
async def live() -> dict[str, str]:
    """Answer at once."""
    return {"status": "live"}


def app() -> Litestar:
    """Build the application."""
    return Litestar([live], openapi_config=None, logging_config=None)
