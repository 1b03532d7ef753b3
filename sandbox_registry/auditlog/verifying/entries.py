"""The form of entries, statements and records, as docs/log-for-engineers.md states it: read here without the code that wrote them.

A fault of the writer, in the form or in the commitment, would hide from a reader that shared its code.
"""

import base64
import hashlib
import hmac
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
SEALED_FIELDS = {"v", "t", "commit"}
"""Of an entry of the second format: what else the act is said to be is in the statement it commits to."""
FIRST_FORMAT, SECOND_FORMAT = 1, 2
ERASING = "erasure:confirm"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment: the nonce, and the content that was committed to."""

    nonce: bytes
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLeaf:
    """A leaf as it was handed to us: the entry, what opens its statement, and what opens its record."""

    index: int
    entry: bytes
    statement: Opening | None = None
    record: Opening | None = None

    @property
    def is_sealed(self) -> bool:
        """Say whether the entry has the second format, so that its statement must be opened to read it."""
        return _is_sealed(_read(self.entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLeaf:
    """A leaf as it was read: what it says of its act, or the code of the finding why nobody can tell."""

    given: GivenLeaf
    said: dict[str, Any] | None
    wrong: str | None = None

    @property
    def index(self) -> int:
        """The place in the log."""
        return self.given.index


def commitment(opening: Opening) -> str:
    """Return what is said to commit to this: base64(SHA-256(nonce || content))."""
    return base64.b64encode(hashlib.sha256(opening.nonce + opening.content).digest()).decode("ascii")


def moment_of(said: dict[str, Any]) -> datetime:
    """Return when a leaf says that its act was done."""
    return EPOCH + timedelta(milliseconds=said["t"])


def instant_of(value: str) -> datetime | None:
    """Read a moment with its zone, null for anything else."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def read_leaf(given: GivenLeaf) -> ReadLeaf:
    """Read what a leaf says of its act: out of the entry itself, or out of the statement that it commits to."""
    entry = _read(given.entry)
    if not _is_sealed(entry):
        said = entry if _has_form(entry, FIRST_FORMAT) else None
        return ReadLeaf(given=given, said=said, wrong=None if said else "entry_malformed")
    if given.statement is None:
        return ReadLeaf(given=given, said=None, wrong="statement_missing")
    if not hmac.compare_digest(commitment(given.statement), entry["commit"]):
        return ReadLeaf(given=given, said=None, wrong="statement_changed")
    said = _read(given.statement.content)
    fits = _has_form(said, SECOND_FORMAT) and said["t"] == entry["t"]
    return ReadLeaf(given=given, said=said if fits else None, wrong=None if fits else "entry_malformed")


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _is_sealed(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == SEALED_FIELDS
        and entry["v"] == SECOND_FORMAT
        and type(entry["t"]) is int
        and _is_digest(entry["commit"])
    )


def _has_form(said: Any, form: int) -> bool:
    """Say whether this is what a leaf of this format says of its act."""
    fields = FIELDS if form == FIRST_FORMAT else FIELDS | {"chain"}
    try:
        return (
            isinstance(said, dict)
            and set(said) - {"erased"} == fields
            and _names_leaves(said)
            and said["v"] == form
            and type(said["t"]) is int
            and _is_digest(said["commit"])
            and {"type", "id", "ver"} == set(said["obj"])
            and {"line", "version"} == set(said["policy"])
            and {"kind", "pid"} == set(said["actor"])
            and isinstance(said["act"], str)
            and isinstance(said["policy"]["version"], str)
            and said["result"] in {"done", "refused"}
            and (form == FIRST_FORMAT or _has_place(said["chain"]))
        )
    except (ValueError, TypeError):
        return False


def _has_place(chain: Any) -> bool:
    return (
        set(chain) == {"before", "case", "n"}
        and type(chain["n"]) is int
        and _is_digest(chain["before"])
        and (chain["case"] is None or isinstance(chain["case"], str))
    )


def _is_digest(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(base64.b64decode(value, validate=True)) == hashlib.sha256().digest_size
    except ValueError:
        return False


def _names_leaves(said: dict[str, Any]) -> bool:
    """Say whether a leaf names erased ones exactly when it is an erasure."""
    is_erasing = said["act"] == ERASING and said["result"] == "done"
    return ("erased" in said) is is_erasing and all(type(each) is int for each in said.get("erased", ()))


def read_record(record: bytes) -> dict[str, Any] | None:
    """Read a record; null when it does not have the form of one."""
    said = _read(record)
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
