"""Where a link in a file may lead: to the web, a mail address, a telephone, or a place named relatively."""

import re
import unicodedata

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_SAFE_SCHEMES = frozenset({"ftp", "ftps", "http", "https", "mailto", "tel"})
_NO_LETTERS = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


def is_safe_link(target: str) -> bool:
    """Tell whether following a link starts no program and reaches no share of a network.

    Blanks and control characters are passed over wherever they stand, as readers do.
    """
    scheme = _SCHEME.match(_plain(target))
    return scheme[1].lower() in _SAFE_SCHEMES if scheme else is_relative_link(target)


def is_relative_link(target: str) -> bool:
    """Tell whether a link stays where the file is: it names neither a scheme nor a drive nor another machine."""
    plain = _plain(target)
    return not _SCHEME.match(plain) and not plain.replace("\\", "/").startswith("//")


def _plain(target: str) -> str:
    return "".join(letter for letter in target if unicodedata.category(letter) not in _NO_LETTERS)
