"""Ways to forge what leaves the database: the published folder, bundles and their page, keys, and what signers and witnesses keep."""

import json
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.signing import Refused
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.auditlog.witness.witness import OK
from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.key_sheets import format_sheet, parse_public
from sandbox_registry.transparency.keys import SigningKey, format_vkey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.transparency.tiles import bundles_of, encode_bundle, grow_tiles
from tests.support.bundles import checked, written
from tests.support.ledger import Ledger
from tests.support.witnesses import OTHER_LEAVES, new_witness, request
from tests.support.world import World

Ends = Iterator[tuple[str, str]]
FILES, SIZE = 60, 1500


def write_log(root: Path, entries: list[bytes], key: SigningKey) -> None:
    """Write a whole log as anyone who holds the key could."""
    shutil.rmtree(root, ignore_errors=True)

    def nothing(_level: int, _index: int, _width: int) -> bytes:
        raise AssertionError

    files: dict[str, bytes] = {
        tile.path: content for tile, content in grow_tiles(map(hash_leaf, entries), old_size=0, read_tile=nothing)
    }
    for bundle in bundles_of(len(entries)):
        start = bundle.index * 256
        files[bundle.path] = encode_bundle(entries[start : start + bundle.width])
    checkpoint = Checkpoint(origin=key.name, size=len(entries), root=root_of(map(hash_leaf, entries)))
    files["checkpoint"] = sign_checkpoint(checkpoint, key=key)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def file_forgeries(  # noqa: C901 - One small function for each way.
    root: Path, entries: list[bytes], key: SigningKey, chance: random.Random
) -> dict[str, Callable[[], int | None]]:
    """Name ways to forge the published files; each does it and returns the first leaf it touched."""
    size = len(entries)

    def rewrite(changed: list[bytes], with_key: SigningKey = key) -> None:
        write_log(root, changed, with_key)

    def bundle_with(change: Callable[[list[bytes]], int]) -> int:
        index = chance.randrange(len(list(bundles_of(size))))
        bundle = list(bundles_of(size))[index]
        part = entries[index * 256 : index * 256 + bundle.width]
        at = change(part)
        (root / bundle.path).write_bytes(encode_bundle(part))
        return index * 256 + at

    def flip(part: list[bytes]) -> int:
        at = chance.randrange(len(part))
        where = chance.randrange(len(part[at]))
        part[at] = part[at][:where] + bytes([part[at][where] ^ (1 << chance.randrange(8))]) + part[at][where + 1 :]
        return at

    def swap(part: list[bytes]) -> int:
        first, second = sorted(chance.sample(range(len(part)), 2))
        part[first], part[second] = part[second], part[first]
        return first

    def tile() -> int:
        path = chance.choice(sorted((root / "tile/0").rglob("*")) or [root])
        while not path.is_file():
            path = chance.choice(sorted((root / "tile/0").rglob("*")))
        content = bytearray(path.read_bytes())
        where = chance.randrange(len(content))
        content[where] ^= 1
        path.write_bytes(content)
        return int(path.name if path.parent.name == "0" else path.parent.name.removesuffix(".p")) * 256 + where // 32

    def cut_file() -> int:
        path = root / chance.choice([bundle.path for bundle in bundles_of(size)])
        path.write_bytes(path.read_bytes()[: chance.randrange(5, 100)])
        return int(path.name if path.parent.name == "entries" else path.parent.name.removesuffix(".p")) * 256

    def fork() -> int:
        at = chance.randrange(size)
        rewrite([*entries[:at], b'{"forged":true}', *entries[at + 1 :]])
        return at

    def truncate() -> int:
        at = chance.randrange(1, size)
        rewrite(entries[:at])
        return at

    def other_key() -> None:
        rewrite(entries, SigningKey(name=key.name, seed=chance.randbytes(32)))

    return {
        "an entry flipped": lambda: bundle_with(flip),
        "two entries in each other's place": lambda: bundle_with(swap),
        "a tile flipped": tile,
        "a bundle cut": cut_file,
        "a fork signed with the stolen key": fork,
        "a log cut and signed with the stolen key": truncate,
        "another key": other_key,
    }


def drill_files(home: Path, *, auditor: str | None, chance: random.Random) -> Ends:
    """Forge published files, keys and states; a thief of the key is found with the copy kept before.

    Where Go's code is there, what it overlooks of the files that are not signed anew is silent too.
    """
    key = SigningKey(name="drill.example/log", seed=chance.randbytes(32))
    entries = [b'{"n":%d,"x":"%s"}' % (number, chance.randbytes(20).hex().encode()) for number in range(SIZE)]
    policy = WitnessPolicy(logs=(PolicyLog(key=key.verifier_key),))
    write_log(home / "kept", entries, key)
    copy = LogFolder(home / "kept")
    for number in range(FILES):
        root = home / "forged"
        write_log(root, entries, key)
        ways = file_forgeries(root, entries, key, chance)
        name = sorted(ways)[number % len(ways)]
        ways[name]()
        report = Report()
        check_published(LogFolder(root), policy=policy, copy=copy, report=report)
        is_found = report.first_bad is not None
        if auditor and "stolen" not in name:
            said = subprocess.run([auditor, str(root), format_vkey(key.verifier_key)], capture_output=True, check=False)
            is_found = is_found and said.returncode == 1
        yield f"folder: {name}", "found" if is_found else "silent"
    yield from _keys(key)
    yield from _witness_states(home)


def _keys(key: SigningKey) -> Ends:
    """Mistype each row of a key sheet, and the key itself, by one character."""
    sheet = format_sheet(key.verifier_key)
    rows = sheet.splitlines()
    for number, row in enumerate(rows):
        at = len(row) - 1
        typed = row[:at] + ("2" if row[at] != "2" else "3")
        yield f"key sheet: row {number} mistyped", _refused_key("\n".join([*rows[:number], typed, *rows[number + 1 :]]))
        yield f"key sheet: row {number} left out", _refused_key("\n".join([*rows[:number], *rows[number + 1 :]]))
    vkey = format_vkey(key.verifier_key)
    for at in (0, vkey.index("+") + 1, len(vkey) - 3):
        yield f"key: letter {at} mistyped", _refused_key(vkey[:at] + ("A" if vkey[at] != "A" else "B") + vkey[at + 1 :])


def _refused_key(text: str) -> str:
    try:
        parse_public(text)
    except LogError:
        return "found"
    return "silent"


_STATES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda state: state[: len(state) // 2],
    "empty": lambda _state: b"",
    "of another tree": lambda state: state.replace(
        state.splitlines()[2], state.splitlines()[2][:10][::-1] + state.splitlines()[2][10:]
    ),
    "of a smaller log": lambda state: state.replace(b"\n500\n", b"\n400\n"),
    "without its own cosignature": lambda state: b"\n".join(state.splitlines()[:5]) + b"\n",
}


def _witness_states(home: Path) -> Ends:
    """Change what a witness remembers: it must neither cosign on it nor accuse anybody by it."""
    for name, change in _STATES.items():
        directory = home / f"witness {name}"
        directory.mkdir()
        witness = new_witness(directory)
        if witness.add_checkpoint(request(0, 500)).status != OK:
            raise SystemExit("the witness cosigned nothing")
        [state] = directory.glob("*/checkpoint")
        state.write_bytes(change(state.read_bytes()))
        answer, accused = witness.add_checkpoint(request(500, 600)), [*directory.glob("*/evidence/*")]
        yield f"witness state: {name}", "silent" if accused or answer.status == OK else "found"
    (home / "witness forked").mkdir()
    forked = new_witness(home / "witness forked")
    forked.add_checkpoint(request(0, 500))
    refused = forked.add_checkpoint(request(500, 500, leaves=OTHER_LEAVES))
    yield "a fork shown to a witness", "silent" if refused.status == OK else "found"


async def bundle_forgeries(world: World, ledger: Ledger, home: Path) -> list[tuple[str, str]]:
    """Change, drop and add files of bundles, and what the signer remembers."""
    policy = WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))
    async with world.database.primary() as connection:
        rows = await connection.exec_driver_sql("SELECT code FROM applications WHERE stage = 'approved' LIMIT 1")
        code = rows.scalar_one()
    ends: list[tuple[str, str]] = []
    for kind, path in (
        ("case", await written(ledger, home / "case.zip", code=code)),
        ("whole log", await written(ledger, home / "whole.zip")),
    ):
        before = _told(checked(path, policy))
        files = _files(path)
        for what, forged in _forged_bundles(files):
            if "checkpoint" not in forged:
                continue  # No bundle: nothing is said of the log.
            after = checked(_zipped(home / "forged.zip", forged), policy)
            listed = any(what.startswith(each) for each in ("names.json", "README.txt", "verify.html: the"))
            end = (
                "found"
                if not after.is_good
                else "named"
                if _told(after) != before
                else "listed"
                if listed
                else "silent"
            )
            ends.append((f"bundle of a {kind}: {what}", end))
    state = ledger.files.state_path
    right = state.read_bytes()
    for name, content in {
        "went back": b"",
        "of another tree": right.replace(b"\n", b"\n1", 1),
        "cut": right[:10],
    }.items():
        state.write_bytes(content)
        try:
            await ledger.signer().publish()
            ends.append((f"signer state: {name}", "silent"))
        except Refused:
            ends.append((f"signer state: {name}", "found"))
    state.write_bytes(right)
    return ends


def _told(report: Report) -> list[str]:
    return [each.text.en for each in report.findings]


def _files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _forged_bundles(files: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Change each kind of file by a byte, drop it, exchange it for another of its kind, and add what does not belong."""
    kinds: dict[str, list[str]] = {}
    for name in sorted(files):
        kinds.setdefault(name.rpartition("/")[0] or name, []).append(name)
    for kind, names in kinds.items():
        for place, name in {"first": names[0], "last": names[-1]}.items():
            content = files[name]
            middle = len(content) // 2
            flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
            yield f"{kind}: a bit of the {place}", files | {name: flipped}
            yield f"{kind}: the {place} dropped", {each: files[each] for each in files if each != name}
            yield f"{kind}: the {place} empty", files | {name: b""}
        if len(names) > 1:
            yield f"{kind}: two exchanged", files | {names[0]: files[names[-1]], names[-1]: files[names[0]]}
            yield f"{kind}: all dropped", {each: files[each] for each in files if each not in names}
    yield "a page added", files | {"timeline.html": b"<h1>Forged</h1>"}
    opened = ("records/", "statements/")
    yield "records and statements dropped", {each: files[each] for each in files if not each.startswith(opened)}
    if "case.json" in files:
        yield from _forged_lists(files)


def _forged_lists(files: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    listed = json.loads(files["case.json"])
    last = listed["leaves"][-1]
    without = {name: content for name, content in files.items() if f"/{last}." not in name}
    for name, leaves in {
        "its newest act dropped": listed["leaves"][:-1],
        "an act said to be hidden": [*listed["leaves"][:-1], "A" * 43 + "="],
    }.items():
        yield name, without | {"case.json": json.dumps(listed | {"leaves": leaves}).encode()}
    first = listed["leaves"][1]
    withheld = json.dumps(listed | {"withheld": [first]}).encode()
    yield (
        "a record said to be withheld",
        {name: content for name, content in files.items() if name != f"records/{first}.json"} | {"case.json": withheld},
    )
    yield "another case", files | {"case.json": json.dumps(listed | {"case": "0" * 36}).encode()}
