"""Every act, declared once: whom it binds, what it writes, whether the log holds it and who may learn of it.

The policy, timelines, earlier states, bundles, exports, the verifier's page and the documentation follow these lines.
What a line does not say is closed: an act without `known_to` appears in no timeline, bundle or export of anybody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from sandbox_registry.domain.texts import Phrase, Wording, is_known, verbatim


class Side(StrEnum):
    """Whose work an act is. The duties of `authz/separation.py` bind sides, not single acts."""

    APPLICANT = "applicant"
    SIGNATORY = "signatory"
    """The applicant's, and only an authorised signatory's."""
    INTAKE = "intake"
    APPRAISAL = "appraisal"
    DECISION = "decision"
    CASEWORK = "casework"
    """Any other work of an official in a case."""
    CORRESPONDENCE = "correspondence"
    """Letters, which both sides of a case send."""
    INTERESTS = "interests"
    """Declarations of interest, made and read before the case may be opened."""
    CASE_READING = "case reading"
    NOTES_READING = "notes reading"
    """Reading what officials write for each other."""
    REGISTRY = "registry"
    REGISTRY_READING = "registry reading"
    OWN_ACCOUNT = "own account"


class Audience(StrEnum):
    """Who may learn that an act was done in a case."""

    APPLICANT = "applicant"
    OFFICIALS = "officials"
    OVERSEERS = "overseers"


class Logged(StrEnum):
    """Whether an act leaves an entry in the log. A refusal of authority always does."""

    ALWAYS = "always"
    OVERSIGHT = "oversight"
    """Only when the People's Council or inspection does it."""
    OFFICES = "offices"
    """Only when somebody does it who holds an office."""
    NEVER = "never"


_DATED = frozenset({"application", "clarification", "consultation", "supplement_request"})
OFFICE = frozenset({Audience.OFFICIALS, Audience.OVERSEERS})
EVERYONE = frozenset(Audience)
ANY_KIND = "*"
"""Written by an erasure, which records again what stays of each object."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is declared of one act; see `Action`."""

    code: str
    side: Side
    writes: tuple[str, ...]
    known_to: Collection[Audience]
    logged: Logged
    within_procedures: bool


def _act(
    code: str,
    side: Side,
    *writes: str,
    known_to: Collection[Audience] = (),
    logged: Logged = Logged.ALWAYS,
    within_procedures: bool = False,
) -> Declaration:
    return Declaration(code, side, writes, known_to, logged, within_procedures)


def _dates_of(declared: Declaration) -> frozenset[str]:
    """Say whether an act may give dates: one does that changes what deadlines follow from."""
    is_reading = declared.code.partition(":")[2].startswith("read")
    gives = declared.logged is Logged.ALWAYS and not is_reading and not _DATED.isdisjoint(declared.writes)
    return frozenset({"promise"}) if gives else frozenset()


class Action(StrEnum):
    """One act, `resource:verb`, alphabetized. A use case requires exactly one of these.

    `writes` are the kinds of objects (`domain/kinds/`) that its record may hold; dates (`promise`) are added to what
    deadlines follow from. `known_to` are those who may learn
    that it was done in a case. `within_procedures` marks acts that concern no case, or many, and are open to a token
    for some procedures: they keep to these, or touch none. The log keeps what it holds, so an act that nobody does any
    more stays declared.
    """

    side: Side
    writes: frozenset[str]
    known_to: frozenset[Audience]
    logged: Logged
    within_procedures: bool

    def __new__(cls, declared: Declaration) -> Self:
        """Make the member that is written by its code and carries the rest."""
        act = str.__new__(cls, declared.code)
        act._value_ = declared.code
        act.side = declared.side
        act.writes = frozenset(declared.writes) | _dates_of(declared)
        act.known_to = frozenset(declared.known_to)
        act.logged = declared.logged
        act.within_procedures = declared.within_procedures
        return act

    def may_write(self, kind: str) -> bool:
        """Tell whether its record may hold objects of a kind."""
        return kind in self.writes or ANY_KIND in self.writes

    @property
    def gives_dates(self) -> bool:
        """Tell whether it may give the deadlines of a case new dates."""
        return "promise" in self.writes

    @property
    def is_reading(self) -> bool:
        """Tell whether it only reads."""
        return self.partition(":")[2].startswith("read")

    APPLICATION_ACCEPT = _act("application:accept", Side.INTAKE, "application", "participation", known_to=EVERYONE)
    APPLICATION_APOLOGIZE = _act("application:apologize", Side.CASEWORK, "application", known_to=EVERYONE)
    APPLICATION_ASSIST = _act(
        "application:assist", Side.REGISTRY, "application", "participation", known_to=EVERYONE, within_procedures=True
    )
    APPLICATION_CLASSIFY = _act("application:classify", Side.APPRAISAL, "application", known_to=EVERYONE)
    APPLICATION_COMPLAIN = _act("application:complain", Side.SIGNATORY, "complaint", known_to=EVERYONE)
    APPLICATION_CREATE = _act(
        "application:create", Side.APPLICANT, "application", known_to=EVERYONE, within_procedures=True
    )
    APPLICATION_DELIVER = _act("application:deliver", Side.CASEWORK, "application", known_to=EVERYONE)
    APPLICATION_DISCARD = _act(
        "application:discard", Side.APPLICANT, "application", "dossier_version", known_to=EVERYONE
    )
    APPLICATION_EDIT = _act(
        "application:edit", Side.APPLICANT, "application", "document", known_to=OFFICE, logged=Logged.NEVER
    )
    APPLICATION_ENTRUST = _act("application:entrust", Side.CASEWORK, "application", "entrusting", known_to=EVERYONE)
    APPLICATION_FILE_ASSISTED = _act(
        "application:file_assisted", Side.CASEWORK, "application", "document", "dossier_version", known_to=EVERYONE
    )
    APPLICATION_LAPSE = _act(
        "application:lapse", Side.CASEWORK, "application", "dossier_version", "participation", known_to=EVERYONE
    )
    APPLICATION_READ = _act(
        "application:read", Side.CASE_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT
    )
    APPLICATION_READ_BUNDLE = _act("application:read_bundle", Side.CASE_READING, "application", known_to=OFFICE)
    APPLICATION_READ_TIMELINE = _act(
        "application:read_timeline", Side.CASE_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT
    )
    APPLICATION_RECEIVE = _act("application:receive", Side.INTAKE, "application", "participation", known_to=EVERYONE)
    APPLICATION_RECLASSIFY = _act("application:reclassify", Side.APPRAISAL, "application", known_to=EVERYONE)
    APPLICATION_RECOMMEND = _act(
        "application:recommend",
        Side.APPRAISAL,
        "application",
        "file_return",
        "participation",
        "recommendation",
        known_to=EVERYONE,
    )
    APPLICATION_REFER = _act("application:refer", Side.CASEWORK, "application", "participation", known_to=EVERYONE)
    APPLICATION_REFUSE_INTAKE = _act(
        "application:refuse_intake", Side.INTAKE, "application", "participation", known_to=EVERYONE
    )
    APPLICATION_REQUEST_SUPPLEMENT = _act(
        "application:request_supplement",
        Side.INTAKE,
        "application",
        "participation",
        "supplement_request",
        known_to=EVERYONE,
    )
    APPLICATION_REQUEST_WITHDRAWAL = _act(
        "application:request_withdrawal", Side.SIGNATORY, "application", known_to=EVERYONE
    )
    APPLICATION_RETAIN = _act("application:retain", Side.CASEWORK, "application", known_to=EVERYONE)
    APPLICATION_SHARE = _act("application:share", Side.APPLICANT, "participation", known_to=EVERYONE)
    APPLICATION_STOP = _act("application:stop", Side.CASEWORK, "application", "dossier_version", known_to=EVERYONE)
    APPLICATION_SUBMIT = _act(
        "application:submit",
        Side.SIGNATORY,
        "application",
        "document",
        "dossier_version",
        "participation",
        known_to=EVERYONE,
    )
    APPLICATION_SUBMIT_SUPPLEMENT = _act(
        "application:submit_supplement",
        Side.SIGNATORY,
        "application",
        "document",
        "dossier_version",
        "participation",
        "supplement_request",
        known_to=EVERYONE,
    )
    ASSIGNMENT_ASSIGN = _act("assignment:assign", Side.CASEWORK, "participation", "release", known_to=EVERYONE)
    ASSIGNMENT_CLAIM = _act("assignment:claim", Side.APPRAISAL, "participation", known_to=EVERYONE)
    ASSIGNMENT_RELEASE = _act("assignment:release", Side.CASEWORK, "participation", "release", known_to=EVERYONE)
    ATTACHMENT_ADD = _act("attachment:add", Side.CASEWORK, "attachment", known_to=OFFICE)
    BACKUP_MAKE = _act("backup:make", Side.REGISTRY, "backup")
    BACKUP_RESTORE = _act("backup:restore", Side.REGISTRY, "backup")
    CLARIFICATION_ANSWER = _act("clarification:answer", Side.APPLICANT, "clarification", known_to=EVERYONE)
    CLARIFICATION_ASK = _act("clarification:ask", Side.APPRAISAL, "clarification", "rule_gap", known_to=EVERYONE)
    CLARIFICATION_CLOSE = _act("clarification:close", Side.APPRAISAL, "clarification", known_to=EVERYONE)
    CLARIFICATION_READ = _act(
        "clarification:read", Side.CASE_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT
    )
    CLOCK_STEP = _act("clock:step", Side.REGISTRY, "clock")
    COMPLAINT_SETTLE = _act("complaint:settle", Side.CASEWORK, "complaint", known_to=EVERYONE)
    CONSULTATION_ANSWER = _act(
        "consultation:answer", Side.APPRAISAL, "consultation", "participation", known_to=EVERYONE
    )
    CONSULTATION_ASK = _act("consultation:ask", Side.APPRAISAL, "consultation", known_to=EVERYONE)
    CONSULTATION_CLOSE = _act("consultation:close", Side.APPRAISAL, "consultation", known_to=EVERYONE)
    CONSULTATION_READ = _act(
        "consultation:read", Side.NOTES_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT
    )
    COUNCIL_CONCLUDE = _act("council:conclude", Side.APPRAISAL, "council_session", known_to=EVERYONE)
    COUNCIL_CONFIRM = _act("council:confirm", Side.APPRAISAL, "council_session", known_to=EVERYONE)
    COUNCIL_CONVENE = _act("council:convene", Side.APPRAISAL, "council_session", "participation", known_to=EVERYONE)
    COUNCIL_READ = _act("council:read", Side.NOTES_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT)
    COUNCIL_VOTE = _act("council:vote", Side.APPRAISAL, "vote", known_to=OFFICE)
    DEADLINE_RECALCULATE = _act("deadline:recalculate", Side.REGISTRY, "promise", known_to=EVERYONE)
    DECISION_APPROVE = _act(
        "decision:approve", Side.DECISION, "application", "decision", "participation", known_to=EVERYONE
    )
    DECISION_READ = _act("decision:read", Side.CASE_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT)
    DECISION_REFUSE = _act(
        "decision:refuse", Side.DECISION, "application", "decision", "participation", known_to=EVERYONE
    )
    DECLARATION_MAKE = _act("declaration:make", Side.INTERESTS, "declaration", "participation", known_to=OFFICE)
    DECLARATION_READ = _act("declaration:read", Side.INTERESTS, "application", known_to=OFFICE, logged=Logged.OVERSIGHT)
    DELEGATION_GRANT = _act("delegation:grant", Side.REGISTRY, "delegation")
    DELEGATION_READ = _act("delegation:read", Side.REGISTRY_READING, logged=Logged.NEVER)
    DELEGATION_REVOKE = _act("delegation:revoke", Side.REGISTRY, "delegation")
    ERASURE_CONFIRM = _act("erasure:confirm", Side.REGISTRY, ANY_KIND, known_to=EVERYONE)
    ERASURE_PROPOSE = _act("erasure:propose", Side.REGISTRY, "erasure", known_to=EVERYONE)
    ERASURE_READ = _act("erasure:read", Side.REGISTRY_READING, "erasure", "erasures", logged=Logged.OVERSIGHT)
    ERASURE_REFUSE = _act("erasure:refuse", Side.REGISTRY, "erasure", known_to=EVERYONE)
    ERASURE_WITHDRAW = _act("erasure:withdraw", Side.REGISTRY, "erasure", known_to=EVERYONE)
    EXPORT_READ = _act("export:read", Side.REGISTRY_READING, "export", logged=Logged.OFFICES, within_procedures=True)
    FILE_RESUBMIT = _act("file:resubmit", Side.APPRAISAL, "application", "file_return", known_to=EVERYONE)
    FILE_RETURN_TO_HEAD = _act(
        "file:return_to_head",
        Side.DECISION,
        "application",
        "file_return",
        "participation",
        "recommendation",
        known_to=EVERYONE,
    )
    FILE_RETURN_TO_OFFICER = _act(
        "file:return_to_officer", Side.APPRAISAL, "application", "file_return", known_to=EVERYONE
    )
    HOLD_LIFT = _act("hold:lift", Side.CASEWORK, "legal_hold", known_to=EVERYONE)
    HOLD_PLACE = _act("hold:place", Side.CASEWORK, "legal_hold", known_to=EVERYONE)
    HOLD_READ = _act("hold:read", Side.NOTES_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT)
    KEY_CHANGE = _act("key:change", Side.REGISTRY, "log_key", "pseudonym_key")
    LOGIN_COUNT = _act("login:count", Side.REGISTRY, "refused_logins")
    MESSAGE_READ = _act("message:read", Side.CASE_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT)
    MESSAGE_SEND = _act("message:send", Side.CORRESPONDENCE, "message", known_to=EVERYONE)
    ORGANISATION_CONFIRM_UNIT = _act("organisation:confirm_unit", Side.REGISTRY, "organisation")
    ORGANISATION_CREATE = _act("organisation:create", Side.REGISTRY, "membership", "organisation")
    ORGANISATION_CREATE_UNIT = _act("organisation:create_unit", Side.REGISTRY, "organisation")
    ORGANISATION_EDIT = _act("organisation:edit", Side.REGISTRY, "membership", "organisation")
    ORGANISATION_READ = _act(
        "organisation:read",
        Side.REGISTRY_READING,
        "organisation",
        logged=Logged.OVERSIGHT,
        within_procedures=True,
    )
    PASSWORD_CHANGE = _act(
        "password:change",
        Side.OWN_ACCOUNT,
        "account_service",
        "browser_session",
        "password",
        "second_factor",
        "token",
    )
    PASSWORD_CONFIRM_RECOVERY = _act("password:confirm_recovery", Side.REGISTRY, "account_service")
    PASSWORD_PROPOSE_RECOVERY = _act("password:propose_recovery", Side.REGISTRY, "account_service")
    PERMIT_ISSUE = _act("permit:issue", Side.CASEWORK, "application", "permit", "permit_version", known_to=EVERYONE)
    PERMIT_READ = _act("permit:read", Side.CASE_READING, "permit", known_to=OFFICE, logged=Logged.OVERSIGHT)
    PERSON_CREATE = _act("person:create", Side.REGISTRY, "account_service", "password", "person")
    PERSON_DISABLE = _act("person:disable", Side.REGISTRY, "browser_session", "person", "token")
    PERSON_EDIT = _act("person:edit", Side.OWN_ACCOUNT, "person")
    PERSON_READ = _act("person:read", Side.REGISTRY_READING, "people", "person", logged=Logged.OVERSIGHT)
    PERSON_REGISTER = _act("person:register", Side.REGISTRY, "password", "person")
    POLICY_CHANGE = _act("policy:change", Side.REGISTRY, "authority_policy")
    PROCEDURE_APPROVE = _act("procedure:approve", Side.REGISTRY, "rule_version")
    PROCEDURE_PROPOSE = _act("procedure:propose", Side.REGISTRY, "rule_version")
    PROCEDURE_REJECT = _act("procedure:reject", Side.REGISTRY, "rule_version")
    PROCEDURE_WITHDRAW = _act("procedure:withdraw", Side.REGISTRY, "rule_version")
    REVIEW_READ = _act("review:read", Side.NOTES_READING, "application", known_to=OFFICE, logged=Logged.OVERSIGHT)
    REVIEW_SUBMIT = _act("review:submit", Side.APPRAISAL, "review", known_to=EVERYONE)
    ROLE_CONFIRM = _act("role:confirm", Side.REGISTRY, "role_grant")
    ROLE_GRANT = _act("role:grant", Side.REGISTRY, "role_grant")
    ROLE_REVOKE = _act("role:revoke", Side.REGISTRY, "role_grant")
    SECOND_FACTOR_REMOVE = _act("second_factor:remove", Side.OWN_ACCOUNT, "second_factor")
    SECOND_FACTOR_SET = _act("second_factor:set", Side.OWN_ACCOUNT, "second_factor")
    SESSION_CONFIRM = _act("session:confirm", Side.OWN_ACCOUNT, "browser_session", "password")
    SESSION_END = _act("session:end", Side.OWN_ACCOUNT, "browser_session")
    SESSION_OPEN = _act("session:open", Side.OWN_ACCOUNT, "browser_session", "password")
    SESSION_READ = _act("session:read", Side.OWN_ACCOUNT, logged=Logged.NEVER)
    SITE_VISIT_RECORD = _act("site_visit:record", Side.APPRAISAL, "site_visit", known_to=EVERYONE)
    STORAGE_REWRITE = _act("storage:rewrite", Side.REGISTRY, "rewriting")
    STORED_FILE_REPORT = _act("stored_file:report", Side.REGISTRY, "damaged_file")
    TOKEN_CREATE = _act("token:create", Side.OWN_ACCOUNT, "password", "token", within_procedures=True)
    TOKEN_READ = _act("token:read", Side.OWN_ACCOUNT, logged=Logged.NEVER, within_procedures=True)
    TOKEN_REVOKE = _act("token:revoke", Side.OWN_ACCOUNT, "token", within_procedures=True)
    WEBHOOK_CREATE = _act("webhook:create", Side.REGISTRY, "webhook")
    WEBHOOK_EDIT = _act("webhook:edit", Side.REGISTRY, "webhook")
    WEBHOOK_READ = _act("webhook:read", Side.REGISTRY_READING, logged=Logged.NEVER)
    WEBHOOK_REMOVE = _act("webhook:remove", Side.REGISTRY, "webhook")
    WEBHOOK_REPLAY = _act("webhook:replay", Side.REGISTRY, "webhook_delivery", "webhook_replay")
    WITNESS_CHANGE = _act("witness:change", Side.REGISTRY, "witness_policy")
    WITNESS_REPORT = _act("witness:report", Side.REGISTRY, "witness_verdict")
    WORKLOAD_READ = _act("workload:read", Side.REGISTRY_READING, logged=Logged.NEVER, within_procedures=True)


def on_sides(*sides: Side) -> frozenset[Action]:
    """List the acts that are the work of one of these sides."""
    return frozenset(act for act in Action if act.side in sides)


POWERS = on_sides(Side.DECISION) | {
    Action.ERASURE_CONFIRM,
    Action.KEY_CHANGE,
    Action.ORGANISATION_CONFIRM_UNIT,
    Action.ORGANISATION_CREATE_UNIT,
    Action.PASSWORD_CONFIRM_RECOVERY,
    Action.PASSWORD_PROPOSE_RECOVERY,
    Action.PERMIT_ISSUE,
    Action.PROCEDURE_APPROVE,
    Action.ROLE_CONFIRM,
    Action.ROLE_GRANT,
}
"""Acts that decide, administer, approve rules or hold keys and seals. An office that may do one takes two to give."""


def known_to(audience: Audience) -> frozenset[Action]:
    """List the acts of a case that somebody of this audience may learn of."""
    return frozenset(act for act in Action if audience in act.known_to)


def act_name(action: str) -> Wording:
    """Name an act as something to do: "File the dossier". One that this program does not know goes by its code."""
    return Phrase(f"act.{action}") if is_known(f"act.{action}") else verbatim(action)


def done_name(action: str, result: str = "done") -> Wording:
    """Name an act that the log records: "Dossier filed"; one that was refused is named as something to do."""
    was_done = result == "done" and is_known(f"act.{action}.done")
    return Phrase(f"act.{action}.done") if was_done else act_name(action)
