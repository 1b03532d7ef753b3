"""A dossier on record: a version of it, bound to everything that was written and taken out before, which left no leaf."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from sandbox_registry.db.cases import dossiers
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.cases.applications import Document, DossierVersion
from sandbox_registry.transparency.canonical_json import canonical


async def bound_version(run: Callable[..., Awaitable[Any]], version: DossierVersion) -> dict[str, object]:
    """Return a version as a record states it; `run` runs queries.

    `before` is a digest over the versions before it (hex), `removed` are the digests of the files taken out so far, by
    their ids. The verifier computes them again from the rows: an edit of a draft leaves no leaf of its own.
    """
    versions: tuple[DossierVersion, ...] = await run(dossiers.versions_of, version.application_id)
    removed: tuple[Document, ...] = await run(dossiers.removed_documents, version.application_id)
    before = (row_digest(each) for each in versions if each.number < version.number)
    return {
        **msgspec.to_builtins(version),
        "before": sha256(b"".join(before)).hexdigest(),
        "removed": {str(each.id): row_digest(each).hex() for each in removed},
    }


def row_digest(row: DossierVersion | Document) -> bytes:
    """Return the SHA-256 of a row's canonical JSON: instants in microseconds, and no empty columns, which releases may add."""
    stated = {each.name: _stated(getattr(row, each.name)) for each in fields(row)}
    return sha256(canonical({name: value for name, value in stated.items() if value is not None})).digest()


def _stated(value: object) -> object:
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    return msgspec.to_builtins(value)
