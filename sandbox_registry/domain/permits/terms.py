"""What the terms of a permit must satisfy: window, ceiling, kind, space, phases, numbers; every broken rule at once."""

from collections.abc import Iterator
from datetime import datetime

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.permits.permits import Effect, PermitKind, PermitTerms
from sandbox_registry.domain.rules.calendars import local_date, start_of
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Text

Problem = tuple[str, str, Text]


def term_errors(
    terms: PermitTerms, *, procedure: Procedure, decided_at: datetime, ceiling: datetime | None, at_path: str = "terms"
) -> tuple[FieldError, ...]:
    """List every rule these terms break; empty when a permit may have them.

    `ceiling` is the last possible end, null when nothing sets one (see `permits.latest_end`).
    """
    return tuple(
        FieldError(field=f"{at_path}.{field}", code=code, message=message)
        for broken in (
            _window(terms, decided_at=decided_at, ceiling=ceiling),
            _kind(terms, procedure),
            _space(terms),
            _phases(terms),
            _numbers(terms),
        )
        for field, code, message in broken
    )


def _window(terms: PermitTerms, *, decided_at: datetime, ceiling: datetime | None) -> Iterator[Problem]:
    if terms.start < start_of(local_date(decided_at)):
        yield "start", "start_in_past", _START_IN_PAST
    if terms.end <= terms.start:
        yield "end", "end_before_start", _END_BEFORE_START
    elif terms.end <= decided_at:
        yield "end", "end_in_past", _END_IN_PAST
    if ceiling is not None and terms.end > ceiling:
        yield "end", "end_beyond_ceiling", _BEYOND_CEILING.format(ceiling=ceiling.isoformat())
    if terms.daily_hours is not None and terms.daily_hours.end <= terms.daily_hours.start:
        yield "daily_hours.end", "end_before_start", _END_BEFORE_START


def _kind(terms: PermitTerms, procedure: Procedure) -> Iterator[Problem]:
    if not is_known_kind(terms.kind, procedure):
        yield "kind", "unknown_kind", _UNKNOWN_KIND
    if terms.kind is PermitKind.EXEMPTION_FROM_PROVISIONS and not terms.exempted_provisions:
        yield "exempted_provisions", "exemption_names_no_provision", _NO_PROVISION
    for index, provision in enumerate(terms.exempted_provisions):
        if provision.effect is Effect.REPLACED_BY and not provision.condition:
            yield f"exempted_provisions.{index}.condition", "required", _NO_REPLACEMENT
    if not terms.legal_basis:
        yield "legal_basis", "required", _NO_BASIS


def is_known_kind(kind: PermitKind, procedure: Procedure) -> bool:
    """Tell whether a procedure gives permits of this kind: named by its parameter and by its permit rules, if they name any."""
    listed = procedure.items("permit_kind")
    ruled = tuple(each.value for each in procedure.permit.kinds)
    return (listed is None or kind in listed) and (not ruled or kind in ruled)


def _space(terms: PermitTerms) -> Iterator[Problem]:
    if not terms.sites and not terms.cyber_space:
        yield "sites", "no_space", _NO_SPACE
    for index, site in enumerate(terms.sites):
        if (site.latitude is None) != (site.longitude is None):
            yield f"sites.{index}", "half_a_position", _HALF_POSITION


def _phases(terms: PermitTerms) -> Iterator[Problem]:
    previous = terms.start
    for index, phase in enumerate(terms.phases):
        if phase.start < previous or phase.end <= phase.start or phase.end > terms.end:
            yield f"phases.{index}", "phase_out_of_order", _PHASE_ORDER
        if phase.max_users is not None and phase.max_users > terms.max_users:
            yield f"phases.{index}.max_users", "phase_users_above_cap", _PHASE_USERS
        previous = phase.end


def _numbers(terms: PermitTerms) -> Iterator[Problem]:
    if terms.max_users < 1:
        yield "max_users", "not_positive", _NOT_POSITIVE
    caps = {"per_person": terms.money.per_person, "per_day": terms.money.per_day, "total": terms.money.total}
    for name, cap in caps.items():
        if cap is not None and cap < 0:
            yield f"money.{name}", "negative", _NEGATIVE
        elif cap is not None and terms.money.total is not None and cap > terms.money.total:
            yield f"money.{name}", "above_total", _ABOVE_TOTAL
    for index, phase in enumerate(terms.phases):
        if phase.max_users is not None and phase.max_users < 1:
            yield f"phases.{index}.max_users", "not_positive", _NOT_POSITIVE
    for index, limit in enumerate(terms.limits):
        if limit.scale < 1:
            yield f"limits.{index}.scale", "not_positive", _NOT_POSITIVE


_START_IN_PAST = Text(
    vi="Ngày bắt đầu không được trước ngày quyết định.",
    en="The start cannot lie before the day of the decision.",
    fr="Le début ne peut précéder le jour de la décision.",
)
_END_BEFORE_START = Text(
    vi="Thời điểm kết thúc phải sau thời điểm bắt đầu.",
    en="The end must come after the start.",
    fr="La fin doit suivre le début.",
)
_END_IN_PAST = Text(
    vi="Thời hạn thử nghiệm đã kết thúc trước khi quyết định.",
    en="The trial would be over before it is decided.",
    fr="L'expérimentation serait terminée avant la décision.",
)
_BEYOND_CEILING = Text(
    vi="Ngày kết thúc vượt quá thời hạn tối đa cho phép ({ceiling}).",
    en="The end lies beyond the longest period allowed ({ceiling}).",
    fr="La fin dépasse la durée maximale autorisée ({ceiling}).",
)
_UNKNOWN_KIND = Text(
    vi="Thủ tục này không cấp loại giấy phép đó.",
    en="This procedure gives no permit of that kind.",
    fr="Cette procédure ne délivre pas ce type de permis.",
)
_NO_PROVISION = Text(
    vi="Giấy phép miễn áp dụng quy định phải nêu rõ văn bản, điều, khoản được miễn.",
    en="An exemption must name the document, article and clause it sets aside.",
    fr="Une dérogation doit nommer le texte, l'article et l'alinéa écartés.",
)
_NO_REPLACEMENT = Text(
    vi="Phải nêu điều kiện thay thế quy định được miễn.",
    en="Name the condition that replaces the provision.",
    fr="Indiquez la condition qui remplace la disposition.",
)
_NO_BASIS = Text(
    vi="Phải nêu căn cứ pháp lý.", en="The legal basis must be named.", fr="La base légale doit être indiquée."
)
_NO_SPACE = Text(
    vi="Phải nêu địa điểm hoặc không gian mạng của thử nghiệm.",
    en="Name a site or a cyber space of the trial.",
    fr="Indiquez un lieu ou un espace numérique de l'expérimentation.",
)
_HALF_POSITION = Text(
    vi="Tọa độ phải có cả vĩ độ và kinh độ.",
    en="A position needs both latitude and longitude.",
    fr="Une position exige latitude et longitude.",
)
_PHASE_ORDER = Text(
    vi="Các giai đoạn phải nối tiếp nhau và nằm trong thời hạn thử nghiệm.",
    en="Phases must follow one another inside the trial period.",
    fr="Les phases doivent se suivre dans la période d'expérimentation.",
)
_PHASE_USERS = Text(
    vi="Số người tham gia của giai đoạn vượt quá giới hạn chung.",
    en="The phase allows more users than the permit does.",
    fr="La phase admet plus d'utilisateurs que le permis.",
)
_NOT_POSITIVE = Text(
    vi="Giá trị phải là số dương.", en="The value must be positive.", fr="La valeur doit être positive."
)
_NEGATIVE = Text(vi="Giá trị không được âm.", en="The value cannot be negative.", fr="La valeur ne peut être négative.")
_ABOVE_TOTAL = Text(
    vi="Mức này vượt quá tổng mức cho phép.",
    en="This cap lies above the total.",
    fr="Ce plafond dépasse le total.",
)
