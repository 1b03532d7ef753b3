"""Generated files say what their declarations say, and anyone who forgets to write them is told."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.kinds.kind import Event, Kept, Kind, Rows
from tools import generate

KIND = Kind(name="letter", of=str, read_by=Action.MESSAGE_READ, erasure=Kept("a"), rows=Rows.CHANGED)
OTHERWISE: dict[str, Any] = {
    "name": "note",
    "read_by": Action.REVIEW_READ,
    "erasure": Kept("b"),
    "rows": Rows.CHANGED_AND_DELETED,
    "is_public": True,
    "in_bundle": True,
    "in_history": True,
    "exported": frozenset({"id"}),
    "events": (Event(name="letter.sent", needs=Action.MESSAGE_READ),),
    "for_analysts": True,
}


def test_no_generated_file_is_stale() -> None:
    assert generate.stale() == ()


def test_the_table_of_kinds_shows_all_that_is_declared_of_one() -> None:
    declared = {field.name for field in fields(Kind)} - {"of"}
    assert declared == set(OTHERWISE), "show the new fact in kind_row of tools/generate.py, and give it a value here"
    row = generate.kind_row(KIND)
    assert [name for name, value in OTHERWISE.items() if generate.kind_row(replace(KIND, **{name: value})) == row] == []


def test_stale_file_is_named_by_the_check_and_mended_by_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (generate.PAGE, "docs/records.md"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text((generate.ROOT / path).read_text(encoding="utf-8") + "by hand\n", encoding="utf-8")
    (tmp_path / "policies").symlink_to(generate.ROOT / "policies")
    (tmp_path / "tests" / "authz").mkdir(parents=True)
    written = generate.stale(tmp_path)
    assert written == (
        "docs/acts.md",
        "docs/log-coverage.md",
        "docs/permissions.md",
        "docs/records.md",
        "tests/authz/expected_authority.txt",
    )
    assert generate.main(["--check"], root=tmp_path) == 1
    assert [line.partition(" ")[0] for line in capsys.readouterr().err.splitlines()] == list(written)
    assert generate.main([], root=tmp_path) == 0
    assert generate.stale(tmp_path) == ()
