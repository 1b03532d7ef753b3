"""What a check of the log can find, each with a stable code."""

from dataclasses import dataclass, field

from sandbox_registry.domain.texts import Parameter, Phrase, Wording
from sandbox_registry.transparency.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFinding:
    """One thing found. `index` is the leaf it concerns, null when it concerns the whole log.

    A note (`is_bad` false) says what could not be looked at, or what was lawfully taken out.
    """

    code: str
    text: Phrase
    index: int | None = None
    is_bad: bool = True


@dataclass(slots=True, kw_only=True)
class Report:
    """What was checked and what was found, in the order of the leaves where they have one.

    `witnessed` is the newest checkpoint at hand that satisfies the witness policy, `checkpoint` the newest of all.
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
        text = Phrase(f"finding.{code}", index=str(index), **params)
        self.findings.append(LogFinding(code=code, text=text, index=index, is_bad=code not in NOTES))


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
