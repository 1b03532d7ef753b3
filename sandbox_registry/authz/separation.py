"""What must never be possible, whatever the policy file says: separation of duty as properties of the whole space.

The sets of acts come from what `domain/acts.py` declares, never from the groups in policy.csv: those are what is checked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox_registry.authz.names import PolicyFinding
from sandbox_registry.authz.space import Counterexample, Space
from sandbox_registry.domain.acts import Action, Side, on_sides
from sandbox_registry.domain.identity.people import READ_ALL_ROLES, Relation, Role
from sandbox_registry.domain.stages import Stage

READS = frozenset(action for action in Action if action.is_reading)
OWN_ACCOUNT = on_sides(Side.OWN_ACCOUNT)
CASE_ACTS = frozenset(Action) - on_sides(Side.REGISTRY, Side.REGISTRY_READING) - OWN_ACCOUNT
DECLARATIONS = on_sides(Side.INTERESTS)
WRITES = frozenset(Action) - READS - OWN_ACCOUNT
DECIDING = on_sides(Side.DECISION)
INTAKE = on_sides(Side.INTAKE)
APPRAISING = on_sides(Side.APPRAISAL)
SIGNING = on_sides(Side.SIGNATORY)
OFFICIAL = INTAKE | APPRAISING | DECIDING | on_sides(Side.CASEWORK, Side.NOTES_READING)
APPLICANT_SIDE = (Relation.OWN, Relation.DELEGATE, Relation.ACTED_AS_FILER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparationRule:
    """Nobody who holds this role or stands in this relation may ever do one of these acts."""

    code: str
    rule: str
    actions: frozenset[Action]
    relation: Relation | None = None
    role: Role | None = None


SEPARATION_RULES = (
    *(
        SeparationRule(code="decides_own", rule="nobody decides what they filed", actions=DECIDING, relation=relation)
        for relation in APPLICANT_SIDE
    ),
    *(
        SeparationRule(
            code="handles_own", rule="nobody handles their own dossier", actions=OFFICIAL - DECIDING, relation=relation
        )
        for relation in APPLICANT_SIDE
    ),
    *(
        SeparationRule(
            code="handler_settles_complaint",
            rule="handling a case and settling a complaint about it are separate",
            actions=frozenset({Action.COMPLAINT_SETTLE}),
            relation=relation,
        )
        for relation in (Relation.ACTED_AS_INTAKE, Relation.ACTED_AS_REVIEWER, Relation.ACTED_AS_DECIDER)
    ),
    SeparationRule(
        code="intake_decides",
        rule="intake and decision are separate",
        actions=DECIDING,
        relation=Relation.ACTED_AS_INTAKE,
    ),
    SeparationRule(
        code="intake_appraises",
        rule="intake and appraisal are separate",
        actions=APPRAISING,
        relation=Relation.ACTED_AS_INTAKE,
    ),
    SeparationRule(
        code="appraiser_decides",
        rule="appraisal and decision are separate",
        actions=DECIDING,
        relation=Relation.ACTED_AS_REVIEWER,
    ),
    SeparationRule(
        code="appraiser_takes_in",
        rule="appraisal and intake are separate",
        actions=INTAKE,
        relation=Relation.ACTED_AS_REVIEWER,
    ),
    SeparationRule(
        code="decider_works_on_case",
        rule="decision is separate from intake and appraisal",
        actions=INTAKE | APPRAISING,
        relation=Relation.ACTED_AS_DECIDER,
    ),
    SeparationRule(
        code="decider_issues",
        rule="who decided does not issue",
        actions=frozenset({Action.PERMIT_ISSUE}),
        relation=Relation.ACTED_AS_DECIDER,
    ),
    SeparationRule(
        code="drafter_votes",
        rule="the drafter of the report has no vote on it",
        actions=frozenset({Action.COUNCIL_VOTE}),
        relation=Relation.ACTED_AS_FOCAL,
    ),
    SeparationRule(
        code="helper_handles",
        rule="nobody handles a dossier they prepared for its applicant",
        actions=INTAKE | APPRAISING | DECIDING,
        relation=Relation.ACTED_AS_HELPER,
    ),
    SeparationRule(
        code="linked_handles",
        rule="current and recent members of the applicant's side take no part in its case",
        actions=OFFICIAL,
        relation=Relation.LINKED,
    ),
    SeparationRule(
        code="acts_undeclared",
        rule="a declaration that is owed comes before any other act in the case but a hold, which only keeps its file",
        actions=OFFICIAL - READS - {Action.HOLD_LIFT, Action.HOLD_PLACE},
        relation=Relation.DECLARES_FIRST,
    ),
    SeparationRule(
        code="files_in_chain",
        rule="nobody files with a unit in which they hold an office",
        actions=frozenset({Action.APPLICATION_SUBMIT, Action.APPLICATION_SUBMIT_SUPPLEMENT}),
        relation=Relation.UNIT,
    ),
    SeparationRule(
        code="conflicted_acts",
        rule="a declared conflict ends access",
        actions=CASE_ACTS - {Action.DECLARATION_READ},
        relation=Relation.CONFLICTED,
    ),
    SeparationRule(
        code="undeclared_opens",
        rule="interests are declared before the dossier is opened",
        actions=CASE_ACTS - {Action.DECLARATION_MAKE},
        relation=Relation.UNDECLARED,
    ),
    SeparationRule(code="overseer_writes", rule="oversight never writes", actions=WRITES, relation=Relation.OVERSEER),
    *(
        SeparationRule(code="overseer_writes", rule="oversight never writes", actions=WRITES, role=role)
        for role in sorted(READ_ALL_ROLES)
    ),
    SeparationRule(
        code="admin_opens_dossier",
        rule="administrators open no dossiers and do no case work",
        actions=CASE_ACTS | {Action.EXPORT_READ},
        role=Role.SYSTEM_ADMIN,
    ),
)
_BEFORE_ERASING = (Action.ERASURE_PROPOSE, Action.HOLD_LIFT)
_GIVES_NO_POWER = frozenset(
    {
        Relation.ACTED_AS_DECIDER,
        Relation.ACTED_AS_FILER,
        Relation.ACTED_AS_FOCAL,
        Relation.ACTED_AS_HELPER,
        Relation.ACTED_AS_INTAKE,
        Relation.ACTED_AS_REVIEWER,
        Relation.DECLARES_FIRST,
        Relation.LINKED,
        Relation.NONE,
        Relation.UNDECLARED,
    }
)


def broken_separation_rules(space: Space) -> Iterator[PolicyFinding]:
    """Find every rule of separation that some request breaks."""
    for rule in SEPARATION_RULES:
        for witness in space.exceptions(rule.actions, role=rule.role, relation=rule.relation):
            yield _finding(rule.code, rule.rule, witness)
    yield from _erasures_by_one(space)
    for witness in space.exceptions(SIGNING):
        if Relation.OWN not in witness.relations:
            yield _finding("signs_without_power", "only a signatory of the applicant signs", witness)
    yield from _open_drafts(space)
    for witness in space.exceptions(CASE_ACTS):
        if witness.relations <= _GIVES_NO_POWER:
            yield _finding(
                "outsider_acts", "outsiders, and people who worked on a case before, take no part in it", witness
            )


def _open_drafts(space: Space) -> Iterator[PolicyFinding]:
    """Find who else than its authors opens a draft, and a right that who prepared it for somebody has later on."""
    for witness in space.exceptions(CASE_ACTS, stages=[Stage.DRAFT]):
        if witness.relations.isdisjoint({Relation.OWN, Relation.DELEGATE, Relation.HELPER}):
            yield _finding("draft_open", "a draft is visible to its authors only", witness)
    for witness in space.exceptions(CASE_ACTS, stages=set(Stage) - {Stage.DRAFT}):
        if witness.relations <= {Relation.HELPER}:
            yield _finding("helper_stays", "who prepared a draft has no right in the case once it is filed", witness)


def _erasures_by_one(space: Space) -> Iterator[PolicyFinding]:
    """Find offices that prepare an erasure and could confirm one too, alone or beside any other office."""
    preparing = {role for allowed in space.exceptions(_BEFORE_ERASING) for role in allowed.roles}
    for role in sorted(preparing):
        for witness in space.exceptions([Action.ERASURE_CONFIRM], role=role):
            yield _finding("erases_alone", "nobody who requests erasures or lifts holds confirms an erasure", witness)


def _finding(code: str, rule: str, witness: Counterexample) -> PolicyFinding:
    return PolicyFinding(code=code, where=witness.line.text, message=f"{rule}, but {witness}")
