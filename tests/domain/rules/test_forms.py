"""Answers against a form: every error at once, lenient drafts, hostile input, and the competent authority."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_registry.domain.rules.form_fields import (
    Choice,
    Condition,
    DossierComponent,
    Field,
    FieldKind,
    FormRule,
    Operator,
    RuleKind,
    Section,
)
from sandbox_registry.domain.rules.forms import Referral, normalise, route, validate, validate_shape
from sandbox_registry.domain.rules.procedures import (
    Ceiling,
    Confidence,
    Parameter,
    PermitRules,
    Procedure,
    ProcedureStatus,
    Route,
)
from sandbox_registry.domain.texts import Text, spell


def text(word: str) -> Text:
    return Text(vi=f"{word} (vi)", en=word, fr=f"{word} (fr)")


def field(key: str, kind: FieldKind, **more: object) -> Field:
    return Field(key=key, kind=kind, label=text(key.capitalize()), **more)  # type: ignore[arg-type]


def when(path: str, value: object, op: Operator = Operator.EQ) -> tuple[Condition, ...]:
    return (Condition(field=path, op=op, value=value),)  # type: ignore[arg-type]


SITES = field(
    "sites",
    FieldKind.TABLE,
    required=True,
    minimum=1,
    maximum=3,
    columns=(field("name", FieldKind.TEXT, required=True, max_length=10), field("position", FieldKind.COORDINATES)),
)
PHASES = field("phases", FieldKind.TABLE, columns=(field("start", FieldKind.DATE), field("end", FieldKind.DATE)))
PLAN = Section(
    key="plan",
    title=text("Plan"),
    fields=(
        field("title", FieldKind.TEXT, required=True, min_length=5, max_length=20),
        field("notes", FieldKind.LONG_TEXT),
        field("users", FieldKind.INTEGER, required=True, minimum=1, maximum=100),
        field("cost", FieldKind.MONEY),
        field("budget", FieldKind.MONEY),
        field("share", FieldKind.DECIMAL),
        field("harm", FieldKind.BOOLEAN),
        field(
            "cover",
            FieldKind.TEXT,
            shown_when=when("plan.harm", value=True),
            required_when=when("plan.harm", value=True),
        ),
        field("kind", FieldKind.CHOICE, choices=tuple(Choice(value=value, label=text(value)) for value in ("a", "b"))),
        field(
            "spaces", FieldKind.CHOICES, choices=tuple(Choice(value=value, label=text(value)) for value in ("x", "y"))
        ),
        field("mail", FieldKind.EMAIL),
        field("phone", FieldKind.PHONE),
        field("tax", FieldKind.TAX_CODE),
        field("start", FieldKind.DATE),
        field("end", FieldKind.DATE),
        SITES,
        PHASES,
    ),
)
PROCEDURE = Procedure(
    code="test",
    version="1",
    status=ProcedureStatus.DRAFT,
    title=text("Test"),
    summary=text("Test"),
    issuing_body=text("Body"),
    legal_documents=(),
    parameters={
        "duration.max": Parameter(name="duration.max", value=2, unit="y", basis="-", confidence=Confidence.I),
    },
    sections=(PLAN,),
    rules=(
        FormRule(kind=RuleKind.NOT_BEFORE, field="plan.end", other="plan.start", message=text("End first.")),
        FormRule(
            kind=RuleKind.WITHIN_TERM,
            field="plan.end",
            other="plan.start",
            parameter="duration.max",
            message=text("At most {limit}, so {latest}."),
        ),
        FormRule(kind=RuleKind.AT_MOST, field="plan.cost", other="plan.budget", message=text("Too dear.")),
        FormRule(
            kind=RuleKind.ROWS_WITHIN,
            field="plan.phases",
            other="plan.start",
            until="plan.end",
            message=text("Outside."),
        ),
    ),
    parts=(
        DossierComponent(key="trial_plan", label=text("Trial plan"), required=True, basis="-"),
        DossierComponent(
            key="insurance", label=text("Insurance"), required_when=when("plan.harm", value=True), basis="-"
        ),
    ),
    routes=(
        Route(
            when=(*when("plan.users", 50, Operator.GT), *when("plan.kind", "a")),
            target="elsewhere",
            authority=text("Ministry"),
            reason=text("Too many."),
            basis="art. 1",
            confidence=Confidence.I,
        ),
    ),
    permit=PermitRules(
        ceilings=(
            Ceiling(
                field="plan.users", maximum=80, unit="people", label=text("Users"), basis="-", confidence=Confidence.I
            ),
        )
    ),
    checksum="0",
)
PLAIN: dict[str, object] = {"title": "Ao tôm số", "users": 10, "sites": [{"name": "Ao 1"}]}
ATTACHED = frozenset({"trial_plan"})


def broken(answers: dict[str, object], attached: frozenset[str] = ATTACHED) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in validate(PROCEDURE, {"plan": PLAIN | answers}, attached)]


def test_complete_dossier_has_no_errors() -> None:
    assert broken({}) == []


def test_every_error_is_found_at_once() -> None:
    answers = {
        "title": "Ao",
        "users": 0,
        "harm": True,
        "sites": [{"name": ""}, {"name": "x" * 11, "depth": 2}],
        "age": 3,
    }
    assert broken(answers, frozenset({"poem"})) == [
        ("answers.plan.age", "unknown_field"),
        ("answers.plan.title", "too_short"),
        ("answers.plan.users", "too_small"),
        ("answers.plan.cover", "required"),
        ("answers.plan.sites.0.name", "required"),
        ("answers.plan.sites.1.depth", "unknown_field"),
        ("answers.plan.sites.1.name", "too_long"),
        ("documents.poem", "unknown_field"),
        ("documents.trial_plan", "missing_document"),
        ("documents.insurance", "missing_document"),
    ]


def test_message_names_label_and_rule_in_each_language() -> None:
    (error,) = validate(PROCEDURE, {"plan": PLAIN | {"users": 0}}, ATTACHED)
    assert spell(error.message.in_language) == Text(
        vi="«Users (vi)» không được nhỏ hơn 1.",
        en="“Users” may not be less than 1.",
        fr="« Users (fr) » ne peut être inférieur à 1.",
    )


def test_empty_dossier_lists_what_is_required() -> None:
    assert [error.field for error in validate(PROCEDURE, {}, frozenset())] == [
        "answers.plan.title",
        "answers.plan.users",
        "answers.plan.sites",
        "documents.trial_plan",
    ]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"users": True}, ("answers.plan.users", "wrong_type")),
        ({"users": 3.0}, ("answers.plan.users", "wrong_type")),
        ({"users": "3"}, ("answers.plan.users", "wrong_type")),
        ({"share": 10**30}, ("answers.plan.share", "too_big")),
        ({"cost": -1}, ("answers.plan.cost", "too_small")),
        ({"cost": 10**16}, ("answers.plan.cost", "too_big")),
        ({"share": float("nan")}, ("answers.plan.share", "wrong_type")),
        ({"share": float("inf")}, ("answers.plan.share", "wrong_type")),
        ({"share": 1e300}, ("answers.plan.share", "too_big")),
        ({"harm": 1}, ("answers.plan.harm", "wrong_type")),
        ({"kind": "c"}, ("answers.plan.kind", "not_a_choice")),
        ({"kind": ["a"]}, ("answers.plan.kind", "not_a_choice")),
        ({"spaces": "x"}, ("answers.plan.spaces", "wrong_type")),
        ({"spaces": ["x", "z"]}, ("answers.plan.spaces", "not_a_choice")),
        ({"spaces": ["x", "x"]}, ("answers.plan.spaces", "repeated_choice")),
        ({"spaces": [{}]}, ("answers.plan.spaces", "not_a_choice")),
        ({"title": "Ao tôm\nsố"}, ("answers.plan.title", "bad_characters")),
        ({"notes": "a\u0000b"}, ("answers.plan.notes", "bad_characters")),
        ({"notes": "a\u202eb"}, ("answers.plan.notes", "bad_characters")),
        ({"notes": "a\ud800b"}, ("answers.plan.notes", "bad_characters")),
        ({"notes": "x" * 10_001}, ("answers.plan.notes", "too_long")),
        ({"mail": "a@b"}, ("answers.plan.mail", "bad_format")),
        ({"phone": "call me"}, ("answers.plan.phone", "bad_format")),
        ({"tax": "123"}, ("answers.plan.tax", "bad_format")),
        ({"start": "2027-02-29"}, ("answers.plan.start", "wrong_type")),
        ({"start": "01/02/2027"}, ("answers.plan.start", "wrong_type")),
        ({"start": "२०२७-०१-०१"}, ("answers.plan.start", "wrong_type")),
        (
            {"sites": [{"name": "Ao", "position": {"lat": 91, "lon": 105}}]},
            ("answers.plan.sites.0.position.lat", "wrong_type"),
        ),
        ({"sites": [{"name": "Ao", "position": {"lat": 9.1}}]}, ("answers.plan.sites.0.position", "wrong_type")),
        ({"sites": ["Ao"]}, ("answers.plan.sites.0", "wrong_type")),
        ({"sites": [{"name": "Ao"}] * 4}, ("answers.plan.sites", "too_many_rows")),
        ({"users": 90}, ("answers.plan.users", "too_big")),
        ({"cost": 2, "budget": 1}, ("answers.plan.cost", "at_most")),
        ({"start": "2027-01-02", "end": "2027-01-01"}, ("answers.plan.end", "not_before")),
        ({"start": "2027-01-01", "end": "2029-01-01"}, ("answers.plan.end", "within_term")),
        (
            {"start": "2027-01-01", "end": "2027-06-30", "phases": [{"start": "2027-01-01", "end": "2027-07-01"}]},
            ("answers.plan.phases.0.end", "rows_within"),
        ),
    ],
)
def test_wrong_answer_breaks_exactly_one_rule(answers: dict[str, object], expected: tuple[str, str]) -> None:
    assert broken(answers) == [expected]


@pytest.mark.parametrize(
    "answers",
    [
        {"title": "Ao to\u0302m số"},
        {"notes": "Dòng một\r\nDòng hai\tba"},
        {"mail": "ban@khoinghiep.vn", "phone": "+84 290 3831 234", "tax": "2001234567-001"},
        {"start": "2027-01-01", "end": "2028-12-31"},
        {"sites": [{"name": "Ao", "position": {"lat": 9.1768, "lon": 105.1524}}]},
        {"harm": True, "cover": "Bảo hiểm"},
        {"spaces": ["x", "y"], "share": 0.5, "cost": 0},
    ],
)
def test_right_answers_pass(answers: dict[str, object]) -> None:
    assert broken(answers, ATTACHED | ({"insurance"} if "harm" in answers else set())) == []


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("Ao\u00a0tôm\u202fsố\u20071", "Ao tôm số 1"),
        ("dòng một\x0bdòng hai\u2028dòng ba\r\ndòng bốn", "dòng một\ndòng hai\ndòng ba\ndòng bốn"),
        ("\uf0b7 Mục\x1f tiêu\x07", "• Mục tiêu"),
        ("50\x1e60\u201170\u00ad\u200e", "50-60-70"),
        ("“Tôm Sáng” – thử… ‘một’ — «hai»", "“Tôm Sáng” – thử… ‘một’ — «hai»"),
        ("\ufeffTo\u0302m\u200b", "Tôm"),
    ],
)
def test_what_a_word_processor_leaves_is_kept_as_people_would_type_it(pasted: str, kept: str) -> None:
    assert normalise({"plan": {"notes": pasted}}) == {"plan": {"notes": kept}}
    assert broken({"notes": pasted}) == []


def test_a_draft_takes_letters_that_cannot_be_filed_and_only_refuses_what_cannot_be_kept() -> None:
    odd = {"plan": PLAIN | {"title": "Ao\ttôm\nsố\ue000", "notes": "a\u202eb"}}
    assert validate_shape(PROCEDURE, odd) == ()
    filed = [(error.field, error.code) for error in validate(PROCEDURE, odd, ATTACHED)]
    assert filed == [("answers.plan.title", "bad_characters"), ("answers.plan.notes", "bad_characters")]
    for lost in ("a\x00b", "a\ud800b"):
        (refused,) = validate_shape(PROCEDURE, {"plan": PLAIN | {"notes": lost}})
        assert refused.code == "bad_characters"


def test_ceiling_message_gives_the_latest_day() -> None:
    (error,) = validate(PROCEDURE, {"plan": PLAIN | {"start": "2027-01-01", "end": "2030-01-01"}}, ATTACHED)
    assert error.message.en == "At most 2 years, so 31/12/2028."


def test_open_ceiling_bounds_nothing() -> None:
    open_ended = replace(PROCEDURE, parameters={})
    assert validate(open_ended, {"plan": PLAIN | {"start": "2027-01-01", "end": "2030-01-01"}}, ATTACHED) == ()


def test_hidden_field_is_not_required_and_its_old_answer_does_not_count() -> None:
    assert broken({"harm": False, "cover": "from before"}) == []


def test_few_of_many_unknown_keys_are_named() -> None:
    strange = {f"k{number}": None for number in range(75_000)}
    many = {"plan": {"title": "A", "users": "many", "sites": [strange, strange], **strange}, **strange}
    found = [error.code for error in validate_shape(PROCEDURE, many)]
    assert (found.count("unknown_field"), found.count("wrong_type")) == (20, 1)


def test_draft_needs_nothing_but_keeps_types_and_limits() -> None:
    partial = {"plan": {"title": "A", "mail": "half@", "sites": [{}], "users": "many"}, "poem": {}}
    assert [(error.field, error.code) for error in validate_shape(PROCEDURE, partial)] == [
        ("answers.poem", "unknown_field"),
        ("answers.plan.users", "wrong_type"),
    ]
    assert validate_shape(PROCEDURE, {}) == ()


def test_section_that_is_no_object_is_reported() -> None:
    assert [(error.field, error.code) for error in validate_shape(PROCEDURE, {"plan": [1]})] == [
        ("answers.plan", "bad_format")
    ]


def test_route_names_the_authority_and_the_answers_that_drove_it() -> None:
    assert route(PROCEDURE, {"plan": {"users": 60, "kind": "a"}}) == Referral(
        target="elsewhere",
        authority=text("Ministry"),
        reason=text("Too many."),
        basis="art. 1",
        answers={"plan.users": 60, "plan.kind": "a"},
    )
    assert [route(PROCEDURE, {"plan": plan}) for plan in ({"users": 60}, {"users": 50, "kind": "a"}, {})] == [None] * 3


def test_normalise_composes_letters_and_drops_invisible_marks() -> None:
    assert normalise({"plan": {"title": " Ca\u0300 Mau\u200b ", "rows": [{"a": "e\u0301"}], "n": 1}}) == {
        "plan": {"title": "Cà Mau", "rows": [{"a": "é"}], "n": 1}
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(date.isoformat),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
ANSWERS = st.dictionaries(
    st.sampled_from(["plan", "other"]), JSON | st.dictionaries(st.sampled_from([f.key for f in PLAN.fields]), JSON)
)


@given(answers=ANSWERS)
def test_any_json_is_answered_with_errors_and_never_with_a_crash(answers: dict[str, object]) -> None:
    shape = {error.field for error in validate_shape(PROCEDURE, answers)}
    assert shape <= {error.field for error in validate(PROCEDURE, answers, frozenset())} or not shape
    assert normalise(normalise(answers)).keys() == normalise(answers).keys()
    route(PROCEDURE, answers)
