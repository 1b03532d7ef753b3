"""What each field of a case, a dossier and a permit is called, for people who read what changed."""

from sandbox_registry.domain.rules.form_fields import Field
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage, stage_name
from sandbox_registry.domain.texts import Phrase, Text, Wording, is_known, spell, verbatim

_BETWEEN = " › "
_ANSWER = 3
"""Steps of the path to an answer: `answers`, section, field; rows and columns of a table follow."""


def field_name(path: str, procedure: Procedure) -> Text:
    """Name a dotted path by its steps; answers go by the words of the procedure's form, what is unknown by its key."""
    steps = path.split(".")
    if steps[0] == "answers":
        return _join([*_answer_names(steps, procedure)])
    if steps[0] == "documents" and len(steps) > 1:
        component = procedure.component(steps[1])
        return _join([Phrase("field.documents"), verbatim(steps[1]) if component is None else component.label])
    return _join([_step_name(step) for step in steps])


def value_name(path: str, value: object, procedure: Procedure) -> Wording | None:
    """Say a coded value in words: a stage, a level, a choice of the form; null for what says itself."""
    if path == "stage" and value in APPLICATION_STAGES:
        return stage_name(Stage(str(value)))
    if path == "level":
        return next((level.label for level in procedure.levels if level.key == value), None)
    field = _field_at(path.split("."), procedure)
    return None if field is None else next((each.label for each in field.choices if each.value == value), None)


def _answer_names(steps: list[str], procedure: Procedure) -> list[Wording]:
    section = next((each for each in procedure.sections if each.key in steps[1:2]), None)
    if section is None:
        return [Phrase("field.answers"), *map(verbatim, steps[1:])]
    field = procedure.field(".".join(steps[1:_ANSWER]))
    names: list[Wording] = [section.title, *([verbatim(steps[2])] if field is None and len(steps) >= _ANSWER else [])]
    if field is not None:
        columns = {column.key: column.label for column in field.columns}
        names += [field.label, *(columns.get(step) or _step_name(step) for step in steps[_ANSWER:])]
    return names


def _field_at(steps: list[str], procedure: Procedure) -> Field | None:
    if steps[0] != "answers" or len(steps) < _ANSWER:
        return None
    field = procedure.field(".".join(steps[1:_ANSWER]))
    columns = () if field is None else field.columns
    return next((column for column in columns if column.key == steps[-1]), field)


def _step_name(step: str) -> Wording:
    if step.isdigit():
        return verbatim(f"#{int(step) + 1}")
    return Phrase(f"field.{step}") if is_known(f"field.{step}") else verbatim(step)


def _join(names: list[Wording]) -> Text:
    return spell(lambda language: _BETWEEN.join(name.in_language(language) for name in names))
