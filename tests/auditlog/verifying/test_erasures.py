"""After an erasure the proofs still hold, the verifier says by whom, and nothing else explains a missing record."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import ranges
from sandbox_registry.domain.audit import commitment
from sandbox_registry.domain.privacy.erasures import Erasure, ErasureKind
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from tests.support.bundles import checked as checked_bundle
from tests.support.bundles import written
from tests.support.erasing import confirm, newcomer, own_applicant, propose, refused_intake
from tests.support.ledger import Ledger, signing_for
from tests.support.stages import submitted
from tests.support.verifying import checked, record_settled
from tests.support.world import World


@pytest.fixture
async def erased(world: World) -> Erasure:
    """A case emptied and an account emptied, beside a case that goes on."""
    await record_settled(world)
    await submitted(world)
    case = await refused_intake(world)
    person = await newcomer(world)
    await own_applicant(world, person)
    await confirm(world, await propose(world, person.id, kind=ErasureKind.ACCOUNT))
    return await confirm(world, await propose(world, case.id))


@pytest.fixture
async def ledger(erased: Erasure, database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    assert erased.indexes
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        yield ledger


def told(report: Report, code: str) -> list[int | None]:
    return [finding.index for finding in report.findings if finding.code == code]


async def test_the_database_is_whole_and_says_who_erased_what(world: World, ledger: Ledger, erased: Erasure) -> None:
    report = await checked(world, ledger)
    assert report.is_good, report.findings
    assert {finding.code for finding in report.findings} == {"erased"}
    said = next(finding.text for finding in report.findings if finding.index == erased.indexes[0])
    assert len(told(report, "erased")) == 2  # The account, and the case.
    for language in (said.vi, said.en, said.fr):
        assert "2026-11-20" in language
        assert ranges(erased.indexes) in language
        assert "Quan Tri" in language
        assert "Chu Tich" in language
        assert "Luật 91/2025/QH15" in language


# What a superuser does with every trigger off, and what the check says.
FORGERIES = {
    "a record taken away without an erasure": ("DELETE FROM audit_records WHERE index = 0", {"record_missing"}),
    "a record taken away under a request nobody recorded": (
        (
            "INSERT INTO erasures SELECT gen_random_uuid(), 2, 'case', target_id, basis, reason, reference, status, "
            "proposed_by, proposed_by_name, proposed_at, settled_by, settled_by_name, settled_at, '', '{0}' "
            "FROM erasures LIMIT 1; DELETE FROM audit_records WHERE index = 0"
        ),
        {"record_missing", "row_unrecorded"},
    ),
    "a record taken away under another's erasure": (
        "UPDATE erasures SET indexes = indexes || 0::bigint; DELETE FROM audit_records WHERE index = 0",
        {"record_missing", "row_changed"},
    ),
    "the proof of an erasure taken away": (
        "DELETE FROM audit_records USING audit_leaves l WHERE l.index = audit_records.index AND l.object_type = 'erasure'",
        {"record_missing"},
    ),
    "a record put back": (
        "INSERT INTO audit_records SELECT (SELECT indexes[1] FROM erasures LIMIT 1), nonce, record FROM audit_records LIMIT 1",
        {"erased_returned", "record_changed"},
    ),
    "an account come back": (
        "UPDATE people SET full_name = 'Lê Thị Tôm' WHERE email LIKE '%%@erased.invalid'",
        {"row_changed"},
    ),
    "a dossier come back": (
        "UPDATE applications SET answers = '{\"a\": 1}' WHERE stage = 'withdrawn'",
        {"row_changed"},
    ),
    "a version of a dossier come back": (
        "UPDATE dossier_versions SET title = 'Tôm' WHERE title = '[đã xóa]'",
        {"row_changed"},
    ),
    "a letter come back": ("UPDATE messages SET body = 'Xin gọi anh Tôm'", {"row_changed"}),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_nothing_else_explains_what_is_missing_or_back(world: World, ledger: Ledger, name: str) -> None:
    forge, codes = FORGERIES[name]
    await ledger.forge_all(forge)
    report = await checked(world, ledger)
    assert {finding.code for finding in report.findings if finding.is_bad} & codes == codes, report.findings


async def test_an_erasure_by_one_person_is_found_though_its_leaf_is_right(
    world: World, ledger: Ledger, erased: Erasure
) -> None:
    """Who can write leaves can erase alone; the log then says so itself."""
    async with ledger.owner.connect() as connection:
        rows = await connection.exec_driver_sql("SELECT record FROM audit_records ORDER BY index DESC LIMIT 1")
        record = json.loads(rows.scalar_one())
    record["objects"][0]["state"]["settled_by"] = str(erased.proposed_by)
    forged = rfc8785.dumps(record)
    await ledger.forge(
        "UPDATE audit_records SET nonce = %s, record = %s WHERE index = (SELECT max(index) FROM audit_records)",
        b"m" * 16,
        forged,
    )
    said = await ledger.said()
    await ledger.say(len(said) - 1, said[-1] | {"commit": commitment(b"m" * 16, forged)})
    assert "erasure_wrong" in {finding.code for finding in (await checked(world, ledger)).findings}


async def test_an_erasure_names_only_what_came_before_it(world: World, ledger: Ledger) -> None:
    said = await ledger.said()
    last = said[-1]
    wrongs: list[dict[str, Any]] = [
        {"erased": [len(said) - 1, *last["erased"][1:]]},
        {"erased": []},
        {"act": "application:read"},
    ]
    for wrong in wrongs:
        await ledger.say(len(said) - 1, last | wrong)
        report = await checked(world, ledger)
        assert {"record_missing", "entry_malformed"} & {finding.code for finding in report.findings}, wrong
        assert not report.is_good


async def test_bundles_say_it_too(ledger: Ledger, erased: Erasure, tmp_path: Path) -> None:
    policy = WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))
    whole = checked_bundle(await written(ledger, tmp_path / "whole.zip"), policy)
    assert {finding.code for finding in whole.findings} == {"erased"}
    case = checked_bundle(await written(ledger, tmp_path / "case.zip", code=str(erased.target_id)), policy)
    assert told(case, "erased") == [erased.indexes[0]]
    assert {finding.code for finding in case.findings} == {"erased", "case_listed"}
    assert "Chu Tich" in case.findings[0].text.vi
    bare = checked_bundle(await written(ledger, tmp_path / "bare.zip", with_records=False), policy)
    assert [finding.code for finding in bare.findings] == ["records_not_given"]
