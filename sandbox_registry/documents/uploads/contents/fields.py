"""Fields of word processing documents: instructions that an application carries out. ECMA-376 Part 1, 17.16."""

import re
from dataclasses import dataclass, field

from lxml import etree

from sandbox_registry.documents.uploads.contents.links import is_safe_link

_NAME = re.compile(r"\s*+([^\s\\\"]*+)")
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_REACHING = frozenset(
    {"DATABASE", "DDE", "DDEAUTO", "IMPORT", "INCLUDE", "INCLUDEPICTURE", "INCLUDETEXT", "LINK", "PRINT", "RD"}
)
_SWITCHES_WITH_A_WORD = frozenset({"\\l", "\\o", "\\t"})
_HEAD = 64


@dataclass(slots=True)
class _Field:
    """A field that has begun: how its instruction begins, its pieces so far, and whether its result has begun."""

    head: str = ""
    pieces: list[str] = field(default_factory=list)
    has_result: bool = False

    def add(self, piece: str) -> None:
        if len(self.head) < _HEAD:
            self.head = (self.head + piece).lstrip()[:_HEAD]
        self.pieces.append(piece)

    @property
    def is_named(self) -> bool:
        name = _NAME.match(self.head)
        return name is not None and bool(name[1]) and (name.end() < len(self.head) or name[1] == "=")


class Fields:
    """Follows the fields of one part, element by element; an instruction may be cut into any number of runs."""

    def __init__(self) -> None:
        self._open: list[_Field] = []

    def read(self, tag: str, element: etree._Element) -> str | None:
        """Take the next element; return what reaches out of the file in the field that it completes, or null."""
        if tag == "fldSimple":
            return _reaching(_attribute(element, "instr"))
        if tag == "fldChar":
            return self._at_mark(_attribute(element, "fldCharType").strip().lower())
        if tag in {"instrText", "delInstrText"} or (tag in {"t", "delText"} and self._open):
            return self._add(element.text or "")
        return None

    def end(self) -> str | None:
        """Say the same of fields that have no end."""
        return next(filter(None, (_reaching("".join(each.pieces)) for each in self._open)), None)

    def _at_mark(self, mark: str) -> str | None:
        if mark == "begin":
            around = self._open[-1] if self._open else None
            self._open.append(_Field())
            # What a field is called must stand in it, not be the result of another one.
            return "{ { } }" if around and not around.has_result and not around.is_named else None
        if mark == "separate" and self._open:
            self._open[-1].has_result = True
        elif mark == "end" and self._open:
            return _reaching("".join(self._open.pop().pieces))
        return None

    def _add(self, text: str) -> str | None:
        if not self._open:  # Outside of any field it is an instruction all the same to a reader that is less strict.
            return _reaching(text)
        if not self._open[-1].has_result:
            self._open[-1].add(text)
        return None


def _reaching(instruction: str) -> str | None:
    name = _NAME.match(instruction)
    called = name[1].upper() if name else ""
    if called in _REACHING:
        return called
    if called == "HYPERLINK" and name is not None and not is_safe_link(_target(instruction[name.end() :])):
        return called
    return None


def _target(arguments: str) -> str:
    """Return where a hyperlink leads: its first word that is no switch and belongs to none."""
    is_skipped = False
    for quoted, bare in _WORD.findall(arguments):
        if is_skipped:
            is_skipped = False
        elif bare.lower() in _SWITCHES_WITH_A_WORD:
            is_skipped = True
        elif not (bare.startswith("\\") and len(bare) == 2):  # noqa: PLR2004 - a switch is one letter.
            return str(quoted or bare)
    return ""


def _attribute(element: etree._Element, name: str) -> str:
    found = (str(value) for key, value in element.attrib.items() if etree.QName(str(key)).localname == name)
    return next(found, "")
