"""The mail server that takes our mail, as the environment names it."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server and the address that our mail comes from. `is_tls`: encrypted from the first byte, else by STARTTLS."""

    host: str
    port: int
    is_tls: bool
    sender: str
    user: str | None = None
    password: str = field(default="", repr=False)


def read_mail_server(value: str) -> MailServer:
    """Read a mail server from an address such as `smtps://user:password@host:465`; ValueError when it is none.

    The sender is for the caller to add.
    """
    # The value may hold a password, so no message repeats it.
    form = "the form is smtps://user:password@host:465, or smtp:// for STARTTLS"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(f"not a readable address; {form}.") from None
    if (
        parts.scheme not in {"smtp", "smtps"}
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise ValueError(f"not an address of a mail server; {form}.")
    is_tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if is_tls else 587),
        is_tls=is_tls,
        sender="",
        user=None if parts.username is None else unquote(parts.username),
        password=unquote(parts.password or ""),
    )
