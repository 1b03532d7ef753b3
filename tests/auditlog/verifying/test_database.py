"""The database against its log: a province at work is found whole; what only a superuser can do to it is found."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.signing import SignerFiles
from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database, check_rows, is_same
from sandbox_registry.auditlog.verifying.derived import differing
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import History, Last, is_legal, ranges
from sandbox_registry.db.auditlog import rows as log_rows
from sandbox_registry.db.auditlog.coverage import DERIVED, UNRECORDED
from sandbox_registry.domain.kinds.every import BY_CLASS
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.usecases.integrations.webhooks import Webhooks
from tests.support.bundles import checked as checked_bundle
from tests.support.bundles import written
from tests.support.ledger import ORIGIN, Ledger, signing_for
from tests.support.stages import OWNER, received, reviewed
from tests.support.verifying import AUTHORITY, checked, record_settled
from tests.support.world import World


@pytest.fixture
async def ledger(world: World, database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Sign the log of a world where a case came as far as its reviews."""
    await record_settled(world)
    await reviewed(world)
    await world.draft(answers={})
    await Webhooks(world.transactions, to_loopback=True).create(
        world.context(OWNER), organisation_id=world.startup, url="http://127.0.0.1:2000/", events=["*"], description=""
    )
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        yield ledger


async def index_of(ledger: Ledger, act: str) -> int:
    return next(index for index, said in enumerate(await ledger.said()) if said["act"] == act)


# What a superuser does, how it is undone, and what the check says.
FORGERIES = {
    "a title": (
        "UPDATE applications SET title = title || '.' WHERE stage = 'under_appraisal'",
        "UPDATE applications SET title = rtrim(title, '.') WHERE stage = 'under_appraisal'",
        {"row_changed"},
    ),
    "a score": (
        "UPDATE reviews SET scores = jsonb_set(scores, '{benefit}', '9')",
        "UPDATE reviews SET scores = jsonb_set(scores, '{benefit}', '8')",
        {"row_changed"},
    ),
    "a stage": (
        "UPDATE applications SET stage = 'approved' WHERE stage = 'under_appraisal'",
        "UPDATE applications SET stage = 'under_appraisal' WHERE stage = 'approved'",
        {"row_changed"},
    ),
    "a deleted declaration": (
        "CREATE TABLE kept AS SELECT * FROM declarations; DELETE FROM declarations",
        "INSERT INTO declarations SELECT * FROM kept; DROP TABLE kept",
        {"row_missing"},
    ),
    "a person nobody made": (
        (
            "INSERT INTO people (id, version, full_name, email, phone, created_at, search_text) "
            "VALUES ('00000000-0000-0000-0000-000000000009', 1, 'X', 'x@x.example', '', now(), 'x x@x.example')"
        ),
        "DELETE FROM people WHERE id = '00000000-0000-0000-0000-000000000009'",
        {"row_unrecorded"},
    ),
    "an office nobody gave": (
        "UPDATE role_grants SET role = 'decision_maker' WHERE role = 'records_officer'",
        "UPDATE role_grants SET role = 'records_officer' FROM people WHERE person_id = people.id AND full_name = 'Van Thu'",
        {"row_changed"},
    ),
    "a file exchanged": (
        "UPDATE documents SET sha256 = repeat('0', 64) WHERE part = 'application_form'",
        "UPDATE documents SET sha256 = encode(sha256('application_form'), 'hex') WHERE part = 'application_form'",
        {"documents_changed"},
    ),
    "events sent elsewhere": (
        "UPDATE webhook_endpoints SET url = 'https://attacker.example/'",
        "UPDATE webhook_endpoints SET url = 'http://127.0.0.1:2000/'",
        {"row_changed"},
    ),
    "a record rewritten": (
        "CREATE TABLE kept AS SELECT * FROM audit_records WHERE index = 3; UPDATE audit_records SET record = convert_to(replace(convert_from(record, 'UTF8'), '\"version\":', '\"version\": '), 'UTF8') WHERE index = 3",
        "UPDATE audit_records SET record = kept.record FROM kept WHERE audit_records.index = kept.index; DROP TABLE kept",
        {"record_changed"},
    ),
    "a record taken away": (
        "CREATE TABLE kept AS SELECT * FROM audit_records WHERE index = 3; DELETE FROM audit_records WHERE index = 3",
        "INSERT INTO audit_records SELECT * FROM kept; DROP TABLE kept",
        {"record_missing"},
    ),
    "a leaf hash": (
        "UPDATE audit_leaves SET leaf_hash = sha256(leaf_hash) WHERE index = 4",
        "UPDATE audit_leaves SET leaf_hash = sha256('\\x00'::bytea || entry) WHERE index = 4",
        {"leaf_hash"},
    ),
    "the column a leaf is found by": (
        "UPDATE audit_leaves SET object_type = 'permit' WHERE index = 2",
        "UPDATE audit_leaves SET object_type = 'application' WHERE index = 2",
        {"leaf_columns"},
    ),
    "a vote hidden from the case": (
        "UPDATE audit_leaves SET case_id = NULL WHERE index = (SELECT max(index) FROM audit_leaves WHERE object_type = 'application')",
        "UPDATE audit_leaves SET case_id = object_id WHERE case_id IS NULL AND object_type = 'application'",
        {"leaf_columns"},
    ),
    "a vote put into another case": (
        "UPDATE audit_leaves SET case_id = '00000000-0000-0000-0000-000000000009' WHERE object_type = 'review'",
        "UPDATE audit_leaves l SET case_id = a.id FROM applications a WHERE l.object_type = 'review' AND a.stage = 'under_appraisal'",
        {"leaf_columns"},
    ),
    "the place of a leaf in its case": (
        "UPDATE audit_leaves SET place = place + 1 WHERE index = 4",
        "UPDATE audit_leaves SET place = place - 1 WHERE index = 4",
        {"leaf_columns"},
    ),
    "the digest that the next leaf of a case continues": (
        "UPDATE audit_leaves SET chain = sha256(chain) WHERE index = 0",
        None,
        {"leaf_columns"},
    ),
    "a statement": (
        "UPDATE audit_leaves SET statement = overlay(statement PLACING 'x' FROM 9) WHERE index = 4",
        "UPDATE audit_leaves SET statement = overlay(statement PLACING 'a' FROM 9) WHERE index = 4",
        {"statement_changed"},
    ),
    "the day a leaf was written": (
        "UPDATE audit_leaves SET at = at - interval '1 day' WHERE index = 2",
        "UPDATE audit_leaves SET at = at + interval '1 day' WHERE index = 2",
        {"leaf_columns"},
    ),
    "rules nobody proposed": (
        "INSERT INTO rule_versions SELECT gen_random_uuid(), 1, kind, code, repeat('0', 64), content, status, NULL, now(), NULL, now(), now() FROM rule_versions WHERE kind = 'procedure' LIMIT 1",
        "DELETE FROM rule_versions WHERE checksum = repeat('0', 64)",
        {"row_unrecorded"},
    ),
    "rules in force rewritten": (
        "CREATE TABLE kept AS SELECT id, content FROM rule_versions; UPDATE rule_versions SET content = content || ' '",
        "UPDATE rule_versions r SET content = kept.content FROM kept WHERE kept.id = r.id; DROP TABLE kept",
        {"row_changed"},
    ),
    "an account opened by nobody": (
        "INSERT INTO account_services (id, version, account_id, by_person_id, service, at) SELECT '00000000-0000-0000-0000-000000000009', 1, id, id, 'opened', now() FROM people LIMIT 1",
        "DELETE FROM account_services WHERE id = '00000000-0000-0000-0000-000000000009'",
        {"row_unrecorded"},
    ),
    "the name of a file": (
        "CREATE TABLE kept AS SELECT id, filename FROM documents; UPDATE documents SET filename = 'other.pdf'",
        "UPDATE documents d SET filename = kept.filename FROM kept WHERE kept.id = d.id; DROP TABLE kept",
        {"row_changed", "documents_changed"},
    ),
    "the type of a file, under a higher version": (
        "CREATE TABLE kept AS SELECT id, media_type, version FROM documents; UPDATE documents SET media_type = 'text/html', version = version + 1 WHERE removed_at IS NULL",
        "UPDATE documents d SET media_type = kept.media_type, version = kept.version FROM kept WHERE kept.id = d.id; DROP TABLE kept",
        {"row_changed"},
    ),
    "a password": (
        "INSERT INTO passwords SELECT id, 'mine', now() FROM people",
        "DELETE FROM passwords",
        {"secret_changed"},
    ),
    "a score, by another type": (
        "UPDATE reviews SET scores = jsonb_set(scores, '{benefit}', 'true')",
        "UPDATE reviews SET scores = jsonb_set(scores, '{benefit}', '8')",
        {"row_changed"},
    ),
    "the head": (
        "UPDATE log_head SET hashes[1] = sha256(hashes[1])",
        None,
        {"head"},
    ),
}


async def test_a_province_at_work_is_whole_and_every_forgery_is_found(world: World, ledger: Ledger) -> None:
    clean = await checked(world, ledger)
    assert clean.findings == []
    assert clean.entries == clean.records > 10
    assert clean.rows > 60
    head = (await ledger.reader.head()).hashes
    async with ledger.owner.connect() as connection:
        first_chain = (await connection.exec_driver_sql("SELECT chain FROM audit_leaves WHERE index = 0")).scalar_one()
    for name, (forge, undo, codes) in FORGERIES.items():
        await ledger.forge_all(forge)
        found = await checked(world, ledger)
        assert {each.code for each in found.findings if each.is_bad} & codes, name
        assert not found.is_good, name
        if undo is None:
            await ledger.forge("UPDATE log_head SET hashes = %s", list(head))
            await ledger.forge("UPDATE audit_leaves SET chain = %s WHERE index = 0", first_chain)
        else:
            await ledger.forge_all(undo)
        assert (await checked(world, ledger)).findings == [], name


def test_only_what_an_act_never_sets_is_left_out_of_the_comparison() -> None:
    fields_of = {kind.name: set(cls.__dataclass_fields__) for cls, kind in BY_CLASS.items()}
    left_out = {kind: fields_of[kind] & set(columns) for kind, columns in UNRECORDED.items()}
    assert {kind: columns for kind, columns in left_out.items() if columns} == {
        "token": {"last_refused_at", "last_used_at"},
        "webhook": {"failing_since", "state", "version"},
    }
    assert not any(fields_of[kind] & set(columns) for kind, columns in DERIVED.items())
    assert fields_of.keys() == log_rows.KINDS


async def test_a_column_that_is_kept_and_never_recorded_is_found(world: World) -> None:
    """As when the writer's objects lack a column: what it loses must not be lost on both sides."""
    await reviewed(world)
    async with world.database.replica() as connection:
        rows = {key: row async for kind, key, row in log_rows.rows_of_kinds(connection) if kind == "review"}
    history = History(report=Report(), powers=Powers(report=Report(), authorities={}))
    for key, row in rows.items():
        history.last["review", key] = Last(index=7, state={name: row[name] for name in row if name != "scores"})
    report = Report()
    async with log_rows.one_moment(world.database) as connection:
        await check_rows(connection, history, report=report)
    found = [each.text.en for each in report.findings if each.code == "row_changed"]
    assert len(found) == len(rows) > 0
    assert all("scores" in each.lower() for each in found)


async def test_words_a_row_is_found_by_are_a_note(world: World, ledger: Ledger) -> None:
    await ledger.forge("UPDATE organisations SET search_text = 'ca mau'")
    found = await checked(world, ledger)
    assert ([each.code for each in found.findings], found.is_good) == (["search_stale"], True)


async def test_what_follows_from_other_columns_is_computed_again(world: World) -> None:
    await reviewed(world)
    async with world.database.replica() as connection:
        rows = [(kind, row) async for kind, _, row in log_rows.rows_of_kinds(connection)]
    person, application = dict(rows)["person"], dict(rows)["application"]
    assert {differing(kind, dict(row)) for kind, row in rows} == {frozenset()}
    assert differing("person", person | {"email_key": False}) == {"email_key"}
    assert differing("application", application | {"search": False, "title": "Khác"}) == {"search", "search_text"}
    decided = {"decided_at": "2026-12-31T18:00:00Z", "year": 2027}
    assert [differing("decision", decided | {"year": year}) for year in (2027, 2026)] == [set(), {"year"}]
    assert differing("decision", {"decided_at": "x", "year": 1}) == {"year"}


async def test_a_forged_history_with_right_hashes_is_found_by_what_it_says(world: World, ledger: Ledger) -> None:
    """Anyone who rewrites everything, and holds the signer's key, still has to obey the law's table and the policy."""
    accept = await index_of(ledger, "application:accept")
    said = (await ledger.said())[accept]
    for wrong in (
        said | {"act": "application:deliver"},
        said | {"policy": said["policy"] | {"line": "p1 *,*,*,*,allow"}},
        said | {"procedure": "ca-mau-2026-draft@0000"},
        said | {"policy": said["policy"] | {"version": "0" * 64}},
        {"v": 1},
    ):
        await ledger.say(accept, wrong)
        report = Report()
        await check_database(world.database, Evidence(authorities=authorities_in((AUTHORITY,))), report=report)
        found = {finding.code for finding in report.findings if finding.index == accept}
        expected = {
            "application:deliver": {"illegal_step", "not_permitted"},
            "application:accept": {"not_permitted", "procedure_unknown", "policy_unknown"},
        }.get(str(wrong.get("act")), {"entry_malformed"})
        assert found & expected, wrong
        steps = [each for each in report.findings if (each.code, each.index) == ("illegal_step", accept)]
        step = f"Bước ở mục {accept} không hợp pháp: «Trả kết quả» từ «Đã nộp, chờ kiểm tra» đến «Đã tiếp nhận»."
        assert [each.text.vi for each in steps] == ([step] if "illegal_step" in found else [])


async def test_a_log_that_began_in_the_first_format_goes_on_in_the_second_and_is_whole(
    world: World, ledger: Ledger, tmp_path: Path
) -> None:
    await ledger.unseal()
    ledger.files = SignerFiles(directory=tmp_path / "another signer")
    ledger.files.make(name=ORIGIN)
    ledger.folder = LogFolder(tmp_path / "log again")
    await ledger.signer().publish()
    before = await checked(world, ledger)
    assert (before.findings, before.records) == ([], before.entries)
    case = await received(world)
    first = next(each["obj"]["id"] for each in await ledger.said() if each["act"] == "application:accept")
    await world.use_cases.cases.read(world.context("dai_bieu"), UUID(first))
    await ledger.signer().publish()
    after = await checked(world, ledger)
    assert (after.findings, after.records) == ([], after.entries)
    assert after.entries > before.entries
    said = await ledger.said()
    of_first = [each for each in said if each.get("chain", {}).get("case") == first]
    assert [each["chain"]["n"] > 1 for each in of_first] == [True]
    policy = WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))
    whole = checked_bundle(await written(ledger, tmp_path / "whole.zip"), policy)
    assert (whole.findings, whole.records) == ([], after.entries)
    for code in (case.code, first):
        bundle = checked_bundle(await written(ledger, tmp_path / "case.zip", code=code), policy)
        assert [each.code for each in bundle.findings] == ["case_listed"]
    # Which leaves of the first format belong to the case is bound by the sealed leaf that follows them.
    moved = "UPDATE audit_leaves SET case_id = NULL WHERE case_id = %s AND object_type = 'review'"
    await ledger.forge(moved, UUID(first))
    assert "chain_broken" in {each.code for each in (await checked(world, ledger)).findings}


async def test_what_was_published_binds_the_database(world: World, ledger: Ledger) -> None:
    """Rewritten with right hashes, the database is whole in itself, and not what was published."""
    entries = await ledger.entries()
    entries[5] = entries[5].replace(b'"t":', b'"t":1', 1)
    await ledger.rewrite_entries(entries)
    found = (await checked(world, ledger)).first_bad
    assert found is not None
    assert (found.code, found.index) == ("entry_changed", 5)
    await ledger.rewrite_entries(entries[:-2])
    found = (await checked(world, ledger)).first_bad
    assert found is not None
    assert (found.code, found.index) == ("entry_changed", 5)


@pytest.mark.parametrize(
    ("act", "before", "after", "legal"),
    [
        ("application:create", None, "draft", True),
        ("application:create", None, "submitted", False),
        ("application:submit", "draft", "submitted", True),
        ("application:submit", "accepted", "submitted", False),
        ("application:submit", "draft", "approved", False),
        ("decision:approve", "awaiting_decision", "approved", True),
        ("decision:approve", "under_appraisal", "approved", False),
        ("decision:refuse", "awaiting_decision", "approved", False),
        ("application:receive", "submitted", "submitted", True),
        ("review:submit", "under_appraisal", "under_appraisal", True),
        ("review:submit", "under_appraisal", "approved", False),
    ],
)
def test_legal_steps(act: str, before: str | None, after: str, *, legal: bool) -> None:
    assert is_legal(act, before, after) is legal


@pytest.mark.parametrize(
    ("recorded", "stored", "same"),
    [
        ("2026-11-20T07:00:00Z", "2026-11-20T14:00:00+07:00", True),
        ("2026-11-20T07:00:00Z", "2026-11-20T07:00:01Z", False),
        ("2026-11-20", "2026-11-21", False),
        ("a", "b", False),
        (None, (), False),
        (None, [], False),
        (None, "", False),
        (None, False, False),
        (True, 1, False),
        (1, True, False),
        (0, False, False),
        ([1], [True], False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (1, 1.0, True),
    ],
)
def test_what_counts_as_the_same(recorded: object, stored: object, *, same: bool) -> None:
    assert is_same({"name": recorded}, "name", stored) is same


@pytest.mark.parametrize(
    ("stored", "same"), [(None, True), ([], True), ("", True), (0, True), (1, False), ("a", False)]
)
def test_a_column_added_later_is_empty_in_rows_recorded_before(stored: object, *, same: bool) -> None:
    assert is_same({}, "name", stored) is same


def test_indexes_for_people() -> None:
    assert ranges([0, 1, 2, 5, 7, 8]) == "0-2, 5, 7-8"
    assert ranges([4]) == "4"


def test_findings_keep_the_first_bad_leaf_apart() -> None:
    report = Report()
    report.add("head")
    report.add("record_changed", 9)
    report.add("leaf_hash", 4)
    report.add("erased", 1, which="1", on="", asked="", by="", why="")
    first = report.first_bad
    assert first is not None
    assert (first.code, first.index) == ("leaf_hash", 4)
    assert replace(first, index=None).index is None
