"""Copies of office files without what keeps them from being taken though their reader misses nothing.

Pictures that are not in the file, a template that is not, the places of workbooks whose values are, and the editors of equations
whose pictures are.
"""

import posixpath
import zipfile
import zlib
from pathlib import Path
from typing import IO

from lxml import etree

from sandbox_registry.documents.uploads.contents.office_files import (
    CONTENT_TYPES,
    MAX_XML,
    check_package,
    is_external,
    kind_of,
    target_of,
)

_DROPPED = frozenset({"attachedtemplate", "image"})
_MISSING = "http://schemas.microsoft.com/office/2006/relationships/xlExternalLinkPath/xlPathMissing"
_WHOLE = frozenset({"OLEObject", "attachedTemplate"})
"""Elements that say nothing without the relationship they name; others do without the attribute."""


def clean(file: IO[bytes], copy: Path) -> bool:
    """Write a copy without what is said above; return whether there was any of it."""
    try:
        with zipfile.ZipFile(file) as package:
            check_package(package)
            changes = _changes(package)
            if changes:
                _write(package, changes, copy)
            return bool(changes)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, UnicodeDecodeError, EOFError, etree.XMLSyntaxError):
        return False


def _changes(package: zipfile.ZipFile) -> dict[str, bytes | None]:
    """Return what parts become, by name; nothing for a part that goes."""
    changes = dict[str, bytes | None]()
    for name in package.namelist():
        if name.lower().endswith(".rels"):
            _clean_part(package, name, changes)
    if None in changes.values():
        types = _read(package, CONTENT_TYPES)
        for each in list(types):
            if "oleobject" in str(each.get("ContentType", "")).lower():
                types.remove(each)
        changes[CONTENT_TYPES] = etree.tostring(types)
    return changes


def _clean_part(package: zipfile.ZipFile, rels: str, changes: dict[str, bytes | None]) -> None:
    relationships = _read(package, rels)
    source = _source_of(rels)
    part = _read(package, source) if source in package.namelist() else None
    gone, is_changed = set[str](), False
    for each in list(relationships):
        kind, identity = kind_of(each), str(each.get("Id", ""))
        if is_external(each) and kind in _DROPPED:
            gone.add(identity)
        elif is_external(each) and kind == "externallinkpath":
            each.set("Type", _MISSING)
            each.set("Target", str(each.get("Target", "")).replace("\\", "/").rpartition("/")[2])
            is_changed = True
            continue
        elif kind == "oleobject" and part is not None and _is_equation(part, identity):
            gone.add(identity)
            target = target_of(rels, each)
            changes |= {name: None for name in package.namelist() if name.lower() == target}
        else:
            continue
        relationships.remove(each)
    if gone or is_changed:
        changes[rels] = etree.tostring(relationships)
    if gone and part is not None:
        _forget(part, gone)
        changes[source] = etree.tostring(part, xml_declaration=True, encoding="UTF-8", standalone=True)


def _is_equation(part: etree._Element, identity: str) -> bool:
    return any(
        identity in _named(each) and str(each.get("ProgID", "")).startswith("Equation.")
        for each in part.iter("{*}OLEObject")
    )


def _forget(part: etree._Element, gone: set[str]) -> None:
    """Take out of a part what names relationships that are gone."""
    for each in [each for each in part.iter("*") if _named(each).keys() & gone]:
        parent = each.getparent()
        if etree.QName(each).localname in _WHOLE and parent is not None:
            parent.remove(each)
            continue
        for identity, attribute in _named(each).items():
            if identity in gone:
                del each.attrib[attribute]


def _named(element: etree._Element) -> dict[str, str]:
    """Return the relationships that an element names, each with the attribute that does."""
    return {
        str(value): str(key)
        for key, value in element.attrib.items()
        if str(key).startswith("{") and str(etree.QName(str(key)).namespace).endswith("/relationships")
    }


def _source_of(rels: str) -> str:
    folder, name = posixpath.split(rels)
    return posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))


def _read(package: zipfile.ZipFile, name: str) -> etree._Element:
    if package.getinfo(name).file_size > MAX_XML:
        raise zipfile.BadZipFile(name)
    return etree.fromstring(
        package.read(name), etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    )


def _write(package: zipfile.ZipFile, changes: dict[str, bytes | None], copy: Path) -> None:
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in package.infolist():
            content = changes.get(entry.filename, b"") if entry.filename in changes else package.read(entry)
            if content is not None:
                out.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), content, zipfile.ZIP_DEFLATED)
