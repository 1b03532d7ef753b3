"""How secrets that must be read again are kept: sealed with a key that never reaches the database or a browser."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_SIZE, _KEY_SIZE = 12, 32


class Seals:
    """Seals and opens secrets with a key of its own, derived from the installation's for one purpose."""

    def __init__(self, key: bytes, *, purpose: bytes) -> None:
        derive = HKDF(algorithm=SHA256(), length=_KEY_SIZE, salt=None, info=purpose)
        self._cipher = AESGCM(derive.derive(key))

    def seal(self, secret: bytes, *, about: bytes) -> bytes:
        """Seal a secret for one place: nonce, then AES-256-GCM bound to what it is about."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, secret, about)

    def open(self, sealed: bytes, *, about: bytes) -> bytes | None:
        """Open what was sealed for this place; null for anything else, and for what another key sealed."""
        if len(sealed) <= _NONCE_SIZE:
            return None
        try:
            return self._cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], about)
        except InvalidTag:
            return None
