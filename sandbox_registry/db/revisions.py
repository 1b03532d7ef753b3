"""Which shape of the database this version needs, known without alembic: processes that answer requests never load it."""

from functools import cache

from sandbox_registry.shipped import shipped


@cache
def newest() -> str:
    """Return the revision of the newest migration; files are named by their revisions, which count up."""
    return max(path.name for path in (shipped("alembic") / "versions").glob("[0-9]*_*.py")).partition("_")[0]
