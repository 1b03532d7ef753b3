"""A scratch PostgreSQL with registers of any size, filled by SQL: nobody sends a million dossiers over HTTP."""

import functools
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from sandbox_registry.db.core import migrations
from sandbox_registry.db.core.searching import search_words
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.demo.dossiers import load_dossiers
from sandbox_registry.domain.cases.applications import Application, Document
from sandbox_registry.domain.identity.tokens import digest, encode_token
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.procedure_files import load_procedure
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.cases.filing_digests import filing_digest

PROCEDURE = "ca-mau-2026-draft"
DOSSIER = "giam-sat-ao-tom"
CASES_PER_OFFICER = 250
"""A register grows with the staff that works on it, so an officer's share stays about the same."""
OFFICER, INTAKE, OWNER, SIGNER, AUDITOR = "officer", "intake", "owner", "signer", "auditor"
_OFFICES = {
    OFFICER: ("focal_officer", 2, ""),
    INTAKE: ("one_stop_officer", 1, ""),
    SIGNER: ("decision_maker", 3, "Chủ tịch"),
    AUDITOR: ("auditor", 4, ""),
}
_SQL = Path(__file__).parent / "sql"
_PEOPLE, _UNITS, _FIRM = 10, 11, 13
CASES = 9
TOKENS = 16
"""How many tokens each of them has: a quota is counted for each."""
TITLE = "Trực ao tôm từ xa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One filled database: its addresses, its size, and bearer tokens of somebody in each office."""

    size: int
    owner_url: str
    app_url: str
    tokens: dict[str, tuple[str, ...]]
    officer_id: UUID


@contextmanager
def scratch_server(data_dir: Path) -> Iterator[EmbeddedServer]:
    """Start an embedded server as an installation would run it, fsync and checksums on."""
    with EmbeddedServer(data_dir) as server:
        migrations.upgrade(server.url())
        server.allow_login("registry_app")
        yield server


def identity(kind: int, number: int) -> UUID:
    """Return the id that `bench_id` in SQL gives to a thing of a kind; ids of a kind are in order of their numbers."""
    return UUID(f"{1_717_372_800_000 + number * 60_000:012x}70008{kind:03x}{number:012x}")


def database(server: EmbeddedServer, name: str) -> str:
    """Make a database of this name unless it is there, and return its owner's address."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrations.upgrade(server.url(name))
    return server.url(name)


def register(server: EmbeddedServer, size: int) -> Register:
    """Return the register of this size, filling it if it does not stand there yet."""
    name = f"register_{size}"
    owner_url = database(server, name)
    with psycopg.connect(owner_url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        defined = connection.execute("SELECT to_regproc('bench_id')").fetchone()
        if defined == (None,):
            _fill(connection, size)
        offices = (*_OFFICES, OWNER)
        tokens = {office: tuple(_token(connection, office) for _ in range(TOKENS)) for office in offices}
    return Register(
        size=size,
        owner_url=owner_url,
        app_url=server.url(name, user="registry_app"),
        tokens=tokens,
        officer_id=identity(_PEOPLE, 1),
    )


def add_cases(register: Register, stage: str, *, count: int) -> int:
    """Put like cases at a stage into a register, complete for the next act; return the number of the first.

    Their ids are `identity(CASES, number)`.
    """
    with psycopg.connect(register.owner_url, cursor_factory=psycopg.ClientCursor) as connection:
        row = connection.execute("SELECT count(*) FROM applications WHERE title = %s", [TITLE]).fetchone()
        first = int(row[0]) if row else 0
        values = {"stage": stage, "first": first, "count": count, "title": TITLE, **_dossier()}
        connection.execute(_script("cases"), values)
    return first


def filing(number: int) -> str:
    """Return the digest that one of the added drafts is filed with."""
    case = replace(
        _case(load_dossiers()[DOSSIER].answers),
        id=identity(CASES, number),
        organisation_id=identity(_FIRM, 0),
        receiving_unit_id=identity(_UNITS, 1),
    )
    return filing_digest(case, documents=_documents(), procedure=_procedure())


def count_moved(register: Register, *, first: int, seen: int) -> int:
    """Count the added cases from a number on that are past a version."""
    query = "SELECT count(*) FROM applications WHERE title = %s AND id >= %s AND version > %s"
    with psycopg.connect(register.owner_url) as connection:
        found = connection.execute(query, [TITLE, identity(CASES, first), seen]).fetchone()
    return int(found[0]) if found else 0


def _fill(connection: psycopg.Connection, size: int) -> None:
    connection.execute("SET session_replication_role = replica")  # Foreign keys hold by construction.
    connection.execute("SET maintenance_work_mem = '1GB'")
    connection.execute(_script("functions"))
    parameters = {"size": size, "officers": max(4, size // CASES_PER_OFFICER), **_dossier()}
    connection.execute(_script("people"), parameters)
    for number, (office, (role, unit, title)) in enumerate(_OFFICES.items()):
        values = [number, identity(_PEOPLE, _person(office)), role, identity(_UNITS, unit), title]
        connection.execute(_GRANT, values)
    with _without_indexes(connection, "applications"):
        connection.execute(_script("applications"), parameters)
    with _without_indexes(connection, "participations"):
        connection.execute(_script("participations"), parameters)
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("CHECKPOINT")


_GRANT = """
INSERT INTO role_grants (id, version, person_id, role, unit_id, title, valid_from)
VALUES (bench_id(12, %s), 1, %s, %s, %s, %s, '2023-01-01Z')
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


@contextmanager
def _without_indexes(connection: psycopg.Connection, table: str) -> Iterator[None]:
    """Take the indexes away while a table is filled, and build them at once afterwards: several times as fast."""
    found = connection.execute(_INDEXES, [table]).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for _, definition in found:
        connection.execute(definition)


def _token(connection: psycopg.Connection, office: str) -> str:
    secret = encode_token(secrets.token_bytes(32))
    connection.execute(_LETTING_IN, [identity(_PEOPLE, _person(office)), office, digest(secret)])
    return secret


_LETTING_IN = """
INSERT INTO tokens (id, version, person_id, name, method, hash, created_at, expires_at)
VALUES (uuidv7(), 1, %s, %s, 'bench', %s, now(), now() + interval '30 days')
"""


def _person(office: str) -> int:
    """Number the people: officers from 1 on, the other officials where no officer is, then one for each applicant."""
    return {OFFICER: 1, INTAKE: 900_001, SIGNER: 900_002, AUDITOR: 900_003, OWNER: 1_000_000}[office]


@functools.cache
def _dossier() -> dict[str, str]:
    """Return one complete example dossier as the parameters of the scripts."""
    example = load_dossiers()[DOSSIER]
    procedure = (shipped("policies") / "procedures" / f"{PROCEDURE}.toml").read_bytes()
    return {
        "procedure": PROCEDURE,
        "procedure_version": sha256(procedure).hexdigest(),
        "answers": msgspec.json.encode(example.answers).decode(),
        "parts": msgspec.json.encode(example.parts).decode(),
        "words": _words(example.answers),
    }


def _words(answers: Mapping[str, object]) -> str:
    """Return what the program itself keeps of a case without a code for the search."""
    return search_words(_case(answers))


_NOTHING, _THEN = UUID(int=0), datetime(2026, 1, 1, tzinfo=UTC)


def _case(answers: Mapping[str, object]) -> Application:
    """Return an added case, as far as what is computed of it needs to know."""
    return Application(
        id=_NOTHING,
        version=1,
        stage=Stage.DRAFT,
        procedure_code=PROCEDURE,
        procedure_version=None,
        organisation_id=_NOTHING,
        receiving_unit_id=_NOTHING,
        unit_ids=(),
        title=TITLE,
        answers=answers,
        created_by=_NOTHING,
        created_at=_THEN,
        updated_at=_THEN,
    )


@functools.cache
def _documents() -> tuple[Document, ...]:
    """Return the files that `cases.sql` attaches."""
    return tuple(
        Document(
            id=_NOTHING,
            version=1,
            application_id=_NOTHING,
            part=part,
            filename=f"{part}.pdf",
            media_type="application/pdf",
            size=1000,
            sha256=sha256(part.encode()).hexdigest(),
            uploaded_by=_NOTHING,
            uploaded_at=_THEN,
        )
        for part in load_dossiers()[DOSSIER].parts
    )


@functools.cache
def _procedure() -> Procedure:
    return load_procedure(shipped("policies") / "procedures" / f"{PROCEDURE}.toml")


@functools.cache
def _script(name: str) -> bytes:
    return (_SQL / f"{name}.sql").read_bytes()
