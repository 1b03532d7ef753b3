"""Real bytes of the file types the registry takes, made by hand so that each test can spoil one thing."""

import base64
import io
import random
import struct
import zipfile
import zlib

import pikepdf

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PT"
    "gyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAG"
    "AAgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhBy"
    "JxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKT"
    "lJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAA"
    "AAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRom"
    "JygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExc"
    "bHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwC1ZXVw+u3tnJOzpAA6DaoyGHQ8dsHHrnnpRRRXqx2PgqqSkrdl"
    "+R//2Q=="
)

_PAGES = (
    b"<< /Type /Catalog /Pages 2 0 R %s >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - to be repeatable, not to be secret.


def png(width: int = 8, height: int = 6) -> bytes:
    rows = (b"\x00" + bytes(width)) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def flate(content: bytes, entries: bytes = b"") -> bytes:
    return stream(zlib.compress(content), b"/Filter /FlateDecode " + entries)


def pdf(*objects: bytes, catalog: bytes = b"", trailer: bytes = b"", page: bytes | None = None) -> bytes:
    """Make a PDF of one page; `objects` are numbered from 5 on."""
    content = page if page is not None else flate(b"BT /F1 12 Tf (Ao tom) Tj ET")
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate((_PAGES[0] % catalog, *_PAGES[1:], content, *objects), start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, trailer, start)
    return bytes(out)


def slow_pdf() -> bytes:
    """Make a PDF that takes seconds to look through: long enough to be seen at it."""
    return pdf(b"[" + b"<< /S /A /Type /B >>" * 200_000 + b"]")


def packed_pdf(*objects: bytes, catalog: bytes = b"") -> bytes:
    """Make the same PDF with its objects in compressed streams and no table to read in the clear."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(*objects, catalog=catalog + b" /Extra 5 0 R" * bool(objects)))) as plain:
        plain.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def locked_pdf(*, user: str) -> bytes:
    """Make a PDF that asks for this password to be opened; without one it only forbids its reader this and that."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as plain:
        plain.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
    return out.getvalue()


_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/></Types>'
)
_RELATIONSHIPS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_RELATIONSHIP = '<Relationship Id="r{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"{}/>'


def relationships(*targets: tuple[str, str, bool]) -> bytes:
    rows = (
        _RELATIONSHIP.format(number, kind, target, ' TargetMode="External"' if external else "")
        for number, (kind, target, external) in enumerate(targets)
    )
    return _RELATIONSHIPS.format("".join(rows)).encode()


def word_text(content: str) -> bytes:
    return f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:t>{content}</w:t></w:document>'.encode()


def sheet(rows: str) -> bytes:
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{rows}</worksheet>'.encode()


def word_parts() -> dict[str, bytes]:
    return {
        "[Content_Types].xml": _TYPES.format(part="word/document.xml", kind="wordprocessingml.document").encode(),
        "_rels/.rels": relationships(("officeDocument", "word/document.xml", False)),
        "word/document.xml": word_text("Ao nuôi tôm" * 20),
        "word/_rels/document.xml.rels": relationships(("hyperlink", "https://tom-ca-mau.example/", True)),
    }


def sheet_parts() -> dict[str, bytes]:
    return {
        "[Content_Types].xml": _TYPES.format(part="xl/workbook.xml", kind="spreadsheetml.sheet").encode(),
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml", False)),
        "xl/workbook.xml": b"<workbook/>",
        "xl/worksheets/sheet1.xml": sheet("<row><c><v>4.5</v></c></row>" * 50),
        "xl/printerSettings/printerSettings1.bin": b"\x00\x01",
    }


def office(parts: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 0, 0, 0)), content, compression)
    return out.getvalue()
