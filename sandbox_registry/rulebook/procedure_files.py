"""Procedures read from TOML files: every misfit of the file listed by key, then plain domain objects."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_type_hints

import msgspec

from sandbox_registry.domain.malformed import field_error
from sandbox_registry.domain.rules.procedures import Confidence, Parameter, Procedure
from sandbox_registry.domain.texts import Language, Phrase, Text, Wording
from sandbox_registry.rulebook.faults import Fault, Faults, fault
from sandbox_registry.runtime.failures import Failure

_GIVEN_BY_LOADER = {Procedure: {"checksum"}, Parameter: {"name"}}
_PLACE = re.compile(r"\(at line (?P<line>\d+), column (?P<column>\d+)\)")
_OVERWRITTEN = re.compile("overwrite|twice|Duplicate")
"""What tomllib says of a place, and of a key that is written twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureFinding:
    """One thing wrong with a procedure file: the dotted key, a stable code, and a sentence."""

    file: str
    key: str
    code: str
    message: Wording

    def __str__(self) -> str:
        """Write the line of a command, which speaks English."""
        return f"{self.file}: {self.key}: {self.message.en} [{self.code}]"


class ProcedureFileError(Failure):
    """A procedure file cannot be used; `findings` says everything that is wrong with its shape."""

    def __init__(self, findings: tuple[ProcedureFinding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


def load_procedures(folder: Path) -> dict[str, Procedure]:
    """Read every procedure of a folder, by code.

    Raises:
        ProcedureFileError: a file does not fit, or two files carry the same code.

    """
    procedures: dict[str, Procedure] = {}
    for path in sorted(folder.glob("*.toml")):
        procedure = load_procedure(path)
        if procedure.code in procedures:
            twice = fault("duplicate_key.procedure", "code", code=procedure.code)
            raise ProcedureFileError((finding_of(path.name, twice),))
        procedures[procedure.code] = procedure
    return procedures


def load_procedure(path: Path) -> Procedure:
    """Read one procedure file; raises `ProcedureFileError` naming every key that does not fit."""
    return parse_procedure(path.read_bytes(), file=path.name)


def parse_procedure(content: bytes, *, file: str) -> Procedure:
    """Read the bytes of a procedure file, as `load_procedure` does; its checksum is the SHA-256 of these bytes."""
    raw = read_toml(content, file=file)
    findings = tuple(finding_of(file, each) for each in shape_faults(raw))
    if findings:
        raise ProcedureFileError(findings)
    return convert_procedure(raw, content, file=file)


def convert_procedure(raw: Mapping[str, Any], content: bytes, *, file: str) -> Procedure:
    """Turn a well-shaped file into a procedure; a value of the wrong type becomes a finding."""
    raw = {**raw, "parameters": _with_names(raw.get("parameters", {})), "checksum": sha256(content).hexdigest()}
    try:
        procedure = msgspec.convert(raw, type=Procedure)
    except msgspec.ValidationError as error:
        raise ProcedureFileError((finding_of(file, misfit(error)),)) from error
    return replace(procedure, parameters=MappingProxyType(dict(procedure.parameters)))


def read_toml(content: bytes, *, file: str) -> dict[str, Any]:
    """Decode TOML; a syntax error or a key written twice becomes a finding."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProcedureFileError((finding_of(file, _unreadable(error, content)),)) from error


def shape_faults(raw: Mapping[str, Any]) -> Faults:
    """List unknown keys, missing keys and missing translations, over the whole file at once."""
    yield from _misshapen(raw, Procedure, "")


def finding_of(file: str, each: Fault) -> ProcedureFinding:
    """Return a fault with the name of its file."""
    return ProcedureFinding(file=file, key=each.key, code=each.code, message=each.message)


def misfit(error: msgspec.ValidationError) -> Fault:
    """Return what msgspec says of a value of the wrong type, with its key."""
    words, _, where = str(error).partition(" - at ")
    error_of_field = field_error(where.strip("`$."), words)
    return Fault(key=error_of_field.field or "-", code="wrong_value", message=error_of_field.message)


def _unreadable(error: tomllib.TOMLDecodeError | UnicodeDecodeError, content: bytes) -> Fault:
    if isinstance(error, UnicodeDecodeError):
        return fault("not_toml.encoding", "-")
    text = content.decode("utf-8")
    place = _PLACE.search(str(error))
    # Without a place, what is wrong is found at the end of the file.
    line = place["line"] if place else str(text.count("\n") + 1)
    column = place["column"] if place else str(len(text) - text.rfind("\n"))
    sentence = "duplicate_key.overwritten" if _OVERWRITTEN.search(str(error)) else "not_toml.place"
    return fault(sentence, "-", line=line, column=column)


def _with_names(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Give each parameter its name; one not found in the law needs neither unit nor basis."""
    gap = {"unit": "", "basis": ""}
    return {name: (gap if _is_gap(row) else {}) | {**row, "name": name} for name, row in parameters.items()}


def _is_gap(row: Mapping[str, Any]) -> bool:
    return row.get("confidence") == Confidence.NS.value


def _misshapen(raw: object, kind: Any, key: str) -> Faults:
    """Walk a value beside its type; what is no table or list here is left for the conversion to judge."""
    if isinstance(kind, UnionType):
        kind = _branch(raw, kind)
    if isinstance(raw, dict) and is_dataclass(kind):
        yield from _misshapen_table(raw, kind, key)
    elif isinstance(raw, dict) and (item := _value_type(kind)):
        for name, value in raw.items():
            yield from _misshapen(value, item, _join(key, name))
    elif isinstance(raw, list) and (item := _item_type(kind)):
        for index, value in enumerate(raw):
            yield from _misshapen(value, item, _join(key, _name_of(value, index)))


def _branch(raw: object, kind: UnionType) -> Any:
    """Return the type of a union that a table or a list can be of; null for any other value."""
    if isinstance(raw, dict):
        return next((each for each in get_args(kind) if is_dataclass(each)), None)
    return next((each for each in get_args(kind) if _item_type(each)), None)


def _misshapen_table(raw: dict[str, Any], kind: Any, key: str) -> Faults:
    hints, from_loader = _hints(kind), _GIVEN_BY_LOADER.get(kind, set())
    expected = {field.name: field for field in fields(kind) if field.name not in from_loader}
    for name in raw.keys() - expected.keys():
        yield fault("unknown_key", _join(key, name), name=name)
    excused = {"unit", "basis"} if kind is Parameter and _is_gap(raw) else set()
    for name, field in expected.items():
        if _is_blank(raw.get(name)) and name not in excused and (name in raw or _is_needed(field)):
            message = Phrase("fault.missing_key", name=name)
            yield Fault(key=_join(key, name), code=_missing_code(kind, name), message=message)
        elif name in raw:
            yield from _misshapen(raw[name], hints[name], _join(key, name))


def _missing_code(kind: Any, name: str) -> str:
    if kind is Text and name in set(Language):
        return "missing_translation"
    return f"missing_{name}" if name in {"unit", "basis", "confidence", "owner"} else "missing_key"


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _name_of(value: object, index: int) -> str:
    """Name a list item by its own key where it has one."""
    if isinstance(value, dict):
        return str(next((value[name] for name in ("key", "code", "stage", "value") if name in value), index))
    return str(index)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _value_type(kind: Any) -> Any:
    """Return the value type of a mapping."""
    arguments = get_args(kind)
    return arguments[1] if len(arguments) == len(("key", "value")) and arguments[0] is str else None


def _item_type(kind: Any) -> Any:
    """Return the item type of a tuple."""
    arguments = get_args(kind)
    return arguments[0] if arguments and arguments[-1] is Ellipsis else None
