"""What is wrong with the form of a body or parameter, in the reader's language.

msgspec says it in English, in a handful of sentences. Each is matched here and said again in three languages; one that
a later msgspec adds is passed on as it is, so that nothing is lost.
"""

import re

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.texts import Text

CODE = "malformed"


def field_error(field: str, words: str | Text) -> FieldError:
    """Return the error of a field; `words` are msgspec's, or a text of our own."""
    if isinstance(words, Text):
        return FieldError(field=field, code=CODE, message=words)
    for pattern, text in _SENTENCES:
        if match := pattern.fullmatch(words):
            named = match.groupdict()
            path = (field, named["field"]) if "field" in named else (field,)
            return FieldError(field=".".join(filter(None, path)), code=CODE, message=_filled(text, named))
    return FieldError(field=field, code=CODE, message=Text(vi=words, en=words, fr=words))


def _filled(text: Text, named: dict[str, str]) -> Text:
    kinds = [_KINDS.get(each, Text(vi=each, en=each, fr=each)) for each in named.get("kind", "").split(" | ")]
    return Text(
        vi=text.vi.format(**{**named, "kind": " hoặc ".join(each.vi for each in kinds)}),
        en=text.en.format(**{**named, "kind": " or ".join(each.en for each in kinds)}),
        fr=text.fr.format(**{**named, "kind": " ou ".join(each.fr for each in kinds)}),
    )


_KINDS = {
    "array": Text(vi="một danh sách", en="a list", fr="une liste"),
    "bool": Text(vi="true hoặc false", en="true or false", fr="true ou false"),
    "date": Text(vi="một ngày", en="a date", fr="une date"),
    "datetime": Text(vi="một thời điểm", en="a moment", fr="un instant"),
    "float": Text(vi="một số", en="a number", fr="un nombre"),
    "int": Text(vi="một số nguyên", en="a whole number", fr="un nombre entier"),
    "null": Text(vi="null", en="null", fr="null"),
    "object": Text(vi="một đối tượng", en="an object", fr="un objet"),
    "str": Text(vi="một chuỗi ký tự", en="a text", fr="un texte"),
    "time": Text(vi="một giờ trong ngày", en="a time of day", fr="une heure"),
    "uuid": Text(vi="một mã UUID", en="a UUID", fr="un UUID"),
}
_MOMENT = Text(
    vi="Cần một thời điểm có múi giờ, ví dụ 2026-11-20T07:00:00+07:00.",
    en="Give a moment with its offset, such as 2026-11-20T07:00:00+07:00.",
    fr="Donnez un instant avec son décalage, par exemple 2026-11-20T07:00:00+07:00.",
)
NO_ZONE = _MOMENT
NOT_A_DAY = Text(
    vi="Cần một ngày, ví dụ 2026-11-20, hoặc một thời điểm có múi giờ, ví dụ 2026-11-20T07:00:00+07:00.",
    en="Give a day such as 2026-11-20, or a moment with its offset such as 2026-11-20T07:00:00+07:00.",
    fr="Donnez un jour, par exemple 2026-11-20, ou un instant avec son décalage (2026-11-20T07:00:00+07:00).",
)
NOT_A_CURSOR = Text(
    vi="Không phải con trỏ do danh sách này trả về.",
    en="This is not a cursor that this list gave.",
    fr="Ce n'est pas un curseur donné par cette liste.",
)
NOT_A_VERSION = Text(
    vi='Cần một phiên bản đã đọc, ví dụ "3".',
    en='Give the version you read, such as "3".',
    fr='Donnez la version lue, par exemple "3".',
)
NOT_A_KEY = Text(
    vi="Cần 1 đến 200 ký tự ASCII nhìn thấy được.",
    en="Give 1 to 200 visible ASCII characters.",
    fr="Donnez de 1 à 200 caractères ASCII visibles.",
)
NOT_UTF8 = Text(
    vi="JSON phải được viết bằng UTF-8.",
    en="The JSON must be written in UTF-8.",
    fr="Le JSON doit être écrit en UTF-8.",
)
UNKNOWN_PARAMETER = Text(vi="Không có tham số này.", en="There is no such parameter.", fr="Ce paramètre n'existe pas.")
REPEATED_PARAMETER = Text(
    vi="Tham số này chỉ được gửi một lần.",
    en="Send this parameter only once.",
    fr="N'envoyez ce paramètre qu'une seule fois.",
)
_SENTENCES = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (
            "Object missing required field `(?P<field>.*)`",
            Text(vi="Thiếu trường bắt buộc này.", en="This field is required.", fr="Ce champ est obligatoire."),
        ),
        (
            "Object contains unknown field `(?P<field>.*)`",
            Text(vi="Không có trường này.", en="There is no such field.", fr="Ce champ n'existe pas."),
        ),
        (
            r"Expected `(?P<kind>[a-z |]+)`, got `[a-z |]+`",
            Text(vi="Cần {kind}.", en="Give {kind}.", fr="Donnez {kind}."),
        ),
        (
            r"Expected `str` of length >= (?P<least>\d+)",
            Text(
                vi="Cần ít nhất {least} ký tự.",
                en="Give at least {least} characters.",
                fr="Donnez au moins {least} caractères.",
            ),
        ),
        (
            r"Expected `str` of length <= (?P<most>\d+)",
            Text(vi="Nhiều nhất {most} ký tự.", en="At most {most} characters.", fr="Au plus {most} caractères."),
        ),
        (
            r"Expected `(?:array|object)` of length >= (?P<least>\d+)",
            Text(
                vi="Cần ít nhất {least} mục.", en="Give at least {least} items.", fr="Donnez au moins {least} éléments."
            ),
        ),
        (
            r"Expected `(?:array|object)` of length <= (?P<most>\d+)",
            Text(vi="Nhiều nhất {most} mục.", en="At most {most} items.", fr="Au plus {most} éléments."),
        ),
        (
            r"Expected `(?:int|float)` >= (?P<least>\S+)",
            Text(vi="Phải từ {least} trở lên.", en="Must be at least {least}.", fr="Doit être au moins {least}."),
        ),
        (
            r"Expected `(?:int|float)` <= (?P<most>\S+)",
            Text(vi="Không được quá {most}.", en="Must be at most {most}.", fr="Doit être au plus {most}."),
        ),
        (
            "(?:Integer value|Number) out of range",
            Text(vi="Số quá lớn.", en="The number is too large.", fr="Le nombre est trop grand."),
        ),
        (
            r"Expected `str` matching regex '\^\(\?=.*",
            Text(
                vi="Không được để trống hoặc chứa ký tự điều khiển.",
                en="Must not be blank or hold control characters.",
                fr="Ne doit être ni vide ni contenir de caractères de contrôle.",
            ),
        ),
        (
            r"Expected `str` matching regex '\^\[\^.*",
            Text(
                vi="Không được chứa ký tự điều khiển.",
                en="Must not hold control characters.",
                fr="Ne doit pas contenir de caractères de contrôle.",
            ),
        ),
        (
            r"Expected `str` matching regex '(?P<pattern>.*)'",
            Text(
                vi="Phải khớp với mẫu {pattern}",
                en="Must match the pattern {pattern}",
                fr="Doit suivre le motif {pattern}",
            ),
        ),
        (
            r"Expected a year from (?P<first>\d+) to (?P<last>\d+)",
            Text(
                vi="Năm phải từ {first} đến {last}.",
                en="The year must be between {first} and {last}.",
                fr="L'année doit être comprise entre {first} et {last}.",
            ),
        ),
        ("Invalid RFC3339 encoded datetime|Expected `datetime` with a timezone component", _MOMENT),
        (
            "Invalid RFC3339 encoded date",
            Text(
                vi="Cần một ngày, ví dụ 2026-11-20.",
                en="Give a date such as 2026-11-20.",
                fr="Donnez une date, par exemple 2026-11-20.",
            ),
        ),
        (
            "Invalid RFC3339 encoded time|Expected `time` with no timezone component",
            Text(
                vi="Cần một giờ trong ngày, ví dụ 07:30:00.",
                en="Give a time of day such as 07:30:00.",
                fr="Donnez une heure, par exemple 07:30:00.",
            ),
        ),
        ("Invalid UUID", Text(vi="Cần một mã UUID.", en="Give a UUID.", fr="Donnez un UUID.")),
        (
            "Invalid enum value .*",
            Text(
                vi="Không phải một trong các giá trị được nhận.",
                en="Not one of the values that are taken.",
                fr="Pas l'une des valeurs acceptées.",
            ),
        ),
        (
            r"JSON is malformed: .*\(byte (?P<byte>\d+)\)",
            Text(
                vi="Không đọc được JSON từ byte thứ {byte}.",
                en="The JSON cannot be read from byte {byte} on.",
                fr="Le JSON est illisible à partir de l'octet {byte}.",
            ),
        ),
        (
            "Input data was truncated",
            Text(
                vi="JSON bị đứt ở cuối.",
                en="The JSON breaks off.",
                fr="Le JSON est interrompu.",
            ),
        ),
    )
)
