"""Procedures as they are in force: what they set, on what it rests, and what they leave open."""

import re
from typing import Annotated

from litestar import Response, get
from litestar.params import PathParameter

from sandbox_registry.domain.identity.office_names import office_name
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.procedures import (
    BINDING,
    PARAMETERS,
    Audience,
    Confidence,
    Parameter,
    Procedure,
    ProcedureStatus,
    Value,
)
from sandbox_registry.domain.texts import Phrase, Wording, verbatim
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.applicants import applicants_of
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.public.papers import conditions_in_words, file_limits
from sandbox_registry.web.public.titles import item_name, word_name

Code = Annotated[str, PathParameter(max_length=100, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
_PROPOSED = re.compile(r"Đề xuất(?: theo|[,;:])? ?")
"""How a basis begins that says itself that it is a proposal."""


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
        rests_on=rests_on,
        replaced=procedure.replaced_in,
        file_limits=file_limits,
        needed_when=lambda part: conditions_in_words(procedure, part.required_when),
        applicants=applicants_of(procedure),
        audiences=[(each, [rule for rule in procedure.publication if rule.audience is each]) for each in Audience],
        owners=[(rule, office_name(rule.owner)) for rule in procedure.stages if rule.owner is not None],
        is_referral=procedure.status is ProcedureStatus.REFERRAL,
    )


def values_of(procedure: Procedure, parameter: Parameter) -> list[tuple[Wording | None, tuple[Wording, ...]]]:
    """Say the values of a parameter: the one that counts for all levels, or for the others, first; each with its level."""
    levels = {each.key: each.label for each in procedure.levels}
    given = [(None, parameter.value)] if parameter.value is not None else []
    by_level = [(levels.get(key, verbatim(key)), value) for key, value in (parameter.by_level or {}).items()]
    return [(level, _said(procedure, parameter, value)) for level, value in (*given, *by_level)]


def _said(procedure: Procedure, parameter: Parameter, value: Value) -> tuple[Wording, ...]:
    if isinstance(value, bool):
        return (Phrase("web.yes") if value else Phrase("web.no"),)
    if isinstance(value, tuple):
        return tuple(item_name(procedure, parameter, each) for each in value)
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


def rests_on(parameter: Parameter) -> Wording:
    """Say on what a value rests and, where it was not read in the instrument itself, how far it may be trusted."""
    if parameter.confidence in BINDING:
        return verbatim(parameter.basis)
    trust = Phrase(f"web.confidence.{parameter.confidence}")
    basis = _PROPOSED.sub("", parameter.basis) if parameter.confidence is Confidence.I else parameter.basis
    return (
        Phrase("web.procedure.rests_on_less", trust=trust, basis=basis) if basis else Phrase("web.procedure.a_proposal")
    )


def gaps_of(procedure: Procedure) -> list[str]:
    """Name the parameters that the procedure leaves open: null, or not named at all."""
    if not procedure.takes_dossiers:
        return []
    return [name for name in PARAMETERS if (each := procedure.parameters.get(name)) is None or not _is_set(each)]
