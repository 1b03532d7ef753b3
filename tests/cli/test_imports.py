"""What a process loads before it is needed: every module more is waited for at each start."""

import gc
import subprocess
import sys
from importlib.util import find_spec

import pytest

from sandbox_registry.runtime.imports import imports_uncollected
from sandbox_registry.runtime.shipped import shipped

NOT_TO_ANSWER = {"alembic", "granian", "httpx", "procrastinate", "sandbox_registry.worker", "typst"}
NOT_TO_SERVE = {"alembic", "casbin", "litestar", "msgspec", "sandbox_registry.app", "sqlalchemy"}
NOT_FOR_ANY_COMMAND = {"psycopg", "sandbox_registry.cli.environment", "structlog"}


def loaded_with(module: str) -> set[str]:
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=shipped("alembic").parent, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "left_out"),
    [
        ("sandbox_registry.app", NOT_TO_ANSWER),
        ("sandbox_registry.cli.serve", NOT_TO_SERVE),
        ("sandbox_registry.cli.children", NOT_TO_SERVE | NOT_FOR_ANY_COMMAND),
        ("sandbox_registry.cli.main", NOT_TO_SERVE | NOT_FOR_ANY_COMMAND),
    ],
)
def test_only_what_is_needed_is_loaded(module: str, left_out: set[str]) -> None:
    assert [name for name in left_out if find_spec(name) is None] == []
    loaded = loaded_with(module)
    assert module in loaded
    assert loaded & left_out == set()


def test_importing_leaves_what_it_made_out_of_the_search_for_garbage() -> None:
    try:
        with imports_uncollected():
            assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
        with pytest.raises(ModuleNotFoundError), imports_uncollected():
            raise ModuleNotFoundError
        assert gc.isenabled()
    finally:
        gc.unfreeze()
