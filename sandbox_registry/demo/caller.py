"""Speaks to the registry over HTTP as one of the people of the demonstration."""

from dataclasses import dataclass, field
from typing import Any

import httpx

# Everybody in the demonstration has this one; the program prints it, and refuses it nowhere else.
PASSWORD = "rung duoc mui ca mau"  # noqa: S105 - printed on purpose.
FIRST_PASSWORD = "con nuoc lon nuoc rong"  # noqa: S105 - what an administrator chooses, until its holder does.

_MINUTES = 200 * 24 * 60  # A session that outlasts the months the demonstration takes.


class Unexpected(Exception):
    """An answer other than the course foresees; carries what was asked and what came back."""

    def __init__(self, answer: httpx.Response) -> None:
        request = answer.request
        super().__init__(f"{request.method} {request.url.path} -> {answer.status_code}: {answer.text[:600]}")
        self.answer = answer


@dataclass(slots=True)
class Caller:
    """Sends requests as the person named by e-mail; logs each person in once."""

    http: httpx.AsyncClient
    _tokens: dict[str, str] = field(default_factory=dict)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        by: str | None,
        version: int | None = None,
        body: Any = None,
        content: bytes | None = None,
        expect: tuple[int, ...] = (200, 201),
    ) -> Any:
        """Send one request and return its JSON; `Unexpected` for any status the course does not foresee."""
        headers = {} if by is None else {"Authorization": f"Bearer {await self._token(by)}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if content is not None:
            headers["Content-Type"] = "application/octet-stream"
        answer = await self.http.request(method, path, headers=headers, json=body, content=content)
        if answer.status_code not in expect:
            raise Unexpected(answer)
        return answer.json()

    async def choose_password(self, email: str, *, first: str) -> None:
        """Have somebody whose account was opened for them choose a password of their own."""
        login = {"email": email, "password": first, "name": "demonstration", "minutes": _MINUTES}
        answer = await self.http.post("/sessions", json=login)
        if answer.status_code != httpx.codes.CREATED:
            raise Unexpected(answer)
        headers = {"Authorization": f"Bearer {answer.json()['secret']}"}
        change = {"current_password": first, "new_password": PASSWORD}
        answer = await self.http.put("/me/password", headers=headers, json=change)
        if answer.status_code != httpx.codes.OK:
            raise Unexpected(answer)

    async def _token(self, email: str) -> str:
        if email not in self._tokens:
            login = {"email": email, "password": PASSWORD, "name": "demonstration", "minutes": _MINUTES}
            answer = await self.http.post("/sessions", json=login)
            if answer.status_code != httpx.codes.CREATED:
                raise Unexpected(answer)
            self._tokens[email] = answer.json()["secret"]
        return self._tokens[email]
