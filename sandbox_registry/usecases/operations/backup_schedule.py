"""The schedule of backups: one after each interval in which anything changed, and the old ones removed."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sandbox_registry.db.operations import backups
from sandbox_registry.domain.operations.backup_times import outdated
from sandbox_registry.domain.operations.installation import Backup
from sandbox_registry.usecases.operations.backups import NAME, write_backup


@dataclass(slots=True, kw_only=True)
class BackupSchedule:
    """Backups into one directory. `owner_url` gives the database's address anew each time, for it may be started again."""

    directory: Path
    owner_url: Callable[[], str]
    data_dir: Path
    now: Callable[[], datetime]
    new_id: Callable[[], UUID]
    days: int
    pseudonym_key: str
    _last: tuple[int, int] | None = field(default=None, init=False)
    """How much had been written, and how many leaves there were, at the last backup."""

    def make_if_due(self) -> Backup | None:
        """Make a backup unless nothing changed since the last one, and remove those that are outdated.

        Returns the backup, to be noted in the log; its own leaf is no reason for another one.

        Raises:
            BackupFailed: it could not be made.

        """
        url = self.owner_url()
        changes = backups.changes(url)
        with backups.one_moment(url) as moment:
            leaves = moment.size
        if self._last is not None and self._last[0] == changes and leaves <= self._last[1] + 1:
            return None
        _, made = write_backup(
            self.directory,
            owner_url=url,
            data_dir=self.data_dir,
            at=self.now(),
            new_id=self.new_id,
            pseudonym_key=self.pseudonym_key,
        )
        self._last = changes, made.log_size
        self._remove_outdated()
        return made

    def _remove_outdated(self) -> None:
        made: dict[datetime, Path] = {}
        for folder in self.directory.iterdir():
            with suppress(ValueError):
                made[datetime.strptime(folder.name, NAME).replace(tzinfo=UTC)] = folder
        for at in outdated(made, now=self.now(), days=self.days):
            shutil.rmtree(made[at])
