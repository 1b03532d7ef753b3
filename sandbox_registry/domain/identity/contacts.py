"""How to reach somebody: the form of names, e-mail addresses and telephone numbers."""

import re
import unicodedata
from collections.abc import Iterator

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.texts import Phrase

# Whether an address exists is known by writing to it. Letters of other alphabets and wide ones look like those of an
# account that somebody has, so new addresses are written in ASCII (RFC 5321 atoms).
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
_PHONE = re.compile(r"\+?[0-9][0-9 .()-]{5,24}")
_LONGEST_EMAIL, _LONGEST_NAME = 254, 200


def email_key(email: str) -> str:
    """Return what tells whether two addresses are one, to look accounts up and to count: wide letters and case aside."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def contact_errors(*, name: str, email: str, phone: str, name_field: str = "name") -> Iterator[FieldError]:
    """List what is wrong with a name, an e-mail address and a telephone number; the last may be empty."""
    is_plain = all(unicodedata.category(letter)[0] not in "CZ" or letter == " " for letter in name)
    if not name.strip() or len(name) > _LONGEST_NAME or not is_plain:
        yield FieldError(field=name_field, code="wrong_name", message=Phrase("contacts.wrong_name"))
    if len(email) > _LONGEST_EMAIL or not EMAIL.fullmatch(email):
        yield FieldError(field="email", code="wrong_email", message=Phrase("contacts.wrong_email"))
    if phone and not _PHONE.fullmatch(phone):
        yield FieldError(field="phone", code="wrong_phone", message=Phrase("contacts.wrong_phone"))
