"""A browser without scripts: it keeps cookies, and sends forms with the proof that stood on the page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx

from sandbox_registry.db.identity import credentials
from tests.support.passwords import CHEAP
from tests.support.world import World

ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
PASSWORD = "tôm sú lội ngược dòng"
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Visitor:
    """Somebody with a browser; `token` is the proof of the form on the page they have open."""

    http: httpx.AsyncClient
    token: str = ""
    hidden: dict[str, str] = field(default_factory=dict)

    async def open(self, path: str, **how: Any) -> httpx.Response:
        """Open a page."""
        return self._looked_at(await self.http.get(path, **how))

    async def send(self, path: str, *, token: str | None = None, **fields: str) -> httpx.Response:
        """Send a form with the proof of the page that is open, or with another."""
        proof = self.token if token is None else token
        return self._looked_at(await self.http.post(path, data={"form_token": proof, **fields}))

    async def log_in(self, name: str, *, password: str = PASSWORD, next_path: str = "/tai-khoan") -> httpx.Response:
        """Log in as somebody of the world."""
        await self.open(f"/dang-nhap?tiep={next_path}")
        return await self.send("/dang-nhap", email=f"{name}@camau.example", password=password, tiep=next_path)

    def _looked_at(self, answer: httpx.Response) -> httpx.Response:
        if found := _TOKEN.search(answer.text):
            self.token = found[1]
        self.hidden = {name: unescape(value) for name, value in _HIDDEN.findall(answer.text)}
        return answer


@asynccontextmanager
async def visitor(app: Any) -> AsyncIterator[Visitor]:
    """Give a browser that has never been here."""
    headers = {"Accept": "text/html", "User-Agent": ANDROID}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://test", headers=headers) as http:
        yield Visitor(http=http)


async def give_password(world: World, *names: str) -> None:
    """Let people of the world log in with `PASSWORD`, hashed cheaply."""
    for use_case in (world.use_cases.sessions, world.use_cases.people, world.use_cases.own_accounts):
        use_case.passwords = CHEAP
    async with world.database.transaction() as work:
        for name in names:
            await work.run(credentials.keep_hash, world.people[name], await CHEAP.hashed(PASSWORD), at=world.clock.at)
