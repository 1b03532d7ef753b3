"""Schemathesis against the application in this process: a bridge to its loop, and a run as one person."""

import asyncio
import base64
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.engine import events, from_schema

from sandbox_registry.api.contract.openapi import describe
from sandbox_registry.app import CONTROLLERS

App = Callable[[Any, Any, Any], Awaitable[None]]
Message = dict[str, Any]
DESTROYS_ITSELF = ("tokens_log_out", "tokens_revoke", "people_change_password")
"""What would end the token the run is made with; other tests do these."""
ALL_PHASES = ("examples", "coverage", "fuzzing", "stateful")
ID_CURSOR = base64.urlsafe_b64encode(b"01934f6e-8f5a-7c3e-9b1a-2f4d6c8e0a12").decode().rstrip("=")
# Of all moments one in eighty lies in the years we take: drawn from those, for the generator gives up on rare ones.
_MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
schemathesis.openapi.format("date-time", _MOMENTS.map(datetime.isoformat))
schemathesis.openapi.format("date", _MOMENTS.map(lambda moment: moment.date().isoformat()))
REFUSALS = ["2xx", "304", "401", "403", "404", "409", "412", "422", "429", "503"]
"""A well-formed request may still be refused by policy, by a version seen, by the law, or while quotas cannot be asked."""
_WHOLE_FLOAT = re.compile(rb"\d\.0+\s*[,}\]]")
"""An integer to JSON Schema; we ask for one that is written as one."""


@dataclass
class Found:
    """What a run found: how often each status came, and each failure once."""

    statuses: Counter[int] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)
    failures: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = [f"{label}: {check}: {said}\n{request}" for (label, check, said), request in self.failures.items()]
        return "\n\n".join(told)


class Bridge:
    """An ASGI application that hands each request to another one, in the loop its connections belong to."""

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        self.app = app
        self.loop = loop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        scope = {key: value for key, value in scope.items() if key not in {"app", "state", "extensions"}}
        answered = asyncio.run_coroutine_threadsafe(self._answer(scope, body), self.loop)
        for message in await asyncio.wrap_future(answered):
            await send(message)

    async def _answer(self, scope: Any, body: bytes) -> list[Message]:
        sent: list[Message] = []
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if given:
                return given.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent


def run(
    app: App,
    *,
    token: str | None,
    ids: Mapping[str, list[str]],
    settings: Mapping[str, Any],
    share: tuple[int, int] | None = None,
) -> Found:
    """Run as the holder of the token; `ids` are objects that exist, by the name of their parameter.

    `share` (2, 10) takes the operations 2, 12, 22 and so on; null takes all.
    """
    config = schemathesis.Config.from_dict(_config(token=token, ids=ids, settings=settings))
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
    found = Found()
    chosen = schema if token is None else schema.exclude(operation_id=list(DESTROYS_ITSELF))
    if share is not None:
        document = schema.raw_schema["paths"].values()
        names = sorted(each["operationId"] for item in document for each in item.values())
        chosen = chosen.include(operation_id=names[share[0] :: share[1]])
    for event in from_schema(chosen).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(event.recorder, found)
        elif isinstance(event, events.NonFatalError):
            found.failures["engine", "error", str(event.info)[:300]] = ""
    return found


def _note(recorder: Any, found: Found) -> None:
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
            found.answered.add(f"{recorder.label} {interaction.response.status_code}")
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None and not _is_whole_float(check.name, recorder.interactions[case_id]):
                said = str(check.failure_info.failure).split("\n\n")[0][:300]
                answer = recorder.interactions[case_id].response
                shown = f"{check.failure_info.code_sample}\n{answer.content[:500] if answer else ''!r}"
                found.failures.setdefault((str(recorder.label), check.name, said), shown)


def _is_whole_float(check: str, interaction: Any) -> bool:
    return check == "positive_data_acceptance" and bool(_WHOLE_FLOAT.search(interaction.request.body or b""))


@cache
def _lists() -> list[str]:
    """Name the operations that go on after a cursor."""
    operations = [each for item in describe(CONTROLLERS)["paths"].values() for each in item.values()]
    return [each["operationId"] for each in operations if any(one.get("name") == "after" for one in each["parameters"])]


def _config(*, token: str | None, ids: Mapping[str, list[str]], settings: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: {"values": values} for name, values in ids.items()}
    return {
        "continue-on-failure": True,
        "workers": 1,
        "headers": {} if token is None else {"Authorization": f"Bearer {token}"},
        "dictionaries": known,
        "parameters": {f"path.{name}": {"dictionary": name, "probability": 0.7} for name in known}
        | {"query.after": ID_CURSOR},
        "checks": {
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]},
            "positive_data_acceptance": {"expected-statuses": REFUSALS},
            "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", "406", "409", "422", "428"]},
            "negative_data_rejection": {
                "expected-statuses": [
                    "400",
                    "401",
                    "403",
                    "404",
                    "405",
                    "409",
                    "412",
                    "413",
                    "415",
                    "422",
                    "428",
                    "429",
                    "503",
                ]
            },
        },
        # A cursor belongs to one order of one list, which no schema can say.
        "operations": [
            {
                "include-operation-id": _lists(),
                "checks": {"positive_data_acceptance": {"expected-statuses": [*REFUSALS, "400"]}},
            }
        ],
        **settings,
    }
