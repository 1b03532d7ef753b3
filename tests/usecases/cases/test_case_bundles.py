"""Bundles of a case over HTTP: whole for oversight, one's own for the applicant, checked by the verifier and the page."""

import asyncio
import contextlib
import io
import json
import threading
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.publishing.bundle_files import PAGES
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.signing_loop import keep_signing
from sandbox_registry.domain.cases.appraisal import Choice
from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.tokens import Limits
from sandbox_registry.domain.operations.quotas import TooManyRequests
from sandbox_registry.domain.rules.calendars import LOCAL_ZONE
from sandbox_registry.transparency.keys import format_vkey
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.usecases.cases.case_bundles import MAX_CONCURRENT_BUNDLES
from tests.support.browser import Browser, ask
from tests.support.bundles import checked
from tests.support.checks import leaving
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.erasing import confirm, propose, refused_intake
from tests.support.exporting import under_way
from tests.support.ledger import Ledger, signing_for
from tests.support.stages import MEMBERS, OWNER, accepted, reviewed, sitting, submitted
from tests.support.world import World

COUNCIL = "dai_bieu"
Taking = Callable[..., Awaitable[Path]]


@pytest.fixture
async def ledger(world: World, database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    world.use_cases.bundles.patience = 0  # Nobody signs here but the tests.
    async with signing_for(database_url, owner, tmp_path) as ledger:
        yield ledger


@pytest.fixture
def policy(ledger: Ledger) -> WitnessPolicy:
    return WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))


async def asked(client: Client, case_id: object, *, by: str | None) -> httpx.Response:
    return await client.send("GET", f"/applications/{case_id}/bundle.zip", by=by)


async def taken(client: Client, case_id: object, path: Path, *, by: str) -> Path:
    answer = await asked(client, case_id, by=by)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    await asyncio.to_thread(path.write_bytes, answer.content)
    return path


def files_in(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def indexes(files: dict[str, bytes], folder: str) -> list[int]:
    names = [name.rpartition("/")[2].partition(".")[0] for name in files if name.startswith(f"{folder}/")]
    return sorted(map(int, names))


async def test_oversight_gets_everything_of_the_case_and_it_checks(
    client: Client, ledger: Ledger, policy: WitnessPolicy, tmp_path: Path
) -> None:
    permit = (await issued(client.world)).permit
    await submitted(client.world)
    told = await client.world.use_cases.timelines.read(client.world.context(COUNCIL), permit.application_id)
    await ledger.signer().publish()
    path = await taken(client, permit.application_id, tmp_path / "case.zip", by=COUNCIL)
    report, files = checked(path, policy), files_in(path)
    expected = [each.index for each in told]
    assert ([found.code for found in report.findings], report.entries) == (["case_listed"], len(expected) + 1)
    assert indexes(files, "proofs")[:-1] == indexes(files, "records")[:-1] == expected
    assert {"Nguoi Dai Dien", "Chuyen Vien", "Phan Bien 1", "Chu Tich"} < set(json.loads(files["names.json"]).values())
    assert not any(name.endswith(".pdf") for name in files)


async def test_taking_a_bundle_is_on_record_for_everybody(client: Client, ledger: Ledger) -> None:
    case = await submitted(client.world)
    await ledger.signer().publish()
    for name in (COUNCIL, "thanh_tra", OWNER, "nguoi_soan"):
        async with leaving(client.world, case.id, count=1):
            assert (await asked(client, case.id, by=name)).status_code == 200
    told = await client.world.use_cases.timelines.read(client.world.context(COUNCIL), case.id)
    assert [each.action for each in told][-4:] == ["application:read_bundle"] * 4


async def test_applicant_gets_the_own_case_and_nobody_they_may_not_know(
    client: Client, ledger: Ledger, policy: WitnessPolicy, tmp_path: Path
) -> None:
    world = client.world
    permit = (await issued(world)).permit
    await world.use_cases.cases.read(world.context(COUNCIL), permit.application_id)
    told = await world.use_cases.timelines.read(world.context(OWNER), permit.application_id)
    await ledger.signer().publish()
    path = await taken(client, permit.application_id, tmp_path / "own.zip", by=OWNER)
    report, files = checked(path, policy), files_in(path)
    assert [found.code for found in report.findings] == ["records_absent", "case_hidden", "case_listed"]
    everything_done = await world.use_cases.timelines.read(world.context(COUNCIL), permit.application_id)
    hidden, listed = report.findings[1].text, report.findings[2].text
    assert f"{len(everything_done) - 1 - len(told)} of the {len(everything_done) - 1} entries" in hidden.en
    assert f"{len(everything_done) - 1} entries up to entry {told[-1].index}" in listed.en
    assert report.first_bad is None
    assert indexes(files, "entries") == [each.index for each in told]
    acts = {each.index: each.action for each in told}
    assert [acts[index] for index in indexes(files, "records")] == [
        "application:create",
        "application:submit",
        "decision:approve",
    ]
    everything = b"".join(files.values())
    known = {OWNER, "chu_tich"}
    for name, identity in world.people.items():
        if name not in known:
            assert str(identity).encode() not in everything, name
            assert name.replace("_", " ").title().encode() not in everything, name
    assert set(json.loads(files["names.json"]).values()) == {"Nguoi Dai Dien", "Chu Tich"}


async def test_page_in_the_bundle_says_yes_without_a_network(
    client: Client,
    ledger: Ledger,
    tmp_path: Path,
    browser: Browser,
) -> None:
    case = await accepted(client.world)
    await ledger.signer().publish()
    for name in (COUNCIL, OWNER):
        files = files_in(await taken(client, case.id, tmp_path / f"{name}.zip", by=name))
        assert files["verify.html"] == (PAGES / "verify.html").read_bytes()
        verdict, words = ask(browser, tmp_path, files, format_vkey(ledger.signer().key.verifier_key))
        assert verdict == "yes", words
        assert f"mục cho đến mục {indexes(files, 'proofs')[-1]}, không thiếu mục nào" in words
        changed = files | {f"entries/{indexes(files, 'entries')[0]}.json": b"{}"}
        assert ask(browser, tmp_path, changed, format_vkey(ledger.signer().key.verifier_key))[0] == "no"


@pytest.mark.parametrize(
    ("name", "status"),
    [("doi_thu", 404), ("quan_tri", 404), ("cong_an", 404), ("mot_cua", 403), ("truong_phong", 403), (None, 401)],
)
async def test_nobody_else_takes_a_case_out(client: Client, ledger: Ledger, name: str | None, status: int) -> None:
    case = await submitted(client.world)
    await ledger.signer().publish()
    async with leaving(client.world, case.id, count=0 if name is None else 1):
        assert (await asked(client, case.id, by=name)).status_code == status


async def test_draft_is_not_taken_out(client: Client, ledger: Ledger) -> None:
    draft = await client.world.draft()
    await ledger.signer().publish()
    answer = await asked(client, draft.id, by=OWNER)
    assert (answer.status_code, answer.json()["code"]) == (409, "transition_not_allowed")


async def test_scoped_token_needs_the_act(client: Client, ledger: Ledger) -> None:
    case = await submitted(client.world)
    await ledger.signer().publish()
    secret = await client.world.token(OWNER, limits=Limits(scopes=frozenset({"application:read"})))
    path = f"/applications/{case.id}/bundle.zip"
    answer = await client.send("GET", path, by=None, headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403


async def test_before_the_first_checkpoint_nothing_is_taken_and_nothing_recorded(client: Client) -> None:
    case = await submitted(client.world)
    async with leaving(client.world, case.id, count=0):
        answer = await asked(client, case.id, by=OWNER)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_published")


async def test_what_is_not_covered_yet_is_left_out(
    client: Client, ledger: Ledger, policy: WitnessPolicy, tmp_path: Path
) -> None:
    case = await submitted(client.world)
    await ledger.signer().publish()
    await client.world.use_cases.intake.receive(client.world.context("mot_cua"), case.id, expected_version=case.version)
    path = await taken(client, case.id, tmp_path / "early.zip", by=COUNCIL)
    report = checked(path, policy)
    assert [found.code for found in report.findings] == ["case_listed"]
    assert "2 entries up to entry" in report.findings[0].text.en


async def test_record_that_no_erasure_took_is_missed(
    client: Client, ledger: Ledger, policy: WitnessPolicy, owner: AsyncEngine, tmp_path: Path
) -> None:
    case = await accepted(client.world)
    await ledger.signer().publish()
    told = await client.world.use_cases.timelines.read(client.world.context(OWNER), case.id)
    async with owner.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("DELETE FROM audit_records WHERE index = :index"), {"index": told[1].index})
    path = await taken(client, case.id, tmp_path / "erased.zip", by=COUNCIL)
    report, files = checked(path, policy), files_in(path)
    assert report.first_bad is not None
    assert (report.first_bad.code, report.first_bad.index) == ("record_missing", told[1].index)
    assert told[1].index in indexes(files, "proofs")
    assert told[1].index not in indexes(files, "records")


async def test_erasure_by_request_is_told_to_oversight_with_who_agreed(
    client: Client, ledger: Ledger, policy: WitnessPolicy, tmp_path: Path
) -> None:
    case = await refused_intake(client.world)
    client.world.clock.forward(days=1)
    await confirm(client.world, await propose(client.world, case.id))
    await ledger.signer().publish()
    whole = checked(await taken(client, case.id, tmp_path / "whole.zip", by=COUNCIL), policy)
    own = checked(await taken(client, case.id, tmp_path / "own.zip", by=OWNER), policy)
    assert [found.code for found in whole.findings] == ["erased", "case_listed"]
    assert "Chu Tich" in whole.findings[0].text.vi
    # Nothing of what the applicant may be handed is left: the proofs of the acts are.
    assert [found.code for found in own.findings] == ["erased", "records_absent", "case_listed"]
    assert (own.first_bad, own.entries) == (None, whole.entries)


async def test_votes_are_not_in_a_bundle_before_the_council_concluded(
    client: Client, ledger: Ledger, tmp_path: Path
) -> None:
    world = client.world
    case = await reviewed(world)
    session = await sitting(world, case)
    await world.use_cases.councils.vote(
        world.context(MEMBERS[1]), case.id, session.id, choice=Choice.AGAINST, is_written=False, dissent="Bí mật."
    )
    await ledger.signer().publish()
    files = files_in(await taken(client, case.id, tmp_path / "early.zip", by=COUNCIL))
    told = {each.index: each.action for each in await world.use_cases.timelines.read(world.context(COUNCIL), case.id)}
    (vote,) = [index for index, action in told.items() if action == "council:vote"]
    assert vote in indexes(files, "entries")
    assert vote not in indexes(files, "records")
    assert "Bí mật".encode() not in b"".join(files.values())


async def test_it_counts_as_an_export_and_holds_no_connection_while_it_is_sent(
    client: Client, ledger: Ledger, owner: AsyncEngine
) -> None:
    case = await submitted(client.world)
    await ledger.signer().publish()
    answer = await asked(client, case.id, by=OWNER)
    assert '"exports.token"' in answer.headers["ratelimit-policy"]
    assert answer.headers["content-disposition"] == f'attachment; filename="{case.id}.zip"'
    with await client.world.use_cases.bundles.take(client.world.context(OWNER), case.id, folder=ledger.folder) as file:
        assert await under_way(owner) == []
        assert zipfile.ZipFile(io.BytesIO(file.read())).testzip() is None


class SlowFolder(LogFolder):
    """A folder on a disk that answers when it is let."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked, self.go = threading.Semaphore(0), threading.Event()

    def read(self, path: str) -> bytes:
        self.asked.release()
        self.go.wait()
        return super().read(path)


async def test_few_are_written_at_once(world: World, ledger: Ledger) -> None:
    case = await submitted(world)
    await ledger.signer().publish()
    slow, take = SlowFolder(ledger.folder.root), world.use_cases.bundles.take
    under = [
        asyncio.create_task(take(world.context(COUNCIL), case.id, folder=slow)) for _ in range(MAX_CONCURRENT_BUNDLES)
    ]
    for _ in under:
        await asyncio.to_thread(slow.asked.acquire)
    with pytest.raises(TooManyRequests):
        await take(world.context(COUNCIL), case.id, folder=ledger.folder)
    slow.go.set()
    for file in await asyncio.gather(*under):
        file.close()
    (await take(world.context(COUNCIL), case.id, folder=ledger.folder)).close()


async def test_nothing_is_kept_of_a_bundle_that_fails(world: World, tmp_path: Path) -> None:
    case = await submitted(world)
    for _ in range(MAX_CONCURRENT_BUNDLES + 1):  # No place is lost by a failure.
        with pytest.raises(ConditionNotMet) as caught:
            await world.use_cases.bundles.take(world.context(OWNER), case.id, folder=LogFolder(tmp_path / "none"))
        assert caught.value.condition == "not_published"


@pytest.fixture
async def taking(world: World, ledger: Ledger, tmp_path: Path) -> AsyncIterator[Taking]:
    """Take a bundle while somebody signs, as in an installation at work."""

    async def take(case_id: UUID, *, by: str) -> Path:
        path = tmp_path / f"{by}.zip"
        with await world.use_cases.bundles.take(world.context(by), case_id, folder=ledger.folder) as file:
            await asyncio.to_thread(path.write_bytes, file.read())
        return path

    world.use_cases.bundles.patience = 600
    signing = asyncio.create_task(keep_signing(ledger.signer(), wake=asyncio.Event(), pause=0.01, look=0.01))
    yield take
    signing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await signing


@pytest.mark.parametrize("by", [COUNCIL, OWNER])
async def test_a_bundle_ends_with_its_own_taking(
    world: World, policy: WitnessPolicy, taking: Taking, tmp_path: Path, by: str
) -> None:
    case = await accepted(world)
    path = await _first(taking, case.id, by=by)
    report = checked(path, policy)
    ending = report.findings[-1]
    assert (ending.code, report.is_good) == ("case_complete", True)
    assert f"{world.clock.at.astimezone(LOCAL_ZONE):%d/%m/%Y %H:%M}" in ending.text.vi
    files, last = files_in(path), ending.index
    assert last == indexes(files, "entries")[-1]
    dropped = {name: content for name, content in files.items() if f"/{last}." not in name}
    listed = json.loads(files["case.json"])
    dropped["case.json"] = json.dumps(listed | {"leaves": listed["leaves"][:-1]}).encode()
    cut = checked(_zipped(tmp_path / "cut.zip", dropped), policy)
    assert (cut.findings[-1].code, cut.is_whole) == ("case_listed", False)


async def test_what_oversight_may_read_cannot_be_said_to_be_withheld(
    world: World, policy: WitnessPolicy, taking: Taking, tmp_path: Path
) -> None:
    case = await accepted(world)
    for by, code in ((COUNCIL, "record_missing"), (OWNER, None)):
        files = files_in(await _first(taking, case.id, by=by))
        first, listed = indexes(files, "records")[0], json.loads(files["case.json"])
        del files[f"records/{first}.json"]
        files["case.json"] = json.dumps(listed | {"withheld": [*listed["withheld"], first]}).encode()
        report = checked(_zipped(tmp_path / "forged.zip", files), policy)
        assert (report.first_bad and report.first_bad.code) == code
        assert code or "records_absent" in {found.code for found in report.findings}


def _zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


async def _first(taking: Taking, case_id: UUID, *, by: str) -> Path:
    """Take a bundle as soon as what was done before is published."""
    while True:
        try:
            return await taking(case_id, by=by)
        except ConditionNotMet:
            await asyncio.sleep(0)
