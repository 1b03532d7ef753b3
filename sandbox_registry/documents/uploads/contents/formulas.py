"""Formulas of spreadsheets: whether one starts a program, fetches from elsewhere or leads there. ECMA-376 Part 1, 18.17."""

import re

from sandbox_registry.documents.uploads.contents.links import is_safe_link

MAX_FORMULA = 8_192
"""Characters that a formula may have (ECMA-376 Part 1, 18.17.2.1 has no longer one)."""
_TOKEN = re.compile(r"""("[^"]*")|('[^']*')|([A-Za-z_][\w.]*+)\s*+(\(?)|(.)""", re.DOTALL)
"""A text, the name of a sheet, a name with the bracket of a call, or one other character; each is read once."""
_PREFIX = re.compile(r"(_XL[A-Z]+\.)*+")
_REACHING = frozenset(
    {
        "CALL",
        "DDE",
        "EXEC",
        "EXECUTE",
        "FOPEN",
        "IMAGE",
        "INITIATE",
        "POKE",
        "PY",
        "REGISTER",
        "REGISTER.ID",
        "REQUEST",
        "RTD",
        "SEND.KEYS",
        "SQL.REQUEST",
        "WEBSERVICE",
    }
)


def reaching(formula: str) -> str | None:
    """Return what in a formula reaches out of its file: a function, `DDE`, or a link; null for a harmless one."""
    if len(formula) > MAX_FORMULA:
        return "f"
    brackets, target = list[bool](), ""
    for text, sheet, name, bracket, other in _TOKEN.findall(formula):
        function = _PREFIX.sub("", name.upper(), count=1) if bracket else ""
        if function in _REACHING:
            return function
        # Nothing but a conversation with another program is written with this character outside quotes.
        if other == "|":
            return "DDE"
        if "\\" in sheet or "//" in sheet:
            return "[…]"
        # Each open bracket, and whether what stands in it is part of where a link leads: the first argument of HYPERLINK.
        if bracket or other == "(":
            brackets.append(function == "HYPERLINK" or (bool(brackets) and brackets[-1]))
        elif other == ")" and brackets:
            brackets.pop()
        elif other == "," and brackets:
            brackets[-1] = len(brackets) > 1 and brackets[-2]
        is_link = bool(brackets) and brackets[-1]
        if not is_link and not is_safe_link(target):
            return "HYPERLINK"
        target = target + text[1:-1] if is_link else ""
    return None if is_safe_link(target) else "HYPERLINK"
