"""The wheel: built from this tree, installed elsewhere, it runs from any directory with all it needs inside."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sandbox_registry.db.core import revisions
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.web.static_files import BUILT

CHECKOUT = shipped("alembic").parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(directory), str(CHECKOUT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-index", "--no-compile", "--quiet", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True, capture_output=True)
    return target


def ran(installed: Path, code: str, *arguments: str) -> str:
    # -P keeps the current directory off the path, and the target comes before the checkout's own link.
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-P", "-c", code, *arguments]
    return subprocess.run(command, env=environ, cwd="/", check=True, capture_output=True, text=True).stdout


def test_policies_and_migrations_are_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    for name in ("policies", "alembic"):
        files = {path for path in shipped(name).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        assert {f"sandbox_registry/_shipped/{name}/{path.relative_to(shipped(name))}" for path in files} <= inside
    assert not {path for path in inside if path.endswith(".pyc")}
    assert not {path for path in inside if path.startswith(("tests/", "var/"))}


def test_every_template_is_inside(wheel: Path) -> None:
    templates = [path for path in (CHECKOUT / "sandbox_registry").rglob("templates/**/*") if path.is_file()]
    assert len(templates) >= 6
    with zipfile.ZipFile(wheel) as archive:
        assert {str(path.relative_to(CHECKOUT)) for path in templates} <= set(archive.namelist())


def test_the_portals_files_are_inside_as_they_were_built_and_not_what_they_are_made_of(wheel: Path) -> None:
    built = {f"sandbox_registry/web/static/{path.name}" for path in BUILT.iterdir()}
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    assert len(built) > 9
    assert {name for name in inside if "/web/static/" in name} == built
    assert not [name for name in inside if "web/assets" in name or "node_modules" in name]


def test_the_installed_program_uses_its_own_files(installed: Path) -> None:
    said = ran(
        installed,
        "from sandbox_registry.runtime.shipped import shipped; print(shipped('policies'), shipped('alembic'))",
    )
    inside = installed / "sandbox_registry" / "_shipped"
    assert said.split() == [str(inside / "policies"), str(inside / "alembic")]


def test_the_installed_program_runs_from_any_directory(installed: Path) -> None:
    start = "from sandbox_registry.cli.main import main; main()"
    assert ran(installed, start, "rules", "check") == "The rules are in order.\n"
    assert ran(installed, start, "policy", "check") == "The policy is in order.\n"
    assert ran(installed, start, "--help").startswith("Usage:")


def test_the_installed_program_knows_the_same_newest_migration(installed: Path) -> None:
    code = "from sandbox_registry.db.core import revisions; print(revisions.newest())"
    assert ran(installed, code) == f"{revisions.newest()}\n"


def test_the_wheel_names_its_licence_and_command(installed: Path) -> None:
    (metadata,) = installed.glob("sandbox_registry-*.dist-info")
    assert "Apache License" in (metadata / "licenses" / "LICENSE").read_text(encoding="utf-8")
    assert "sandbox-registry = sandbox_registry.cli.main:main" in (metadata / "entry_points.txt").read_text(
        encoding="utf-8"
    )
