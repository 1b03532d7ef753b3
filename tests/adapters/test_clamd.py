"""ClamAV's protocol, spoken with a small server that knows one threat; nothing passes that was not looked at."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from sandbox_registry.adapters.clamd import PIECE_BYTES, Clamd
from sandbox_registry.domain.operations.scanning import ScannerUnavailable, Verdict

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
Answer = Callable[[bytes], bytes]


def honest(content: bytes) -> bytes:
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


async def read_stream(reader: StreamReader) -> bytes:
    """Read what a client sends as clamd does: the command, then pieces behind their lengths, up to an empty one."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    content = b""
    while size := int.from_bytes(await reader.readexactly(4)):
        assert size <= PIECE_BYTES
        content += await reader.readexactly(size)
    return content


@asynccontextmanager
async def clamd(answer: Answer, *, socket: Path | None = None) -> AsyncIterator[Clamd]:
    connections: list[StreamWriter] = []

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError):
            writer.write(answer(await read_stream(reader)))
        writer.close()

    if socket is None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = Clamd(host="127.0.0.1", port=server.sockets[0].getsockname()[1], socket="")
    else:
        server = await asyncio.start_unix_server(serve, socket)
        client = Clamd(host=None, port=0, socket=str(socket))
    async with server:
        yield client
    for each in connections:
        each.close()
        with suppress(OSError):
            await each.wait_closed()


def saved(directory: Path, content: bytes) -> Path:
    path = directory / "upload"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [b"", b"Ao tom", bytes(PIECE_BYTES), bytes(3 * PIECE_BYTES + 7)])
async def test_a_clean_file_is_sent_whole_and_scanned(tmp_path: Path, content: bytes) -> None:
    got: list[bytes] = []

    def answer(sent: bytes) -> bytes:
        got.append(sent)
        return honest(sent)

    async with clamd(answer) as scanner:
        assert await scanner.scan(saved(tmp_path, content)) == Verdict(is_scanned=True)
    assert got == [content]


async def test_the_test_virus_is_found(tmp_path: Path) -> None:
    async with clamd(honest, socket=tmp_path / "clamd.ctl") as scanner:
        verdict = await scanner.scan(saved(tmp_path, bytes(PIECE_BYTES - 20) + EICAR))
    assert verdict == Verdict(is_scanned=True, threat="Eicar-Test-Signature")


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"stream: OK",
        b"stream: OK and more\0",
        b"",
        b"\0",
        b"stream: " + bytes([65]) * 10_000 + b"\0",
    ],
)
async def test_any_other_answer_lets_nothing_pass(tmp_path: Path, answer: bytes) -> None:
    async with clamd(lambda _: answer) as scanner:
        with pytest.raises(ScannerUnavailable):
            await scanner.scan(saved(tmp_path, b"Ao tom"))


async def test_a_scanner_that_is_away_or_silent_lets_nothing_pass(tmp_path: Path) -> None:
    path = saved(tmp_path, b"Ao tom")
    async with clamd(honest) as scanner:
        pass
    with pytest.raises(ScannerUnavailable):
        await scanner.scan(path)
    with pytest.raises(ScannerUnavailable):
        await Clamd(host=None, port=0, socket=str(tmp_path / "none")).scan(path)
    silent = asyncio.Event()

    async def never(_: StreamReader, writer: StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server = await asyncio.start_unix_server(never, tmp_path / "silent.ctl")
    async with server:
        with pytest.raises(ScannerUnavailable):
            await Clamd(host=None, port=0, socket=str(tmp_path / "silent.ctl"), timeout=0.1).scan(path)
        silent.set()
        await asyncio.sleep(0.05)
