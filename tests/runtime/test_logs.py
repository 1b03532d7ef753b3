"""Logs: what a line looks like, which request it belongs to, and what never gets into one."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog

from sandbox_registry.runtime.logs import HIDDEN, begin_request, configure_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs(level="info", form="json", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_and_request(stream: io.StringIO) -> None:
    request_id, named = begin_request("abc-1.2_3")
    structlog.get_logger("registry").info("dossier received", code="H12-260727-0001", name="Cà Mau")
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "dossier received",
        "level": "info",
        "logger": "registry",
        "request_id": request_id,
        "client_request_id": "abc-1.2_3",
        "code": "H12-260727-0001",
        "name": "Cà Mau",
    }
    assert named == "abc-1.2_3"
    assert len(request_id) == 32


@pytest.mark.parametrize("given", [None, "", "x" * 65, 'a"\n{"event": "forged"}', "a b"])
def test_a_request_id_that_could_forge_a_line_is_replaced(given: str | None) -> None:
    made, named = begin_request(given)
    assert made == named != given
    assert len(made) == 32


def test_lines_of_libraries_take_the_same_way(stream: io.StringIO) -> None:
    begin_request("r1")
    logging.getLogger("sqlalchemy").warning("pool of %s is full", "registry", extra={"size": 5})
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["client_request_id"], line["size"]) == (
        "pool of registry is full",
        "sqlalchemy",
        "r1",
        5,
    )


def test_levels_below_the_chosen_one_are_dropped(stream: io.StringIO) -> None:
    structlog.get_logger("registry").debug("detail")
    logging.getLogger("library").debug("detail")
    assert lines(stream) == []


@pytest.mark.parametrize(
    "key",
    ["password", "new_password", "token", "access_token", "Authorization", "client_secret", "Set-Cookie", "api_key"],
)
def test_what_stands_under_a_telling_key_is_hidden(stream: io.StringIO, key: str) -> None:
    structlog.get_logger("registry").info("x", **{key: "hunter2"}, nested=[{"deep": {key: "hunter2"}}])
    (line,) = lines(stream)
    assert (line[key], line["nested"]) == (HIDDEN, [{"deep": {key: HIDDEN}}])


def test_secrets_inside_text_and_tracebacks_are_hidden(stream: io.StringIO) -> None:
    password = "hunter2"
    error = ConnectionError(f"cannot reach postgresql://app:{password}@db/registry?password={password}")
    structlog.get_logger("registry").error("failed", exc_info=error, headers=f"Authorization: Bearer {password}")
    (line,) = lines(stream)
    assert password not in stream.getvalue()
    assert f"postgresql://app:{HIDDEN}@db/registry?password={HIDDEN}" in line["exception"]
    assert line["headers"] == f"Authorization: Bearer {HIDDEN}"


def test_the_console_form_hides_the_same(stream: io.StringIO) -> None:
    configure_logs(level="info", form="console", stream=stream)
    structlog.get_logger("registry").info("signed in", password="hunter2", person="lan")
    assert "hunter2" not in stream.getvalue()
    assert "signed in" in stream.getvalue()


def test_addresses_we_send_to_are_not_logged(stream: io.StringIO) -> None:
    answering = httpx.MockTransport(lambda _request: httpx.Response(204))
    with httpx.Client(transport=answering) as client:
        assert client.post("https://nhan.example/moc/bi-mat-trong-duong-dan").status_code == 204
    assert lines(stream) == []
