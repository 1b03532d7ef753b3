"""PDF files that officers may open: whole, readable, without scripts, outside references or files inside.

qpdf reads the file as a viewer does, object streams included, and each of its objects is looked at. What merely stands in
a text or in a page's drawing is no action. A file that qpdf would have to repair is refused: a viewer may repair it otherwise,
and see what was not looked at here. ISO 32000-2, 7.11 (files), 12.6 (actions), 12.7.8 (XFA).
"""

import re
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path

import pikepdf

from sandbox_registry.documents.uploads.contents.judgement import Unacceptable, Unsafe
from sandbox_registry.documents.uploads.contents.links import is_safe_link

MAX_OBJECTS = 500_000
_TAIL = 2048
_HEADER = re.compile(rb"%PDF-[12]\.[0-9][\r\n\s]")
_END = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_RUNNING = frozenset(
    {
        "/ImportData",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Rendition",
        "/RichMediaExecute",
        "/Sound",
        "/SubmitForm",
    }
)
_LEAVING = frozenset({"/GoToR", "/Thread"})
"""Actions that lead to another file when they name one."""
_PLAYED = frozenset({"/3D", "/Movie", "/RichMedia", "/Screen", "/Sound"})
_UNASKED = frozenset({"", "/GoTo", "/Hide", "/Named", "/ResetForm", "/SetOCGState", "/Trans"})
"""Actions that may run without a click; the reader is told of none, so a link is not among them."""
_FILE_KEYS = frozenset({"/F", "/UF", "/DOS", "/Mac", "/Unix"})
_FILE_TYPES = frozenset({"/F", "/FileSpec", "/Filespec"})


def inspect(path: Path, content: mmap) -> None:
    """Look at every object of a PDF.

    Raises:
        Unacceptable: `broken_file`, `pdf_encrypted`, `pdf_active_content`, `pdf_embedded_file`, `pdf_unreadable`.

    """
    tail = _END.search(content[-_TAIL:])
    if not _HEADER.match(content) or tail is None or int(tail[1]) >= len(content):
        raise Unacceptable("broken_file", found="PDF")
    try:
        with pikepdf.open(path, attempt_recovery=False, inherit_page_attributes=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise Unacceptable("pdf_encrypted")
            if len(pdf.objects) > MAX_OBJECTS:
                raise Unacceptable("pdf_unreadable", found=Unsafe("objects", count=MAX_OBJECTS))
            checked: set[tuple[int, int]] = set()
            for each in pdf.objects:
                for mapping in _mappings(each):
                    _check(mapping)
                    _check_unasked(mapping, checked)
            # What qpdf could not read stands as nothing in its place, and may be something to another reader.
            if pdf.get_warnings():
                raise Unacceptable("broken_file", found="PDF")
            if not pdf.pages:
                raise Unacceptable("broken_file", found="PDF")
    except pikepdf.PasswordError:
        raise Unacceptable("pdf_encrypted") from None
    except (pikepdf.PdfError, ValueError, RuntimeError, NotImplementedError, OverflowError):
        raise Unacceptable("broken_file", found="PDF") from None


def _mappings(top: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Give each dictionary that lies in an object, at any depth; other objects have their own turn."""
    waiting = [top]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (pikepdf.Dictionary, pikepdf.Stream)):
            yield each
            inner = [value for _, value in each.items()]
        elif isinstance(each, pikepdf.Array):
            inner = list(each)
        else:
            continue
        waiting += [
            value for value in inner if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect
        ]


def _check(mapping: pikepdf.Object) -> None:
    keys = set(mapping.keys())
    kind, action, subtype = (_name(mapping, key) for key in ("/Type", "/S", "/Subtype"))
    for found in {"/JS", "/XFA"} & keys | {action} & _RUNNING | {subtype} & _PLAYED:
        raise Unacceptable("pdf_active_content", found=found)
    if _names_files(mapping, "/EF") or kind == "/EmbeddedFile" or subtype == "/FileAttachment":
        raise Unacceptable("pdf_embedded_file", found="/EmbeddedFile")
    if action == "/GoToE" or _has_attachments(mapping):
        raise Unacceptable("pdf_embedded_file", found="/EmbeddedFiles")
    # A stream may keep its bytes in another file, and an action may lead to one, on a share of the network too.
    if "/F" in keys and (isinstance(mapping, pikepdf.Stream) or action in _LEAVING):
        raise Unacceptable("pdf_active_content", found=action or "/F")
    if kind in _FILE_TYPES or _name(mapping, "/FS") == "/URL":
        raise Unacceptable("pdf_active_content", found="/Filespec")
    if kind == "/OPI" or _names_files(mapping, "/Ref"):
        raise Unacceptable("pdf_active_content", found=kind or "/Ref")
    base = mapping.get("/URI")
    for link in (base, base.get("/Base") if isinstance(base, pikepdf.Dictionary) else None):
        if not _is_safe(link):
            raise Unacceptable("pdf_active_content", found="/URI")


def _check_unasked(mapping: pikepdf.Object, checked: set[tuple[int, int]]) -> None:
    """Look at the actions that run when a file or a page is opened, a field entered and the like, and at what follows them."""
    waiting = [mapping[key] for key in ("/OpenAction", "/AA") if key in mapping]
    if isinstance(events := mapping.get("/AA"), pikepdf.Dictionary):
        waiting += [action for _, action in events.items()]
    while waiting:
        each = waiting.pop()
        if each.is_indirect and each.objgen in checked:
            continue
        checked.add(each.objgen)
        if isinstance(each, pikepdf.Array):
            waiting += [inner for inner in each if isinstance(inner, pikepdf.Dictionary)]
        elif isinstance(each, pikepdf.Dictionary):
            if (action := _name(each, "/S")) not in _UNASKED:
                raise Unacceptable("pdf_active_content", found=action)
            waiting += [each["/Next"]] if "/Next" in each else []


def _names_files(mapping: pikepdf.Object, key: str) -> bool:
    """Tell whether a key leads to files; a resource may have the same name and does not."""
    value = mapping.get(key)
    return isinstance(value, pikepdf.Dictionary) and bool(_FILE_KEYS & set(value.keys()))


def _has_attachments(mapping: pikepdf.Object) -> bool:
    tree = mapping.get("/EmbeddedFiles")
    return isinstance(tree, pikepdf.Dictionary) and bool(len(tree.get("/Names", [])) or len(tree.get("/Kids", [])))


def _name(mapping: pikepdf.Object, key: str) -> str:
    value = mapping.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _is_safe(link: pikepdf.Object | None) -> bool:
    """Tell whether a string is a link that may stand, as text and as the bytes it is written in."""
    return not isinstance(link, pikepdf.String) or (
        is_safe_link(str(link)) and is_safe_link(bytes(link).decode("latin-1"))
    )
