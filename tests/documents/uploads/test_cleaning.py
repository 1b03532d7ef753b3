"""What is taken as a cleaned copy: the copy has nothing of what was in the way and all that a reader sees; the rest is refused."""

import io
import zipfile
from pathlib import Path

import pikepdf
import pytest

from sandbox_registry.documents.uploads.contents.judgement import DOCX, PDF, XLSX, Unacceptable
from sandbox_registry.documents.uploads.contents.recognition import accept
from tests.documents.uploads import files
from tests.documents.uploads.test_contents import HOSTILE_OFFICE, sheets, word

RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FORMATTING = b'<< /S /JavaScript /JS (AFNumber_Format\\(2, 0, 0, 0, " d", true\\);) >>'
FIELD = b"<< /FT /Tx /V (12) /AA << /F 6 0 R /K " + FORMATTING.replace(b"Format", b"Keystroke") + b" >> >>"
SIGNATURE = b"<< /Type /Sig /ByteRange [0 1 2 3] >>"


def cleaned(directory: Path, content: bytes) -> bytes | None:
    """Return the copy that is shown in place of a file; nothing for a file that is taken as it is."""
    path, copy = directory / "upload", directory / "upload.copy"
    path.write_bytes(content)
    return copy.read_bytes() if accept(path, copy)[1] else None


def refusal(directory: Path, content: bytes) -> str:
    with pytest.raises(Unacceptable) as caught:
        cleaned(directory, content)
    return caught.value.code


@pytest.mark.parametrize("content", [files.pdf(), files.png(), word(), sheets()])
def test_a_file_without_fault_is_taken_as_it_is(tmp_path: Path, content: bytes) -> None:
    assert cleaned(tmp_path, content) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", bytes(3000)),
        (b"", b"PK\x03\x04 an archive behind the end"),
        (b"\xef\xbb\xbf", b""),
        (b"\x1b%-12345X@PJL JOB\n@PJL ENTER LANGUAGE=PDF\n", b"\x1b%-12345X@PJL EOJ\n"),
    ],
    ids=["zeros", "archive", "mark of the byte order", "printer's job"],
)
def test_what_stands_around_a_pdf_is_cut_and_nothing_else_is_changed(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    """Not one byte between: what is signed stays signed."""
    whole = files.pdf(SIGNATURE)
    assert cleaned(tmp_path, before + whole + after) == whole.rstrip() + b"\n"


def test_the_lock_of_an_owner_is_taken_off(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(cleaned(tmp_path, files.locked_pdf(user="")) or b"")) as pdf:
        assert not pdf.is_encrypted
        assert b"Ao tom" in pdf.pages[0].Contents.read_bytes()


def test_scripts_that_only_write_numbers_are_taken_out_of_fields(tmp_path: Path) -> None:
    copy = cleaned(tmp_path, files.pdf(FIELD, FORMATTING, catalog=b"/AcroForm << /Fields [5 0 R] >>"))
    with pikepdf.open(io.BytesIO(copy or b"")) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        assert (str(field.V), "/AA" in field) == ("12", False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (files.locked_pdf(user="secret"), "pdf_encrypted"),
        (files.pdf()[:-40] + bytes(30), "broken_file"),
        (files.pdf(FIELD, b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"), "pdf_active_content"),
        (files.pdf(FIELD, FORMATTING.replace(b";", b"; app.alert\\(1\\)")), "pdf_active_content"),
        (files.pdf(FIELD, FORMATTING.replace(b" >>", b" /Next << /S /Launch >> >>")), "pdf_active_content"),
        (files.pdf(FORMATTING, catalog=b"/OpenAction 5 0 R"), "pdf_active_content"),
        # To take the scripts out it would have to be written anew, and its signature would not hold.
        (files.pdf(FIELD, FORMATTING, SIGNATURE), "pdf_active_content"),
        (b"MZ" + bytes(2000) + files.pdf(), "unknown_type"),
        (b"\xef\xbb\xbf" + files.png(), "unknown_type"),
    ],
)
def test_what_cannot_be_cleaned_is_refused_for_what_it_is(tmp_path: Path, content: bytes, code: str) -> None:
    assert refusal(tmp_path, content) == code


def document(*relationships: tuple[str, str, bool], body: str = "", **parts: bytes) -> bytes:
    content = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:a="urn:a" '
        f'xmlns:o="urn:o" xmlns:r="{RELATIONSHIPS}"><w:t>Ao tôm</w:t>{body}</w:document>'
    )
    rels = {"word/_rels/document.xml.rels": files.relationships(*relationships)} if relationships else {}
    return word(**{"word/document.xml": content.encode(), **rels, **parts})


def parts_of(copy: bytes | None) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(copy or b"")) as package:
        return {name: package.read(name) for name in package.namelist()}


PICTURE = ("image", "https://web.example/anh.png", True)
OBJECT = ("oleObject", "embeddings/oleObject1.bin", False)


def test_a_picture_of_the_web_is_no_longer_fetched(tmp_path: Path) -> None:
    parts = parts_of(cleaned(tmp_path, document(PICTURE, body='<a:blip r:link="r0"/>')))
    assert b"web.example" not in b"".join(parts.values())
    assert "Ao tôm".encode() in parts["word/document.xml"]
    assert b"r:link" not in parts["word/document.xml"]


def test_an_equation_keeps_its_picture_and_loses_its_editor(tmp_path: Path) -> None:
    body = '<w:object><w:pict r:id="r0"/><o:OLEObject ProgID="Equation.DSMT4" r:id="r1"/></w:object>'
    types = files.word_parts()["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/></Types>',
    )
    content = document(
        ("image", "media/image1.wmf", False),
        OBJECT,
        body=body,
        **{"word/embeddings/oleObject1.bin": b"ole", "word/media/image1.wmf": b"wmf", "[Content_Types].xml": types},
    )
    parts = parts_of(cleaned(tmp_path, content))
    assert "word/embeddings/oleObject1.bin" not in parts
    assert parts["word/media/image1.wmf"] == b"wmf"
    assert b'<w:pict r:id="r0"/>' in parts["word/document.xml"]
    assert b"OLEObject" not in parts["word/document.xml"]


def test_any_other_object_is_refused(tmp_path: Path) -> None:
    body = '<w:object><o:OLEObject ProgID="Package" r:id="r0"/></w:object>'
    content = document(OBJECT, body=body, **{"word/embeddings/oleObject1.bin": b"ole"})
    assert refusal(tmp_path, content) == "office_active_content"


def test_a_template_of_another_computer_is_forgotten(tmp_path: Path) -> None:
    settings = f'<w:settings xmlns:w="urn:w" xmlns:r="{RELATIONSHIPS}"><w:attachedTemplate r:id="r0"/></w:settings>'
    template = ("attachedTemplate", "file:///C:\\Users\\An\\Normal.dotm", True)
    content = word(
        **{"word/settings.xml": settings.encode(), "word/_rels/settings.xml.rels": files.relationships(template)}
    )
    assert b"attachedTemplate" not in b"".join(parts_of(cleaned(tmp_path, content)).values())


def test_a_linked_workbook_keeps_its_values_and_loses_its_place(tmp_path: Path) -> None:
    linked = "xl/externalLinks/_rels/externalLink1.xml.rels"
    book = files.sheet("<externalBook><v>4.5</v></externalBook>")
    content = sheets(
        **{
            "xl/externalLinks/externalLink1.xml": book,
            linked: files.relationships(("externalLinkPath", "file:///\\\\may-chu\\chung\\so lieu.xlsx", True)),
        }
    )
    parts = parts_of(cleaned(tmp_path, content))
    assert parts["xl/externalLinks/externalLink1.xml"] == book
    assert b'Target="so lieu.xlsx"' in parts[linked]
    assert b"may-chu" not in parts[linked]


def test_what_is_hostile_is_refused_or_gone_from_the_copy(tmp_path: Path) -> None:
    """A copy passes whatever a file passes; of what addresses others, none is left."""
    for name, content in HOSTILE_OFFICE.items():
        try:
            copy = cleaned(tmp_path, content)
        except Unacceptable:
            continue
        assert copy is not None, name
        assert b"example" not in b"".join(
            part for each, part in parts_of(copy).items() if each != "word/_rels/document.xml.rels"
        ), name


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (files.pdf() + b"\0", PDF),
        (document(PICTURE, body='<a:blip r:link="r0"/>'), DOCX),
        (
            sheets(**{"xl/externalLinks/_rels/a.xml.rels": files.relationships(("externalLinkPath", "b.xlsx", True))}),
            XLSX,
        ),
    ],
)
def test_a_copy_is_of_the_kind_of_its_file_and_needs_no_cleaning(tmp_path: Path, content: bytes, kind: object) -> None:
    path, copy = tmp_path / "upload", tmp_path / "upload.copy"
    path.write_bytes(content)
    assert accept(path, copy) == (kind, True)
    assert accept(copy, tmp_path / "again") == (kind, False)
