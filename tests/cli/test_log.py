"""The command line of the log, as people run it."""

from functools import partial
from pathlib import Path

from anyio import to_thread
from click.testing import CliRunner, Result

from sandbox_registry.cli.main import main
from sandbox_registry.transparency.keys import KeyType, format_vkey, parse_vkey
from tests.support.ledger import Ledger


def run(*words: str, data_dir: Path, url: str | None = None) -> Result:
    given = {"SANDBOX_DATA_DIR": str(data_dir), "DATABASE_URL": url or ""}
    return CliRunner().invoke(main, ["log", *words], env=given)


async def run_beside(*words: str, data_dir: Path, url: str) -> Result:
    """Run a command that has an event loop of its own."""
    return await to_thread.run_sync(partial(run, *words, data_dir=data_dir, url=url))


def test_keys_are_made_and_shown(tmp_path: Path) -> None:
    made = run("key", "new", "sandbox.camau.example/log", data_dir=tmp_path)
    assert made.exit_code == 0, made.stderr
    assert parse_vkey(made.stdout.strip()).name == "sandbox.camau.example/log"
    assert run("key", "show", data_dir=tmp_path).stdout == made.stdout
    again = run("key", "new", "sandbox.camau.example/log", data_dir=tmp_path)
    assert (again.exit_code, "never overwritten" in again.stderr) == (2, True)
    file = str(tmp_path / "witness.key")
    witness = run("key", "new", "hdnd.example/w1", "--witness", "--file", file, data_dir=tmp_path)
    assert parse_vkey(witness.stdout.strip()).key_type is KeyType.COSIGNATURE_V1


async def test_sign_publishes_once_and_refuses_what_went_back(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.append(5)
    done = await run_beside("sign", "--once", data_dir=tmp_path, url=ledger.url)
    assert (done.exit_code, "5 leaves published" in done.stdout) == (0, True), done.stderr
    entries = await ledger.entries()
    await ledger.rewrite(entries[:3])
    refused = await run_beside("sign", "--once", data_dir=tmp_path, url=ledger.url)
    assert (refused.exit_code, "went back in time" in refused.stderr) == (1, True)


async def test_a_lost_memory_is_adopted_from_the_own_checkpoint_only(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.append(5)
    await ledger.signer().publish()
    ledger.files.state_path.unlink()
    assert (await run_beside("sign", "--once", data_dir=tmp_path, url=ledger.url)).exit_code == 1
    checkpoint = tmp_path / "log" / "checkpoint"
    adopted = await run_beside("sign", "--once", "--adopt", str(checkpoint), data_dir=tmp_path, url=ledger.url)
    assert adopted.exit_code == 0, adopted.stderr
    foreign = tmp_path / "foreign"
    foreign.write_bytes(checkpoint.read_bytes().replace(b"\n5\n", b"\n4\n"))
    assert (
        await run_beside("sign", "--once", "--adopt", str(foreign), data_dir=tmp_path, url=ledger.url)
    ).exit_code == 1


async def test_verify_says_yes_or_no_in_the_readers_language(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.append(5)
    await ledger.signer().publish()
    key, folder = format_vkey(ledger.signer().key.verifier_key), str(ledger.folder.root)
    good = run("verify", folder, "--key", key, data_dir=tmp_path)
    assert (good.exit_code, "CÓ, cho những gì đã đối chiếu" in good.stdout) == (0, True)
    assert "Không có điểm kiểm tra cũ hay chữ ký chứng kiến nào để so" in good.stdout
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(run("key-sheet", data_dir=tmp_path).stdout, encoding="utf-8")
    assert run("verify", folder, "--key", str(sheet), data_dir=tmp_path).exit_code == 0
    bundle = ledger.folder.root / "tile/entries/000.p/5"
    bundle.write_bytes(bundle.read_bytes().replace(b'{"entry":3}', b'{"entry":9}'))
    for language, words in {
        "vi": "Mục 3 đã bị sửa",
        "en": "Entry 3 was changed",
        "fr": "L'entrée 3 a été modifiée",
    }.items():
        bad = run("verify", folder, "--key", key, "--lang", language, data_dir=tmp_path)
        assert (bad.exit_code, words in bad.stdout) == (1, True), bad.stdout


def test_verify_takes_no_key_from_the_log(tmp_path: Path) -> None:
    misused = run("verify", str(tmp_path), data_dir=tmp_path)
    assert (misused.exit_code, "never comes from the log itself" in misused.stderr) == (2, True)
    unreadable = run("verify", str(tmp_path), "--key", "no key", data_dir=tmp_path)
    assert unreadable.exit_code == 2


async def test_verify_holds_the_database_against_the_log(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.append(5)
    await ledger.signer().publish()
    key = format_vkey(ledger.signer().key.verifier_key)
    found = await run_beside("verify", "--key", key, "--lang", "en", data_dir=tmp_path, url=ledger.url)
    assert (found.exit_code, "Entry 0 is not of the form an entry has" in found.stdout) == (1, True), found.output
