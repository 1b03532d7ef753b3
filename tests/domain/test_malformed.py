"""What people are told of a body of the wrong form: the field, and the rule in their language."""

from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from sandbox_registry.api.handling.schemas import Code, Line, Moment, Paragraph, Remark
from sandbox_registry.domain.malformed import field_error
from sandbox_registry.domain.stages import Stage
from tests.support.client import Client
from tests.support.stages import INTAKE, OWNER, accepted

BODIES = [
    ("{}", "name", "Thiếu trường bắt buộc này.", "This field is required."),
    ('{"name": "a", "colour": 1}', "colour", "Không có trường này.", "There is no such field."),
    ('{"name": 5}', "name", "Cần một chuỗi ký tự.", "Give a text."),
    ('{"name": ""}', "name", "Cần ít nhất 1 ký tự.", "Give at least 1 character."),
    (f'{{"name": "{"a" * 301}"}}', "name", "Nhiều nhất 300 ký tự.", "At most 300 characters."),
    (
        '{"name": " "}',
        "name",
        "Không được để trống hoặc chứa ký tự điều khiển.",
        "Must not be blank or hold control characters.",
    ),
    ('{"name": "a", "minutes": 0}', "minutes", "Phải từ 1 trở lên.", "Must be at least 1."),
    ('{"name": "a", "minutes": 527041}', "minutes", "Không được quá 527.040.", "Must be at most 527,040."),
    ('{"name": "a", "minutes": "5"}', "minutes", "Cần một số nguyên.", "Give a whole number."),
    ('{"name": "a", "scopes": []}', "scopes", "Cần ít nhất 1 mục.", "Give at least 1 item."),
    ('{"name": "a", "scopes": [7]}', "scopes.0", "Cần một chuỗi ký tự.", "Give a text."),
    ('{"name": "a"', "", "JSON bị đứt ở cuối.", "The JSON breaks off."),
    ('{"name": a}', "", "Không đọc được JSON từ byte thứ 9.", "The JSON cannot be read from byte 9 on."),
    ("[]", "", "Cần một đối tượng.", "Give an object."),
    (b'{"name": "\xff"}', "", "JSON phải được viết bằng UTF-8.", "The JSON must be written in UTF-8."),
]


@pytest.mark.parametrize(("body", "field", "vi", "en"), BODIES)
async def test_rule_is_said_in_the_language_of_the_reader(
    client: Client, body: str | bytes, field: str, vi: str, en: str
) -> None:
    for language, words in (("vi", vi), ("en", en)):
        headers = {"Content-Type": "application/json", "Accept-Language": language}
        answer = await client.send("POST", "/tokens", by=OWNER, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert answer.json()["errors"] == [{"field": field, "code": "malformed", "message": words}]


NO_CONTROLS = "Must not be blank or hold control characters."
DECODED: list[tuple[Any, str, str]] = [
    (str | None, "5", "Give a text or null."),
    (bool, '"true"', "Give true or false."),
    (float, '"1"', "Give a number."),
    (date, "5", "Give a date."),
    (datetime, "5", "Give a moment."),
    (time, "5", "Give a time of day."),
    (UUID, "5", "Give a UUID."),
    (list[int], "{}", "Give a list."),
    (int, "1" * 5000, "The number is too large."),
    (float, "1e999", "The number is too large."),
    (Annotated[float, Meta(ge=0.5)], "0.1", "Must be at least 0.5."),
    (Annotated[float, Meta(le=0.5)], "0.9", "Must be at most 0.5."),
    (Annotated[list[int], Meta(max_length=1)], "[1, 2]", "At most 1 item."),
    (Annotated[dict[str, int], Meta(min_length=1)], "{}", "Give at least 1 item."),
    (Annotated[dict[str, int], Meta(max_length=1)], '{"a": 1, "b": 2}', "At most 1 item."),
    (Line, '"a\\nb"', NO_CONTROLS),
    (Paragraph, '"\\u00ad"', NO_CONTROLS),
    (Remark, '"\\u0007"', "Must not hold control characters."),
    (Code, '"A b"', "Not in the required form (see the API description)."),
    (date, '"20.11.2026"', "Give a date such as 2026-11-20."),
    (time, '"noon"', "Give a time of day such as 07:30:00."),
    (Annotated[time, Meta(tz=False)], '"07:30:00Z"', "Give a time of day such as 07:30:00."),
    (Moment, '"noon"', "Give a moment with its offset, such as 2026-11-20T07:00:00+07:00."),
    (UUID, '"x"', "Give a UUID."),
    (Stage, '"nowhere"', "Not an accepted value."),
    (int, "1 2", "The JSON cannot be read from byte 3 on."),
]


@pytest.mark.parametrize(("kind", "given", "told"), DECODED)
def test_what_the_decoder_says_is_said_in_three_languages(kind: Any, given: str, told: str) -> None:
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(given, type=kind)
    message = field_error("there", str(caught.value)).message
    assert message.en == told
    assert len({message.vi, message.en, message.fr}) == 3


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
