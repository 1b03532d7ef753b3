"""Ed25519 keys of logs and witnesses in the forms of C2SP signed-note: names, key ids, verifier keys, private keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature as CryptographyInvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox_registry.transparency.encodings import decode_base64, encode_base64
from sandbox_registry.transparency.errors import KeyNameError, NoteError

KEY_SIZE: Final = 32
KEY_ID_SIZE: Final = 4
SIGNATURE_SIZE: Final = 64
MAX_KEY_TEXT: Final = 4096
PRIVATE_PREFIX: Final = "PRIVATE+KEY+"
NEW_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[A-Za-z0-9._~-]+)*")
"""A URL without its schema, as C2SP tlog-checkpoint asks of the origin of a log."""
NOT_IN_NAMES: Final = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")
"""Unicode spaces, plus, controls, and the surrogates that no UTF-8 has."""


class KeyType(IntEnum):
    """Say what a key signs: the signature type byte of C2SP signed-note, Signature types."""

    ED25519 = 0x01
    """A note's text; what a log signs its checkpoints with."""
    COSIGNATURE_V1 = 0x04
    """A checkpoint's text after a time; what a witness cosigns with (C2SP tlog-cosignature)."""


def require_key_name(name: str) -> None:
    """Refuse a key name that is empty or holds a space, a plus or a control character (C2SP signed-note, Format)."""
    if not name or NOT_IN_NAMES.search(name):
        raise NoteError("a key name is not empty and has no spaces, plus signs or control characters")


def key_id_of(name: str, key_type: KeyType, public_key: bytes) -> bytes:
    """Return the first four bytes of SHA-256(name || 0x0A || type || public key), C2SP signed-note, Signatures."""
    return sha256(name.encode() + b"\n" + bytes([key_type]) + public_key).digest()[:KEY_ID_SIZE]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """Hold a public key with the name and type it signs under; raise `NoteError` for an impossible one."""

    name: str
    key_type: KeyType = KeyType.ED25519
    public_key: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if len(self.public_key) != KEY_SIZE:
            raise NoteError("an Ed25519 public key has 32 bytes")
        object.__setattr__(self, "key_id", key_id_of(self.name, self.key_type, self.public_key))

    @property
    def label(self) -> str:
        """Name and id, as people compare keys."""
        return f"{self.name}+{self.key_id.hex()}"

    def verifies(self, message: bytes, *, signature: bytes) -> bool:
        """Say whether the 64-byte Ed25519 signature (RFC 8032) is this key's over these very bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (CryptographyInvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """Hold a private key with the name and type it signs under; raise `NoteError` for an impossible one."""

    name: str
    key_type: KeyType = KeyType.ED25519
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if len(self.seed) != KEY_SIZE:
            raise NoteError("an Ed25519 seed has 32 bytes")

    @property
    def verifier_key(self) -> VerifierKey:
        """Return the public half."""
        public_key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(name=self.name, key_type=self.key_type, public_key=public_key)

    def signature(self, message: bytes) -> bytes:
        """Sign these very bytes with Ed25519 (RFC 8032): 64 bytes, the same for the same message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def new_key(name: str, *, seed: bytes, key_type: KeyType = KeyType.ED25519) -> SigningKey:
    """Make a key of 32 random bytes; raise `KeyNameError` when the name is not a URL without its schema."""
    if not NEW_NAME.fullmatch(name):
        message = f"{name!r} is not a name such as sandbox.camau.gov.vn/log: no schema, no slash at the end."
        raise KeyNameError(message)
    return SigningKey(name=name, key_type=key_type, seed=seed)


def format_vkey(key: VerifierKey) -> str:
    """Write ``<name>+<hex key id>+<base64 of type and public key>`` (C2SP signed-note, Verifier keys)."""
    return f"{key.name}+{key.key_id.hex()}+{encode_base64(bytes([key.key_type]) + key.public_key)}"


def format_signing_key(key: SigningKey) -> str:
    """Write ``PRIVATE+KEY+<name>+<hex key id>+<base64 of type and seed>``, the private form of Go's sumdb/note."""
    key_id = key.verifier_key.key_id.hex()
    return f"{PRIVATE_PREFIX}{key.name}+{key_id}+{encode_base64(bytes([key.key_type]) + key.seed)}"


def split_key(text: str) -> tuple[str, str, KeyType, bytes]:
    """Split the shared shape of public and private keys into name, hex key id, type and key bytes."""
    if len(text) > MAX_KEY_TEXT:
        raise NoteError("a key of more than 4,096 characters")
    name, separator, rest = text.partition("+")
    key_id, found_again, encoded = rest.partition("+")
    if not (separator and found_again):
        raise NoteError("a key has a name, an id and a value joined by plus signs")
    value = decode_base64(encoded, refuse=NoteError)
    if value[:1] not in {bytes([known]) for known in KeyType}:
        raise NoteError("a key of a type that is not Ed25519")
    return name, key_id, KeyType(value[0]), value[1:]


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key; raise `NoteError` when it is malformed or its id is not that of its name and key."""
    name, key_id, key_type, public_key = split_key(text)
    key = VerifierKey(name=name, key_type=key_type, public_key=public_key)
    if key.key_id.hex() != key_id:
        raise NoteError("the key id is not that of the name and key")
    return key


def parse_signing_key(text: str) -> SigningKey:
    """Read a private key; raise `NoteError` when it is malformed or its id is not that of its name and key."""
    if not text.startswith(PRIVATE_PREFIX):
        raise NoteError("not a private key")
    name, key_id, key_type, seed = split_key(text.removeprefix(PRIVATE_PREFIX))
    key = SigningKey(name=name, key_type=key_type, seed=seed)
    if key.verifier_key.key_id.hex() != key_id:
        raise NoteError("the key id is not that of the name and key")
    return key


def parse_log_key(text: str) -> SigningKey:
    """Read the private key of a log; raise `NoteError` also for that of a witness."""
    return _require_type(parse_signing_key(text), KeyType.ED25519)


def parse_witness_key(text: str) -> SigningKey:
    """Read the private key of a witness; raise `NoteError` also for that of a log."""
    return _require_type(parse_signing_key(text), KeyType.COSIGNATURE_V1)


def _require_type(key: SigningKey, key_type: KeyType) -> SigningKey:
    if key.key_type is not key_type:
        raise NoteError("a key of another type: logs and witnesses never share one")
    return key
