"""One set of processes that inspect files for the whole run of a test process: each costs a fifth of a second to start."""

from sandbox_registry.documents.uploads.inspection import Inspector


class LastingInspector(Inspector):
    """Stays when the program it was lent to ends."""

    async def close(self) -> None:
        """Do nothing; the run ends with `end`."""

    async def end(self) -> None:
        """End the processes."""
        await super().close()


INSPECTOR = LastingInspector()
