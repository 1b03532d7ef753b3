"""Our program and its peers, all running over one register."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.effort import of
from bench.figures import ORM, OURS, RAW, Figure
from bench.load import Outcome
from bench.scratch import TOKENS, Register
from bench.servers import (
    Server,
    free_port,
    granian_command,
    load,
    our_command,
    ours,
    request,
    running,
    uvicorn_command,
)

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contenders:
    """The programs that answer the same requests; ours has its routes under a prefix."""

    register: Register
    servers: dict[str, Server]

    def ask(self, name: str, method: str, path: str, *, by: str, turn: int = 0, **how: object) -> bytes:
        """Write a request to one of them, with one of the tokens of the officials."""
        prefix = PREFIX if name == OURS else ""
        tokens = self.register.tokens[by]
        return request(method, prefix + path, token=tokens[turn % len(tokens)], **how)  # type: ignore[arg-type]  # As given.

    def once(self, name: str, requests: list[bytes], *, clients: int = 1) -> Outcome:
        """Send each request once."""
        return load(self.servers[name], requests, clients=clients)

    def turns(self, path: str, *, by: str, clients: int, seconds: float) -> dict[str, Callable[[], Figure]]:
        """Return a turn for each of them at asking one thing again and again."""

        def contender(name: str) -> Callable[[], Figure]:
            asked = [self.ask(name, "GET", path, by=by, turn=turn) for turn in range(TOKENS)]
            return lambda: of(name, load(self.servers[name], asked, clients=clients, seconds=seconds))

        return {name: contender(name) for name in self.servers}


@contextmanager
def contenders(register: Register, data_dir: Path, *, peers: tuple[str, ...] = (RAW, ORM)) -> Iterator[Contenders]:
    """Run our program and these peers over a register."""
    peer = {"DATABASE_URL": register.app_url}
    ports = {name: free_port() for name in (OURS, *peers)}
    commands = {
        OURS: our_command(ports[OURS]),
        RAW: granian_command("bench.peers.raw_psycopg:app", ports.get(RAW, 0)),
        ORM: uvicorn_command("bench.peers.orm.app:app", ports.get(ORM, 0)),
    }
    with ExitStack() as stack:
        servers = {}
        for name, port in ports.items():
            environment = ours(register, data_dir) if name == OURS else peer
            path = "/health/ready" if name == OURS else "/nothing"
            servers[name] = stack.enter_context(running(name, commands[name], environment, port=port, path=path))
        yield Contenders(register=register, servers=servers)
