"""A client that speaks as the person a test names."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.world import World


@dataclass
class Client:
    """Sends requests with the token of a person of the world; nobody when the name is null."""

    http: httpx.AsyncClient
    world: World
    _tokens: dict[str, str] = field(default_factory=dict)

    async def send(
        self,
        method: str,
        path: str,
        *,
        by: str | None,
        seen: int | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **how: Any,
    ) -> httpx.Response:
        sent = dict(headers or {})
        if by is not None:
            if by not in self._tokens:
                self._tokens[by] = await self.world.token(by)
            sent["Authorization"] = f"Bearer {self._tokens[by]}"
        if seen is not None:
            sent["If-Match"] = f'"{seen}"'
        if key is not None:
            sent["Idempotency-Key"] = key
        return await self.http.request(method, path, headers=sent, **how)
