"""Accounts on the command line: the first administrator comes from here."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.runtime.shipped import shipped

PASSWORD = "tôm sú lội ngược dòng"
EMAIL = "quan.tri@camau.example"


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedServer]:
    # Not tmp_path: pytest closes its parent to others, and root's server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        Path(made).chmod(0o711)
        with EmbeddedServer(Path(made), fsync=False) as server:
            yield server


def users(server: EmbeddedServer, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_registry.cli", "users", *arguments],
        env={
            **kept,
            "PYTHONPATH": str(shipped("alembic").parent),
            "PYTHONUTF8": "1",
            "SANDBOX_DATA_DIR": str(server.data_dir),
            "SANDBOX_LOG_LEVEL": "error",
        },
        cwd="/",
        input=typed,
        text=True,
        encoding="utf-8",
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def acts(server: EmbeddedServer) -> list[tuple[str, str]]:
    with psycopg.connect(server.url()) as connection:
        rows = connection.execute(
            "SELECT convert_from(statement, 'UTF8')::jsonb ->> 'act',"
            " convert_from(statement, 'UTF8')::jsonb -> 'auth' ->> 'method' FROM audit_leaves ORDER BY index"
        )
        return [(act, method) for act, method in rows.fetchall()]


def test_accounts_from_the_first_administrator_on(running: EmbeddedServer) -> None:
    new = ("add", "--email", EMAIL, "--name", "Quản Trị Viên", "--admin")
    code, _, complaint = users(running, *new, typed="matkhau123456\n")
    assert (code, complaint.splitlines()[-1].split(":")[1]) == (2, " password")
    code, said, complaint = users(running, *new, typed=PASSWORD + "\n")
    assert (code, complaint) == (0, "")
    assert said.startswith(f"Quản Trị Viên <{EMAIL}> has an account: ")
    assert users(running, "list") == (0, f"{EMAIL}\tQuản Trị Viên\tsystem_admin (Quản trị hệ thống)\n", "")
    again = users(running, *new, typed=PASSWORD + "\n")
    assert again == (1, "", "Error: It exists already, or was done already: this e-mail address.\n")
    second = ("add", "--email", "hai@camau.example", "--name", "Quản Trị Hai", "--admin", "--no-password")
    assert users(running, *second)[0] == 0
    third = users(
        running, "grant", "hai@camau.example", "decision_maker", "--unit", "Quản trị hệ thống", "--title", "Chủ tịch"
    )
    assert third[1].startswith("hai@camau.example is proposed as decision_maker; an administrator must confirm it: ")
    assert users(running, "add", "--email", "mot@camau.example", "--name", "Một Cửa", "--no-password")[0] == 0
    granted = users(running, "grant", "mot@camau.example", "one_stop_officer", "--unit", "Quản trị hệ thống")
    assert granted[0] == 0
    opposed = users(running, "grant", "mot@camau.example", "hdnd_member", "--unit", "Quản trị hệ thống")
    assert opposed == (
        1,
        "",
        "Error: A People's Council identity cannot also hold a role that handles cases.\n",
    )
    assert users(running, "grant", EMAIL, "auditor", "--unit", "?") == (1, "", "Error: No such unit “?”.\n")
    assert users(running, "password", "mot@camau.example", typed=PASSWORD + "\n")[0] == 0
    assert users(running, "disable", "mot@camau.example")[0] == 0
    assert "Một Cửa [closed]" in users(running, "list")[1]
    assert users(running, "disable", "ai@camau.example") == (1, "", "Error: No such account “ai@camau.example”.\n")
    assert acts(running) == [
        ("policy:change", "start"),
        ("key:change", "start"),
    ] + [
        (act, "command_line")
        for act in (
            "person:create",
            "organisation:create_unit",
            "role:grant",
            "person:create",
            "role:grant",
            "role:grant",
            "person:create",
            "role:grant",
            "password:change",
            "person:disable",
        )
    ]
