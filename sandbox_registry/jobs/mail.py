"""How a mail leaves the house: to one mail server, over TLS, and never twice in one try."""

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as LINES_OF_SMTP
from email.utils import localtime
from ipaddress import ip_address
from smtplib import SMTP, SMTP_SSL, SMTPRecipientsRefused, SMTPResponseException

from anyio import to_thread

from sandbox_registry.adapters.mail_servers import MailServer
from sandbox_registry.domain.operations.mails import Mail

SECONDS = 20.0


class NotTaken(Exception):
    """The mail server refuses, with this code of SMTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postman:
    """Hands mails to a mail server; what it does not take raises, and the queue tries again.

    The connection is encrypted and the server's certificate checked, but on this machine, where nobody listens in.
    """

    server: MailServer
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS

    async def send(self, mail: Mail) -> None:
        """Send a mail.

        Raises:
            NotTaken: the server refuses the mail; its words may repeat an address, which no log shall.
            OSError: the server does not answer, or has no TLS.

        """
        await to_thread.run_sync(self._send, self._written(mail))

    def _written(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(LINES_OF_SMTP)
        message["From"] = self.server.sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = localtime()
        message["Message-ID"] = f"<{mail.id}@{self.server.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.body, cte="base64")
        return message

    def _send(self, message: EmailMessage) -> None:
        try:
            with self._connected() as smtp:
                if self.server.user is not None:
                    smtp.login(self.server.user, self.server.password)
                smtp.send_message(message)
        except SMTPRecipientsRefused as refused:
            raise NotTaken(next(iter(refused.recipients.values()))[0]) from None
        except SMTPResponseException as refused:
            raise NotTaken(refused.smtp_code) from None

    def _connected(self) -> SMTP:
        host, port = self.server.host, self.server.port
        if self.server.is_tls:
            return SMTP_SSL(host, port, timeout=self.seconds, context=self.tls)
        smtp = SMTP(host, port, timeout=self.seconds)
        try:
            smtp.ehlo()
            if smtp.has_extn("starttls") or not _is_here(host):
                smtp.starttls(context=self.tls)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
