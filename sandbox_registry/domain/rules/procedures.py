"""Regulation as data: a versioned procedure with its parameters, form, council, stages, duties and publication rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum
from fractions import Fraction

from sandbox_registry.domain.errors import RuleGap
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.form_fields import (
    Answers,
    Choice,
    Conditions,
    DossierComponent,
    Field,
    FormRule,
    Section,
    holds,
)
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Text

_NUMBER = re.compile(r"\d+/\d{4}/[\w-]+")


class Confidence(StrEnum):
    """How far a value may be trusted; only `V` and `VC` may stand in a procedure in force.

    V: read in the instrument. VC: clause text in a public legal corpus. S: secondary source. M: from memory.
    I: inference or proposal. NS: not found, so the value is null.
    """

    V = "V"
    VC = "VC"
    S = "S"
    M = "M"
    I = "I"  # noqa: E741 - the tag of the legal research is this letter.
    NS = "n/s"


BINDING = frozenset({Confidence.V, Confidence.VC})
NUMBER_FORMATS = {"decision": "{n}/QĐ-UBND", "permit": "{n}/{year}/GPTN"}
"""How decisions and permits are numbered where the procedure does not say."""
SPECIMEN = "MẪU"
"""What the number of a specimen ends with, and no other number has in it."""
_PADDED = re.compile(r"\{n:\d+\}")
BOUNDS = ("duration.max", "permit_kind", "signer_titles", "space_kinds")
"""Parameters that bound a permit. Where one is null, the decision says in its own words on what it rests instead."""


class ProcedureStatus(StrEnum):
    """`draft` is a proposal and says so everywhere; `referral` belongs to another authority and takes no dossiers here."""

    DRAFT = "draft"
    IN_FORCE = "in_force"
    REFERRAL = "referral"


class ParameterKind(StrEnum):
    """What sort of value a parameter carries, and so what units fit it."""

    TERM = "term"
    COUNT = "count"
    PERCENT = "percent"
    MONEY = "money"
    RATIO = "ratio"
    FLAG = "flag"
    WORD = "word"
    LIST = "list"
    FORMAT = "format"


_TERMS = (
    "amendment.term apology.before apology.max_delay appraisal.term archive.submit clarification.term complaint.term completeness.term "
    "consult.term decision.term draft.ttl duration.max evaluation.term extension.apply_before extension.decide "
    "extension.max_length final_report.due hearing_before_revocation incident.first_report incident.full_report incident.preliminary_report "
    "interests.link_term issue.term limit_breach.report report.period start.deadline supplement.term suspend.max "
    "transfer.term transition.max wind_down.term"
)
_WORDS = (
    "clarification.clock_policy council.pass_rule extension.late_policy grant.beyond_request supplement.clock_policy"
)
_FLAGS = (
    "council.casting_vote council.even_allowed council.minutes_confirmed council.required council.written_opinions_count "
    "council.written_opinions_in_quorum "
    "decision.included_in_appraisal duration.cap_by_licence "
    "extension.pending_keeps_alive interests.officials_declare operate_after_end "
    "resubmit_after_refusal suspend.extends_end"
)
_COUNTS = "clarification.max_rounds council.min_members extension.max_count supplement.max_rounds"

COUNT_BEFORE_CLASSIFICATION = frozenset(
    [
        "appraisal.term",
        "applicant_kinds",
        "apology.before",
        "apology.max_delay",
        "completeness.term",
        "draft.ttl",
        "interests.link_term",
        "interests.officials_declare",
        "resubmit_after_refusal",
        "supplement.clock_policy",
        "supplement.max_rounds",
        "supplement.term",
        "transfer.term",
    ]
)
"""Parameters that count before the level of a case is fixed, and so cannot differ by it."""

PARAMETERS: Mapping[str, ParameterKind] = {
    **dict.fromkeys(_TERMS.split(), ParameterKind.TERM),
    **dict.fromkeys(_WORDS.split(), ParameterKind.WORD),
    **dict.fromkeys(_FLAGS.split(), ParameterKind.FLAG),
    **dict.fromkeys(_COUNTS.split(), ParameterKind.COUNT),
    "applicant_kinds": ParameterKind.LIST,
    "council.quorum": ParameterKind.RATIO,
    "decision.number_format": ParameterKind.FORMAT,
    "permit.number_format": ParameterKind.FORMAT,
    "permit_kind": ParameterKind.LIST,
    "signer_titles": ParameterKind.LIST,
    "space_kinds": ParameterKind.LIST,
    "support.max_amount": ParameterKind.MONEY,
    "support.max_share": ParameterKind.PERCENT,
}
"""Every parameter a procedure may set; one it does not set is null."""

UNITS: Mapping[ParameterKind, frozenset[str]] = {
    ParameterKind.TERM: frozenset(Unit),
    ParameterKind.COUNT: frozenset({"times", "people"}),
    ParameterKind.PERCENT: frozenset({"percent"}),
    ParameterKind.MONEY: frozenset({"VND"}),
    ParameterKind.RATIO: frozenset({"ratio"}),
    ParameterKind.FLAG: frozenset({"yes/no"}),
    ParameterKind.WORD: frozenset({"word"}),
    ParameterKind.LIST: frozenset({"list"}),
    ParameterKind.FORMAT: frozenset({"format"}),
}

WORDS: Mapping[str, frozenset[str]] = {
    "clarification.clock_policy": frozenset({"restart", "continue"}),
    "council.pass_rule": frozenset(
        f"{share}_of_{whole}"
        for share in ("majority", "two_thirds", "three_quarters", "unanimity")
        for whole in ("members", "present")
    ),
    "extension.late_policy": frozenset({"refuse", "exception"}),
    "grant.beyond_request": frozenset({"refuse", "reason"}),
    "supplement.clock_policy": frozenset({"restart", "continue"}),
}


Value = int | bool | str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One legal value with its unit, legal basis and confidence. A null value is a gap: it never starts a timer.

    `by_level` holds the values, in the same unit, of the levels for which `value` does not count.
    """

    name: str
    value: Value | None = None
    by_level: Mapping[str, Value] | None = None
    unit: str
    basis: str
    confidence: Confidence
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalDocument:
    """An instrument the procedure rests on; `articles` names the provisions used.

    `replaced` says, as the end of a sentence, by what or since when it is no longer in force.
    """

    code: str
    title: str
    articles: str
    replaced: Text | None = None
    confidence: Confidence

    @property
    def citation(self) -> str:
        """How a decision names it."""
        return f"{self.title}{f' ({self.replaced.vi})' if self.replaced else ''}, {self.articles}"

    @property
    def number(self) -> str | None:
        """Its number, "39/2024/QH15", by which bases of values name it; null when the title has none."""
        match = _NUMBER.search(self.title)
        return None if match is None else match[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What a reviewer scores, from 0 to `max_score`; weights of a procedure add up to 100."""

    key: str
    label: Text
    help: Text | None = None
    max_score: int
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """Rules of the appraisal council. Quorum is a share of the members; a null rule is a gap.

    Written opinions of absent members count, and are counted to the quorum, only where it says so. With
    `minutes_confirmed`, what the council concluded binds once the chair and the secretary both stand by the minutes.
    """

    min_members: int | None
    quorum: Fraction | None
    pass_rule: str | None
    written_opinions_count: bool | None
    casting_vote: bool | None = None
    even_allowed: bool | None = None
    written_opinions_in_quorum: bool | None = None
    minutes_confirmed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of trial, fixed by the authority on receipt; the highest that fits wins."""

    key: str
    label: Text
    help: Text | None = None
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRule:
    """Who takes a case on from a stage, to which stages, and the parameter that times it (null: untimed).

    No `next` is an end, which needs no `owner`.
    """

    stage: Stage
    owner: Role | None = None
    next: tuple[Stage, ...] = ()
    term: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a case goes when all conditions hold; routes are tried in order, the first match wins.

    A route without `target` and `authority` leads out of the mechanism: such a dossier is not taken, for `reason`.
    """

    when: Conditions
    target: str | None = None
    authority: Text | None = None
    reason: Text
    basis: str
    confidence: Confidence


class FeeKind(StrEnum):
    """What is known of a fee: the instrument sets one, says that there is none, or was read and says nothing."""

    FIXED = "fixed"
    NONE = "none"
    NOT_LAID_DOWN = "not_laid_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A fee of the procedure, for dossiers for which the conditions hold. `amount` is in whole VND, null unless one is fixed."""

    kind: FeeKind
    amount: int | None = None
    label: Text
    when: Conditions = ()
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationRule:
    """An agency that is asked before the recommendation, as long as the conditions hold.

    No other agency answers for it. It is known by its code, or, where the law's list of codes was not read, by its name.
    """

    key: str
    agency: Text
    agency_code: str | None = None
    when: Conditions = ()
    basis: str
    confidence: Confidence


class DutyStart(StrEnum):
    """What starts the clock of a duty.

    The permit's issue, an event being known, the preliminary report on it, the end of the trial (backwards), its completion.
    """

    ISSUE = "issue"
    EVENT = "event"
    PRELIMINARY_REPORT = "preliminary_report"
    BEFORE_END = "before_end"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialObligation:
    """What the participant owes during the trial; `recurring` duties come back every `term`."""

    key: str
    label: Text
    starts: DutyStart
    term: str
    recurring: bool = False
    form: str | None = None
    recipient: Text
    basis: str
    confidence: Confidence


class Audience(StrEnum):
    """Who may see a field of the register."""

    PUBLIC = "public"
    WITH_CONSENT = "with_consent"
    COUNT_ONLY = "count_only"
    INTERNAL = "internal"


PUBLISHED = frozenset(
    [
        "appraisal",
        "contact",
        "decision",
        "exemptions",
        "holder",
        "limits",
        "outcome",
        "pending",
        "personal_data",
        "refusals",
        "sites",
        "status",
    ]
)
"""The groups of fields of which a procedure says who may see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRule:
    """Whether one group of register fields is public, and why."""

    key: str
    label: Text
    audience: Audience
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalReason:
    """A structured reason to refuse a dossier."""

    code: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """A bound no dossier and no permit may pass, as long as the conditions hold: at most `maximum`, at least `minimum`.

    It bounds the number at `field` of the form; in a table, that of `column` in every row. `quantity` names the technical
    limit of the permit that must state it, measured in `unit`; of a table of limits only rows of that quantity count. Of a
    table without a column it bounds the number of rows. Without a field the form does not ask, and the permit states the bound itself.
    """

    field: str = ""
    column: str = ""
    quantity: str = ""
    maximum: int | float | None = None
    minimum: int | float | None = None
    unit: str
    when: Conditions = ()
    label: Text
    basis: str
    confidence: Confidence

    @property
    def name(self) -> str:
        """What to call it in a finding or an error."""
        return self.field or self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRule:
    """Under which titles decisions are signed on dossiers for which the conditions hold."""

    titles: tuple[str, ...]
    when: Conditions
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRule:
    """The widest local hours of the day in which a trial may run, as long as the conditions hold."""

    start: time
    end: time
    when: Conditions = ()
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCondition:
    """A condition that the law itself puts on every permit, as long as the conditions hold: the weather, for instance."""

    text: Text
    when: Conditions = ()
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRule:
    """What the phases of a trial must be: how many at least, and whether each after the first waits behind a gate.

    A gated phase begins with an act, by the words `opening`, of who holds the office `opened_by`.
    """

    minimum: int = 0
    gated: bool = False
    opening: Text | None = None
    opened_by: Role | None = None
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFields:
    """Where the form asks for what a permit allows; what a form does not have is not asked."""

    kind: str = "legal.permit_kind"
    exempted_provisions: str = "legal.exempted"
    space_kinds: str = "plan.space_kinds"
    sites: str = "plan.sites"
    cyber_space: str = "plan.cyber_environment"
    excluded_zones: str = "plan.excluded_zones"
    start: str = "schedule.start"
    end: str = "schedule.end"
    phases: str = "schedule.phases"
    eligible_users: str = "users.eligible_group"
    max_users: str = "users.max_users"
    minors_allowed: str = "users.minors"
    money_per_person: str = "limits.money_per_person"
    money_per_day: str = "limits.money_per_day"
    money_total: str = "limits.money_total"
    limits: str = "limits.technical"
    data_categories: str = "data.categories"
    safeguard: str = "risks.kill_switch"
    risks: str = "risks.register"
    contact_name: str = "contact.name"
    contact_phone: str = "contact.phone"
    summary: str = "project.summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitKindRule(Choice):
    """A kind of permit of the procedure. `exempts`: it sets provisions aside (true), must not (false), or may (null)."""

    exempts: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitRules:
    """What a permit of this procedure may be, its ceilings, its cases of suspension, and what it is not."""

    kinds: tuple[PermitKindRule, ...] = ()
    space_kinds: tuple[Choice, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    hours: tuple[HoursRule, ...] = ()
    signers: tuple[SignerRule, ...] = ()
    conditions: tuple[StandingCondition, ...] = ()
    phases: PhaseRule | None = None
    asked: AskedFields = AskedFields()
    suspension_cases: tuple[Text, ...] = ()
    disclaimers: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One version of a procedure. `checksum` is the SHA-256 of its file, hex; a dossier is pinned to it at receipt.

    `parts` is the checklist of a dossier, `extension_parts` that of a request to extend the trial.
    """

    code: str
    version: str
    status: ProcedureStatus
    title: Text
    summary: Text
    issuing_body: Text
    legal_documents: tuple[LegalDocument, ...]
    effective_from: date | None = None
    effective_to: date | None = None
    parameters: Mapping[str, Parameter]
    sections: tuple[Section, ...] = ()
    rules: tuple[FormRule, ...] = ()
    parts: tuple[DossierComponent, ...] = ()
    extension_parts: tuple[DossierComponent, ...] = ()
    routes: tuple[Route, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    levels: tuple[Level, ...] = ()
    stages: tuple[StageRule, ...] = ()
    duties: tuple[TrialObligation, ...] = ()
    publication: tuple[PublicationRule, ...] = ()
    refusal_reasons: tuple[RefusalReason, ...] = ()
    fees: tuple[Fee, ...] = ()
    consultations: tuple[ConsultationRule, ...] = ()
    permit: PermitRules = PermitRules()
    checksum: str

    @property
    def takes_dossiers(self) -> bool:
        """Tell whether a dossier may be filed under this procedure here."""
        return self.status is not ProcedureStatus.REFERRAL

    @property
    def is_draft(self) -> bool:
        """Tell whether it is only a proposal: what is issued under it is a specimen without legal force."""
        return self.status is ProcedureStatus.DRAFT

    def replaced_in(self, basis: str) -> LegalDocument | None:
        """Return the instrument named in a basis that is no longer in force; null when all of them are."""
        replaced = (each for each in self.legal_documents if each.replaced is not None)
        return next((each for each in replaced if each.number is not None and each.number in basis), None)

    def is_in_effect(self, day: date) -> bool:
        """Tell whether dossiers may be filed on a day: from `effective_from` until the day before `effective_to`."""
        begun = self.effective_from is None or day >= self.effective_from
        return begun and (self.effective_to is None or day < self.effective_to)

    def numbered(self, number: str) -> str:
        """Return a number of a decision or permit; that of a specimen says so, and its series is a series apart."""
        return f"{number}-{SPECIMEN}" if self.is_draft else number

    def at_level(self, level: str | None) -> "Procedure":
        """Return the procedure as it counts for cases of a level; null while it is not fixed."""
        own = {
            name: replace(each, value=each.by_level[level])
            for name, each in self.parameters.items()
            if level is not None and each.by_level is not None and level in each.by_level
        }
        return replace(self, parameters={**self.parameters, **own}) if own else self

    def number_of(self, kind: str, *, serial: int, year: int) -> str:
        """Write the number of a `decision` or `permit` in the procedure's own format, or else in the registry's."""
        return self.numbered(self._number_format(kind).format(n=serial, year=year))

    def series_of(self, kind: str, *, within: str) -> str:
        """Name the series that a number is taken from: numbers of one form share it, without gaps, and no others do."""
        own = self.number_form(kind)
        return self.numbered(f"{kind} {within}" if own == NUMBER_FORMATS[kind] else f"{kind} {within} {own}")

    def number_form(self, kind: str) -> str:
        """Return the format of numbers as far as it tells them apart: `01/2026` and `1/2026` are one number."""
        return _PADDED.sub("{n}", self._number_format(kind))

    def _number_format(self, kind: str) -> str:
        value = self._value(f"{kind}.number_format", ParameterKind.FORMAT)
        return value if isinstance(value, str) else NUMBER_FORMATS[kind]

    def titles_for(self, answers: Answers) -> tuple[str, ...] | None:
        """Return the titles that may sign what a dossier asks for; null where the procedure leaves it open.

        The first rule whose conditions hold goes before the parameter: by solution, another authority may sign.
        """
        for rule in self.permit.signers:
            if holds(rule.when, answers):
                return rule.titles
        return self.items("signer_titles")

    def fees_for(self, answers: Answers) -> tuple[Fee, ...]:
        """List what is known of the fees for a dossier; empty where the procedure says nothing of fees."""
        return tuple(each for each in self.fees if holds(each.when, answers))

    def consultations_for(self, answers: Answers) -> tuple[ConsultationRule, ...]:
        """List the agencies that must be asked about a dossier."""
        return tuple(each for each in self.consultations if holds(each.when, answers))

    @property
    def has_council(self) -> bool:
        """Tell whether an appraisal council votes before the decision."""
        return bool(self.flag("council.required"))

    @property
    def council(self) -> Council | None:
        """The council's rules; null when the procedure has no council."""
        if not self.has_council:
            return None
        return Council(
            min_members=self.number("council.min_members"),
            quorum=self.ratio("council.quorum"),
            pass_rule=self.word("council.pass_rule"),
            written_opinions_count=self.flag("council.written_opinions_count"),
            casting_vote=self.flag("council.casting_vote"),
            even_allowed=self.flag("council.even_allowed"),
            written_opinions_in_quorum=self.flag("council.written_opinions_in_quorum"),
            minutes_confirmed=self.flag("council.minutes_confirmed"),
        )

    def field(self, path: str) -> Field | None:
        """Return the field at `section.field`."""
        section_key, _, key = path.partition(".")
        for section in self.sections:
            if section.key == section_key:
                return next((field for field in section.fields if field.key == key), None)
        return None

    def component(self, key: str) -> DossierComponent | None:
        """Return the component of the dossier with that key."""
        return next((each for each in self.parts if each.key == key), None)

    def refusal_reason(self, code: str) -> RefusalReason | None:
        """Return the refusal reason with that code."""
        return next((reason for reason in self.refusal_reasons if reason.code == code), None)

    def next_stages(self, stage: Stage) -> tuple[Stage, ...]:
        """List the stages that may follow one; none for an end, and for a stage that the procedure does not have."""
        return next((rule.next for rule in self.stages if rule.stage is stage), ())

    def term(self, name: str) -> Term | None:
        """Return a term; null when the procedure leaves it open, and then no timer may start."""
        value, parameter = self._value(name, ParameterKind.TERM), self.parameters.get(name)
        return Term(value, Unit(parameter.unit)) if parameter is not None and isinstance(value, int) else None

    def required_term(self, name: str) -> Term:
        """Return a term that the act cannot do without.

        Raises:
            RuleGap: the procedure leaves it open.

        """
        term = self.term(name)
        if term is None:
            raise RuleGap(parameter=name)
        return term

    def number(self, name: str) -> int | None:
        """Return a count, a percentage or an amount of money; null when open."""
        value = self._value(name, ParameterKind.COUNT, ParameterKind.PERCENT, ParameterKind.MONEY)
        return value if isinstance(value, int) else None

    def flag(self, name: str) -> bool | None:
        """Return a yes or no; null when open."""
        value = self._value(name, ParameterKind.FLAG)
        return value if isinstance(value, bool) else None

    def ratio(self, name: str) -> Fraction | None:
        """Return a share such as 2/3; null when open."""
        value = self._value(name, ParameterKind.RATIO)
        return Fraction(value) if isinstance(value, str) else None

    def word(self, name: str) -> str | None:
        """Return a policy word such as `restart`; null when open."""
        value = self._value(name, ParameterKind.WORD)
        return value if isinstance(value, str) else None

    def items(self, name: str) -> tuple[str, ...] | None:
        """Return a list such as the applicant kinds; null when open."""
        value = self._value(name, ParameterKind.LIST)
        return value if isinstance(value, tuple) else None

    def _value(self, name: str, *kinds: ParameterKind) -> int | bool | str | tuple[str, ...] | None:
        if PARAMETERS[name] not in kinds:
            message = f"{name} is a {PARAMETERS[name]}, not a {kinds[0]}"
            raise TypeError(message)
        parameter = self.parameters.get(name)
        return None if parameter is None else parameter.value
