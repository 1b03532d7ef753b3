"""How to reach somebody: the form of names, e-mail addresses and telephone numbers."""

import re
import unicodedata
from collections.abc import Iterator

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.texts import Phrase

# Loose on purpose: whether an address exists is known by writing to it.
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63})+", re.ASCII)
_PHONE = re.compile(r"\+?[0-9][0-9 .()-]{5,24}")
_LONGEST_EMAIL, _LONGEST_NAME = 254, 200


def contact_errors(*, name: str, email: str, phone: str, name_field: str = "name") -> Iterator[FieldError]:
    """List what is wrong with a name, an e-mail address and a telephone number; the last may be empty."""
    is_plain = all(unicodedata.category(letter)[0] not in "CZ" or letter == " " for letter in name)
    if not name.strip() or len(name) > _LONGEST_NAME or not is_plain:
        yield FieldError(field=name_field, code="wrong_name", message=Phrase("contacts.wrong_name"))
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        yield FieldError(field="email", code="wrong_email", message=Phrase("contacts.wrong_email"))
    if phone and not _PHONE.fullmatch(phone):
        yield FieldError(field="phone", code="wrong_phone", message=Phrase("contacts.wrong_phone"))
