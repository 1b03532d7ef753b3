"""What a check of the log can find, each with a stable code."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox_registry.domain.acts import done_name
from sandbox_registry.domain.identity.office_names import office_name
from sandbox_registry.domain.rules.calendars import LOCAL_ZONE
from sandbox_registry.domain.texts import Parameter, Phrase, Wording, is_known, spell, verbatim
from sandbox_registry.transparency.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFinding:
    """One thing found. `index` is the leaf it concerns, null when it concerns the whole log.

    A note (`is_bad` false) says what could not be looked at, or what was lawfully taken out. `identity` is that of the object.
    """

    code: str
    text: Phrase
    index: int | None = None
    is_bad: bool = True
    identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAct:
    """What a leaf says of its act, for people: of which case, done or refused, by which offices, and when."""

    case: str | None
    act: str
    result: str
    roles: tuple[str, ...]
    at: datetime


def fields_named(columns: Iterable[str]) -> Wording:
    """Name columns by what people call them; one without a name goes by its own."""
    names = [Phrase(f"field.{each}") if is_known(f"field.{each}") else verbatim(each) for each in sorted(columns)]
    return spell(lambda language: ", ".join(name.in_language(language) for name in names))


@dataclass(slots=True, kw_only=True)
class Report:
    """What was checked and what was found, in the order of the leaves where they have one.

    `witnessed` is the newest checkpoint at hand that satisfies the witness policy, `checkpoint` the newest of all. `acts`
    are those of the leaves read, `codes` those of cases, and `cases` say to which case an object belongs.
    """

    checkpoint: Checkpoint | None = None
    witnessed: Checkpoint | None = None
    cosigned_by: tuple[str, ...] = ()
    cosigned_at: int | None = None
    entries: int = 0
    records: int = 0
    rows: int = 0
    files: int = 0
    findings: list[LogFinding] = field(default_factory=list)
    acts: dict[int, ToldAct] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)

    def place_of(self, finding: LogFinding) -> tuple[Wording, ...]:
        """Say for people where a finding belongs: the case by its code, then the act with its offices and its day."""
        told = None if finding.index is None else self.acts.get(finding.index)
        identity = finding.identity or ""
        code = self.codes.get(self.cases.get(identity, identity)) or self.codes.get((told and told.case) or "")
        places: list[Wording] = [] if code is None else [Phrase("finding.of_case", code=code)]
        if told is not None:
            places.append(
                Phrase(
                    "finding.of_act",
                    act=done_name(told.act, told.result),
                    on=f"{told.at.astimezone(LOCAL_ZONE):%d/%m/%Y}",
                )
            )
            places += [office_name(role) for role in told.roles]
        return tuple(places)

    @property
    def is_good(self) -> bool:
        """Say whether nothing bad was found."""
        return not any(finding.is_bad for finding in self.findings)

    @property
    def is_whole(self) -> bool:
        """Say whether everything was compared that such a log or bundle may have."""
        return not any(finding.code in LIMITS for finding in self.findings)

    @property
    def first_bad(self) -> LogFinding | None:
        """The bad finding with the lowest index; one about the whole log only when no leaf can be named.

        Damage to the log itself comes before what may only follow from it: a leaf that cannot be read any more also
        makes the row it recorded look wrong.
        """
        bad = [finding for finding in self.findings if finding.is_bad]
        return min(
            bad,
            key=lambda finding: (finding.code in CONSEQUENTIAL, finding.index is None, finding.index or 0),
            default=None,
        )

    def add(self, code: str, index: int | None = None, **values: str | int | Wording) -> None:
        """Add a finding by its code. Numbers of entries are names, not amounts: they are written without separators."""
        params: dict[str, Parameter] = {
            name: str(value) if isinstance(value, int) and name != "count" else value for name, value in values.items()
        }
        identity = str(values["identity"]) if "identity" in values else None
        if is_known(f"kind.{values.get('kind')}"):
            params["kind"] = Phrase(f"kind.{values['kind']}")
        text = Phrase(f"finding.{code}", index=str(index), **params)
        self.findings.append(LogFinding(code=code, text=text, index=index, is_bad=code not in NOTES, identity=identity))


NOTES = frozenset(
    {
        "case_complete",
        "case_hidden",
        "case_listed",
        "case_unbound",
        "history_unproved",
        "dossiers_unbound",
        "erased",
        "lost",
        "files_unbound",
        "mails_unchecked",
        "not_compared",
        "not_witnessed",
        "page_other",
        "policy_unknown",
        "records_absent",
        "records_not_given",
        "schema_unchecked",
        "search_stale",
        "secrets_unbound",
    }
)
LIMITS = frozenset(
    {
        "case_listed",
        "case_unbound",
        "dossiers_unbound",
        "history_unproved",
        "mails_unchecked",
        "not_compared",
        "policy_unknown",
        "records_absent",
        "records_not_given",
        "schema_unchecked",
        "secrets_unbound",
    }
)
"""Notes that say that something was not compared: a yes is then one in part."""
CONSEQUENTIAL = frozenset(
    {
        "documents_changed",
        "dossier_changed",
        "illegal_step",
        "not_permitted",
        "office_not_held",
        "row_changed",
        "row_missing",
        "version_order",
    }
)
