"""What people are told of a body of the wrong form: the field, and the rule in their language."""

import pytest

from tests.client import Client
from tests.stages import INTAKE, OWNER, accepted

BODIES = [
    ("{}", "name", "Thiếu trường bắt buộc này.", "This field is required."),
    ('{"name": "a", "colour": 1}', "colour", "Không có trường này.", "There is no such field."),
    ('{"name": 5}', "name", "Cần một chuỗi ký tự.", "Give a text."),
    ('{"name": ""}', "name", "Cần ít nhất 1 ký tự.", "Give at least 1 characters."),
    (f'{{"name": "{"a" * 301}"}}', "name", "Nhiều nhất 300 ký tự.", "At most 300 characters."),
    (
        '{"name": " "}',
        "name",
        "Không được để trống hoặc chứa ký tự điều khiển.",
        "Must not be blank or hold control characters.",
    ),
    ('{"name": "a", "minutes": 0}', "minutes", "Phải từ 1 trở lên.", "Must be at least 1."),
    ('{"name": "a", "minutes": 527041}', "minutes", "Không được quá 527040.", "Must be at most 527040."),
    ('{"name": "a", "minutes": "5"}', "minutes", "Cần một số nguyên.", "Give a whole number."),
    ('{"name": "a", "scopes": []}', "scopes", "Cần ít nhất 1 mục.", "Give at least 1 items."),
    ('{"name": "a", "scopes": [7]}', "scopes.0", "Cần một chuỗi ký tự.", "Give a text."),
    ('{"name": "a"', "", "JSON bị đứt ở cuối.", "The JSON breaks off."),
    ('{"name": a}', "", "Không đọc được JSON từ byte thứ 9.", "The JSON cannot be read from byte 9 on."),
    ("[]", "", "Cần một đối tượng.", "Give an object."),
]


@pytest.mark.parametrize(("body", "field", "vi", "en"), BODIES)
async def test_rule_is_said_in_the_language_of_the_reader(
    client: Client, body: str, field: str, vi: str, en: str
) -> None:
    for language, words in (("vi", vi), ("en", en)):
        headers = {"Content-Type": "application/json", "Accept-Language": language}
        answer = await client.send("POST", "/tokens", by=OWNER, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert answer.json()["errors"] == [{"field": field, "code": "malformed", "message": words}]


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("1999-12-31T23:59:59Z", "L'année doit être comprise entre 2000 et 2099."),
        ("tomorrow", "Donnez un instant avec son décalage, par exemple 2026-11-20T07:00:00+07:00."),
        ("2027-01-01T00:00:00", "Donnez un instant avec son décalage, par exemple 2026-11-20T07:00:00+07:00."),
    ],
)
async def test_moment_names_its_field_and_rule(client: Client, moment: str, told: str) -> None:
    case = await accepted(client.world)
    body = {"promised_at": moment, "reason": "Chờ ý kiến của bộ."}
    path = f"/applications/{case.id}/apology"
    answer = await client.send("POST", path, by=INTAKE, seen=case.version, json=body, headers={"Accept-Language": "fr"})
    assert answer.json()["errors"] == [{"field": "promised_at", "code": "malformed", "message": told}]


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("limit=0", "limit", "Phải từ 1 trở lên."),
        ("limit=x", "limit", "Cần một số nguyên."),
        ("stage=nowhere", "stage", "Không phải một trong các giá trị được nhận."),
        ("after=MDE5", "after", "Không phải con trỏ do danh sách này trả về."),
        (
            "updated_since=2026-11-20T07:00:00",
            "updated_since",
            "Cần một thời điểm có múi giờ, ví dụ 2026-11-20T07:00:00+07:00.",
        ),
    ],
)
async def test_query_of_the_wrong_form_is_told_alike(client: Client, query: str, field: str, told: str) -> None:
    answer = await client.send("GET", f"/applications?{query}", by=OWNER)
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"field": field, "code": "malformed", "message": told}],
    )
