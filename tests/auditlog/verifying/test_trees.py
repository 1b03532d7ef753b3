"""Checking a published log from its files alone: every kind of damage is found, and the first bad leaf named."""

import random
import shutil
from pathlib import Path

import pytest

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.domain.texts import Language
from sandbox_registry.locales.catalogues import catalogue
from sandbox_registry.runtime.file_sources import open_source
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.cosignatures import add_signatures, cosign
from sandbox_registry.transparency.keys import KeyType, SigningKey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.notes import format_note, parse_note
from sandbox_registry.transparency.policies import PolicyGroup, PolicyLog, PolicyWitness, WitnessPolicy
from sandbox_registry.transparency.tiles import bundles_of, encode_bundle
from tests.support.published_logs import KEY, entries_of, put, write_log

POLICY = WitnessPolicy(logs=(PolicyLog(key=KEY.verifier_key),))
SIZE = 66_000


def checked(folder: LogFolder, *, policy: WitnessPolicy = POLICY, **more: object) -> Report:
    report = Report()
    check_published(folder, policy=policy, report=report, **more)  # type: ignore[arg-type]  # since and copy.
    return report


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> LogFolder:
    return write_log(tmp_path_factory.mktemp("good"), entries_of(SIZE))


@pytest.fixture
def small(tmp_path: Path) -> LogFolder:
    return write_log(tmp_path / "small", entries_of(700))


def test_a_right_log_is_right_at_every_kind_of_size(good: LogFolder, tmp_path: Path) -> None:
    checkpoint = checked(good).checkpoint
    assert checked(good) == Report(checkpoint=checkpoint, witnessed=checkpoint, entries=SIZE)
    for size in (0, 1, 2, 255, 256, 257, 511, 512, 513, 1000):
        report = checked(write_log(tmp_path / str(size), entries_of(size)))
        assert (report.entries, report.findings) == (size, [])


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1
    path.write_bytes(content)


def entry_at(folder: LogFolder, index: int, entry: bytes, *, size: int) -> None:
    """Put another entry into its bundle."""
    bundle = next(each for each in bundles_of(size) if each.index == index // 256)
    entries = entries_of(size)[bundle.index * 256 :][: bundle.width]
    entries[index % 256] = entry
    put(folder.root / bundle.path, encode_bundle(entries))


@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, 512, 699])
def test_a_changed_entry_is_named(small: LogFolder, index: int) -> None:
    entry_at(small, index, b"forged", size=700)
    found = checked(small).first_bad
    assert found is not None
    assert (found.code, found.index) == ("entry_changed", index)


def test_a_changed_entry_with_its_hash_is_named_by_its_tile(small: LogFolder) -> None:
    entry_at(small, 300, b"forged", size=700)
    tile = small.root / "tile/0/001"
    content = tile.read_bytes()
    put(tile, content[: 44 * 32] + hash_leaf(b"forged") + content[45 * 32 :])
    found = checked(small).first_bad
    assert found is not None
    assert (found.code, found.index) == ("entries_changed", 256)


@pytest.mark.parametrize(
    ("path", "index"), [("tile/0/000", 0), ("tile/0/001", 256), ("tile/0/002.p/188", 512), ("tile/1/000.p/2", 0)]
)
def test_a_damaged_tile_is_named_and_no_entry_is_blamed(small: LogFolder, path: str, index: int) -> None:
    flip(small.root / path, 0)
    assert [(found.code, found.index) for found in checked(small).findings] == [("tile_damaged", index)]


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_cut_or_missing_bundle_is_named(small: LogFolder, cut: int) -> None:
    path = small.root / "tile/entries/001"
    put(path, path.read_bytes()[:cut]) if cut else path.unlink()
    found = checked(small).first_bad
    assert found is not None
    assert (found.code, found.index) == ("bundle_damaged", 256)


def test_two_entries_in_each_others_place_are_named(small: LogFolder) -> None:
    bundle = small.root / "tile/entries/000"
    entries = entries_of(256)
    entries[7], entries[9] = entries[9], entries[7]
    put(bundle, encode_bundle(entries))
    found = checked(small).first_bad
    assert found is not None
    assert (found.code, found.index) == ("entry_changed", 7)


def test_another_key_is_not_believed(small: LogFolder) -> None:
    other = SigningKey(name=KEY.name, seed=b"t" * 32)
    forged = write_log(small.root.parent / "forged", entries_of(700, words="forged"), key=other)
    assert [found.code for found in checked(forged).findings] == ["checkpoint_refused"]


def test_a_thief_of_the_key_is_found_by_an_earlier_checkpoint_or_copy(small: LogFolder) -> None:
    entries = entries_of(800)
    entries[123] = b"forged"
    forged = write_log(small.root.parent / "forged", entries)
    assert checked(forged).is_good
    since = small.checkpoint()
    assert [found.code for found in checked(forged, since=since).findings] == ["split_view"]
    found = checked(forged, copy=small).first_bad
    assert found is not None
    assert (found.code, found.index) == ("replaced", 123)
    shorter = write_log(small.root.parent / "shorter", entries_of(600))
    found = checked(shorter, since=since).first_bad
    assert found is not None
    assert (found.code, found.index) == ("went_back", 600)
    assert checked(write_log(small.root.parent / "longer", entries_of(800)), since=since, copy=small).is_good


WITNESS = SigningKey(name="hdnd.example/w1", key_type=KeyType.COSIGNATURE_V1, seed=b"w" * 32)
WITNESSED = WitnessPolicy(
    logs=POLICY.logs,
    witnesses=(PolicyWitness(name=b"w1", key=WITNESS.verifier_key),),
    groups=(PolicyGroup(name=b"all", threshold=1, members=(b"w1",)),),
    quorum=b"all",
)


def cosigned(size: int, *, words: str = "entry", by: SigningKey = WITNESS) -> bytes:
    root = root_of(map(hash_leaf, entries_of(size, words=words)))
    note = parse_note(sign_checkpoint(Checkpoint(origin=KEY.name, size=size, root=root), key=KEY))
    return format_note(add_signatures(note, signatures=[cosign(note.text, key=by, timestamp=1_800_000_000)]))


def test_the_policy_asks_for_witnesses(small: LogFolder) -> None:
    assert [found.code for found in checked(small, policy=WITNESSED).findings] == ["policy_not_met"]


def test_what_witnesses_have_not_cosigned_yet_is_named_and_no_alarm(small: LogFolder) -> None:
    put(small.root / "checkpoint-cosigned", cosigned(600))
    report = checked(small, policy=WITNESSED)
    [found] = report.findings
    assert (found.code, found.index, report.is_good) == ("not_witnessed", 600, True)
    assert "100 entries, from entry 600 on, are not yet witnessed" in found.text.en
    assert (report.cosigned_by, report.entries) == (("hdnd.example/w1",), 700)
    put(small.root / "checkpoint-cosigned", cosigned(700))
    assert checked(small, policy=WITNESSED).findings == []


def test_an_older_cosigned_checkpoint_must_be_of_the_same_log_and_by_witnesses_of_the_policy(small: LogFolder) -> None:
    other = SigningKey(name="hdnd.example/w2", key_type=KeyType.COSIGNATURE_V1, seed=b"v" * 32)
    for note, codes in (
        (cosigned(600, words="forged"), {"split_view", "not_witnessed"}),
        (cosigned(600, by=other), {"policy_not_met"}),
        (b"", {"policy_not_met", "checkpoint_refused"}),
    ):
        put(small.root / "checkpoint-cosigned", note)
        report = checked(small, policy=WITNESSED)
        assert {found.code for found in report.findings} == codes
        assert not report.is_good


def test_a_folder_that_was_rolled_back_is_found_by_the_cosigned_checkpoint_in_it(small: LogFolder) -> None:
    put(small.root / "checkpoint-cosigned", cosigned(800))
    assert [found.code for found in checked(small).findings] == ["went_back"]


def test_files_that_make_no_sense_are_said_and_never_crash(small: LogFolder) -> None:
    chance = random.Random(0)  # noqa: S311 - Repeatable, not secret.
    files = sorted(path for path in small.root.rglob("*") if path.is_file())
    for _ in range(150):
        path = chance.choice(files)
        kept = path.read_bytes()
        put(path, chance.choice([b"", kept[: len(kept) // 2], kept + b"x", chance.randbytes(len(kept))]))
        assert not checked(small).is_good, path
        put(path, kept)
    assert checked(small).is_good


def test_sources_that_are_none(tmp_path: Path) -> None:
    for where in ("ftp://a.example", str(tmp_path / "none.zip"), "http://127.0.0.1:9/log"):
        report = Report()
        try:
            check_published(open_source(where), policy=POLICY, report=report)
        except MissingFile:
            continue
        assert [found.code for found in report.findings] == ["unreadable"]


def test_a_bundle_file_is_a_source_too(small: LogFolder, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "kept"), "zip", small.root)
    report = Report()
    check_published(open_source(archive), policy=POLICY, report=report)
    assert (report.entries, report.findings) == (700, [])


def test_every_finding_is_said_in_three_languages() -> None:
    sentences = [catalogue(language).forms for language in Language]
    for key in {key for key in sentences[0] if key.startswith("finding.")}:
        assert len({forms[key] for forms in sentences}) == 3
