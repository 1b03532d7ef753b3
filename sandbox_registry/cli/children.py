"""What the processes that `serve` spawns begin with; each imports the rest by itself, so that none holds what it never uses."""

from typing import TYPE_CHECKING

from sandbox_registry.runtime.imports import imports_uncollected

if TYPE_CHECKING:
    from litestar import Litestar


def run_worker() -> None:
    """Do background work as the environment says."""
    with imports_uncollected():
        from sandbox_registry.worker import worker
    worker()


def run_backups() -> None:
    """Make backups on the schedule that the environment names."""
    with imports_uncollected():
        from sandbox_registry.cli.scheduled_backups import keep_backing_up
    keep_backing_up()


def build_application() -> "Litestar":
    """Build the application from the environment."""
    with imports_uncollected():
        from sandbox_registry.app import application
    return application()
