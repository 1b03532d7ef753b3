"""Logs: one line per event, JSON or for a person's eyes, with the request they belong to and without secrets."""

import logging
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
_SECRET_KEY = re.compile(
    r"passw|secret|token|authoriz|cookie|credential|api_?key|private_?key|pseudonym_key|otp", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"(?P<url>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)"
    r"|(?P<scheme>\b(?:Bearer|Basic)\s+)[^\s,;'\"]+"
    r"|(?P<pair>\b(?:password|passwd|secret|token)=)[^\s&'\"]+",
    re.IGNORECASE,
)
_REQUEST_ID_SIZE = 16
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def configure_logs(*, level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every log line of the process, ours and the libraries', to `stream` (standard error).

    `level` is debug, info, warning or error; `form` is json or console.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks become plain text before secrets are looked for: structlog's richer forms show local variables.
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()], processors=last)
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # It repeats two lines of its own at every look into the database; what it changed is said by the command line.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Several lines for each job; jobs/tasks.py writes the one that is wanted.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    # A line for each request we make, with the whole address: names of files, paths by which a receiver knows us.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
    )


def begin_request(client_id: str | None = None) -> tuple[str, str]:
    """Bind a fresh request id to every later line of this task; return it, and the name to answer the caller with.

    The id is ours alone, since it stands in the records of acts. What the caller calls the request goes into our logs
    beside it, and back to the caller, when it is short and plain; anything else could forge log lines.
    """
    request_id = os.urandom(_REQUEST_ID_SIZE).hex()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    if not client_id or not _REQUEST_ID.fullmatch(client_id):
        return request_id, request_id
    structlog.contextvars.bind_contextvars(client_request_id=client_id)
    return request_id, client_id


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what stands under a telling key, and passwords and tokens inside any text."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(lambda match: f"{match['url'] or match['scheme'] or match['pair']}{HIDDEN}", value)
    if isinstance(value, Mapping):
        return {str(name): _redacted(str(name), item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _redacted("", str(value))
