"""Copies of PDFs without what keeps them from being taken though it harms nobody.

What stands before and behind the file, the lock of an owner whose file opens without a password, and the scripts by which forms
write numbers and dates. Everything else is refused, and so is a signed file that would have to be written anew.
"""

import io
import re
from mmap import mmap
from pathlib import Path

import pikepdf

from sandbox_registry.documents.uploads.contents.pdf_files import mappings

_HEAD = 1024
_START, _END = b"%PDF-", b"%%EOF"
_FORMATTING = re.compile(r"\s*+AF[A-Za-z]{1,20}_[A-Za-z]{1,20}\s*+\([^;{}()]*+\)\s*+;?\s*+")


def clean(content: mmap, copy: Path) -> bool:
    """Write a copy without what is said above; return whether there was any of it, and nothing stood against it."""
    start, end = content.find(_START, 0, _HEAD), content.rfind(_END)
    if start < 0 or end < start:
        return False
    whole = content[start : end + len(_END)] + b"\n"
    try:
        with pikepdf.open(io.BytesIO(whole), attempt_recovery=False, suppress_warnings=True) as pdf:
            is_rewritten = _without_formatting(pdf) or pdf.is_encrypted
            if is_rewritten and _is_signed(pdf):
                return False
            copy.write_bytes(_written(pdf) if is_rewritten else whole)
    except (pikepdf.PasswordError, pikepdf.PdfError, ValueError, RuntimeError, NotImplementedError, OverflowError):
        return False
    return is_rewritten or len(whole) != len(content)


def _written(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out, encryption=False, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    return out.getvalue()


def _is_signed(pdf: pikepdf.Pdf) -> bool:
    return any("/ByteRange" in mapping for each in pdf.objects for mapping in mappings(each))


def _without_formatting(pdf: pikepdf.Pdf) -> bool:
    """Take the scripts of fields away that all only write a number or a date; say whether there were any."""
    found = False
    for each in pdf.objects:
        for mapping in mappings(each):
            if "/AA" in mapping and _only_formats(mapping["/AA"]):
                del mapping["/AA"]
                found = True
    return found


def _only_formats(events: pikepdf.Object) -> bool:
    return isinstance(events, pikepdf.Dictionary) and all(_formats(action) for _, action in events.items())


def _formats(action: pikepdf.Object) -> bool:
    if not isinstance(action, pikepdf.Dictionary) or action.get("/S") != "/JavaScript" or "/Next" in action:
        return False
    script = action.get("/JS")
    text = script.read_bytes().decode("latin-1") if isinstance(script, pikepdf.Stream) else str(script)
    return _FORMATTING.fullmatch(text) is not None
