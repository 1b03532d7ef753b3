"""A real mail server on loopback that keeps what it is given, and speaks TLS when it has a certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass(kw_only=True)
class Mailbox:
    """What came, for whom, and how: `was_encrypted` stands beside each mail. `refuses` is answered to every mail."""

    tls: ssl.SSLContext | None = None
    refuses: bytes | None = None
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, str]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak SMTP with one client (RFC 5321)."""
        sender, is_encrypted = "", False
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line.strip().upper()
            if verb.startswith(b"EHLO"):
                writer.write(
                    b"250-here\r\n250-STARTTLS\r\n250 8BITMIME\r\n" if self._offers(is_encrypted) else b"250 here\r\n"
                )
            elif verb == b"STARTTLS" and self.tls is not None:
                writer.write(b"220 go on\r\n")
                await writer.start_tls(self.tls)
                is_encrypted = True
            elif verb.startswith(b"MAIL FROM:"):
                sender = line[10:].split()[0].decode().strip("<>")
                writer.write(b"250 ok\r\n")
            elif verb.startswith(b"RCPT TO:"):
                if self.refuses is None:
                    self.envelopes.append((sender, line[8:].strip().decode().strip("<>")))
                writer.write(self.refuses or b"250 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                self._keep(await reader.readuntil(b"\r\n.\r\n"), is_encrypted=is_encrypted)
                writer.write(b"250 kept\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n" if verb == b"RSET" else b"502 what?\r\n")
            await writer.drain()
        writer.close()

    def _offers(self, is_encrypted: bool) -> bool:  # noqa: FBT001 - one thing only.
        return self.tls is not None and not is_encrypted

    def _keep(self, content: bytes, *, is_encrypted: bool) -> None:
        mail = message_from_bytes(content.removesuffix(b".\r\n"), policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.was_encrypted.append(is_encrypted)


@asynccontextmanager
async def mailbox(tls: ssl.SSLContext | None = None) -> AsyncIterator[Mailbox]:
    """Run a mail server during a block."""
    box = Mailbox(tls=tls)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ssl.SSLError):
            await box.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
