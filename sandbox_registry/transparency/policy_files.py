"""Reading the text of a witness policy (C2SP tlog-policy, Policy file syntax and structure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sandbox_registry.transparency.encodings import decode_decimal
from sandbox_registry.transparency.errors import NoteError, PolicyError
from sandbox_registry.transparency.keys import KeyType, VerifierKey, parse_vkey
from sandbox_registry.transparency.policies import PolicyGroup, PolicyLog, PolicyWitness, WitnessPolicy

MAX_POLICY_SIZE: Final = 1 << 18
MAX_DEFINITIONS: Final = 256
"""Logs, witnesses and groups, each; the specification asks for 32."""

NONE: Final = b"none"
FORBIDDEN: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
SEPARATORS: Final = re.compile(rb"[ \t]+")


@dataclass(slots=True)
class Draft:
    """Gather the definitions of a policy line by line."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[PolicyGroup] = field(default_factory=list)
    quorums: list[bytes | None] = field(default_factory=list)
    defined: set[bytes] = field(default_factory=set)
    members: set[bytes] = field(default_factory=set)


def parse_policy(data: bytes) -> WitnessPolicy:
    """Read a policy; raise `PolicyError` for malformed lines, unknown or repeated names, keys or members.

    Names are used only after they are defined, so that groups can form no circle.
    """
    if len(data) > MAX_POLICY_SIZE:
        raise PolicyError("a policy of more than 256 kB")
    if FORBIDDEN.search(data) or (data and not data.endswith(b"\n")):
        raise PolicyError("the lines of a policy end in newlines and have no control characters but tabs")
    draft = Draft()
    for line in data.split(b"\n"):
        words = SEPARATORS.split(line.strip(b" \t"))
        if words[0] and not words[0].startswith(b"#"):
            read_line(draft, words)
    if len(draft.quorums) != 1:
        raise PolicyError("a policy has exactly one quorum line")
    return WitnessPolicy(
        logs=tuple(draft.logs),
        witnesses=tuple(draft.witnesses),
        groups=tuple(draft.groups),
        quorum=draft.quorums[0],
    )


def read_line(draft: Draft, words: list[bytes]) -> None:
    """Add one definition to the draft."""
    reader = READERS.get(words[0])
    if reader is None:
        raise PolicyError("a line of a policy defines a log, a witness, a group or the quorum")
    reader(draft, words[1:])
    if max(len(draft.logs), len(draft.witnesses), len(draft.groups)) > MAX_DEFINITIONS:
        raise PolicyError("a policy has at most 256 logs, witnesses and groups each")


def read_log(draft: Draft, words: list[bytes]) -> None:
    """Read ``log <vkey> [<url>]``."""
    if len(words) not in {1, 2}:
        raise PolicyError("a log has a key and perhaps an address")
    key = read_key(words[0], key_type=KeyType.ED25519)
    if any(log.key.public_key == key.public_key for log in draft.logs):
        raise PolicyError("two logs with one key")
    draft.logs.append(PolicyLog(key=key, url=read_url(words[1:])))


def read_witness(draft: Draft, words: list[bytes]) -> None:
    """Read ``witness <name> <vkey> [<url>]``."""
    if len(words) not in {2, 3}:
        raise PolicyError("a witness has a name, a key and perhaps an address")
    define(draft, words[0])
    key = read_key(words[1], key_type=KeyType.COSIGNATURE_V1)
    if any(witness.key.public_key == key.public_key for witness in draft.witnesses):
        raise PolicyError("two witnesses with one key")
    draft.witnesses.append(PolicyWitness(name=words[0], key=key, url=read_url(words[2:])))


def read_group(draft: Draft, words: list[bytes]) -> None:
    """Read ``group <name> all|any|<k> <name>...``."""
    name, threshold, *members = words if len(words) > 1 else [b"", b""]
    for member in members:
        if member not in draft.defined:
            raise PolicyError("a group names what no line before it defined")
        if member in draft.members:
            raise PolicyError("a witness or group is a member twice")
        draft.members.add(member)
    define(draft, name)
    draft.groups.append(
        PolicyGroup(name=name, threshold=read_threshold(threshold, count=len(members)), members=tuple(members))
    )


def read_threshold(word: bytes, *, count: int) -> int:
    """Read ``all``, ``any`` or a number from 1 to the number of members."""
    if word == b"all":
        threshold = count
    elif word == b"any":
        threshold = 1
    else:
        threshold = decode_decimal(word.decode("latin-1"), refuse=PolicyError)
    if not 1 <= threshold <= count:
        raise PolicyError("a group asks for at least one and at most all of its members")
    return threshold


def read_quorum(draft: Draft, words: list[bytes]) -> None:
    """Read ``quorum <name>``."""
    if len(words) != 1 or words[0] not in draft.defined | {NONE}:
        raise PolicyError("the quorum is none, or a witness or group defined before")
    draft.quorums.append(None if words[0] == NONE else words[0])


def define(draft: Draft, name: bytes) -> None:
    """Take a name for a witness or group."""
    if not name or name == NONE or name in draft.defined:
        raise PolicyError("a name is taken, reserved or missing")
    draft.defined.add(name)


def read_key(word: bytes, *, key_type: KeyType) -> VerifierKey:
    """Read a verifier key of the type that its line calls for."""
    try:
        key = parse_vkey(word.decode())
    except (UnicodeDecodeError, NoteError) as error:
        raise PolicyError("a key that cannot be read") from error
    if key.key_type is not key_type:
        raise PolicyError("logs have Ed25519 keys, witnesses cosignature/v1 keys")
    return key


def read_url(words: list[bytes]) -> str | None:
    """Read an address, if there is one."""
    try:
        return words[0].decode() if words else None
    except UnicodeDecodeError:
        raise PolicyError("an address that is not UTF-8") from None


READERS: Final[dict[bytes, Callable[[Draft, list[bytes]], None]]] = {
    b"log": read_log,
    b"witness": read_witness,
    b"group": read_group,
    b"quorum": read_quorum,
}
