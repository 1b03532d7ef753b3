"""Everything a person can do here, named once for the policy, the audit log and the tests."""

from enum import StrEnum


class Action(StrEnum):
    """One act, `resource:verb`, alphabetized. A use case requires exactly one of these."""

    APPLICATION_ACCEPT = "application:accept"
    APPLICATION_APOLOGIZE = "application:apologize"
    APPLICATION_CLASSIFY = "application:classify"
    APPLICATION_COMPLAIN = "application:complain"
    APPLICATION_CREATE = "application:create"
    APPLICATION_DELIVER = "application:deliver"
    APPLICATION_DISCARD = "application:discard"
    APPLICATION_EDIT = "application:edit"
    APPLICATION_LAPSE = "application:lapse"
    APPLICATION_READ = "application:read"
    APPLICATION_READ_BUNDLE = "application:read_bundle"
    APPLICATION_READ_TIMELINE = "application:read_timeline"
    APPLICATION_RECEIVE = "application:receive"
    APPLICATION_RECOMMEND = "application:recommend"
    APPLICATION_REFER = "application:refer"
    APPLICATION_REFUSE_INTAKE = "application:refuse_intake"
    APPLICATION_REQUEST_SUPPLEMENT = "application:request_supplement"
    APPLICATION_REQUEST_WITHDRAWAL = "application:request_withdrawal"
    APPLICATION_SHARE = "application:share"
    APPLICATION_STOP = "application:stop"
    APPLICATION_SUBMIT = "application:submit"
    APPLICATION_SUBMIT_SUPPLEMENT = "application:submit_supplement"
    ASSIGNMENT_ASSIGN = "assignment:assign"
    ASSIGNMENT_CLAIM = "assignment:claim"
    ASSIGNMENT_RELEASE = "assignment:release"
    BACKUP_MAKE = "backup:make"
    BACKUP_RESTORE = "backup:restore"
    CLARIFICATION_ANSWER = "clarification:answer"
    CLARIFICATION_ASK = "clarification:ask"
    CLARIFICATION_READ = "clarification:read"
    CLOCK_STEP = "clock:step"
    CONSULTATION_ANSWER = "consultation:answer"
    CONSULTATION_ASK = "consultation:ask"
    CONSULTATION_CLOSE = "consultation:close"
    CONSULTATION_READ = "consultation:read"
    COUNCIL_CONCLUDE = "council:conclude"
    COUNCIL_CONVENE = "council:convene"
    COUNCIL_READ = "council:read"
    COUNCIL_VOTE = "council:vote"
    DECISION_APPROVE = "decision:approve"
    DECISION_READ = "decision:read"
    DECISION_REFUSE = "decision:refuse"
    DECLARATION_MAKE = "declaration:make"
    DECLARATION_READ = "declaration:read"
    DELEGATION_GRANT = "delegation:grant"
    DELEGATION_READ = "delegation:read"
    DELEGATION_REVOKE = "delegation:revoke"
    ERASURE_CONFIRM = "erasure:confirm"
    ERASURE_PROPOSE = "erasure:propose"
    ERASURE_READ = "erasure:read"
    ERASURE_REFUSE = "erasure:refuse"
    ERASURE_WITHDRAW = "erasure:withdraw"
    EXPORT_READ = "export:read"
    HOLD_LIFT = "hold:lift"
    HOLD_PLACE = "hold:place"
    HOLD_READ = "hold:read"
    KEY_CHANGE = "key:change"
    MESSAGE_READ = "message:read"
    MESSAGE_SEND = "message:send"
    ORGANISATION_CREATE = "organisation:create"
    ORGANISATION_CREATE_UNIT = "organisation:create_unit"
    ORGANISATION_EDIT = "organisation:edit"
    ORGANISATION_READ = "organisation:read"
    PASSWORD_CHANGE = "password:change"  # noqa: S105 - the name of an act, not a secret.
    PERMIT_ISSUE = "permit:issue"
    PERMIT_READ = "permit:read"
    PERSON_CREATE = "person:create"
    PERSON_DISABLE = "person:disable"
    PERSON_READ = "person:read"
    PERSON_REGISTER = "person:register"
    POLICY_CHANGE = "policy:change"
    PROCEDURE_APPROVE = "procedure:approve"
    PROCEDURE_PROPOSE = "procedure:propose"
    REVIEW_READ = "review:read"
    REVIEW_SUBMIT = "review:submit"
    ROLE_GRANT = "role:grant"
    ROLE_REVOKE = "role:revoke"
    SITE_VISIT_RECORD = "site_visit:record"
    TOKEN_CREATE = "token:create"  # noqa: S105 - the name of an act, not a secret.
    TOKEN_READ = "token:read"  # noqa: S105 - as above.
    TOKEN_REVOKE = "token:revoke"  # noqa: S105 - as above.
    WEBHOOK_CREATE = "webhook:create"
    WEBHOOK_EDIT = "webhook:edit"
    WEBHOOK_READ = "webhook:read"
    WEBHOOK_REMOVE = "webhook:remove"
    WEBHOOK_REPLAY = "webhook:replay"
    WITNESS_CHANGE = "witness:change"
    WITNESS_REPORT = "witness:report"
    WORKLOAD_READ = "workload:read"


WITHIN_PROCEDURES = frozenset(
    {
        Action.APPLICATION_CREATE,
        Action.EXPORT_READ,
        Action.ORGANISATION_READ,
        Action.TOKEN_CREATE,
        Action.TOKEN_READ,
        Action.TOKEN_REVOKE,
        Action.WORKLOAD_READ,
    }
)
"""Acts that concern no case, or many, and are open to a token for some procedures: they keep to these, or touch none."""
