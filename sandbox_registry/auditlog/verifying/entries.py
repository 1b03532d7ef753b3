"""The form of an entry and of a record, as docs/log-for-engineers.md states it: read here without the code that wrote them.

A fault of the writer, in the form or in the commitment, would hide from a reader that shared its code.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

FIELDS = {
    "v",
    "t",
    "actor",
    "auth",
    "act",
    "obj",
    "prev_ver",
    "result",
    "reason_code",
    "req_id",
    "policy",
    "procedure",
    "commit",
}
ERASING = "erasure:confirm"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a leaf's commitment: the nonce and the record, as kept beside the log."""

    nonce: bytes
    record: bytes


def commitment(opening: Opening) -> str:
    """Return what an entry says to commit to a record: base64(SHA-256(nonce || record))."""
    return base64.b64encode(hashlib.sha256(opening.nonce + opening.record).digest()).decode("ascii")


def moment_of(said: dict[str, Any]) -> datetime:
    """Return when an entry says that its act was done."""
    return EPOCH + timedelta(milliseconds=said["t"])


def read_entry(entry: bytes) -> dict[str, Any] | None:
    """Read an entry; null when it does not have the form of one."""
    try:
        said = json.loads(entry)
        fits = (
            isinstance(said, dict)
            and set(said) - {"erased"} == FIELDS
            and _names_leaves(said)
            and said["v"] == 1
            and isinstance(said["t"], int)
            and isinstance(said["commit"], str)
            and len(base64.b64decode(said["commit"], validate=True)) == hashlib.sha256().digest_size
            and {"type", "id", "ver"} == set(said["obj"])
            and {"line", "version"} == set(said["policy"])
            and {"kind", "pid"} == set(said["actor"])
            and isinstance(said["act"], str)
            and isinstance(said["policy"]["version"], str)
            and said["result"] in {"done", "refused"}
        )
    except (ValueError, TypeError, RecursionError):
        return None
    return said if fits else None


def _names_leaves(said: dict[str, Any]) -> bool:
    """Say whether an entry names erased leaves exactly when it is an erasure."""
    is_erasing = said["act"] == ERASING and said["result"] == "done"
    return ("erased" in said) is is_erasing and all(type(each) is int for each in said.get("erased", ()))


def read_record(record: bytes) -> dict[str, Any] | None:
    """Read a record; null when it does not have the form of one."""
    try:
        said = json.loads(record)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not isinstance(said.get("objects"), list):
        return None
    fits = all(isinstance(each, dict) and {"type", "state"} <= set(each) for each in said["objects"])
    return said if fits else None


def state_key(kind: str, state: Any) -> tuple[str, str] | None:
    """Return under which name an object's whole state is kept; null for what is not one."""
    if not isinstance(state, dict):
        return None
    if kind == "dossier_version" and {"application_id", "number"} <= set(state):
        return kind, f"{state['application_id']}/{state['number']}"
    if kind == "permit_version" and {"permit_id", "terms_version"} <= set(state):
        return kind, f"{state['permit_id']}/{state['terms_version']}"
    return (kind, state["id"]) if {"id", "version"} <= set(state) else None
