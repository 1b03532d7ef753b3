"""Refuses query parameters that a handler does not know: a filter that is ignored would answer with too much."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from sandbox_registry.domain.malformed import REPEATED_PARAMETER, UNKNOWN_PARAMETER
from sandbox_registry.domain.texts import Phrase

MAX_ERRORS = 20
MAX_NAME_LENGTH = 100


async def check_query(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse unknown parameters, and repeated ones that take a single value; a guard. Raises 400 naming each."""
    if connection.scope["query_string"] and (errors := dict(_errors(connection, query_parameters(handler)))):
        named = list(errors.items())[:MAX_ERRORS]
        raise ValidationException(extra=[{"key": name[:MAX_NAME_LENGTH], "message": text} for name, text in named])


def query_parameters(handler: BaseRouteHandler) -> Mapping[str, bool]:
    """Return the query parameters a handler knows, and of each whether it may be repeated."""
    # By its function: Litestar gives a guard a copy of the handler with each request.
    if handler.fn not in _BY_FUNCTION:
        _BY_FUNCTION[handler.fn] = {
            name: field.is_non_string_sequence
            for name, field in handler.parsed_fn_signature.parameters.items()
            if isinstance(field.kwarg_definition, QueryParameter)
        }
    return _BY_FUNCTION[handler.fn]


_BY_FUNCTION: WeakKeyDictionary[Callable[..., Any], Mapping[str, bool]] = WeakKeyDictionary()


def _errors(
    connection: ASGIConnection[Any, Any, Any, Any], accepted: Mapping[str, bool]
) -> Iterator[tuple[str, Phrase]]:
    parameters = connection.query_params
    for name in parameters:
        if name not in accepted:
            yield name, UNKNOWN_PARAMETER
        elif not accepted[name] and len(parameters.getall(name)) > 1:
            yield name, REPEATED_PARAMETER
