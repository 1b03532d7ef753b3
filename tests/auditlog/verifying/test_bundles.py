"""Offline bundles of a province at work: whole and of one case, checked from the file alone."""

import base64
import json
import stat
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.publishing.bundles import bundle_contents
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.runtime.file_sources import ZipSource
from sandbox_registry.transparency.cosignatures import add_signatures, cosign
from sandbox_registry.transparency.keys import KeyType, SigningKey
from sandbox_registry.transparency.notes import format_note, parse_note
from sandbox_registry.transparency.policies import PolicyGroup, PolicyLog, PolicyWitness, WitnessPolicy
from tests.support.bundles import checked, written
from tests.support.ledger import Ledger, signing_for
from tests.support.stages import accepted, submitted
from tests.support.verifying import record_settled
from tests.support.world import World


@pytest.fixture
async def case(world: World) -> Application:
    """A case among others, in a log that begins with the people."""
    await record_settled(world)
    await submitted(world)
    return await accepted(world)


@pytest.fixture
async def ledger(case: Application, database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    assert case.code
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        yield ledger


@pytest.fixture
def policy(ledger: Ledger) -> WitnessPolicy:
    return WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))


def changed(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """Copy a bundle with one file changed."""
    forged = path.with_name("forged.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(forged, "w") as target:
        for each in source.namelist():
            content = source.read(each)
            target.writestr(each, change(content) if each == name else content)
    return forged


async def test_a_whole_bundle_says_all_without_us(ledger: Ledger, policy: WitnessPolicy, tmp_path: Path) -> None:
    path = await written(ledger, tmp_path / "whole.zip")
    report = checked(path, policy)
    size = (await ledger.reader.head()).size
    assert (report.findings, report.entries, report.records) == ([], size, size)
    assert report.is_whole
    assert {"README.txt", "names.json", "verify.html"} <= set(ZipSource(path).names())


async def test_a_bundle_of_one_case_is_small_and_proves_each_act(
    ledger: Ledger, case: Application, policy: WitnessPolicy, tmp_path: Path
) -> None:
    path = await written(ledger, tmp_path / "case.zip", code=case.code)
    report = checked(path, policy)
    codes = [found.code for found in report.findings]
    assert (codes, report.entries, report.records) == (["case_listed"], 4, 4)
    assert "4 entries up to entry" in report.findings[0].text.en
    assert not report.is_whole
    names = ZipSource(path).names()
    assert not any(name.startswith("tile/") for name in names)
    assert "Nguoi Dai Dien" in json.loads(ZipSource(path).read("names.json")).values()


async def test_a_bundle_is_its_owners_to_hand_on(ledger: Ledger, tmp_path: Path) -> None:
    path = await written(ledger, tmp_path / "log.zip")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_without_records_nothing_personal_leaves(ledger: Ledger, policy: WitnessPolicy, tmp_path: Path) -> None:
    path = await written(ledger, tmp_path / "bare.zip", with_records=False)
    report = checked(path, policy)
    assert [found.code for found in report.findings] == ["records_not_given"]
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Nguoi Dai Dien" not in everything
    assert b'camau.example"' not in everything


async def test_what_is_changed_in_a_bundle_is_found(
    ledger: Ledger, case: Application, policy: WitnessPolicy, tmp_path: Path
) -> None:
    path = await written(ledger, tmp_path / "case.zip", code=case.code)
    names = ZipSource(path).names()
    record = next(name for name in names if name.startswith("records/"))
    entry = next(name for name in names if name.startswith("entries/"))
    statement = next(name for name in names if name.startswith("statements/"))
    proof = next(name for name in names if name.startswith("proofs/"))
    index = int(entry.rpartition("/")[2].removesuffix(".json"))
    for name, change, code in (
        (record, lambda content: content.replace(b"application", b"applicatiom", 1), "record_changed"),
        (record, lambda _content: b"[]", "record_changed"),
        (entry, lambda content: content.replace(b'"t":1', b'"t":2'), "proof_wrong"),
        (statement, lambda content: content.replace(b"done", b"dome"), "statement_changed"),
        (statement, lambda _content: b"{}", "statement_changed"),
        (proof, lambda content: content.replace(b"index ", b"index 1", 1), "proof_wrong"),
        (proof, lambda _content: b"", "proof_wrong"),
    ):
        found = checked(changed(path, name, change), policy).first_bad
        assert found is not None, name
        assert found.code == code
        assert found.index in {index, int(f"1{index}")}
    forged = checked(changed(path, "checkpoint", lambda content: content.replace(b"log\n", b"lag\n", 1)), policy)
    assert [found.code for found in forged.findings] == ["checkpoint_refused"]


def without(path: Path, *gone: str, leaves: Callable[[list[Any]], object] | None = None) -> Path:
    """Copy a bundle without some files, and with another list of the case's leaves."""
    forged = path.with_name("forged.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(forged, "w") as target:
        for each in source.namelist():
            content = source.read(each)
            if each == "case.json" and leaves is not None:
                listed = json.loads(content)
                leaves(listed["leaves"])
                content = json.dumps(listed).encode()
            if each not in gone:
                target.writestr(each, content)
    return forged


async def test_an_act_left_out_of_a_case_is_found(
    ledger: Ledger, case: Application, policy: WitnessPolicy, tmp_path: Path
) -> None:
    path = await written(ledger, tmp_path / "case.zip", code=case.code)
    indexes = json.loads(ZipSource(path).read("case.json"))["leaves"]
    second, last = indexes[1], indexes[-1]
    files = [f"{kind}/{second}.json" for kind in ("entries", "statements", "records")] + [f"proofs/{second}.tlog-proof"]
    hidden = base64.b64encode(b"x" * 32).decode()
    forgeries: list[tuple[list[str], Callable[[list[Any]], object] | None, str, int | None]] = [
        (files, None, "case_leaf_missing", second),
        (files, lambda each: each.remove(second), "chain_broken", indexes[2]),
        (files, lambda each: each.__setitem__(1, hidden), "chain_broken", indexes[2]),
        ([], lambda each: each.remove(last), "case_leaf_unlisted", last),
        ([], lambda each: each.reverse(), "chain_broken", last),
        (["case.json"], None, "case_list_missing", None),
        ([f"statements/{last}.json"], None, "statement_missing", last),
    ]
    for gone, leaves, code, index in forgeries:
        found = checked(without(path, *gone, leaves=leaves), policy).first_bad
        assert found is not None, code
        assert (found.code, found.index) == (code, index)


async def test_a_record_missing_from_a_whole_bundle_is_found(
    ledger: Ledger, policy: WitnessPolicy, tmp_path: Path
) -> None:
    path = await written(ledger, tmp_path / "whole.zip")
    for name, code in (("records/3.json", "record_missing"), ("statements/3.json", "statement_missing")):
        found = checked(without(path, name), policy).first_bad
        assert found is not None
        assert (found.code, found.index) == (code, 3)


WITNESS = SigningKey(name="hdnd.example/w1", key_type=KeyType.COSIGNATURE_V1, seed=b"w" * 32)


async def test_what_is_newer_than_the_witnesses_is_named_and_proved_by_the_log_alone(
    world: World, ledger: Ledger, case: Application, policy: WitnessPolicy, tmp_path: Path
) -> None:
    witnessed = WitnessPolicy(
        logs=policy.logs,
        witnesses=(PolicyWitness(name=b"w1", key=WITNESS.verifier_key),),
        groups=(PolicyGroup(name=b"all", threshold=1, members=(b"w1",)),),
        quorum=b"all",
    )
    early = await written(ledger, tmp_path / "early.zip", code=case.code)
    assert {each.code for each in checked(early, witnessed).findings} == {"policy_not_met", "case_listed"}
    note = parse_note(ledger.folder.checkpoint() or b"")
    cosigned = add_signatures(note, signatures=[cosign(note.text, key=WITNESS, timestamp=1_800_000_000)])
    ledger.folder.publish(format_note(cosigned), name="checkpoint-cosigned")
    covered = await written(ledger, tmp_path / "covered.zip", code=case.code)
    assert [each.code for each in checked(covered, witnessed).findings] == ["case_listed"]
    await world.use_cases.cases.read(world.context("dai_bieu"), case.id)
    await ledger.signer().publish()
    for code, count in ((case.code, 1), (None, 1)):
        path = await written(ledger, tmp_path / "late.zip", code=code)
        report = checked(path, witnessed)
        newer = next(each for each in report.findings if each.code == "not_witnessed")
        assert report.is_good, report.findings
        assert f"{count} entry, from entry" in newer.text.en
        assert "checkpoint-cosigned" in ZipSource(path).names()
        assert report.cosigned_by == (WITNESS.name,)


async def test_a_case_nobody_knows(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await bundle_contents(ledger.database, ledger.folder, code="H12.01-000000-0000", with_records=True)


async def test_what_the_log_does_not_bind_is_named(
    ledger: Ledger, case: Application, policy: WitnessPolicy, tmp_path: Path
) -> None:
    path = await written(ledger, tmp_path / "case.zip", code=case.code)
    page = checked(changed(path, "verify.html", lambda content: content + b" "), policy)
    assert [found.code for found in page.findings] == ["case_listed", "page_other"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("timeline.html", "<h1>An older release wrote this, or somebody else.</h1>")
    added = checked(path, policy)
    assert [found.code for found in added.findings] == ["case_listed", "files_unbound"]
    assert "timeline.html" in added.findings[-1].text.en


async def test_a_record_that_is_missing_unsaid_is_a_no(
    ledger: Ledger, case: Application, policy: WitnessPolicy, tmp_path: Path
) -> None:
    path = await written(ledger, tmp_path / "case.zip", code=case.code)
    records = [name for name in ZipSource(path).names() if name.startswith("records/")]
    one = checked(without(path, records[1]), policy)
    assert one.first_bad is not None
    assert (one.first_bad.code, f"records/{one.first_bad.index}.json") == ("record_missing", records[1])
    assert not checked(without(path, *records), policy).is_good
    opened = [name for name in ZipSource(path).names() if name.startswith(("records/", "statements/"))]
    assert not checked(without(path, *opened), policy).is_good
    bare = checked(without(path, *opened, "case.json"), policy)
    assert [found.code for found in bare.findings] == ["records_not_given", "case_unbound"]
    assert not bare.is_whole
