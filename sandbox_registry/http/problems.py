"""Errors over the wire: problem+json (RFC 9457) with a stable code, every field error, in the reader's language."""

import re
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from sandbox_registry.domain.errors import DeclarationOwed, DomainError, FieldError
from sandbox_registry.domain.malformed import field_error
from sandbox_registry.domain.texts import Language, Phrase, Wording
from sandbox_registry.http.application import REQUEST_ID
from sandbox_registry.http.status import status_of

PROBLEM = "application/problem+json; charset=utf-8"
logger = structlog.get_logger(__name__)
_DECLARING = "/api/v1/applications/{}/declarations"
_CHOICE = re.compile(r"\s*([a-z]{1,8})(?:-[a-z0-9-]*)?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule: a dotted path, a stable code, and the rule in words."""

    field: str
    code: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error as RFC 9457 wants it. `code` is stable; `detail` is written in the language asked for.

    `remedy`, where there is one, is the request by which this person makes the refused one possible.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: tuple[FieldProblem, ...] = ()
    remedy: str | None = None


CHOSEN_LANGUAGE = "language"
"""Where the state of a request keeps the language that was chosen otherwise than by Accept-Language."""


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Choose the language of an answer: a chosen one, else from Accept-Language the known one with the most weight.

    Where neither names one, Vietnamese.
    """
    chosen: Language | None = request.scope["state"].get(CHOSEN_LANGUAGE)
    if chosen is not None:
        return chosen
    best, weight = Language.VI, 0.0
    for choice in request.headers.get("accept-language", "")[:200].split(","):
        match = _CHOICE.fullmatch(choice.lower())
        if match and (quality := float(match[2] or 1)) > weight and match[1] in set(Language):
            best, weight = Language(match[1]), quality
    return best


def problem(
    request: Request[Any, Any, Any],
    *,
    status: int,
    code: str,
    text: Wording,
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
    remedy: str | None = None,
) -> Response[bytes]:
    """Answer with a problem in the reader's language."""
    language = language_of(request)
    body = Problem(
        type=f"urn:sandbox-registry:problem:{code}",
        title=code.replace("_", " "),
        status=status,
        code=code,
        detail=text.in_language(language),
        request_id=request.scope["state"].get(REQUEST_ID, ""),
        errors=tuple(
            FieldProblem(field=each.field, code=each.code, message=each.message.in_language(language))
            for each in errors
        ),
        remedy=remedy,
    )
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type=PROBLEM,
        headers={"Content-Language": language, "Cache-Control": "no-store", **(headers or {})},
    )


def on_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    """Answer a refusal of the domain."""
    errors = getattr(error, "errors", ())
    code = getattr(error, "condition", None) or error.code
    remedy = f"POST {_DECLARING.format(error.case_id)}" if isinstance(error, DeclarationOwed) else None
    return problem(request, status=status_of(error), code=code, text=error.text, errors=errors, remedy=remedy)


def on_validation_error(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    """Answer a body or parameter that does not fit its schema."""
    extra = error.extra if isinstance(error.extra, list) else []
    errors = tuple(
        field_error(str(each.get("key", "")), each.get("message", "")) for each in extra if isinstance(each, dict)
    )
    return problem(request, status=400, code="malformed", text=Phrase("http.malformed"), errors=errors)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer an error of the HTTP layer: unknown route, method, size, type of content."""
    code = _HTTP.get(error.status_code, "http_error")
    return problem(
        request, status=error.status_code, code=code, text=Phrase(f"http.{code}"), headers=dict(error.headers or {})
    )


def on_endless_nesting(request: Request[Any, Any, Any], _error: RecursionError) -> Response[bytes]:
    """Answer a body nested deeper than anything we ask for."""
    return problem(request, status=400, code="malformed", text=Phrase("http.malformed"))


def on_surprise(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what nobody foresaw: the cause goes to the log under the request id, never to the reader."""
    logger.error("unhandled", exc_info=error, path=request.url.path)
    return problem(request, status=500, code="internal_error", text=Phrase("http.internal_error"))


HANDLERS: dict[Any, Any] = {
    DomainError: on_domain_error,
    ValidationException: on_validation_error,
    HTTPException: on_http_error,
    RecursionError: on_endless_nesting,
    Exception: on_surprise,
}


_HTTP = {
    400: "malformed",
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    415: "unsupported_media_type",
    428: "precondition_required",
}
