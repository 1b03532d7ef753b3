"""What the law requires of a policy: which offices alone hold a power, and who must be able to read and do what.

Separation of duty (`separation.py`) says what never goes together. This says what belongs to one office alone, and what
must never be lost: an applicant reads the decision about them, and the People's Council reads every filed case.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from sandbox_registry.authz.names import PolicyFinding
from sandbox_registry.authz.separation import CASE_ACTS, READS
from sandbox_registry.authz.space import Space
from sandbox_registry.authz.standings import typical_standings
from sandbox_registry.domain.acts import Action, Side, on_sides
from sandbox_registry.domain.identity.people import READ_ALL_ROLES, Relation, Role
from sandbox_registry.domain.stages import APPLICATION_STAGES, OPEN_STAGES, PERMIT_STAGES, Stage

FILED = frozenset(APPLICATION_STAGES) - {Stage.DRAFT}
DECIDED = frozenset({Stage.APPROVED, Stage.REFUSED})
APPRAISAL = frozenset({Stage.ACCEPTED, Stage.UNDER_APPRAISAL})
EDITABLE = frozenset({Stage.DRAFT, Stage.SUPPLEMENT_REQUESTED})
PERMITTED = frozenset(PERMIT_STAGES)
NO_CASE = frozenset({Stage.NONE})
_READ_CASE = (CASE_ACTS & READS) - {Action.APPLICATION_READ_BUNDLE, Action.PERMIT_READ}
"""Everything in a case but what has promises of its own: to check it, and to read the permit once there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Acts that these offices alone may do, at these stages only; `hands` says in which relations (empty: any)."""

    rule: str
    actions: frozenset[Action]
    roles: frozenset[Role]
    stages: frozenset[Stage] = frozenset(Stage)
    hands: frozenset[tuple[Role, Relation]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Acts that an office in this standing (see `typical_standings`) must be able to do at each of these stages."""

    rule: str
    role: Role
    standing: str
    actions: frozenset[Action]
    stages: frozenset[Stage]


def _power(
    rule: str,
    roles: Collection[Role],
    actions: Iterable[Action],
    relations: Iterable[Relation] | None = None,
    stages: Iterable[Stage] = Stage,
) -> Power:
    return Power(
        rule=rule,
        actions=frozenset(actions),
        roles=frozenset(roles),
        stages=frozenset(stages),
        hands=frozenset(product(roles, relations or ())),
    )


def _hands(
    rule: str, hands: Iterable[tuple[Role, Relation]], actions: Iterable[Action], stages: Iterable[Stage] = Stage
) -> Power:
    pairs = frozenset(hands)
    return Power(
        rule=rule,
        actions=frozenset(actions),
        roles=frozenset(role for role, _ in pairs),
        stages=frozenset(stages),
        hands=pairs,
    )


def _promise(rule: str, role: Role, standing: str, stages: Iterable[Stage], *actions: Action) -> Promise:
    return Promise(rule=rule, role=role, standing=standing, actions=frozenset(actions), stages=frozenset(stages))


_DESK = (Role.ONE_STOP_OFFICER, Relation.UNIT)
_FOCAL = (Role.FOCAL_OFFICER, Relation.FOCAL)
_HEAD = (Role.FOCAL_HEAD, Relation.UNIT)
_REVIEWER = (Role.REVIEWER, Relation.ASSIGNED)
_CHAIR = (Role.COUNCIL_EXPERT, Relation.COUNCIL_CHAIR)
_SECRETARIES = ((Role.COUNCIL_EXPERT, Relation.SECRETARY), (Role.FOCAL_OFFICER, Relation.SECRETARY))
_CONSULTED = (Role.CONSULTED_OFFICER, Relation.CONSULTED)
_HELPER = (Role.APPLICANT, Relation.HELPER)
_SIGNATORY, _DELEGATE = (Role.APPLICANT, Relation.OWN), (Role.APPLICANT, Relation.DELEGATE)
_RECORDS = (Role.RECORDS_OFFICER, Relation.UNIT)
_WEBHOOKS = (
    Action.WEBHOOK_CREATE,
    Action.WEBHOOK_EDIT,
    Action.WEBHOOK_READ,
    Action.WEBHOOK_REMOVE,
    Action.WEBHOOK_REPLAY,
)
_IN_APPRAISAL = frozenset({Stage.UNDER_APPRAISAL})
_APPRAISERS = (Role.COUNCIL_EXPERT, Role.FOCAL_HEAD, Role.FOCAL_OFFICER, Role.REVIEWER)

POWERS = (
    _power(
        "intake belongs to the one-stop desk of the unit",
        [Role.ONE_STOP_OFFICER],
        on_sides(Side.INTAKE),
        [Relation.UNIT],
        [Stage.SUBMITTED],
    ),
    _power(
        "decisions belong to the signers to whom they were submitted",
        [Role.DECISION_MAKER],
        on_sides(Side.DECISION),
        [Relation.UNIT],
        [Stage.AWAITING_DECISION],
    ),
    _power(
        "the records office alone issues and numbers",
        [Role.RECORDS_OFFICER],
        [Action.PERMIT_ISSUE],
        [Relation.UNIT],
        [Stage.APPROVED],
    ),
    _power(
        "the head of the focal unit is responsible for the appraisal",
        [Role.FOCAL_HEAD],
        [Action.APPLICATION_RECOMMEND, Action.ASSIGNMENT_ASSIGN, Action.FILE_RETURN_TO_OFFICER],
        [Relation.UNIT],
        APPRAISAL,
    ),
    _power(
        "a case is given to another unit by the head who answers for it",
        [Role.FOCAL_HEAD],
        [Action.APPLICATION_ENTRUST],
        [Relation.UNIT],
        FILED,
    ),
    _hands(
        "papers are attached by who does what they go with, and by no applicant for themselves",
        [_HELPER, _CONSULTED, _CHAIR, *_SECRETARIES, _FOCAL, _DESK, _RECORDS, _REVIEWER],
        [Action.ATTACHMENT_ADD],
    ),
    _power(
        "council members vote", [Role.COUNCIL_EXPERT], [Action.COUNCIL_VOTE], [Relation.COUNCIL_MEMBER], _IN_APPRAISAL
    ),
    _power("assigned reviewers review", [Role.REVIEWER], [Action.REVIEW_SUBMIT], [Relation.ASSIGNED], _IN_APPRAISAL),
    _hands(
        "a site is visited by who reviews the case or has it",
        [_REVIEWER, _FOCAL],
        [Action.SITE_VISIT_RECORD],
        _IN_APPRAISAL,
    ),
    _power(
        "the consulted agency answers",
        [Role.CONSULTED_OFFICER],
        [Action.CONSULTATION_ANSWER],
        [Relation.CONSULTED],
        [Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION],
    ),
    _power(
        "the applicant's side writes and files its dossier",
        [Role.APPLICANT],
        on_sides(Side.APPLICANT, Side.SIGNATORY),
        [Relation.OWN, Relation.DELEGATE, Relation.HELPER],
    ),
    _power("only an authorised signatory signs", [Role.APPLICANT], on_sides(Side.SIGNATORY), [Relation.OWN]),
    _power(
        "administrators alone grant offices and keep accounts and units",
        [Role.SYSTEM_ADMIN],
        [
            Action.PASSWORD_CONFIRM_RECOVERY,
            Action.PASSWORD_PROPOSE_RECOVERY,
            Action.ROLE_CONFIRM,
            Action.ROLE_GRANT,
            Action.ROLE_REVOKE,
            Action.PERSON_CREATE,
            Action.PERSON_DISABLE,
            Action.ORGANISATION_CONFIRM_UNIT,
            Action.ORGANISATION_CREATE_UNIT,
        ],
    ),
    _power(
        "administrators alone propose and approve rules",
        [Role.SYSTEM_ADMIN],
        [Action.PROCEDURE_PROPOSE, Action.PROCEDURE_APPROVE],
    ),
    _power(
        "the operator alone is responsible for keys, clock, policy, witnesses, failed logins, damaged files and backups",
        [Role.SYSTEM_ADMIN],
        [
            Action.BACKUP_MAKE,
            Action.BACKUP_RESTORE,
            Action.CLOCK_STEP,
            Action.KEY_CHANGE,
            Action.LOGIN_COUNT,
            Action.POLICY_CHANGE,
            Action.STORAGE_REWRITE,
            Action.STORED_FILE_REPORT,
            Action.WITNESS_CHANGE,
            Action.WITNESS_REPORT,
        ],
    ),
    _power(
        "signing authority is delegated by its holder only",
        [Role.DECISION_MAKER],
        [Action.DELEGATION_GRANT],
    ),
    _power(
        "delegated signing authority is revoked by the signer who delegated it or by an administrator",
        [Role.SYSTEM_ADMIN, Role.DECISION_MAKER],
        [Action.DELEGATION_REVOKE],
    ),
    _power(
        "a signer is responsible for erasures",
        [Role.DECISION_MAKER],
        [Action.ERASURE_CONFIRM, Action.ERASURE_REFUSE],
    ),
    _power(
        "administrators receive requests of data subjects",
        [Role.SYSTEM_ADMIN],
        [Action.ERASURE_PROPOSE, Action.ERASURE_WITHDRAW],
    ),
    _power(
        "the records office keeps the files",
        [Role.RECORDS_OFFICER],
        [Action.HOLD_LIFT],
        [Relation.UNIT],
    ),
    _power(
        "the records office or a signer places legal holds",
        [Role.RECORDS_OFFICER, Role.DECISION_MAKER],
        [Action.HOLD_PLACE],
        [Relation.UNIT],
    ),
    _power(
        "complaints are settled by the complaints office",
        [Role.COMPLAINTS_OFFICER],
        [Action.COMPLAINT_SETTLE],
        [Relation.UNIT],
        [Stage.REFUSED, Stage.INTAKE_REFUSED],
    ),
    _power(
        "people are listed only for those who assign, administer or oversee",
        [Role.SYSTEM_ADMIN, Role.FOCAL_HEAD, Role.FOCAL_OFFICER, *READ_ALL_ROLES],
        [Action.PERSON_READ],
    ),
    _power(
        "workloads are listed only for heads and oversight",
        [Role.FOCAL_HEAD, *READ_ALL_ROLES],
        [Action.WORKLOAD_READ],
    ),
    _power(
        "erasure requests are read by those who handle them and by oversight",
        [Role.SYSTEM_ADMIN, Role.DECISION_MAKER, *READ_ALL_ROLES],
        [Action.ERASURE_READ],
    ),
    _power(
        "bundles are for the applicant and for oversight",
        [Role.APPLICANT, *READ_ALL_ROLES],
        [Action.APPLICATION_READ_BUNDLE],
    ),
    _power(
        "scores and minutes are read by appraisers, signers and oversight",
        [*_APPRAISERS, Role.DECISION_MAKER, *READ_ALL_ROLES],
        [Action.REVIEW_READ, Action.COUNCIL_READ],
    ),
    _power(
        "declarations of interest are read by appraisers, signers, oversight and their author",
        [*_APPRAISERS, Role.APPLICANT, Role.DECISION_MAKER, *READ_ALL_ROLES],
        [Action.DECLARATION_READ],
    ),
    _power(
        "agencies' opinions are read by appraisers, signers, oversight and their author",
        [*_APPRAISERS, Role.CONSULTED_OFFICER, Role.DECISION_MAKER, *READ_ALL_ROLES],
        [Action.CONSULTATION_READ],
    ),
    _hands(
        "the officer who has the case classifies it, asks applicants and agencies, and completes what is returned",
        [_FOCAL],
        [
            Action.APPLICATION_CLASSIFY,
            Action.APPLICATION_RECLASSIFY,
            Action.CLARIFICATION_ASK,
            Action.CLARIFICATION_CLOSE,
            Action.CONSULTATION_ASK,
            Action.CONSULTATION_CLOSE,
            Action.FILE_RESUBMIT,
        ],
        APPRAISAL,
    ),
    _hands(
        "officers of the unit take cases on",
        [(Role.FOCAL_OFFICER, Relation.UNIT)],
        [Action.ASSIGNMENT_CLAIM],
        APPRAISAL,
    ),
    _hands(
        "a case is given back by who has it, or taken back by the head",
        [_FOCAL, _HEAD],
        [Action.ASSIGNMENT_RELEASE],
        APPRAISAL,
    ),
    _hands(
        "the head is responsible for keeping a case of another authority",
        [_HEAD],
        [Action.APPLICATION_RETAIN],
        APPRAISAL | {Stage.SUBMITTED, Stage.AWAITING_DECISION},
    ),
    _hands(
        "a council is convened by its own people and the officer who has the case",
        [_FOCAL, _CHAIR, *_SECRETARIES],
        [Action.COUNCIL_CONVENE],
        _IN_APPRAISAL,
    ),
    _hands(
        "minutes are drawn up and confirmed by the chair and the secretary",
        [_CHAIR, *_SECRETARIES],
        [Action.COUNCIL_CONCLUDE, Action.COUNCIL_CONFIRM],
        _IN_APPRAISAL,
    ),
    _hands(
        "delays are notified by the desk and the officer who has the case",
        [_DESK, _FOCAL],
        [Action.APPLICATION_APOLOGIZE],
        OPEN_STAGES,
    ),
    _hands(
        "cases are sent on by the desk, and later by the officer who has the case",
        [_DESK, _FOCAL],
        [Action.APPLICATION_REFER],
        APPRAISAL | {Stage.SUBMITTED},
    ),
    _hands("the desk delivers results", [_DESK], [Action.APPLICATION_DELIVER], DECIDED),
    _hands("the desk closes what never came", [_DESK], [Action.APPLICATION_LAPSE], [Stage.SUPPLEMENT_REQUESTED]),
    _hands("the desk stops at the applicant's wish", [_DESK], [Action.APPLICATION_STOP], OPEN_STAGES),
    _hands(
        "letters are written by both sides of a case",
        [_SIGNATORY, _DELEGATE, _DESK, _FOCAL],
        [Action.MESSAGE_SEND],
        FILED,
    ),
    _hands("a desk helps to file", [_HELPER], [Action.APPLICATION_FILE_ASSISTED], [Stage.DRAFT]),
    _power("desks alone begin to help", [Role.ONE_STOP_OFFICER], [Action.APPLICATION_ASSIST], stages=NO_CASE),
    _hands(
        "the signatory gives up a draft and shares it",
        [_SIGNATORY],
        [Action.APPLICATION_DISCARD, Action.APPLICATION_SHARE],
        EDITABLE,
    ),
    _power(
        "webhooks are for applicants' signatories and for units",
        [Role.APPLICANT, Role.SYSTEM_ADMIN],
        _WEBHOOKS,
        stages=NO_CASE,
    ),
    _power(
        "the applicant's record is kept by its signatory, and corrected by an administrator",
        [Role.APPLICANT, Role.SYSTEM_ADMIN],
        [Action.ORGANISATION_EDIT],
        stages=NO_CASE,
    ),
)

_APPLICANT_READS = (
    (frozenset(APPLICATION_STAGES), Action.APPLICATION_READ),
    (frozenset(APPLICATION_STAGES), Action.APPLICATION_READ_TIMELINE),
    (FILED, Action.APPLICATION_READ_BUNDLE),
    (FILED, Action.CLARIFICATION_READ),
    (FILED, Action.MESSAGE_READ),
    (FILED, Action.MESSAGE_SEND),
    (DECIDED, Action.DECISION_READ),
    (PERMITTED, Action.PERMIT_READ),
    (EDITABLE, Action.APPLICATION_EDIT),
    (frozenset({Stage.UNDER_APPRAISAL}), Action.CLARIFICATION_ANSWER),
    (NO_CASE, Action.APPLICATION_CREATE),
    (NO_CASE, Action.ORGANISATION_READ),
)
_SIGNATORY_DOES = (
    ({Stage.DRAFT}, Action.APPLICATION_SUBMIT),
    ({Stage.DRAFT}, Action.APPLICATION_DISCARD),
    ({Stage.SUPPLEMENT_REQUESTED}, Action.APPLICATION_SUBMIT_SUPPLEMENT),
    (OPEN_STAGES, Action.APPLICATION_REQUEST_WITHDRAWAL),
    ({Stage.REFUSED, Stage.INTAKE_REFUSED}, Action.APPLICATION_COMPLAIN),
    (EDITABLE, Action.APPLICATION_SHARE),
    (NO_CASE, Action.ORGANISATION_EDIT),
)
PROMISES = (
    *(
        _promise("the applicant's side follows and answers in its case", Role.APPLICANT, standing, stages, action)
        for standing in ("own", "delegate")
        for stages, action in _APPLICANT_READS
    ),
    *(
        _promise("the applicant's signatory acts for it", Role.APPLICANT, "own", stages, action)
        for stages, action in _SIGNATORY_DOES
    ),
    _promise("the signatory keeps webhooks", Role.APPLICANT, "own", NO_CASE, *_WEBHOOKS),
    _promise("administrators keep their unit's webhooks", Role.SYSTEM_ADMIN, "none", NO_CASE, *_WEBHOOKS),
    _promise(
        "who helps at a desk prepares the draft, attaches the signed paper and files it",
        Role.APPLICANT,
        "helper",
        {Stage.DRAFT},
        Action.APPLICATION_EDIT,
        Action.APPLICATION_FILE_ASSISTED,
        Action.APPLICATION_READ,
        Action.ATTACHMENT_ADD,
    ),
    *(
        _promise(
            "notices are attached as they were signed", Role.ONE_STOP_OFFICER, "unit", stages, Action.ATTACHMENT_ADD
        )
        for stages in (OPEN_STAGES, {Stage.INTAKE_REFUSED, Stage.LAPSED, Stage.REFERRED, Stage.WITHDRAWN})
    ),
    *(
        _promise("minutes and letters are attached as they were signed", role, standing, stages, Action.ATTACHMENT_ADD)
        for role, standing, stages in (
            (Role.FOCAL_OFFICER, "unit+focal", APPRAISAL | {Stage.AWAITING_DECISION}),
            (Role.FOCAL_OFFICER, "unit+secretary", _IN_APPRAISAL),
            (Role.REVIEWER, "reviewer", _IN_APPRAISAL),
            (Role.COUNCIL_EXPERT, "chair", _IN_APPRAISAL),
            (Role.COUNCIL_EXPERT, "secretary", _IN_APPRAISAL),
            (Role.CONSULTED_OFFICER, "consulted", _IN_APPRAISAL),
        )
    ),
    _promise("the desk knows the applicant", Role.ONE_STOP_OFFICER, "unit", NO_CASE, Action.ORGANISATION_READ),
    _promise(
        "the head keeps a case of another authority where the law lets it",
        Role.FOCAL_HEAD,
        "unit",
        APPRAISAL | {Stage.SUBMITTED, Stage.AWAITING_DECISION},
        Action.APPLICATION_RETAIN,
    ),
    _promise("the head sees who has how much to do", Role.FOCAL_HEAD, "unit", NO_CASE, Action.WORKLOAD_READ),
    _promise("reviewers visit sites", Role.REVIEWER, "reviewer", _IN_APPRAISAL, Action.SITE_VISIT_RECORD),
    *(
        _promise("people read their own declaration", role, standing, _IN_APPRAISAL, Action.DECLARATION_READ)
        for role, standing in ((Role.REVIEWER, "reviewer"), (Role.COUNCIL_EXPERT, "council_member"))
    ),
    _promise(
        "the secretary reads what the council is about",
        Role.COUNCIL_EXPERT,
        "secretary",
        _IN_APPRAISAL,
        Action.CLARIFICATION_READ,
        Action.CONSULTATION_READ,
    ),
    _promise(
        "administrators correct an applicant's record", Role.SYSTEM_ADMIN, "none", NO_CASE, Action.ORGANISATION_EDIT
    ),
    _promise(
        "everybody can register and manage their own account",
        Role.APPLICANT,
        "none",
        NO_CASE,
        Action.EXPORT_READ,
        Action.ORGANISATION_CREATE,
        Action.PASSWORD_CHANGE,
        Action.PERSON_REGISTER,
        Action.TOKEN_CREATE,
        Action.TOKEN_READ,
        Action.TOKEN_REVOKE,
    ),
    *(
        promise
        for role in sorted(READ_ALL_ROLES)
        for promise in (
            _promise("oversight reads every filed case", role, "overseer", FILED, *_READ_CASE),
            _promise("oversight verifies every filed case", role, "overseer", FILED, Action.APPLICATION_READ_BUNDLE),
            _promise("oversight reads every permit", role, "overseer", PERMITTED, Action.PERMIT_READ),
            _promise(
                "oversight reads the registry's own records",
                role,
                "overseer",
                NO_CASE,
                Action.DELEGATION_READ,
                Action.ERASURE_READ,
                Action.ORGANISATION_READ,
                Action.PERSON_READ,
                Action.WORKLOAD_READ,
            ),
        )
    ),
    _promise(
        "the desk reads the cases it registered and answers letters",
        Role.ONE_STOP_OFFICER,
        "unit",
        FILED,
        Action.APPLICATION_READ,
        Action.APPLICATION_READ_TIMELINE,
        Action.MESSAGE_READ,
        Action.MESSAGE_SEND,
    ),
    _promise(
        "the desk delivers results",
        Role.ONE_STOP_OFFICER,
        "unit",
        DECIDED,
        Action.APPLICATION_DELIVER,
        Action.DECISION_READ,
    ),
    _promise("a requested stop can be granted", Role.ONE_STOP_OFFICER, "unit", OPEN_STAGES, Action.APPLICATION_STOP),
    _promise(
        "a unit that is late apologises",
        Role.ONE_STOP_OFFICER,
        "unit",
        APPRAISAL | {Stage.AWAITING_DECISION},
        Action.APPLICATION_APOLOGIZE,
    ),
    _promise(
        "the desk accepts dossiers, requests supplements or refers",
        Role.ONE_STOP_OFFICER,
        "unit",
        {Stage.SUBMITTED},
        *on_sides(Side.INTAKE),
        Action.APPLICATION_REFER,
    ),
    _promise(
        "focal officers find and claim the cases of their unit",
        Role.FOCAL_OFFICER,
        "unit",
        APPRAISAL,
        Action.APPLICATION_READ,
        Action.ASSIGNMENT_CLAIM,
    ),
    _promise(
        "the focal officer asks applicants, agencies and councils, and completes what is returned",
        Role.FOCAL_OFFICER,
        "unit+focal",
        {Stage.UNDER_APPRAISAL},
        Action.CLARIFICATION_ASK,
        Action.CONSULTATION_ASK,
        Action.CONSULTATION_READ,
        Action.CONSULTATION_CLOSE,
        Action.APPLICATION_RECLASSIFY,
        Action.CLARIFICATION_READ,
        Action.COUNCIL_CONVENE,
        Action.COUNCIL_READ,
        Action.REVIEW_READ,
        Action.SITE_VISIT_RECORD,
        Action.FILE_RESUBMIT,
        Action.DECLARATION_READ,
    ),
    _promise(
        "the focal officer classifies, refers, writes letters and releases cases",
        Role.FOCAL_OFFICER,
        "unit+focal",
        {Stage.ACCEPTED},
        Action.APPLICATION_APOLOGIZE,
        Action.APPLICATION_CLASSIFY,
        Action.APPLICATION_READ_TIMELINE,
        Action.APPLICATION_REFER,
        Action.ASSIGNMENT_RELEASE,
        Action.DECLARATION_MAKE,
        Action.MESSAGE_READ,
        Action.MESSAGE_SEND,
    ),
    *(
        _promise(
            "the secretary prepares the session and keeps its minutes",
            role,
            standing,
            {Stage.UNDER_APPRAISAL},
            Action.APPLICATION_READ,
            Action.COUNCIL_CONCLUDE,
            Action.COUNCIL_CONFIRM,
            Action.COUNCIL_CONVENE,
            Action.COUNCIL_READ,
            Action.DECLARATION_MAKE,
            Action.DECLARATION_READ,
            Action.REVIEW_READ,
        )
        for role, standing in ((Role.FOCAL_OFFICER, "unit+secretary"), (Role.COUNCIL_EXPERT, "secretary"))
    ),
    *(
        _promise("the focal unit knows how its cases ended", role, "unit", DECIDED, Action.DECISION_READ)
        for role in (Role.FOCAL_OFFICER, Role.FOCAL_HEAD)
    ),
    *(
        _promise("the focal unit follows the permit", role, "unit", PERMITTED, Action.PERMIT_READ)
        for role in (Role.FOCAL_OFFICER, Role.FOCAL_HEAD)
    ),
    *(
        _promise(
            "the focal unit knows the applicant and whom to consult",
            role,
            "unit",
            NO_CASE,
            Action.ORGANISATION_READ,
            Action.PERSON_READ,
        )
        for role in (Role.FOCAL_OFFICER, Role.FOCAL_HEAD)
    ),
    _promise(
        "the head reads the case before recommending, and declares interests",
        Role.FOCAL_HEAD,
        "unit",
        APPRAISAL,
        *_READ_CASE,
        Action.ASSIGNMENT_ASSIGN,
        Action.ASSIGNMENT_RELEASE,
        Action.DECLARATION_MAKE,
    ),
    _promise(
        "the head returns to the officer what is not complete",
        Role.FOCAL_HEAD,
        "unit",
        {Stage.UNDER_APPRAISAL},
        Action.FILE_RETURN_TO_OFFICER,
    ),
    _promise(
        "reviewers read what they review",
        Role.REVIEWER,
        "reviewer",
        {Stage.UNDER_APPRAISAL},
        Action.APPLICATION_READ,
        Action.CLARIFICATION_READ,
        Action.CONSULTATION_READ,
        Action.REVIEW_READ,
        Action.REVIEW_SUBMIT,
        Action.DECLARATION_MAKE,
    ),
    _promise(
        "council members read what they vote on",
        Role.COUNCIL_EXPERT,
        "council_member",
        {Stage.UNDER_APPRAISAL},
        Action.APPLICATION_READ,
        Action.CLARIFICATION_READ,
        Action.CONSULTATION_READ,
        Action.COUNCIL_READ,
        Action.REVIEW_READ,
        Action.COUNCIL_VOTE,
        Action.DECLARATION_MAKE,
    ),
    _promise(
        "the chair convenes, concludes and confirms",
        Role.COUNCIL_EXPERT,
        "chair",
        {Stage.UNDER_APPRAISAL},
        Action.COUNCIL_CONCLUDE,
        Action.COUNCIL_CONFIRM,
        Action.COUNCIL_CONVENE,
    ),
    _promise(
        "an agency reads the case on which it is consulted, until the decision",
        Role.CONSULTED_OFFICER,
        "consulted",
        {Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION},
        Action.APPLICATION_READ,
        Action.CONSULTATION_READ,
        Action.CONSULTATION_ANSWER,
    ),
    _promise(
        "the signer reads the whole file and declares interests",
        Role.DECISION_MAKER,
        "unit",
        {Stage.AWAITING_DECISION},
        *_READ_CASE,
        *on_sides(Side.DECISION),
        Action.DECLARATION_MAKE,
        Action.HOLD_PLACE,
    ),
    _promise(
        "the signer delegates signing authority and handles erasures",
        Role.DECISION_MAKER,
        "unit",
        NO_CASE,
        Action.DELEGATION_GRANT,
        Action.DELEGATION_REVOKE,
        Action.DELEGATION_READ,
        Action.ERASURE_CONFIRM,
        Action.ERASURE_READ,
        Action.ERASURE_REFUSE,
    ),
    _promise(
        "the records office reads what it numbers, and keeps the decision as it was signed",
        Role.RECORDS_OFFICER,
        "unit",
        DECIDED,
        Action.ATTACHMENT_ADD,
        Action.APPLICATION_READ,
        Action.APPLICATION_READ_TIMELINE,
        Action.DECISION_READ,
    ),
    _promise(
        "the records office keeps the files",
        Role.RECORDS_OFFICER,
        "unit",
        FILED,
        Action.HOLD_PLACE,
        Action.HOLD_LIFT,
        Action.HOLD_READ,
    ),
    _promise("the records office knows who may sign", Role.RECORDS_OFFICER, "unit", NO_CASE, Action.DELEGATION_READ),
    _promise("the desk reads the permit", Role.ONE_STOP_OFFICER, "unit", PERMITTED, Action.PERMIT_READ),
    _promise(
        "the records office reads the permit it issued", Role.RECORDS_OFFICER, "unit", PERMITTED, Action.PERMIT_READ
    ),
    _promise("the signer reads the permit", Role.DECISION_MAKER, "unit", PERMITTED, Action.PERMIT_READ),
    _promise("the supervisor reads the permit", Role.SUPERVISOR, "supervisor", PERMITTED, Action.PERMIT_READ),
    _promise(
        "the supervisor reads what was approved",
        Role.SUPERVISOR,
        "supervisor",
        {Stage.APPROVED},
        Action.APPLICATION_READ,
        Action.DECISION_READ,
    ),
    _promise(
        "the complaints office reads what was refused and records how complaints end",
        Role.COMPLAINTS_OFFICER,
        "unit",
        {Stage.REFUSED, Stage.INTAKE_REFUSED},
        Action.APPLICATION_READ,
        Action.APPLICATION_READ_TIMELINE,
        Action.COMPLAINT_SETTLE,
        Action.DECLARATION_MAKE,
        Action.MESSAGE_READ,
    ),
    _promise(
        "the complaints office reads the decision complained of",
        Role.COMPLAINTS_OFFICER,
        "unit",
        {Stage.REFUSED},
        Action.DECISION_READ,
    ),
    _promise(
        "administrators keep accounts, offices, units and rules",
        Role.SYSTEM_ADMIN,
        "none",
        NO_CASE,
        Action.DELEGATION_READ,
        Action.DELEGATION_REVOKE,
        Action.ERASURE_PROPOSE,
        Action.ERASURE_READ,
        Action.ERASURE_WITHDRAW,
        Action.ORGANISATION_CONFIRM_UNIT,
        Action.ORGANISATION_CREATE_UNIT,
        Action.ORGANISATION_READ,
        Action.PASSWORD_CONFIRM_RECOVERY,
        Action.PASSWORD_PROPOSE_RECOVERY,
        Action.PERSON_CREATE,
        Action.PERSON_DISABLE,
        Action.PERSON_READ,
        Action.PROCEDURE_APPROVE,
        Action.PROCEDURE_PROPOSE,
        Action.ROLE_CONFIRM,
        Action.ROLE_GRANT,
        Action.ROLE_REVOKE,
    ),
)


def broken_promises(space: Space) -> Iterator[PolicyFinding]:
    """Find every power in other hands than the law names, and everything that somebody must be able to do and cannot."""
    for power in POWERS:
        yield from _strayed(power, space)
    for promise in PROMISES:
        relations = typical_standings(promise.role)[promise.standing]
        missing = sorted(
            f"{action} at {stage}"
            for stage, action in product(promise.stages, promise.actions)
            if not space.allows({promise.role, Role.APPLICANT}, relations, stage, action)
        )
        if missing:
            yield PolicyFinding(
                code="promise_broken",
                where=f"{promise.role} as {promise.standing}",
                message=f"{promise.rule}, but cannot do {', '.join(missing)}",
            )


def _strayed(power: Power, space: Space) -> Iterator[PolicyFinding]:
    for witness in space.exceptions(power.actions):
        if not witness.roles <= power.roles:
            code = "wrong_office"
        elif power.hands and not power.hands.issuperset(product(witness.roles, witness.relations)):
            code = "wrong_standing"
        elif witness.stage not in power.stages:
            code = "wrong_stage"
        else:
            continue
        yield PolicyFinding(code=code, where=witness.line.text, message=f"{power.rule}, but {witness}")
