"""Names of files: fit for people, and claiming no other type than the content is."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox_registry.documents.uploads.contents.judgement import DOCX, JPEG, PDF, XLSX, Kind
from sandbox_registry.documents.uploads.kinds import check_extension, clean_filename
from sandbox_registry.domain.errors import Invalid


@pytest.mark.parametrize(
    ("kind", "filename"),
    [
        (PDF, "Đề án thử nghiệm.pdf"),
        (PDF, "DE-AN.PDF"),
        (PDF, ""),
        (PDF, "đề án v1.2"),
        (PDF, "Công văn 12.UBND"),
        (PDF, "số 12/QĐ-UBND.pdf"),
        (JPEG, "ao.JPEG"),
        (DOCX, "Đề án.docx"),
        (XLSX, "Rủi ro.xlsx"),
    ],
)
def test_a_name_that_claims_its_own_type_or_none_is_taken(kind: Kind, filename: str) -> None:
    check_extension(filename, kind)


@pytest.mark.parametrize(
    ("kind", "filename"),
    [
        (PDF, "đề án.docx"),
        (PDF, "đề án.exe"),
        (PDF, "đề án.pdf.exe"),
        (JPEG, "ao.png"),
        (DOCX, "đề án.xlsx"),
        (DOCX, "đề án.zip"),
        (DOCX, "đề án.docm"),
    ],
)
def test_a_name_that_claims_another_type_is_refused(kind: Kind, filename: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_extension(filename, kind)
    assert [error.code for error in caught.value.errors] == ["wrong_extension"]


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
        ("/home/an/đề án.pdf", "pdf", "đề án.pdf"),
        ("số 12/QĐ-UBND.pdf", "pdf", "số 12-QĐ-UBND.pdf"),
        ("Công văn 12.UBND", "pdf", "Công văn 12.UBND.pdf"),
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
