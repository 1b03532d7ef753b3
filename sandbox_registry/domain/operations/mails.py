"""What is written to people by e-mail: never a secret, never what stands in a dossier."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.rules.working_days import LOCAL_ZONE
from sandbox_registry.domain.texts import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person. `id` is the same however often it is sent, so that a second copy can be told."""

    id: str
    to: str
    subject: str
    body: str


def expiry_notice(token_id: UUID, *, name: str, expires_at: datetime, to: str) -> Mail:
    """Tell the holder of a token when it ends and what to do, in every language: nobody's is known."""
    until = expires_at.astimezone(LOCAL_ZONE)
    said = _EXPIRY.format(name=name, id=token_id, day=f"{until:%d/%m/%Y}", hour=f"{until:%H:%M}")
    return Mail(
        id=f"token-{token_id}-ends",
        to=to,
        subject=f"{_SUBJECT.vi} / {_SUBJECT.en}",
        body="\n\n".join(said.in_language(language) for language in Language) + "\n",
    )


_SUBJECT = Text(vi="Mã truy cập sắp hết hạn", en="A token ends soon", fr="Un jeton expire bientôt")
_EXPIRY = Text(
    vi="Mã truy cập “{name}” của ông/bà tại hệ thống đăng ký thử nghiệm có kiểm soát hết hạn lúc {hour} ngày {day} "
    "(giờ Việt Nam). Từ lúc đó, chương trình dùng mã này sẽ bị từ chối.\n"
    "Hãy tạo mã mới (POST /api/v1/tokens), đưa vào chương trình, rồi kết thúc mã cũ (DELETE /api/v1/tokens/{id}).\n"
    "Nếu không còn dùng mã này, ông/bà không cần làm gì. Thư này không chứa mã, và không ai của chúng tôi hỏi mã của "
    "ông/bà.",
    en="Your token “{name}” at the registry of controlled testing ends at {hour} on {day} (day/month/year, time of "
    "Vietnam). From then on, a program that uses it is refused.\n"
    "Make a new one (POST /api/v1/tokens), put it into the program, then end the old one (DELETE /api/v1/tokens/{id}).\n"
    "If you no longer use it, there is nothing to do. This letter holds no secret, and none of us asks for yours.",
    fr="Votre jeton « {name} » auprès du registre des essais contrôlés expire le {day} à {hour} (heure du Viêt Nam). "
    "Dès lors, un programme qui l'utilise est refusé.\n"
    "Créez-en un autre (POST /api/v1/tokens), donnez-le au programme, puis terminez l'ancien "
    "(DELETE /api/v1/tokens/{id}).\n"
    "Si vous ne l'utilisez plus, il n'y a rien à faire. Cette lettre ne contient aucun secret, et nul ici ne demande le vôtre.",
)
