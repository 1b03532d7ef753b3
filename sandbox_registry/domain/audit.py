"""What a leaf of the log says, without personal data, to whom, and how it commits to the record beside it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

NONCE_SIZE = 16
FORMAT = 2
"""Of new leaves. Those of format 1 say in public what a statement says now, but for their place in the case."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ActorKind(StrEnum):
    """What acted: a person with an account, the operator on the command line, the program itself, or nobody known."""

    NOBODY = "nobody"
    OPERATOR = "operator"
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Keyed names for people: one each for every case, and nobody without the key can undo or connect them."""

    key: bytes

    def of(self, person_id: UUID, *, within: UUID) -> str:
        """Return the pseudonym of a person in a case, or towards an object of none: 128 bits of HMAC-SHA-256, hex."""
        return hmac.new(self.key, within.bytes + person_id.bytes, hashlib.sha256).hexdigest()[:32]

    @property
    def check_value(self) -> str:
        """Tell one key from another without giving it away: 64 bits of HMAC-SHA-256 over fixed words, hex."""
        return hmac.new(self.key, b"sandbox-registry key check value", hashlib.sha256).hexdigest()[:16]


def commitment(nonce: bytes, content: bytes) -> str:
    """Commit to what is stored elsewhere: base64(SHA-256(nonce || content)). Without both, it says nothing."""
    return base64.b64encode(hashlib.sha256(nonce + content).digest()).decode("ascii")


def check_value(stored: bytes) -> str:
    """Name a stored hash of a secret in a record: SHA-256 of it, hex. It opens nothing, and another has another."""
    return hashlib.sha256(stored).hexdigest()


def chain_item(salt: bytes, statement: bytes) -> bytes:
    """Return what stands for a leaf in the list of its case: 32 bytes by which nobody finds the leaf in the log."""
    return hashlib.sha256(b"\x02" + salt + hashlib.sha256(salt + statement).digest()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafStatement:
    """What a leaf says of an act, known to those entitled: the public entry is its time and a commitment to this.

    `at` is UTC; times are kept in whole milliseconds. `result` is `done` or `refused`; `reason` is the stable code of a
    refusal. `line` is the policy line that decided, `policy` the checksum of the policy it stands in, `procedure` the
    pinned procedure as `code@checksum`. `commitment` is to the record. `erased` names the leaves whose records this act
    erased; a statement that erased nothing does not have it.
    """

    at: datetime
    actor: str
    actor_kind: ActorKind
    method: str
    action: str
    kind: str
    identity: UUID
    version: int
    result: str
    reason: str | None
    request_id: str
    line: str | None
    policy: str
    procedure: str | None
    commitment: str
    erased: tuple[int, ...] = ()

    def as_json(self) -> Mapping[str, object]:
        """Return the JSON object whose canonical form (RFC 8785) is the statement, but for its place in the case.

        That is known when the leaf is appended: `chain` is null here.
        """
        said: dict[str, object] = {
            "v": FORMAT,
            "t": (self.at - EPOCH) // timedelta(milliseconds=1),
            "actor": {"kind": self.actor_kind.value, "pid": self.actor},
            "auth": {"method": self.method},
            "act": self.action,
            "chain": None,
            "obj": {"type": self.kind, "id": str(self.identity), "ver": self.version},
            "prev_ver": max(self.version - 1, 0),
            "result": self.result,
            "reason_code": self.reason,
            "req_id": self.request_id,
            "policy": {"line": self.line, "version": self.policy},
            "procedure": self.procedure,
            "commit": self.commitment,
        }
        return said | {"erased": list(self.erased)} if self.erased else said


def around_chain(statement: bytes) -> tuple[bytes, bytes]:
    """Split a canonical statement at its place in the case: what stands before that member, and what behind it.

    Inside a string a quotation mark is escaped, so the first such member is the statement's own.
    """
    before, _, after = statement.partition(b'"chain":null')
    return before, after
