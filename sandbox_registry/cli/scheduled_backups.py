"""The process that makes backups beside `serve`, as the owner of the embedded database."""

import os
import signal
import time

import structlog
from uuid_utils.compat import uuid7

from sandbox_registry.authz import Action
from sandbox_registry.cli.environment import leave
from sandbox_registry.cli.session import run_with
from sandbox_registry.configuration import settings_from
from sandbox_registry.db.embedded.server import running_url
from sandbox_registry.db.operations.backups import BackupFailed
from sandbox_registry.domain.audit import Pseudonyms
from sandbox_registry.domain.errors import DomainError
from sandbox_registry.domain.operations.installation import Backup
from sandbox_registry.runtime.clocks import system_clock
from sandbox_registry.runtime.logs import configure_logs
from sandbox_registry.runtime.processes import end_with_parent
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.operations.backup_schedule import BackupSchedule
from sandbox_registry.usecases.operations.backups import note_backup
from sandbox_registry.usecases.registry import UseCases

logger = structlog.get_logger("registry.backups")


def keep_backing_up() -> None:
    """Make a backup whenever one is due, until told to end; a failure is logged as critical, and tried again next time."""
    settings = settings_from(os.environ)
    configure_logs(level=settings.log_level, form=settings.log_format)
    signal.signal(signal.SIGTERM, leave)
    end_with_parent()
    if settings.backup_dir is None:
        return
    schedule = BackupSchedule(
        directory=settings.backup_dir,
        owner_url=lambda: running_url(settings.data_dir) or "",
        data_dir=settings.data_dir,
        now=system_clock,
        new_id=uuid7,
        days=settings.backup_days,
        pseudonym_key=Pseudonyms(settings.pseudonym_key).check_value,
    )
    while True:
        try:
            made = schedule.make_if_due()
            if made is not None:
                _note(settings, made)
                logger.info("backup.made", log_size=made.log_size, bytes=made.bytes)
        except (BackupFailed, DomainError, OSError) as error:
            logger.critical("backup.failed", error=str(error))
        time.sleep(settings.backup_every.total_seconds())


def _note(settings: Settings, made: Backup) -> None:
    async def note(cases: UseCases) -> None:
        await note_backup(cases.transactions, command_line(), Action.BACKUP_MAKE, made)

    run_with(settings, note)
