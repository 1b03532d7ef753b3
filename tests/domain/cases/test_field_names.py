"""Names of fields: every field that can differ has one, in every language of the registry."""

from collections.abc import Iterator
from typing import get_args, get_type_hints

import msgspec
import pytest

from sandbox_registry.api.cases.application_schemas import ApplicationOut
from sandbox_registry.api.handling.schemas import Out
from sandbox_registry.api.permits.permit_schemas import PermitStateOut
from sandbox_registry.domain.cases.field_names import field_name, value_name
from sandbox_registry.locales.catalogues import catalogue
from tests.support.dossiers import DRAFT

NAMED = {key.removeprefix("field.") for key in catalogue("vi").forms if key.startswith("field.")}


def fields_of(kind: object) -> Iterator[str]:
    """Every field of a body and of what stands in it."""
    if isinstance(kind, type) and issubclass(kind, Out):
        for name, below in get_type_hints(kind).items():
            yield name
            yield from fields_of(below)
    for part in get_args(kind):
        yield from fields_of(part)


@pytest.mark.parametrize("kind", [ApplicationOut, PermitStateOut])
def test_every_field_that_can_differ_has_a_name(kind: type[msgspec.Struct]) -> None:
    assert sorted(set(fields_of(kind)) - NAMED) == []


def test_no_name_is_left_over() -> None:
    used = set(fields_of(ApplicationOut)) | set(fields_of(PermitStateOut)) | {"documents"}
    assert sorted(NAMED - used) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("stage", "Bước"),
        ("terms.sites.0.address", "Nội dung cho phép › Địa điểm › #1 › Địa chỉ"),
        ("closing.reasons.1.text", "Kết thúc trước quyết định › Lý do › #2 › Nội dung"),
        ("documents.nothing.abc", "Tài liệu › nothing"),
        ("answers.nothing.else", "Nội dung kê khai › nothing › else"),
        ("answers", "Nội dung kê khai"),
        ("later_field", "later_field"),
    ],
)
def test_paths_are_named_by_their_steps(path: str, name: str) -> None:
    assert field_name(path, DRAFT).vi == name


def test_answers_and_documents_go_by_the_words_of_the_procedure() -> None:
    plan = next(section for section in DRAFT.sections if section.key == "plan")
    part = DRAFT.parts[0]
    assert field_name("answers.plan.objective", DRAFT).fr == f"{plan.title.fr} › Objectif"
    assert field_name("answers.plan.gone", DRAFT).vi == f"{plan.title.vi} › gone"
    assert field_name(f"documents.{part.key}.abc", DRAFT).en == f"Documents › {part.label.en}"


def test_coded_values_are_said_in_words_and_others_say_themselves() -> None:
    said = value_name("answers.plan.space_kinds.0", "cyber", DRAFT)
    assert said is not None
    assert said.vi == "Không gian mạng"
    for path, value in (
        ("title", "x"),
        ("stage", "nowhere"),
        ("level", "nowhere"),
        ("answers.plan.objective", "x"),
        ("answers.plan.kpis.0.name", "x"),
        ("answers.plan.space_kinds.0", None),
        ("answers", {}),
    ):
        assert value_name(path, value, DRAFT) is None
    level = DRAFT.levels[0]
    assert value_name("level", level.key, DRAFT) == level.label
