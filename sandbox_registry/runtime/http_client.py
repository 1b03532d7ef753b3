"""HTTP requests with the standard library alone, for the programs that run without our dependencies."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

POST_TIMEOUT_S = 8.0
DOWNLOAD_TIMEOUT_S = 20.0
MAX_ANSWER = 100_000


def is_http(url: str) -> bool:
    """Say whether an address is one that these functions request; urllib would open files and more."""
    return url.startswith(("https://", "http://"))


def get(url: str, *, limit: int) -> bytes:
    """Fetch what is at an http or https address: `limit` bytes at most, and one more where there are more.

    Raises:
        OSError: there is no answer, no HTTP, or an error.

    """
    with _raising_os_errors(url), urllib.request.urlopen(url, timeout=DOWNLOAD_TIMEOUT_S) as answer:  # noqa: S310 - Checked.
        content: bytes = answer.read(limit + 1)
    return content


def post(url: str, body: bytes) -> tuple[int, str, bytes]:
    """Post plain text to an http or https address; return status, content type and the beginning of the answer.

    Raises:
        OSError: there is no answer, or no HTTP.

    """
    with _raising_os_errors(url):
        headers = {"Content-Type": "text/plain"}
        request = urllib.request.Request(url, data=body, method="POST", headers=headers)  # noqa: S310 - Checked.
        try:
            with urllib.request.urlopen(request, timeout=POST_TIMEOUT_S) as answer:  # noqa: S310 - Checked.
                return answer.status, answer.headers.get("content-type", ""), answer.read(MAX_ANSWER)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("content-type", ""), error.read(MAX_ANSWER)


@contextmanager
def _raising_os_errors(url: str) -> Iterator[None]:
    """Refuse other schemes, and raise OSError for all that can go wrong: `http.client` has a family of its own."""
    if not is_http(url):
        message = f"{url!r} is not an http or https address"
        raise OSError(message)
    try:
        yield
    except (HTTPException, ValueError) as error:
        message = f"{type(error).__name__}: {error}"
        raise OSError(message) from error
