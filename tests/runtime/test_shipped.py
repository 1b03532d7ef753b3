"""Files that are not Python are found."""

import pytest

from sandbox_registry.runtime.shipped import shipped


def test_policies_and_migrations_are_found() -> None:
    assert (shipped("policies") / "procedures").is_dir()
    assert (shipped("alembic") / "env.py").is_file()


def test_a_missing_directory_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="The directory nowhere is missing"):
        shipped("nowhere")
