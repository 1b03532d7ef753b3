"""What the import contracts refuse: violations of every kind, each planted in a copy of the package."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS: dict[str, str] = {each["id"]: each["name"] for each in PROJECT["tool"]["importlinter"]["contracts"]}
IMPORTS = [
    ("usecases/permits/permits.py", "from sandbox_registry.cli.main import main", "layers"),
    ("jobs/tasks.py", "from sandbox_registry.api.handling import requests", "layers"),
    ("transparency/merkle.py", "from sandbox_registry.domain.errors import NotFound", "plain-transparency"),
    ("transparency/tiles.py", "from sandbox_registry.locales.catalogues import catalogue", "plain-transparency"),
    ("transparency/notes.py", "import structlog", "plain-transparency"),
    ("auditlog/witness/witness.py", "from sandbox_registry.locales.catalogues import catalogue", "witness"),
    ("domain/texts.py", "import sqlite3", "plain-domain"),
    ("runtime/clocks.py", "from sandbox_registry.domain.texts import Text", "layers"),
    ("usecases/permits/permits.py", "from sandbox_registry.usecases.cases.cases import Cases", "capabilities"),
    ("usecases/transaction/operators.py", "from sandbox_registry.usecases.rules import rule_versions", "capabilities"),
    ("cli/users.py", "import sqlalchemy", "sql"),
    ("usecases/cases/cases.py", "from psycopg import sql", "sql"),
    ("latecomers.py", "import sqlalchemy", "sql"),
    ("cli/users.py", "import casbin", "casbin"),
    ("usecases/cases/cases.py", "from litestar import Request", "litestar"),
    ("usecases/integrations/webhooks.py", "import httpx", "network"),
    ("usecases/operations/upkeep.py", "def send() -> None:\n    import smtplib", "network"),
    ("usecases/integrations/webhooks.py", "import ssl", "network"),
    ("domain/integrations/webhooks.py", "from socket import create_connection", "network"),
    ("usecases/operations/health.py", "from http.client import HTTPSConnection", "network"),
    ("usecases/operations/upkeep.py", "import ftplib", "clients"),
    ("jobs/tasks.py", "from xmlrpc.client import ServerProxy", "clients"),
    ("adapters/webhooks.py", "import requests", "clients"),
    ("domain/texts.py", "from babel.numbers import format_decimal", "babel"),
    ("documents/uploads/inspection.py", "import pikepdf", "hostile-files"),
    ("documents/uploads/contents/server.py", "from sandbox_registry.domain.texts import Phrase", "inspector"),
    ("usecases/operations/upkeep.py", "from procrastinate import App", "queue"),
    ("usecases/operations/backups.py", "import click", "commands"),
    ("auditlog/verifying/trees.py", "from sandbox_registry.auditlog.publishing.folder import LogFolder", "verifier"),
    ("db/auditlog/rows.py", "from sandbox_registry.usecases.registry import UseCases", "verifier"),
    ("auditlog/witness/witness.py", "from sandbox_registry.auditlog.publishing.proofs import Prover", "witness"),
    ("runtime/files.py", "import structlog", "witness"),
    ("domain/texts.py", "import time", "plain-domain"),
    ("domain/texts.py", "from sandbox_registry.runtime.clocks import system_clock", "plain-domain"),
    ("domain/texts.py", "from msgspec import Struct", "plain-domain"),
    ("transparency/notes.py", "from pathlib import Path", "plain-transparency"),
    ("api/cases/documents.py", "from sandbox_registry.db.cases import applications", "api-db"),
    ("web/pages.py", "from sandbox_registry.db.cases import applications", "api-db"),
    ("web/pages.py", "from sandbox_registry.api.handling import requests", "layers"),
    ("usecases/cases/cases.py", "from sandbox_registry.web import pages", "layers"),
    ("http/problems.py", "from sandbox_registry.web.errors import wants_page", "layers"),
    ("usecases/cases/cases.py", "from jinja2 import Environment", "templates"),
]
UNPLACED = [
    ("newcomers/__init__.py", "'''A room in no layer.'''", "layers", "- sandbox_registry.newcomers\n"),
    ("latecomers.py", "'''A module in no layer.'''", "layers", "- sandbox_registry.latecomers\n"),
    (
        "usecases/newcomers/__init__.py",
        "'''A capability nobody placed.'''",
        "capabilities",
        "- sandbox_registry.usecases.newcomers\n",
    ),
    (
        "domain/texts.py",
        "from sandbox_registry.domain.rules import calendars",
        "circles",
        "in sandbox_registry.domain.\n",
    ),
    (
        "transparency/merkle.py",
        "from sandbox_registry.transparency import proofs",
        "circles",
        "in sandbox_registry.transparency.\n",
    ),
]
CALLS = [
    ("domain/texts.py", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)", "datetime.datetime.now"),
    ("domain/texts.py", "import datetime as d\n\nTODAY = d.date.today()", "datetime.date.today"),
    ("usecases/cases/cases.py", "import time\n\nNOW = time.time()", "time.time"),
    ("usecases/cases/cases.py", "from time import time\n\nNOW = time()", "time.time"),
    ("db/core/engine.py", "from importlib import import_module\n\nimport_module('app')", "importlib.import_module"),
    ("db/core/engine.py", "import importlib as i\n\ni.import_module('app')", "importlib.import_module"),
    ("jobs/tasks.py", "from urllib import request\n\nrequest.urlopen('file:///')", "urllib.request"),
    ("jobs/tasks.py", "import http.client", "http.client"),
    ("usecases/operations/upkeep.py", "from asyncio import open_connection", "asyncio.open_connection"),
    ("usecases/operations/upkeep.py", "import anyio\n\nanyio.connect_tcp('a', 1)", "anyio.connect_tcp"),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to plant one violation at a time in."""
    copy = tmp_path_factory.mktemp("contracts") / "sandbox_registry"
    shutil.copy(ROOT / "pyproject.toml", copy.parent)
    shutil.copytree(ROOT / "sandbox_registry", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def refusals(package: Path) -> dict[str, str]:
    """What the linter says under each contract that the copy breaks, with every violation planted at once."""
    with ExitStack() as planted:
        for name, text, *_ in [*IMPORTS, *UNPLACED]:
            planted.enter_context(Planted(package, name, text))
        return refusals_of(package)


class Planted:
    """A file of the copy with something more at its end, as long as the block runs."""

    def __init__(self, package: Path, name: str, text: str) -> None:
        self.file, self.text = package / name, text
        self.before: str | None = None

    def __enter__(self) -> Path:
        self.before = self.file.read_text("utf-8") if self.file.exists() else None
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(f"{self.before or ''}\n\n{self.text}\n", "utf-8")
        return self.file

    def __exit__(self, *_: object) -> None:
        self.file.unlink()
        if self.before is not None:
            self.file.write_text(self.before, "utf-8")
        elif self.file.name == "__init__.py":
            shutil.rmtree(self.file.parent)


def refusals_of(package: Path) -> dict[str, str]:
    """Return what the linter says of each contract that the copy breaks, by the contract's id."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-logo", "--cache-dir", "cache"]
    environment = {**os.environ, "COLUMNS": "1000"}  # No line is broken in the middle.
    run = subprocess.run(command, cwd=package.parent, capture_output=True, text=True, check=False, env=environment)
    assert "Contracts:" in run.stdout, run.stdout + run.stderr
    headings = {f"{name}\n{'-' * len(name)}\n": contract for contract, name in CONTRACTS.items()}
    parts = re.split("(" + "|".join(map(re.escape, headings)) + ")", run.stdout)
    refusals = {headings[heading]: text for heading, text in zip(parts[1::2], parts[2::2], strict=True)}
    assert refusals.keys() == {contract for contract, name in CONTRACTS.items() if f"{name} BROKEN" in run.stdout}
    assert (run.returncode == 0) == (not refusals)
    return refusals


def module_of(name: str) -> str:
    """Return the module that a file of the package is."""
    return f"sandbox_registry.{name.removesuffix('.py').replace('/', '.')}"


def forbidden_calls(path: Path) -> str:
    """Return what ruff says of the copy or a file of it."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--output-format", "concise"]
    return subprocess.run([*command, str(path)], capture_output=True, text=True, check=False).stdout


def test_package_as_it_is_keeps_every_contract(package: Path) -> None:
    assert refusals_of(package) == {}
    assert "All checks passed!" in forbidden_calls(package)


@pytest.mark.parametrize(("name", "text", "contract"), IMPORTS)
def test_an_import_that_a_contract_forbids_is_refused(
    package: Path, refusals: dict[str, str], name: str, text: str, contract: str
) -> None:
    assert re.search(rf"{module_of(name)} -> {re.escape(imported(package, text))}( |$)", refusals[contract])


def imported(package: Path, text: str) -> str:
    """Return what the linter calls the module that an import names."""
    (statement,) = (each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Import | ast.ImportFrom))
    (alias,) = statement.names
    source = (statement.module or "") if isinstance(statement, ast.ImportFrom) else alias.name
    if not source.startswith("sandbox_registry"):
        return source.partition(".")[0]
    below = f"{source}.{alias.name}"
    return below if (package.parent / f"{below.replace('.', '/')}.py").exists() else source


@pytest.mark.parametrize(("name", "text", "contract", "refusal"), UNPLACED)
def test_a_module_in_no_layer_or_in_a_circle_is_refused(
    refusals: dict[str, str], name: str, text: str, contract: str, refusal: str
) -> None:
    assert refusal in refusals[contract], f"{name}: {text}"


@pytest.mark.parametrize(("name", "text", "banned"), CALLS)
def test_a_call_that_hides_an_import_or_asks_the_clock_is_refused(
    package: Path, name: str, text: str, banned: str
) -> None:
    with Planted(package, name, text) as file:
        assert f"TID251 `{banned}` is banned" in forbidden_calls(file)


def test_every_contract_has_a_violation_planted_here() -> None:
    planted = {contract for _, _, contract, *_ in [*IMPORTS, *UNPLACED]}
    assert planted == set(CONTRACTS), "plant one in IMPORTS or UNPLACED of this file"


def test_nothing_is_imported_through_the_function_that_ruff_cannot_forbid() -> None:
    assert [path for path in (ROOT / "sandbox_registry").rglob("*.py") if "__import__" in path.read_text("utf-8")] == []


def test_excuses_in_the_code_are_counted() -> None:
    excused = {
        str(path.relative_to(ROOT)): text.count("noqa: TID251")
        for path in sorted((ROOT / "sandbox_registry").rglob("*.py"))
        if "TID251" in (text := path.read_text("utf-8"))
    }
    assert excused == {"sandbox_registry/adapters/clamd.py": 2, "sandbox_registry/runtime/clocks.py": 1}
