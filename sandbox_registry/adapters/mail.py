"""Sends mail: to one mail server, over TLS, and never twice in one attempt."""

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as LINES_OF_SMTP
from email.utils import localtime
from ipaddress import ip_address
from smtplib import SMTP, SMTP_SSL, SMTPRecipientsRefused, SMTPResponseException

from anyio import to_thread

from sandbox_registry.domain.operations.mails import Mail
from sandbox_registry.runtime.mail_servers import MailServer

TIMEOUT_S = 20.0


class MailRefused(Exception):
    """The mail server refuses the mail; the message is its SMTP code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpClient:
    """Passes mail to a mail server; whatever goes wrong raises, and the queue tries again.

    The connection is encrypted and the server's certificate checked, except on this machine, where nobody can listen.
    """

    server: MailServer
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    timeout_s: float = TIMEOUT_S

    async def send(self, mail: Mail) -> None:
        """Send a mail.

        Raises:
            MailRefused: the server refuses the mail. Its own words are dropped: they may repeat an address, which must not be logged.
            OSError: the server does not answer, or has no TLS.

        """
        await to_thread.run_sync(self._send, self._message(mail))

    def _message(self, mail: Mail) -> EmailMessage:
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
            with self._connect() as smtp:
                if self.server.user is not None:
                    smtp.login(self.server.user, self.server.password)
                smtp.send_message(message)
        except SMTPRecipientsRefused as refused:
            raise MailRefused(next(iter(refused.recipients.values()))[0]) from None
        except SMTPResponseException as refused:
            raise MailRefused(refused.smtp_code) from None

    def _connect(self) -> SMTP:
        host, port = self.server.host, self.server.port
        if self.server.is_tls:
            return SMTP_SSL(host, port, timeout=self.timeout_s, context=self.tls)
        smtp = SMTP(host, port, timeout=self.timeout_s)
        try:
            smtp.ehlo()
            if smtp.has_extn("starttls") or not _is_this_machine(host):
                smtp.starttls(context=self.tls)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
