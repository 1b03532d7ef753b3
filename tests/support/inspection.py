"""How files are taken in tests: room for all of them, and one set of processes that inspect files for the whole run of a test process: each costs a fifth of a second to start."""

from sandbox_registry.documents.uploads.inspection import Inspector
from sandbox_registry.domain.operations.stored_files import StoredBytes


class LastingInspector(Inspector):
    """Stays when the program it was lent to ends."""

    async def close(self) -> None:
        """Do nothing; the run ends with `end`."""

    async def end(self) -> None:
        """End the processes."""
        await super().close()


INSPECTOR = LastingInspector()
ROOM = StoredBytes(case=10**9, organisation=10**9, account=10**9)
