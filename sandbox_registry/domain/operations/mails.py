"""What is written to people by e-mail: never a secret, never what stands in a dossier."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.texts import Language, Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person. `id` is the same however often it is sent, so that a second copy can be told."""

    id: str
    to: str
    subject: str
    body: str


def expiry_notice(token_id: UUID, *, name: str, expires_at: datetime, to: str) -> Mail:
    """Tell the holder of a token when it ends and what to do, in every language: nobody's is known."""
    body = Phrase("mail.token_expiry.body", name=name, id=str(token_id), until=expires_at)
    subject = Phrase("mail.token_expiry.subject")
    return Mail(
        id=f"token-{token_id}-ends",
        to=to,
        subject=" / ".join(subject.in_language(language) for language in (Language.VI, Language.EN)),
        body="\n\n".join(body.in_language(language) for language in Language) + "\n",
    )
