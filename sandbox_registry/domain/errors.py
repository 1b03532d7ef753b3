"""What can go wrong, said in words a person understands and a code a program can keep."""

from dataclasses import dataclass
from typing import ClassVar

from sandbox_registry.domain.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One broken rule: `field` is a dotted path into what was sent, `code` stays stable, `message` names the rule."""

    field: str
    code: str
    message: Text


class DomainError(Exception):
    """A refusal of the domain. Each subclass has a stable `code` and a message in three languages."""

    code: ClassVar[str]
    message: ClassVar[Text]

    def __init__(self, **details: object) -> None:
        super().__init__(self.code, details)
        self.details = details

    @property
    def text(self) -> Text:
        """The message with this occurrence's details in it."""
        return self.message.format(**self.details)


class NotFound(DomainError):
    """It does not exist, or the reader may not know that it does."""

    code = "not_found"
    message = Text(
        vi="Không tìm thấy {what}.",
        en="No such {what}.",
        fr="Introuvable : {what}.",
    )

    def __init__(self, *, what: str) -> None:
        super().__init__(what=what)


class PermissionDenied(DomainError):
    """The policy does not let this person do this now; `line` names the policy line that decided, if one did."""

    code = "permission_denied"
    message = Text(
        vi="Ông/bà không có quyền thực hiện việc này ({action}). {reason}",
        en="You may not do this ({action}). {reason}",
        fr="Vous n'êtes pas autorisé à faire cela ({action}). {reason}",
    )

    def __init__(self, *, action: str, line: str | None, reason: str = "") -> None:
        super().__init__(action=action, reason=reason)
        self.line = line


class TransitionNotAllowed(DomainError):
    """The act is not legal at the stage the case is at."""

    code = "transition_not_allowed"
    message = Text(
        vi="Không thể thực hiện «{action}» khi hồ sơ đang ở bước «{stage}».",
        en="«{action}» is not possible while the case is at stage «{stage}».",
        fr="« {action} » est impossible tant que le dossier est à l'étape « {stage} ».",
    )

    def __init__(self, *, action: str, stage: str) -> None:
        super().__init__(action=action, stage=stage)


class StaleVersion(DomainError):
    """Somebody changed the object after it was read."""

    code = "stale_version"
    message = Text(
        vi="Dữ liệu đã được người khác thay đổi (phiên bản hiện tại: {current}). Hãy tải lại rồi thử lại.",
        en="Somebody changed this in the meantime (current version: {current}). Load it again and retry.",
        fr="Quelqu'un l'a modifié entre-temps (version actuelle : {current}). Rechargez puis réessayez.",
    )

    def __init__(self, *, current: int) -> None:
        super().__init__(current=current)


class Duplicate(DomainError):
    """It exists already, or was done already."""

    code = "duplicate"
    message = Text(
        vi="Đã tồn tại hoặc đã được thực hiện: {what}.",
        en="Already there or already done: {what}.",
        fr="Existe déjà ou déjà fait : {what}.",
    )

    def __init__(self, *, what: str) -> None:
        super().__init__(what=what)


class Invalid(DomainError):
    """What was sent breaks rules; every broken rule is listed with its field."""

    code = "invalid"
    message = Text(
        vi="Có {count} lỗi cần sửa.",
        en="{count} problem(s) to correct.",
        fr="{count} erreur(s) à corriger.",
    )

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(count=len(errors))
        self.errors = errors


class ConditionNotMet(DomainError):
    """A fact that the law or the procedure asks for first is missing; `condition` is stable for programs."""

    code = "condition_not_met"
    message = Text(vi="{vi}", en="{en}", fr="{fr}")

    def __init__(self, condition: str, text: Text) -> None:
        super().__init__(vi=text.vi, en=text.en, fr=text.fr)
        self.condition = condition


class RuleGap(DomainError):
    """The procedure leaves a value open (null) that this act cannot do without."""

    code = "rule_gap"
    message = Text(
        vi="Quy trình chưa quy định giá trị «{parameter}»; không thể tự suy đoán.",
        en="The procedure leaves «{parameter}» open; the registry does not guess legal values.",
        fr="La procédure laisse « {parameter} » indéterminé ; le registre ne devine pas une valeur légale.",
    )

    def __init__(self, *, parameter: str) -> None:
        super().__init__(parameter=parameter)
