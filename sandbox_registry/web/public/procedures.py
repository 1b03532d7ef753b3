"""Procedures as they are in force: what they set, on what it rests, and what they leave open."""

from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter

from sandbox_registry.domain.identity.office_names import office_name
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.procedures import PARAMETERS, Audience, Parameter, Procedure, ProcedureStatus, Value
from sandbox_registry.domain.texts import Phrase, Wording, is_known, verbatim
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases

Code = Annotated[str, PathParameter(max_length=100, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]


@get("/thu-tuc", opt=declare(is_public=True), include_in_schema=False)
async def procedures_page(request: Incoming) -> Response[bytes]:
    """List the procedures of this province, then those of other authorities."""
    every = await use_cases(request).rule_versions.in_force()
    return page(
        request,
        "public/procedures.html",
        ours=[each for each in every if each.takes_dossiers],
        others=[each for each in every if not each.takes_dossiers],
    )


@get("/thu-tuc/{code:str}", opt=declare(is_public=True), include_in_schema=False)
async def procedure_page(request: Incoming, code: Code) -> Response[bytes]:
    """Show one procedure with its gaps."""
    procedure = await use_cases(request).rule_versions.current(code)
    return page(
        request,
        "public/procedure.html",
        procedure=procedure,
        set_ones=[each for name in PARAMETERS if (each := procedure.parameters.get(name)) and _is_set(each)],
        gaps=gaps_of(procedure),
        term=procedure.term,
        values_of=lambda parameter: values_of(procedure, parameter),
        audiences=[(each, [rule for rule in procedure.publication if rule.audience is each]) for each in Audience],
        owners=[(rule, office_name(rule.owner)) for rule in procedure.stages if rule.owner is not None],
        is_referral=procedure.status is ProcedureStatus.REFERRAL,
    )


def values_of(procedure: Procedure, parameter: Parameter) -> list[tuple[Wording | None, tuple[Wording, ...]]]:
    """Say the values of a parameter: the one that counts for all levels, or for the others, first; each with its level."""
    levels = {each.key: each.label for each in procedure.levels}
    given = [(None, parameter.value)] if parameter.value is not None else []
    by_level = [(levels.get(key, verbatim(key)), value) for key, value in (parameter.by_level or {}).items()]
    return [(level, _said(value, parameter)) for level, value in (*given, *by_level)]


def _said(value: Value, parameter: Parameter) -> tuple[Wording, ...]:
    if isinstance(value, bool):
        return (Phrase("web.yes") if value else Phrase("web.no"),)
    if isinstance(value, tuple):
        return tuple(verbatim(each) if parameter.name == "signer_titles" else word_name(each) for each in value)
    if isinstance(value, int):
        return (
            Term(value, Unit(parameter.unit)).wording
            if parameter.unit in set(Unit)
            else _amount(value, parameter.unit),
        )
    return (word_name(value),)


def _amount(value: int, unit: str) -> Wording:
    sign = {"percent": " %", "VND": " ₫"}.get(unit, "")
    return Phrase("web.procedure.amount", number=value, unit=sign)


def _is_set(parameter: Parameter) -> bool:
    return parameter.value is not None or bool(parameter.by_level)


def word_name(word: str) -> Wording:
    """Name a word of a procedure; one that this program does not know stands as the file has it."""
    return Phrase(f"web.word.{word}") if is_known(f"web.word.{word}") else verbatim(word)


def gaps_of(procedure: Procedure) -> list[str]:
    """Name the parameters that the procedure leaves open: null, or not named at all."""
    if not procedure.takes_dossiers:
        return []
    return [name for name in PARAMETERS if (each := procedure.parameters.get(name)) is None or not _is_set(each)]
