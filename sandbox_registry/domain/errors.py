"""What can go wrong: a code a program can rely on, and typed parameters of the sentence a person reads.

The sentence of an error is kept in the catalogues under `error.<code>`, that of an unmet condition under
`condition.<code>`.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from sandbox_registry.domain.texts import Parameter, Phrase, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One broken rule: `field` is a dotted path into what was sent, `code` stays stable, `message` names the rule."""

    field: str
    code: str
    message: Wording


class DomainError(Exception):
    """A refusal of the domain. Each subclass has a stable `code`; `params` fill the sentence of that code."""

    code: ClassVar[str]

    def __init__(self, **params: Parameter) -> None:
        super().__init__(self.code, params)
        self.params = params

    @property
    def text(self) -> Wording:
        """The sentence with this occurrence's parameters in it."""
        return Phrase(f"error.{self.code}", **self.params)


class NotFound(DomainError):
    """It does not exist, or the reader may not know that it does."""

    code = "not_found"

    def __init__(self, *, what: str, name: str | None = None) -> None:
        kind = Phrase(f"kind.{what}")
        super().__init__(what=kind if name is None else Phrase("kind.with_name", kind=kind, name=name))
        self.what = what


class PermissionDenied(DomainError):
    """The policy does not allow this person to do this now; `line` names the policy line that decided, if any."""

    code = "permission_denied"

    def __init__(self, *, action: str, line: str | None) -> None:
        super().__init__(act=Phrase(f"act.{action}"))
        self.action = action
        self.line = line

    @property
    def text(self) -> Wording:
        """The sentence with the act in it; limits of the token say so, for another token may do it."""
        return Phrase(f"error.{_LIMITS_OF_TOKENS.get(self.line or '', self.code)}", **self.params)


class DeclarationOwed(PermissionDenied):
    """A declaration of interest comes first; `remedy` names the request that makes it.

    `case_id` is the case in which this person may make it, and may then do what was refused.
    """

    code = "declaration_owed"

    def __init__(self, *, action: str, line: str | None, case_id: UUID) -> None:
        super().__init__(action=action, line=line)
        self.case_id = case_id


_LIMITS_OF_TOKENS = {
    "token scope": "permission_denied.token_scope",
    "token procedures": "permission_denied.token_procedures",
}
"""The sentences of what refuses in the place of a policy line."""


class TransitionNotAllowed(DomainError):
    """The act is not possible at the current stage of the case."""

    code = "transition_not_allowed"

    def __init__(self, *, action: str, stage: str) -> None:
        super().__init__(act=Phrase(f"act.{action}"), stage=Phrase(f"stage.{stage}"))
        self.action = action
        self.stage = stage


class StaleVersion(DomainError):
    """The object was changed after it was read."""

    code = "stale_version"

    def __init__(self, *, current: int) -> None:
        super().__init__(current=current)


class Duplicate(DomainError):
    """It already exists, or was already done."""

    code = "duplicate"

    def __init__(self, *, what: str) -> None:
        super().__init__(what=Phrase(f"kind.{what}"))
        self.what = what


class Invalid(DomainError):
    """The request breaks rules; all of them are listed, each with its field."""

    code = "invalid"

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(count=len(errors))
        self.errors = errors


class ConditionNotMet(DomainError):
    """A fact that the law or the procedure asks for first is missing; `condition` is stable for programs.

    One condition may have several sentences: what follows a dot in its name picks one, and is no part of the code.
    """

    code = "condition_not_met"

    def __init__(self, condition: str, /, **params: Parameter) -> None:
        super().__init__(**params)
        self.condition = condition.partition(".")[0]
        self._sentence = condition

    @property
    def text(self) -> Wording:
        """The sentence of the condition with this occurrence's parameters in it."""
        return Phrase(f"condition.{self._sentence}", **self.params)


class RuleGap(DomainError):
    """The procedure leaves open (null) a value that this act needs."""

    code = "rule_gap"

    def __init__(self, *, parameter: str) -> None:
        super().__init__(parameter=Phrase(f"parameter.{parameter}"))
        self.parameter = parameter
