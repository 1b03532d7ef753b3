"""How secrets that must be used again are kept: sealed with a key that never reaches the database."""

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_SIZE, _KEY_SIZE = 12, 32


class Seals:
    """Seals and opens secrets with a key of its own, derived from the installation's."""

    def __init__(self, key: bytes) -> None:
        derive = HKDF(algorithm=SHA256(), length=_KEY_SIZE, salt=None, info=b"webhook secrets")
        self._cipher = AESGCM(derive.derive(key))

    def seal(self, secret: bytes, *, identity: UUID) -> bytes:
        """Seal a secret for one row: nonce, then AES-256-GCM bound to the row's identity."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, secret, identity.bytes)

    def open(self, sealed: bytes, *, identity: UUID) -> bytes | None:
        """Open what was sealed for this row; null for anything else, and for what another installation's key sealed."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], identity.bytes)
        except InvalidTag:
            return None
