"""The client that witnesses and verifiers fetch with: whatever answers, all that it raises is OSError."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox_registry.runtime.file_sources import MAX_FILE, HttpSource
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.runtime.http_client import MAX_ANSWER, get, post


@contextmanager
def answering(content: bytes) -> Iterator[str]:
    """Answer every request with these very bytes and close."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(content)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def http(status: str, body: bytes, *, kind: str = "text/plain") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def fetch(url: str) -> object:
    return get(url, limit=10)


def send(url: str) -> object:
    return post(url, b"body")


@pytest.mark.parametrize("request_with", [fetch, send])
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not HTTP at all\r\n\r\n",
        b"HTTP/9\r\n\r\n",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_answers_that_are_no_http_are_os_errors(request_with: Callable[[str], object], answer: bytes) -> None:
    with answering(answer) as url, pytest.raises(OSError, match=r"."):
        request_with(url)


@pytest.mark.parametrize("request_with", [fetch, send])
@pytest.mark.parametrize(
    "url", ["", "nothing", "ftp://127.0.0.1/x", "http://", "http://127.0.0.1:port/", "http://[::1/"]
)
def test_addresses_that_are_none_are_os_errors(request_with: Callable[[str], object], url: str) -> None:
    with pytest.raises(OSError, match=r"."):
        request_with(url)


def test_files_of_this_machine_are_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    with pytest.raises(OSError, match="not an http or https address"):
        get((tmp_path / "secret").as_uri(), limit=10)
    redirect = f"HTTP/1.1 302 Found\r\nLocation: {(tmp_path / 'secret').as_uri()}\r\nContent-Length: 0\r\n\r\n"
    with answering(redirect.encode()) as url:
        with pytest.raises(OSError, match="not allowed"):
            get(url, limit=10)
        assert post(url, b"body")[0] == 302


def test_one_byte_more_than_the_limit_is_read() -> None:
    with answering(http("200 OK", b"0123456789abcdef")) as url:
        assert get(url, limit=10) == b"0123456789a"


def test_a_refusal_is_returned_with_its_beginning() -> None:
    with answering(http("409 Conflict", b"5\n" * MAX_ANSWER, kind="text/x.tlog.size")) as url:
        status, media_type, body = post(url, b"body")
    assert (status, media_type, len(body)) == (409, "text/x.tlog.size", MAX_ANSWER)


def test_a_file_that_is_too_long_or_not_there_is_missing() -> None:
    with answering(http("200 OK", bytes(MAX_FILE + 1))) as url, pytest.raises(MissingFile, match="too long"):
        HttpSource(url).read("tile/0/000")
    with answering(http("404 Not Found", b"")) as url, pytest.raises(MissingFile, match="Not Found"):
        HttpSource(url).read("tile/0/000")
