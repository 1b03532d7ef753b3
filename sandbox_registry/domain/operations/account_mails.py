"""Mail about an account: secrets that prove whose an address is, and word of what was done to the account.

What is to be sent waits as an `AccountMail`. A secret is made when it is sent, stands in the mail alone, and is kept as a
digest until it is used once, or its hour is over.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.operations.mails import Mail
from sandbox_registry.domain.texts import Language, Phrase

LIFETIME = timedelta(hours=1)
"""How long a secret is good for; mail that could not be sent by then is not sent any more."""
NOTICE_LIFETIME = timedelta(days=1)
"""How long a notice waits for a mail server that does not answer."""
SECRET_SIZE = 32


class AccountMailKind(StrEnum):
    """What a mail about an account is for; see `WITH_SECRET`."""

    CONFIRM_EMAIL = "confirm_email"
    RECOVER_PASSWORD = "recover_password"  # noqa: S105 - the name of a kind of mail.
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a kind of mail.
    EMAIL_CHANGED = "email_changed"
    PASSWORD_WAS_RESET = "password_was_reset"  # noqa: S105 - the name of a kind of mail.
    COMPLAINT_SETTLED = "complaint_settled"
    REGISTER = "register"


SETS_PASSWORD = frozenset({AccountMailKind.RECOVER_PASSWORD, AccountMailKind.RESET_PASSWORD})
WITH_SECRET = SETS_PASSWORD | {AccountMailKind.CONFIRM_EMAIL, AccountMailKind.REGISTER}
PAGES = {
    AccountMailKind.CONFIRM_EMAIL: "/xac-nhan-thu",
    AccountMailKind.RECOVER_PASSWORD: "/dat-lai-mat-khau",
    AccountMailKind.REGISTER: "/dang-ky/hoan-tat",
    AccountMailKind.RESET_PASSWORD: "/dat-lai-mat-khau",
}
"""The page of the portal on which a secret is used, by the mail that carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMail:
    """A mail that waits to be sent, or whose secret waits to be used.

    `email` is where it goes; null: to the address of the account when it is sent. `person_id` is null for a reset, until
    the worker knows whose address it is, and for a registration. `about` is the code of the case it tells of.
    """

    id: UUID
    kind: AccountMailKind
    email: str | None
    person_id: UUID | None
    requested_at: datetime
    expires_at: datetime
    about: str = ""


def to_be_sent(
    mail_id: UUID,
    kind: AccountMailKind,
    *,
    email: str | None,
    person_id: UUID | None,
    at: datetime,
    about: str = "",
) -> AccountMail:
    """Return a mail that is to be sent."""
    return AccountMail(
        id=mail_id,
        kind=kind,
        email=email,
        person_id=person_id,
        requested_at=at,
        expires_at=at + (LIFETIME if kind in WITH_SECRET else NOTICE_LIFETIME),
        about=about,
    )


class MailSeals:
    """Seals mail whose secret opens an account, with a key that never reaches the database.

    So a row that somebody writes into the table, or moves to another person or address, opens nothing.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"account mails", sha256)

    def seal(self, mail: AccountMail, *, digest: bytes | None) -> bytes | None:
        """Return what a row with this mail, and with this digest of its secret, is sealed with; null for mail without any."""
        if mail.kind not in WITH_SECRET:
            return None
        sealed = [
            str(mail.id),
            mail.kind.value,
            mail.email,
            None if mail.person_id is None else str(mail.person_id),
            mail.expires_at.astimezone(UTC).isoformat(),
            None if digest is None else digest.hex(),
        ]
        return hmac.digest(self._key, json.dumps(sealed).encode(), sha256)

    def is_right(self, mail: AccountMail, *, digest: bytes | None, seal: bytes | None) -> bool:
        """Say whether a row is sealed as it stands; what carries no secret has no seal."""
        return hmac.compare_digest(self.seal(mail, digest=digest) or b"", seal or b"")


def secret_digest(secret: str) -> bytes:
    """Return what is kept of a mailed secret: its SHA-256. It is 256 random bits, so nothing slower is needed."""
    return sha256(secret.encode()).digest()


def link_over() -> ConditionNotMet:
    """Return the one refusal of a secret: wrong, used, over, or somebody else's; nobody is told which."""
    return ConditionNotMet("link_over")


def with_secret(
    waiting: AccountMail, *, secret: str, to: str, language: Language | None, portal: str | None = None
) -> Mail:
    """Write the mail that carries a secret: as a link where the address of the portal is known, else alone."""
    used, until = secret if portal is None else f"{portal}{PAGES[waiting.kind]}?ma={secret}", waiting.expires_at
    body = {
        AccountMailKind.CONFIRM_EMAIL: Phrase("mail.confirm_email.body", secret=used, until=until),
        AccountMailKind.RECOVER_PASSWORD: Phrase("mail.recover_password.body", secret=used, until=until),
        AccountMailKind.REGISTER: Phrase("mail.register.body", secret=used, until=until),
        AccountMailKind.RESET_PASSWORD: Phrase("mail.reset_password.body", secret=used, until=until),
    }[waiting.kind]
    return _mail(waiting, body, to=to, language=language)


def already_registered(waiting: AccountMail, *, to: str, language: Language | None) -> Mail:
    """Tell somebody who has an account that somebody, likely they, wanted to open one."""
    return _mail(waiting, Phrase("mail.already_registered.body"), to=to, language=language)


def reset_refused(waiting: AccountMail, *, to: str, language: Language | None) -> Mail:
    """Tell an official whose office holds power that mail alone sets no password of theirs."""
    return _mail(waiting, Phrase("mail.reset_refused.body"), to=to, language=language)


def notice(waiting: AccountMail, *, to: str, language: Language | None) -> Mail:
    """Tell what was done."""
    body = {
        AccountMailKind.COMPLAINT_SETTLED: Phrase("mail.complaint_settled.body", case=waiting.about),
        AccountMailKind.EMAIL_CHANGED: Phrase("mail.email_changed.body", at=waiting.requested_at),
        AccountMailKind.PASSWORD_WAS_RESET: Phrase("mail.password_was_reset.body", at=waiting.requested_at),
    }[waiting.kind]
    return _mail(waiting, body, to=to, language=language)


_SUBJECTS = {
    AccountMailKind.COMPLAINT_SETTLED: Phrase("mail.complaint_settled.subject"),
    AccountMailKind.CONFIRM_EMAIL: Phrase("mail.confirm_email.subject"),
    AccountMailKind.EMAIL_CHANGED: Phrase("mail.email_changed.subject"),
    AccountMailKind.PASSWORD_WAS_RESET: Phrase("mail.password_was_reset.subject"),
    AccountMailKind.RECOVER_PASSWORD: Phrase("mail.reset_password.subject"),
    AccountMailKind.REGISTER: Phrase("mail.register.subject"),
    AccountMailKind.RESET_PASSWORD: Phrase("mail.reset_password.subject"),
}


def _mail(waiting: AccountMail, body: Phrase, *, to: str, language: Language | None) -> Mail:
    languages = tuple(Language) if language is None else (language,)
    return Mail(
        id=f"account-{waiting.id}",
        to=to,
        subject=" / ".join(_SUBJECTS[waiting.kind].in_language(each) for each in languages[:2]),
        body="\n\n".join(body.in_language(each) for each in languages) + "\n",
    )
