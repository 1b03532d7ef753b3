"""Jobs as rows of the queue: put there by the transaction that needs them done, so that both happen or neither."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db.core.statements import Statement

QUEUE = "default"


class Task(StrEnum):
    """What a worker can do; `jobs/tasks.py` says how. A name stays: jobs wait under it across releases."""

    DELIVER_WEBHOOK = "deliver_webhook"
    FORGET_FILES = "forget_files"
    FORGET_JOBS = "forget_jobs"
    FORGET_SESSION_PLACES = "forget_session_places"
    LOG_REFUSED_LOGINS = "log_refused_logins"
    PURGE_ACCOUNT_MAILS = "purge_account_mails"
    PURGE_ANSWERS = "purge_answers"
    PURGE_QUOTAS = "purge_quotas"
    REFRESH_DUE_DATES = "refresh_due_dates"
    REMIND_CONSULTED = "remind_consulted"
    REMIND_TOKEN_HOLDERS = "remind_token_holders"  # noqa: S105 - the name of a task, not a secret.
    RESCUE_JOBS = "rescue_jobs"
    SWEEP_UPLOADS = "sweep_uploads"
    SWEEP_WEBHOOKS = "sweep_webhooks"
    WRITE_OF_NEW_DATES = "write_of_new_dates"
    WRITE_ACCOUNT_MAIL = "write_account_mail"
    WRITE_TO_TOKEN_HOLDER = "write_to_token_holder"  # noqa: S105 - the name of a task, not a secret.


# Procrastinate's own function, of the version that migration 0004 pins; its triggers wake the workers at COMMIT.
_DEFER = Statement(
    text(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS text), CAST(:task AS text), 0, NULL, NULL,"
        " CAST(:args AS jsonb), CAST(:at AS timestamptz))::procrastinate_job_to_defer_v1])"
    )
)


async def defer(connection: AsyncConnection, task: Task, *, at: datetime | None, args: Mapping[str, object]) -> None:
    """Put a job into the queue, for `at` or at once, when the transaction commits.

    There is no lock to give: one that waits for a far `at` would hold back every later job under the same lock.
    """
    await _DEFER.execute(
        connection, {"queue": QUEUE, "task": task.value, "args": msgspec.json.encode(args).decode(), "at": at}
    )
