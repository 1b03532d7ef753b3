"""Key files: closed to others, never overwritten, and their faults named."""

import stat
from pathlib import Path

import pytest

from sandbox_registry.runtime.key_files import KeyFileError, read_key_file, read_public_key, write_key_file
from sandbox_registry.transparency.keys import (
    KeyType,
    format_signing_key,
    format_vkey,
    new_key,
    parse_log_key,
    parse_vkey,
    parse_witness_key,
)

KEY = new_key("sandbox.camau.example/log", seed=b"l" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "new" / "key"
    write_key_file(made, format_signing_key(KEY))
    return made


def test_a_key_is_read_back_from_a_file_of_its_owner_alone(path: Path) -> None:
    assert read_key_file(path, parse_log_key) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(path: Path) -> None:
    with pytest.raises(KeyFileError, match="never overwritten"):
        write_key_file(path, "another")
    assert read_key_file(path, parse_log_key) == KEY


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o620, 0o602, 0o601])
def test_a_key_that_others_can_read_or_change_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="read by others"):
        read_key_file(path, parse_log_key)


def test_a_group_may_read_a_key(path: Path) -> None:
    path.chmod(0o640)
    assert read_key_file(path, parse_log_key) == KEY


def test_a_log_and_a_witness_never_share_a_key(path: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="another type"):
        read_key_file(path, parse_witness_key)
    witness = new_key("hdnd.example/w1", seed=b"w" * 32, key_type=KeyType.COSIGNATURE_V1)
    write_key_file(tmp_path / "witness", format_signing_key(witness))
    assert read_key_file(tmp_path / "witness", parse_witness_key) == witness
    with pytest.raises(KeyFileError, match="another type"):
        read_key_file(tmp_path / "witness", parse_log_key)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff\xfe", format_vkey(KEY.verifier_key).encode()])
def test_what_is_no_private_key_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="does not hold the private key"):
        read_key_file(path, parse_log_key)


def test_a_missing_file_and_a_directory_that_cannot_be_made_are_named(path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot read the key"):
        read_key_file(path.with_name("none"), parse_log_key)
    with pytest.raises(KeyFileError, match="cannot write"):
        write_key_file(path / "below a file", "x")


def test_a_public_key_is_given_itself_or_as_a_file(tmp_path: Path) -> None:
    text = format_vkey(KEY.verifier_key)
    (tmp_path / "vkey").write_text(text + "\n")
    for given in (text, f" {text}\n", str(tmp_path / "vkey")):
        assert read_public_key(given, parse_vkey) == KEY.verifier_key
    for given in ("", "x+y+z", str(tmp_path), str(tmp_path / "none")):
        with pytest.raises(KeyFileError, match="neither a verifier key nor a file"):
            read_public_key(given, parse_vkey)
