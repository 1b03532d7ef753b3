"""Generated files say what their declarations say, and anyone who forgets to write them is told."""

from pathlib import Path

import pytest

from tools import generate


def test_no_generated_file_is_stale() -> None:
    assert generate.stale() == ()


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
