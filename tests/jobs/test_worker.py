"""Jobs on the real queue: deferred with the act or not at all, done once, finished before a stop, taken up after a crash."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from procrastinate import App
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from sandbox_registry.adapters.mail import SmtpClient
from sandbox_registry.adapters.webhooks import WebhookClient
from sandbox_registry.db.core.idempotency import ResponseRecord, begin, store_response
from sandbox_registry.db.core.jobs import Task
from sandbox_registry.domain.rules.rule_versions import RuleKind, RuleVersion
from sandbox_registry.jobs.tasks import HOURS, job_app
from sandbox_registry.runtime.mail_servers import MailServer
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.operations.upkeep import Upkeep
from tests.jobs.mailbox import mailbox
from tests.jobs.queue import Queue, working
from tests.support.leaves import leaves
from tests.support.stages import accepted, received, submitted
from tests.support.world import World

STATES = "SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id"
WORKERS = "SELECT count(*) FROM procrastinate_workers"
CONCERNED = (
    "SELECT email FROM people JOIN memberships ON person_id = people.id WHERE organisation_id = :organisation_id"
)
DUE = "SELECT next_due_at FROM applications ORDER BY id"
SPOIL = "UPDATE applications SET next_due_at = '2020-01-01'"
SPOILT = (datetime(2020, 1, 1, tzinfo=UTC),)
NEW_DAY_OFF = """
[[days]]
date = 2026-11-23
kind = "holiday"
name = { vi = "Nghỉ bão", en = "Storm", fr = "Tempête" }
source = "Công điện của Ủy ban nhân dân tỉnh"
confidence = "V"
"""
WORKED_SATURDAY = """
[[days]]
date = 2026-11-21
kind = "makeup_working"
name = { vi = "Làm bù", en = "Made up", fr = "Récupéré" }
source = "Công văn của Bộ Nội vụ"
confidence = "V"
swapped_with = 2026-12-28

[[days]]
date = 2026-12-28
kind = "swapped_off"
name = { vi = "Nghỉ hoán đổi", en = "Swapped day off", fr = "Jour chômé permuté" }
source = "Công văn của Bộ Nội vụ"
confidence = "V"
swapped_with = 2026-11-21
"""


def test_every_task_can_be_done_and_has_its_hour(jobs: App) -> None:
    own = {name for name in jobs.tasks if "procrastinate" not in name}
    at_once = {
        Task.DELIVER_WEBHOOK,
        Task.FORGET_FILES,
        Task.WRITE_ACCOUNT_MAIL,
        Task.WRITE_OF_NEW_DATES,
        Task.WRITE_TO_TOKEN_HOLDER,
    }
    assert own == {*HOURS, *at_once} == {task.value for task in Task}
    assert {task for task, _ in jobs.periodic_registry.periodic_tasks} == set(HOURS)


async def test_a_rollback_takes_the_job_with_it(world: World, queue: Queue) -> None:
    class Changed(Exception):
        """The act fails at its end."""

    async def act() -> None:
        async with world.database.transaction() as work:
            await work.defer(Task.REFRESH_DUE_DATES)
            raise Changed

    with pytest.raises(Changed):
        await act()
    assert await queue.jobs() == []


async def test_a_job_is_there_from_the_commit_on_with_its_arguments(world: World, queue: Queue) -> None:
    async with world.database.transaction() as work:
        await work.defer(Task.REFRESH_DUE_DATES, after=world.startup, as_of=world.clock.at, at=world.clock.at)
        assert await queue.jobs() == []
    given = {"after": str(world.startup), "as_of": "2026-11-20T07:00:00Z"}
    assert await queue.jobs() == [("refresh_due_dates", given, "todo")]
    assert await queue.rows("SELECT scheduled_at FROM procrastinate_jobs") == [(world.clock.at,)]


async def test_a_worker_is_woken_by_the_commit_and_keeps_nothing_of_a_job_done(
    world: World, queue: Queue, jobs: App
) -> None:
    jobs.worker_defaults["fetch_job_polling_interval"] = 3600
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with working(jobs):
            await queue.until(WORKERS, [(1,)])
            await asyncio.sleep(0.3)  # It looked, found nothing, and would look again in an hour.
            async with world.database.transaction() as work:
                await work.defer(Task.REFRESH_DUE_DATES)
            await queue.until(STATES, [])
    assert await queue.rows(WORKERS) == [(0,)]
    assert [line["event"] for line in lines] == ["worker.started", "job.done", "worker.stopped"]
    assert (lines[1]["task"], lines[1]["result"]) == ("refresh_due_dates", 0)


async def in_force(world: World, queue: Queue, jobs: App, addition: str) -> RuleVersion:
    """Have a calendar with an addition take force in a minute, and the worker do what follows."""
    proposed = await propose(world, RuleKind.CALENDAR, "calendars/vn.toml", addition)
    assert await queue.jobs() == []
    since = world.clock.at + timedelta(minutes=1)
    await approve(world, proposed, since=since)
    assert await queue.rows("SELECT task_name, scheduled_at FROM procrastinate_jobs") == [("refresh_due_dates", since)]
    # The clock of this machine lags behind the database's: still a minute to go.
    await queue.do("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    async with working(jobs):
        await queue.until_idle()
    world.clock.forward(minutes=1)
    return proposed


async def test_a_calendar_that_helps_the_citizen_moves_dates_on_record_when_it_takes_force(
    world: World, queue: Queue, jobs: App
) -> None:
    case = await submitted(world)
    before = (await queue.rows(DUE))[0][0]
    version = await in_force(world, queue, jobs, WORKED_SATURDAY)
    try:
        moved = (await queue.rows(DUE))[0][0]
        assert moved == before - timedelta(days=1)
        (shown,) = (await world.use_cases.cases.read(world.context("nguoi_dai_dien"), case.id)).deadlines
        assert shown.computation is not None
        assert shown.computation.due == moved
        assert [(each.due, each.cause) for each in shown.promises] == [
            (before, "application:submit"),
            (moved, "deadline:recalculate"),
        ]
        last = (await leaves(world))[-1]
        assert (last.action, last.kind, last.entry["actor"]["kind"]) == ("deadline:recalculate", "promise", "system")
        assert last.entry["auth"]["method"] == "calendar"
        # Once more finds nothing left to do.
        assert await world.use_cases.upkeep.refresh_due_dates() == 0
    finally:
        await queue.do("DELETE FROM rule_versions WHERE id = :id", id=version.id)


async def test_people_concerned_are_written_to_once_of_the_dates_that_moved(
    world: World, queue: Queue, database_url: str
) -> None:
    case = await received(world)
    await queue.do("UPDATE people SET language = 'fr' WHERE id = :id", id=world.people["nguoi_soan"])
    async with mailbox() as box:
        server = MailServer(host="127.0.0.1", port=box.port, is_tls=False, sender="so@camau.example")
        smtp, cases = SmtpClient(server=server, timeout_s=5), world.use_cases
        sending = job_app(
            database_url,
            cases.upkeep,
            own_accounts=cases.own_accounts,
            deliveries=cases.deliveries,
            webhooks=WebhookClient(),
            smtp=smtp,
        )
        version = await in_force(world, queue, sending, WORKED_SATURDAY)
        try:
            assert await world.use_cases.upkeep.refresh_due_dates() == 0
            async with working(sending):
                await queue.until_idle()
        finally:
            await queue.do("DELETE FROM rule_versions WHERE id = :id", id=version.id)
        emails = [str(row[0]) for row in await queue.rows(CONCERNED, organisation_id=world.startup)]
        assert sorted(to for _, to in box.envelopes) == sorted(emails)
        assert len({mail["Message-ID"] for mail in box.mails}) == len(emails) == 2
        (french,) = (each for each in box.mails if each["Subject"] == f"Dossier {case.code} : nouvelles dates")
        assert french.get_content().startswith("Le calendrier des jours ouvrés a changé.")
        assert "đến hết ngày" not in french.get_content()
        (letter,) = (each for each in box.mails if each is not french)
        assert letter["Subject"] == f"Hồ sơ {case.code}: ngày hẹn mới / Case {case.code}: new dates"
        text = letter.get_content()
        for words in (
            "thời hạn kiểm tra hồ sơ: đến hết ngày 25/11/2026, trước là 26/11/2026",
            "time to check completeness",
        ):
            assert words in text
        assert case.title not in text


async def test_a_calendar_that_harms_moves_nothing(world: World, queue: Queue, jobs: App) -> None:
    case = await submitted(world)
    before = await queue.rows(DUE)
    seen = len(await leaves(world))
    version = await in_force(world, queue, jobs, NEW_DAY_OFF)
    try:
        assert await queue.rows(DUE) == before
        (shown,) = (await world.use_cases.cases.read(world.context("nguoi_dai_dien"), case.id)).deadlines
        assert shown.computation is not None
        assert [(shown.computation.due,)] == before
        assert len(await leaves(world)) == seen + 2  # The proposal and the approval.
    finally:
        await queue.do("DELETE FROM rule_versions WHERE id = :id", id=version.id)


async def test_an_approved_procedure_touches_no_dossier_and_defers_nothing(world: World, queue: Queue) -> None:
    proposed = await propose(world, RuleKind.PROCEDURE, "procedures/ca-mau-2026-draft.toml", "\n# Next.\n")
    await approve(world, proposed, since=world.clock.at)
    await queue.do("DELETE FROM rule_versions WHERE id = :id", id=proposed.id)
    assert await queue.jobs() == []


async def test_due_dates_are_refreshed_batch_by_batch_each_with_the_next(
    world: World, queue: Queue, database_url: str
) -> None:
    for _ in range(5):
        await submitted(world)
    right = await queue.rows(DUE)
    await queue.do(SPOIL)
    upkeep = Upkeep(
        world.transactions, store=world.use_cases.upkeep.store, rate_limits=world.use_cases.rate_limits, batch=2
    )
    async with world.database.transaction() as work:
        await work.defer(Task.REFRESH_DUE_DATES)
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with working(
            job_app(
                database_url,
                upkeep,
                own_accounts=world.use_cases.own_accounts,
                deliveries=world.use_cases.deliveries,
                webhooks=WebhookClient(),
            )
        ):
            await queue.until_idle()
    assert await queue.rows(DUE) == right != [SPOILT] * 5
    assert [line["result"] for line in lines if line["event"] == "job.done"] == [2, 2, 1]


async def test_a_batch_that_fails_leaves_no_next_one_and_is_tried_again_later(
    world: World, queue: Queue, jobs: App
) -> None:
    await submitted(world)
    await queue.do(SPOIL)
    await queue.do(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', :name, :args)",
        name="refresh_due_dates",
        args='{"after": "no identity"}',
    )
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with working(jobs):
            await queue.until("SELECT status::text, attempts FROM procrastinate_jobs", [("todo", 1)])
    assert await queue.rows("SELECT scheduled_at > now() FROM procrastinate_jobs") == [(True,)]
    assert await queue.rows(DUE) == [SPOILT]
    failed = [line for line in lines if line["event"] == "job.failed"]
    assert [(line["attempt"], line["error"]) for line in failed] == [
        (1, "ValueError: badly formed hexadecimal UUID string")
    ]


async def test_a_stop_waits_for_the_job_being_done(world: World, queue: Queue, jobs: App) -> None:
    await submitted(world)
    right = await queue.rows(DUE)
    await queue.do(SPOIL)
    async with world.database.transaction() as work:
        await work.defer(Task.REFRESH_DUE_DATES)
    async with queue.owner.connect() as holder:
        await holder.exec_driver_sql("SELECT FROM applications FOR UPDATE")
        async with working(jobs) as stop:
            await queue.until(STATES, [("refresh_due_dates", "doing")])
            stop.set()
            await asyncio.sleep(0.3)
            assert await queue.rows(STATES) == [("refresh_due_dates", "doing")]
            await holder.rollback()
    assert await queue.rows(STATES) == []
    assert await queue.rows(DUE) == right


async def test_several_workers_do_each_periodic_task_once(
    world: World, queue: Queue, jobs: App, database_url: str
) -> None:
    await queue.empty()
    cases = world.use_cases
    others = [
        job_app(
            database_url,
            cases.upkeep,
            own_accounts=cases.own_accounts,
            deliveries=cases.deliveries,
            webhooks=WebhookClient(),
        )
        for _ in range(2)
    ]
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with working(jobs, *others):
            await queue.until("SELECT count(*) FROM procrastinate_periodic_defers", [(len(HOURS),)])
            await queue.until_idle()
            await asyncio.sleep(0.3)
    done = sorted(line["task"] for line in lines if line["event"] == "job.done")
    # Each had its last hour within a day, and no worker ran then; every five minutes a new hour may strike.
    assert sorted(set(done)) == sorted(HOURS)
    assert [task for task in done if task != Task.RESCUE_JOBS] == sorted(set(HOURS) - {Task.RESCUE_JOBS})


async def test_what_a_dead_worker_was_doing_is_taken_up_by_another(queue: Queue, jobs: App) -> None:
    for minutes in (5, 0):
        await queue.do(
            "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - :ago * interval '1 minute') RETURNING id)"
            " INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
            " SELECT 'default', 'refresh_due_dates', 'doing', id FROM worker",
            ago=minutes,
        )
    await queue.do(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)"
        " VALUES ('default', 'refresh_due_dates', 'doing', 10)"
    )
    jobs.worker_defaults["fetch_job_polling_interval"] = 0.1  # A job put back wakes nobody.
    await run(queue, jobs, Task.RESCUE_JOBS)
    left = "SELECT status::text, attempts FROM procrastinate_jobs ORDER BY id"
    assert await queue.rows(left) == [("doing", 0), ("failed", 11)]


async def test_answers_and_uploads_are_kept_for_a_day_and_no_longer(world: World, queue: Queue, jobs: App) -> None:
    person = world.people["nguoi_dai_dien"]
    answer = ResponseRecord(request_hash=b"h" * 32, status=201, headers={}, body=b"{}")
    ages = {"old": timedelta(hours=24, seconds=1), "young": timedelta(hours=23)}
    incoming = world.use_cases.upkeep.store.root / "incoming"
    async with world.database.transaction() as work:
        for key, age in ages.items():
            at = world.clock.at - age
            await store_response(work.connection, person_id=person, route="POST /x", key=key, response=answer, at=at)
            left_behind(incoming / key, at=at)
    await run(queue, jobs, Task.PURGE_ANSWERS)
    await run(queue, jobs, Task.SWEEP_UPLOADS)
    async with world.database.transaction() as work:
        claims = {key: await begin(work.connection, person_id=person, route="POST /x", key=key) for key in ages}
    assert {key: each.response for key, each in claims.items()} == {"old": None, "young": answer}
    assert [path.name for path in incoming.iterdir()] == ["young"]


async def test_quotas_that_are_full_again_are_forgotten(queue: Queue, jobs: App) -> None:
    await queue.do("DELETE FROM rate_limits")
    for name, minutes in (("past", -1), ("coming", 1)):
        await queue.do(
            "INSERT INTO rate_limits (name, subject, full_at) VALUES (:name, '', now() + :ahead * interval '1 minute')",
            name=name,
            ahead=minutes,
        )
    await run(queue, jobs, Task.PURGE_QUOTAS)
    assert await queue.rows("SELECT name FROM rate_limits") == [("coming",)]


async def test_consulted_units_are_reminded_on_their_day_while_they_owe_an_answer(
    world: World, queue: Queue, jobs: App
) -> None:
    case = await accepted(world)
    day = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
    owing, answered, later = uuid4(), uuid4(), uuid4()
    for identity, remind_on, answered_at in (
        (owing, day.date(), None),
        (answered, day.date(), day),
        (later, day.date() + timedelta(days=1), None),
    ):
        await queue.do(
            "INSERT INTO consultations (id, version, application_id, unit_id, question, asked_by, asked_at, term_value,"
            " term_unit, remind_on, is_required, answered_at, opinion, text, is_late)"
            " VALUES (:id, 1, :case, :unit, '?', :person, now(), 5, 'wd', :day, true, :answered_at,"
            " CASE WHEN CAST(:answered_at AS timestamptz) IS NULL THEN NULL ELSE 'agree' END, '', false)",
            id=identity,
            case=case.id,
            unit=world.units["police"],
            person=world.people["chuyen_vien"],
            day=remind_on,
            answered_at=answered_at,
        )
    with capture_logs(processors=[merge_contextvars]) as lines:
        await run(queue, jobs, Task.REMIND_CONSULTED, at=day)
    reminders = [line for line in lines if line["event"] == "consultation.reminder"]
    assert [(each["consultation_id"], each["application_id"], each["code"], each["unit_id"]) for each in reminders] == [
        (owing, case.id, case.code, world.units["police"])
    ]


async def test_failures_are_forgotten_after_ninety_days(queue: Queue, jobs: App) -> None:
    for days in (89, 91):
        await queue.do(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'gone', 'failed')"
        )
        await queue.do(
            "INSERT INTO procrastinate_events (job_id, type, at)"
            " SELECT max(id), 'failed', now() - :ago * interval '1 day' FROM procrastinate_jobs",
            ago=days,
        )
    kept = await queue.rows("SELECT min(id) FROM procrastinate_jobs")
    await run(queue, jobs, Task.FORGET_JOBS)
    assert await queue.rows("SELECT id FROM procrastinate_jobs") == kept


async def run(queue: Queue, jobs: App, task: Task, *, at: datetime | None = None) -> None:
    """Have a worker do one periodic task as if its hour had come."""
    moment = at or datetime.now(UTC)
    await queue.do(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        " VALUES ('default', :task, jsonb_build_object('timestamp', CAST(:at AS bigint)))",
        task=task.value,
        at=int(moment.timestamp()),
    )
    async with working(jobs):
        await queue.until(f"SELECT FROM procrastinate_jobs WHERE status <> 'failed' AND task_name = '{task.value}'", [])
        await queue.until("SELECT FROM procrastinate_jobs WHERE status = 'todo'", [])


def left_behind(path: Path, *, at: datetime) -> None:
    """Leave a temporary file as a broken upload does."""
    path.write_bytes(b"%PDF")
    os.utime(path, (at.timestamp(), at.timestamp()))


async def propose(world: World, kind: RuleKind, file: str, more: str) -> RuleVersion:
    """Propose the shipped version of a rule with something added."""
    content = (shipped("policies") / file).read_bytes().decode() + more
    return await world.use_cases.rule_versions.propose(world.context("quan_tri"), kind=kind, content=content)


async def approve(world: World, proposed: RuleVersion, *, since: datetime) -> None:
    """Approve it as the other administrator."""
    await world.use_cases.rule_versions.approve(
        world.context("quan_tri_2"),
        proposed.id,
        expected_version=proposed.version,
        effective_from=since,
        warnings_accepted="Đã xem văn bản.",
    )
