"""What a leaf of the log says, without personal data, and how it commits to the record kept beside it."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

NONCE_SIZE = 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ActorKind(StrEnum):
    """What acted: a person with an account, the operator on the command line, the program itself, or nobody known."""

    NOBODY = "nobody"
    OPERATOR = "operator"
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Keyed names for people: the same person always has the same one, and nobody without the key can undo it."""

    key: bytes

    def of(self, person_id: UUID) -> str:
        """Return the pseudonym of a person: 128 bits of HMAC-SHA-256, hex."""
        return hmac.new(self.key, person_id.bytes, hashlib.sha256).hexdigest()[:32]

    @property
    def check_value(self) -> str:
        """Tell one key from another without giving it away: 64 bits of HMAC-SHA-256 over fixed words, hex."""
        return hmac.new(self.key, b"sandbox-registry key check value", hashlib.sha256).hexdigest()[:16]


def commitment(nonce: bytes, record: bytes) -> str:
    """Commit to a record: base64(SHA-256(nonce || record)). Erasing both leaves the leaf meaningless, and valid."""
    return base64.b64encode(hashlib.sha256(nonce + record).digest()).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The public half of an act. `at` is UTC; times are kept in whole milliseconds.

    `result` is `done` or `refused`; `reason` is the stable code of a refusal. `line` is the policy line that decided,
    `policy` the checksum of the policy it stands in, `procedure` the pinned procedure as `code@checksum`. `erased` names
    the leaves whose records this act erased; an entry that erased nothing does not have it.
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
        """Return the entry as the JSON object whose canonical form (RFC 8785) is the leaf's content."""
        said: dict[str, object] = {
            "v": 1,
            "t": (self.at - EPOCH) // timedelta(milliseconds=1),
            "actor": {"kind": self.actor_kind.value, "pid": self.actor},
            "auth": {"method": self.method},
            "act": self.action,
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
