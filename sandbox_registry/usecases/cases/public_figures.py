"""What anybody may ask about cases without an account."""

from sandbox_registry.db.cases import public_figures
from sandbox_registry.domain.cases.durations import Waiting, waiting
from sandbox_registry.domain.cases.progress import Progress, progress
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.usecases.transaction.transactions import Transactions


class PublicFigures:
    """One method per question; nothing here names a person, an organisation or a decision."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def progress(self, code: str) -> Progress:
        """Say how far the case with that code is.

        Raises:
            NotFound: no case has it. A draft has no code, so it is not there either.

        """
        async with self.transactions.replica() as replica:
            stage = await replica.run(public_figures.stage_by_code, code)
        if stage is None:
            raise NotFound(what="application")
        return progress(code, stage)

    async def waiting(self, procedure_code: str) -> Waiting:
        """Say how long decisions of a procedure took, in working days by the calendar in force now."""
        async with self.transactions.replica() as replica:
            spans = await replica.run(public_figures.decided_spans, procedure_code)
            calendar = await replica.run(self.transactions.rules.calendar, at=self.transactions.now())
        return waiting(spans, calendar=calendar)
