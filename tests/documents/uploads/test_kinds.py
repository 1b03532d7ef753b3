"""What a file really is: each accepted type from real bytes, each refusal by the one thing that is wrong, and clean names."""

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
import typst
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox_registry.documents.uploads.kinds import DOCX, JPEG, PDF, PNG, XLSX, Kind, clean_filename, recognise
from sandbox_registry.domain.errors import Invalid
from tests.documents.uploads import files
from tests.support.field_errors import check_said, errors_of


def judge(directory: Path, content: bytes, filename: str = "") -> Kind:
    path = directory / "upload"
    path.write_bytes(content)
    return recognise(path, filename=filename)


def refusal(directory: Path, content: bytes, filename: str = "") -> str:
    with pytest.raises(Invalid) as caught:
        judge(directory, content, filename)
    (error,) = caught.value.errors
    assert error.field == "file"
    assert all((error.message.vi, error.message.en, error.message.fr))
    return error.code


@pytest.mark.parametrize(
    ("content", "filename", "kind"),
    [
        (files.pdf(), "Đề án thử nghiệm.pdf", PDF),
        (files.pdf(), "DE-AN.PDF", PDF),
        (files.pdf(), "", PDF),
        (files.pdf(), "đề án v1.2", PDF),
        (files.png(), "ao.png", PNG),
        (files.JPEG, "ao.jpg", JPEG),
        (files.JPEG, "ao.JPEG", JPEG),
        (files.office(files.word_parts()), "Đề án.docx", DOCX),
        (files.office(files.sheet_parts()), "Rủi ro.xlsx", XLSX),
        (files.office(files.sheet_parts(), compression=zipfile.ZIP_STORED), "Rủi ro.xlsx", XLSX),
    ],
)
def test_recognise_names_each_accepted_type(tmp_path: Path, content: bytes, filename: str, kind: Kind) -> None:
    assert judge(tmp_path, content, filename) == kind


def test_recognise_takes_what_a_typesetter_writes(tmp_path: Path) -> None:
    source = '#outline()\n= Đề án\n#link("https://tom.example")[liên kết] #table(columns: 2, [Ao], [pH])'
    assert judge(tmp_path, typst.compile(source.encode()), "đề án.pdf") == PDF


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (files.pdf(), "đề án.docx"),
        (files.pdf(), "đề án.exe"),
        (files.pdf(), "đề án.pdf.exe"),
        (files.png(), "ao.jpg"),
        (files.office(files.word_parts()), "đề án.xlsx"),
        (files.office(files.word_parts()), "đề án.zip"),
        (files.office(files.word_parts()), "đề án.docm"),
    ],
)
def test_a_name_that_claims_another_type_is_refused(tmp_path: Path, content: bytes, filename: str) -> None:
    assert refusal(tmp_path, content, filename) == "wrong_extension"


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
    ],
)
def test_a_pdf_that_is_not_whole_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "broken_file"


@pytest.mark.parametrize(
    "content",
    [
        files.pdf(SCRIPT, catalog=b"/OpenAction 5 0 R"),
        files.pdf(catalog=b"/OpenAction " + SCRIPT),
        files.pdf(b"<< /S /J#61v#61Script /#4a#53 (app.alert(1)) >>"),
        files.pdf(b"<< /S /#4A#61#76#61#53#63#72#69#70#74 >>"),
        files.pdf(b"<</S/JavaScript/JS 6 0 R>>"),
        files.pdf(b"<< /S /Rendition /JS (app.alert(1)) >>"),
        files.pdf(b"<< /S /Launch /F (cmd.exe) >>"),
        files.pdf(b"<< /S /Launch#00 /JS (x) >>"),
        files.pdf(catalog=b"/AcroForm << /XFA 5 0 R >>"),
        files.pdf(b"<< /S /SubmitForm /F (https://evil.example) >>"),
        files.pdf(files.object_stream(SCRIPT)),
        files.pdf(files.object_stream(b"<< /S /Java#53cript >>")),
        files.pdf(files.object_stream(b"<< /JS (x) >>", b"/Type /Obj#53tm /N 1 /First 5 ")),
        files.pdf(files.object_stream(b"<< /JS (x) >>", b"/N 1 /First 5 ")),
        files.pdf(files.object_stream(SCRIPT, b"")),
        files.pdf(files.stream(b"9 0  " + SCRIPT, b"/Type /ObjStm /N 1 /First 5")),
        files.pdf(files.object_stream(SCRIPT).replace(b"stream\n", b"stream\r\n", 1)),
        files.pdf(files.object_stream(SCRIPT).replace(b"stream\n", b"stream\r", 1)),
        files.pdf(page=files.stream(b"5 0 obj " + SCRIPT + b" endobj")),
        files.pdf() + b"5 0 obj\n" + SCRIPT + b"\nendobj\n" + files.pdf()[-20:],
    ],
)
def test_a_pdf_with_scripts_or_actions_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "pdf_active_content"


@pytest.mark.parametrize(
    "content",
    [
        files.pdf(catalog=b"/Names << /EmbeddedFiles 5 0 R >>"),
        files.pdf(files.flate(b"MZ", b"/Type /EmbeddedFile ")),
        files.pdf(files.flate(b"MZ", b"/Type /Embedded#46ile ")),
        files.pdf(b"<< /Subtype /FileAttachment >>"),
        files.pdf(b"<< /Type /Filespec /F (a.exe) /EF << /F 6 0 R >> >>"),
        files.pdf(files.object_stream(b"<< /Type /Filespec /EF << /F 6 0 R >> >>")),
    ],
)
def test_a_pdf_with_files_inside_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "pdf_embedded_file"


@pytest.mark.parametrize("key", [b"/Encrypt 5 0 R", b"/#45ncrypt 5 0 R"])
def test_an_encrypted_pdf_is_refused(tmp_path: Path, key: bytes) -> None:
    assert refusal(tmp_path, files.pdf(b"<< /Filter /Standard >>", trailer=key)) == "pdf_encrypted"


@pytest.mark.parametrize(
    "body",
    [
        files.stream(b"not deflated", b"/Filter /FlateDecode /Type /ObjStm /N 1 /First 5"),
        files.stream(b"39 30>", b"/Filter /ASCIIHexDecode /Type /ObjStm /N 1 /First 5"),
        files.stream(b"39", b"/Filter [/AHx /Fl] /Type /ObjStm /N 1 /First 5"),
        files.stream(b"\x80\x0b", b"/Filter /LZWDecode /Type /ObjStm /N 1 /First 5"),
        files.flate(b"\x029 0", b"/Type /ObjStm /N 1 /First 5 /DecodeParms << /Predictor 12 >>"),
        files.flate(b"\x029 0", b"/Type /ObjStm /N 1 /First 5"),
        files.flate(b"9 0  " + b" " * 40_000_000, b"/Type /ObjStm /N 1 /First 5"),
        b"<<>>stream\nendstream " * 100_001,
    ],
)
def test_a_pdf_whose_objects_cannot_be_read_is_refused(tmp_path: Path, body: bytes) -> None:
    assert refusal(tmp_path, files.pdf(body)) == "pdf_unreadable"


@pytest.mark.parametrize(
    "content",
    [
        files.pdf(catalog=b"/OpenAction [3 0 R /Fit] /Outlines << /First 3 0 R /Last 3 0 R >>"),
        files.pdf(b"<< /AP << /N 6 0 R >> /Outlines << /First 3 0 R >> >>", files.stream(b"raw /JS bytes", b"")),
        files.pdf(b"<< /S /URI /URI (https://tom-ca-mau.example/) >>"),
        files.pdf(b"<< /JSX 1 /EFG 2 /LaunchPad 3 /EncryptMetadata true >>"),
        files.pdf(files.object_stream(b"<< /Type /Font /BaseFont /Libertinus >>")),
        files.pdf(files.flate(files.chance(1).randbytes(300_000))),
        files.pdf(files.stream(b"\x00 /JS \x01 /EF \x02")),
        files.pdf(page=files.flate(b"0 0 m 1 1 l S " * 3_000_000)),
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
    header = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 0, 0, 0, 0)
    bomb = files.png()[:8] + files.chunk(b"IHDR", header) + files.png()[33:]
    assert refusal(tmp_path, bomb) == "image_too_large"
    frame = files.JPEG.find(b"\xff\xc0")
    wide = files.JPEG[: frame + 5] + b"\xff\xff\xff\xff" + files.JPEG[frame + 9 :]
    assert refusal(tmp_path, wide) == "image_too_large"


# --- office files ------------------------------------------------------------------------------------------------------


def word(**parts: bytes) -> bytes:
    return files.office({**files.word_parts(), **parts})


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
        word(**{"word/_rels/settings.xml.rels": "<Relationships/>".encode("utf-16")}),
        word(**{"word/_rels/settings.xml.rels": files.chance(2).randbytes(5_000_000)}),
    ],
)
def test_an_unsafe_package_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) == "archive_unsafe"


def test_a_package_whose_entries_share_bytes_is_refused(tmp_path: Path) -> None:
    content = bytearray(word(**{"word/a.xml": b"a" * 100, "word/b.xml": b"b" * 100}))
    first = content.find(b"PK\x01\x02")
    offsets = [at for at in range(first, len(content) - 4) if content[at : at + 4] == b"PK\x01\x02"]
    content[offsets[-1] + 42 : offsets[-1] + 46] = content[offsets[-2] + 42 : offsets[-2] + 46]
    assert refusal(tmp_path, bytes(content)) == "archive_unsafe"


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


def test_a_chart_with_its_sheet_is_taken(tmp_path: Path) -> None:
    chart = word(**{"word/embeddings/Microsoft_Excel_Sheet1.xlsx": files.office(files.sheet_parts())})
    assert judge(tmp_path, chart) == DOCX


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", word()[:-30], word()[:-10], word() + b"tail", word()[:200] + bytes(300) + word()[500:]]
)
def test_a_broken_package_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content) in {"broken_file", "archive_unsafe"}


@pytest.mark.parametrize(
    "content",
    [files.pdf(files.object_stream(b"<< /A 1 >>")), files.png(), files.JPEG, word()],
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
        except Invalid as error:
            assert [found.field for found in error.errors] == ["file"]  # noqa: PT017 - either answer is one.


# --- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "extension", "name"),
    [
        ("Đề án thử nghiệm ao tôm.pdf", "pdf", "Đề án thử nghiệm ao tôm.pdf"),
        (unicodedata.normalize("NFD", "Đề án.pdf"), "pdf", "Đề án.pdf"),
        ("", "pdf", "document.pdf"),
        (".pdf", "pdf", "document.pdf"),
        ("...", "docx", "document.docx"),
        ("C:\\Users\\An\\Đề án.PDF", "pdf", "Đề án.pdf"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        ("ảnh.jpeg", "jpg", "ảnh.jpeg"),
        ("ảnh", "jpg", "ảnh.jpg"),
        ("đề án v1.2", "pdf", "đề án v1.2.pdf"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "pdf", "ab Set-Cookie: x.pdf"),
        ("gi\u202efdp.exe\u200b.pdf", "pdf", "gifdp.exe.pdf"),
        ("  hai   khoảng\u00a0trắng .pdf", "pdf", "hai khoảng trắng.pdf"),
        ("ấ" * 500 + ".pdf", "pdf", "ấ" * 196 + ".pdf"),
    ],
)
def test_clean_filename_keeps_what_people_read(claimed: str, extension: str, name: str) -> None:
    assert clean_filename(claimed, extension=extension) == name


@given(claimed=st.text(max_size=400), extension=st.sampled_from(["pdf", "jpg", "docx"]))
@example(claimed="a" * 193 + "..pdf.pdf", extension="pdf")
@example(claimed="e\u200b\u0301.pdf", extension="pdf")
def test_clean_filename_is_always_fit_for_people(claimed: str, extension: str) -> None:
    name = clean_filename(claimed, extension=extension)
    stem, dot, ending = name.rpartition(".")
    assert (dot, ending) in {(".", extension), (".", "jpeg" if extension == "jpg" else extension), (".", "jpe")}
    assert 1 <= len(stem) <= len(name) <= 200
    assert name == unicodedata.normalize("NFC", name)
    assert not any(unicodedata.category(letter)[0] == "C" or letter in "/\\\u2028\u2029" for letter in name)
    assert name == name.strip()
    assert not name.startswith(".")
    assert clean_filename(name, extension=extension) == name


@given(
    words=st.text(
        alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵ0123456789-_()",
        min_size=1,
        max_size=150,
    )
)
def test_clean_filename_changes_no_vietnamese_letter(words: str) -> None:
    assert clean_filename(f"{words}.pdf", extension="pdf") == f"{words}.pdf"


def shared() -> bytes:
    """A package whose last two entries begin at the same byte."""
    content = bytearray(word(**{"word/a.xml": b"a" * 100, "word/b.xml": b"b" * 100}))
    offsets = [at for at in range(len(content) - 4) if content[at : at + 4] == b"PK\x01\x02"]
    content[offsets[-1] + 42 : offsets[-1] + 46] = content[offsets[-2] + 42 : offsets[-2] + 46]
    return bytes(content)


def gapped() -> bytes:
    """A package with bytes between its directory and its end."""
    return word()[:-22] + b"gap." + word()[-22:]


def bomb() -> bytes:
    """An image of more pixels than are taken."""
    header = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 0, 0, 0, 0)
    return files.png()[:8] + files.chunk(b"IHDR", header) + files.png()[33:]


REFUSALS: dict[str, tuple[bytes, str]] = {
    "upload.archive_unsafe": (shared(), ""),
    "upload.broken_file": (files.pdf()[:-40], ""),
    "upload.empty_file": (b"", ""),
    "upload.image_too_large": (bomb(), ""),
    "upload.office_active_content": (word(**{"word/vbaProject.bin": b"macro"}), ""),
    "upload.pdf_active_content": (files.pdf(SCRIPT), ""),
    "upload.pdf_embedded_file": (files.pdf(b"<< /Subtype /FileAttachment >>"), ""),
    "upload.pdf_encrypted": (files.pdf(b"<< /Filter /Standard >>", trailer=b"/Encrypt 5 0 R"), ""),
    "upload.pdf_unreadable": (
        files.pdf(files.stream(b"not deflated", b"/Filter /FlateDecode /Type /ObjStm /N 1 /First 5")),
        "",
    ),
    "upload.unknown_type": (b"MZ", ""),
    "upload.unsafe.bytes": (word(**{"word/media/bomb.xml": bytes(30_000_000)}), ""),
    "upload.unsafe.compression": (entry("word/secret.xml", flags=1), ""),
    "upload.unsafe.entries": (word(**{"word/DOCUMENT.xml": b"twice"}), ""),
    "upload.unsafe.offset": (gapped(), ""),
    "upload.unsafe.overlap": (shared(), ""),
    "upload.unsafe.path": (entry("../../evil.xml"), ""),
    "upload.unsafe.streams": (files.pdf(b"<<>>stream\nendstream " * 100_001), ""),
    "upload.unsafe.symlink": (entry("word/link", b"/etc/passwd", attributes=(stat.S_IFLNK | 0o777) << 16), ""),
    "upload.wrong_extension": (files.pdf(), "đề án.docx"),
}
"""A file that is refused with each sentence there is."""


@pytest.mark.parametrize("key", REFUSALS)
def test_refusal_says_its_sentence_in_three_languages(tmp_path: Path, key: str) -> None:
    content, filename = REFUSALS[key]
    check_said(key, errors_of(lambda: judge(tmp_path, content, filename)))
