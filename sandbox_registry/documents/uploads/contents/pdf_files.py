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
_TELLING = frozenset(
    {
        "/AA",
        "/EF",
        "/EmbeddedFiles",
        "/F",
        "/FS",
        "/JS",
        "/OpenAction",
        "/Ref",
        "/S",
        "/Subtype",
        "/Type",
        "/URI",
        "/XFA",
    }
)
"""Keys that are looked at; a mapping without any is passed over."""
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
                _check_object(each, checked)
            # What qpdf could not read stands as nothing in its place, and may be something to another reader.
            if pdf.get_warnings():
                raise Unacceptable("broken_file", found="PDF")
            if not pdf.pages:
                raise Unacceptable("broken_file", found="PDF")
    except pikepdf.PasswordError:
        raise Unacceptable("pdf_encrypted") from None
    except (pikepdf.PdfError, ValueError, RuntimeError, NotImplementedError, OverflowError):
        raise Unacceptable("broken_file", found="PDF") from None


def mappings(top: pikepdf.Object) -> Iterator[pikepdf.Object]:
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


def _check_object(top: pikepdf.Object, checked: set[tuple[int, int]]) -> None:
    for mapping in mappings(top):
        # Asking after a key that is not there costs more than all else that is done to most objects.
        if keys := _TELLING & set(mapping.keys()):
            _check(mapping, keys)
            _check_unasked(mapping, keys, checked)


def _check(mapping: pikepdf.Object, keys: frozenset[str]) -> None:
    """Look at the keys of a mapping that tell something."""
    kind, action, subtype = (_name(mapping, key) if key in keys else "" for key in ("/Type", "/S", "/Subtype"))
    for found in {"/JS", "/XFA"} & keys | {action} & _RUNNING | {subtype} & _PLAYED:
        raise Unacceptable("pdf_active_content", found=found)
    if ("/EF" in keys and _names_files(mapping["/EF"])) or kind == "/EmbeddedFile" or subtype == "/FileAttachment":
        raise Unacceptable("pdf_embedded_file", found="/EmbeddedFile")
    if action == "/GoToE" or ("/EmbeddedFiles" in keys and _is_filled(mapping["/EmbeddedFiles"])):
        raise Unacceptable("pdf_embedded_file", found="/EmbeddedFiles")
    # A stream may keep its bytes in another file, and an action may lead to one, on a share of the network too.
    if "/F" in keys and (isinstance(mapping, pikepdf.Stream) or action in _LEAVING):
        raise Unacceptable("pdf_active_content", found=action or "/F")
    if kind in _FILE_TYPES or ("/FS" in keys and _name(mapping, "/FS") == "/URL"):
        raise Unacceptable("pdf_active_content", found="/Filespec")
    if kind == "/OPI" or ("/Ref" in keys and _names_files(mapping["/Ref"])):
        raise Unacceptable("pdf_active_content", found=kind or "/Ref")
    if "/URI" in keys and not _is_safe(mapping["/URI"]):
        raise Unacceptable("pdf_active_content", found="/URI")


def _check_unasked(mapping: pikepdf.Object, keys: frozenset[str], checked: set[tuple[int, int]]) -> None:
    """Look at the actions that run when a file or a page is opened, a field entered and the like, and at what follows them."""
    waiting = [mapping[key] for key in ("/OpenAction", "/AA") if key in keys]
    if "/AA" in keys and isinstance(events := mapping["/AA"], pikepdf.Dictionary):
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


def _names_files(value: pikepdf.Object) -> bool:
    """Tell whether a value leads to files; a resource may have the same name as its key, and does not."""
    return isinstance(value, pikepdf.Dictionary) and bool(_FILE_KEYS & set(value.keys()))


def _is_filled(tree: pikepdf.Object) -> bool:
    return isinstance(tree, pikepdf.Dictionary) and bool(len(tree.get("/Names", [])) or len(tree.get("/Kids", [])))


def _name(mapping: pikepdf.Object, key: str) -> str:
    value = mapping.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _is_safe(link: pikepdf.Object) -> bool:
    """Tell whether a link may stand, or the base of all links, as text and as the bytes it is written in."""
    base = link.get("/Base") if isinstance(link, pikepdf.Dictionary) else link
    return not isinstance(base, pikepdf.String) or (
        is_safe_link(str(base)) and is_safe_link(bytes(base).decode("latin-1"))
    )
