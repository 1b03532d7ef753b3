"""Who acts: organisations, people, roles with validity, signing delegations, and how an actor stands to a case."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.texts import Language


class Role(StrEnum):
    """Offices a person may hold; everyone with an account is an applicant too."""

    APPLICANT = "applicant"
    AUDITOR = "auditor"
    COMPLAINTS_OFFICER = "complaints_officer"
    CONSULTED_OFFICER = "consulted_officer"
    COUNCIL_EXPERT = "council_expert"
    DECISION_MAKER = "decision_maker"
    FOCAL_HEAD = "focal_head"
    FOCAL_OFFICER = "focal_officer"
    HDND_COMMITTEE = "hdnd_committee"
    HDND_MEMBER = "hdnd_member"
    ONE_STOP_OFFICER = "one_stop_officer"
    RECORDS_OFFICER = "records_officer"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    SYSTEM_ADMIN = "system_admin"


HDND_ROLES = frozenset({Role.HDND_COMMITTEE, Role.HDND_MEMBER})
WORKFLOW_ROLES = frozenset(Role) - HDND_ROLES - {Role.APPLICANT, Role.AUDITOR, Role.SYSTEM_ADMIN}
READ_ALL_ROLES = HDND_ROLES | {Role.AUDITOR}
UNIT_BOUND_ROLES = frozenset(
    {
        Role.COMPLAINTS_OFFICER,
        Role.DECISION_MAKER,
        Role.FOCAL_HEAD,
        Role.FOCAL_OFFICER,
        Role.ONE_STOP_OFFICER,
        Role.RECORDS_OFFICER,
    }
)

DESK_ROLES = frozenset({Role.ONE_STOP_OFFICER})
"""Offices that count for dossiers addressed to their unit only."""


class Capacity(StrEnum):
    """What a person is or was in one case; a participation row of the case names one.

    `helper` prepares a draft for its applicant at a desk; `filer` (signed a filing), `intake`, `recommender` and `decider` give no power: they keep who did it from doing more.
    """

    CHAIR = "chair"
    CONSULTED = "consulted"
    COUNCIL_MEMBER = "council_member"
    DECIDER = "decider"
    EDITOR = "editor"
    FILER = "filer"
    FOCAL = "focal"
    HELPER = "helper"
    INTAKE = "intake"
    RECOMMENDER = "recommender"
    REVIEWER = "reviewer"
    SECRETARY = "secretary"
    SUPERVISOR = "supervisor"


class Relation(StrEnum):
    """How an actor stands to a case; the second part of a Casbin request.

    `own` may sign for the applicant, `delegate` may draft only; `unit` belongs to the unit that handles the case;
    `assigned` is a reviewer, `focal` drafts the appraisal report; `helper` prepares a draft at a desk; `acted_as_*` never ends, no matter who holds the case now;
    `undeclared` has a capacity that needs a declaration of interest and has made none; `linked` is or lately was on the
    applicant's side; `declares_first` works on the case and owes a declaration before doing anything in it; `none` is an
    outsider.
    """

    ACTED_AS_DECIDER = "acted_as_decider"
    ACTED_AS_FILER = "acted_as_filer"
    ACTED_AS_FOCAL = "acted_as_focal"
    ACTED_AS_HELPER = "acted_as_helper"
    ACTED_AS_INTAKE = "acted_as_intake"
    ACTED_AS_REVIEWER = "acted_as_reviewer"
    ASSIGNED = "assigned"
    CONFLICTED = "conflicted"
    CONSULTED = "consulted"
    COUNCIL_CHAIR = "council_chair"
    COUNCIL_MEMBER = "council_member"
    DECLARES_FIRST = "declares_first"
    DELEGATE = "delegate"
    FOCAL = "focal"
    HELPER = "helper"
    LINKED = "linked"
    NONE = "none"
    OVERSEER = "overseer"
    OWN = "own"
    SECRETARY = "secretary"
    SUPERVISOR = "supervisor"
    UNDECLARED = "undeclared"
    UNIT = "unit"


class OrganisationKind(StrEnum):
    """What an organisation is to the registry."""

    ENTERPRISE = "enterprise"
    INDIVIDUAL = "individual"
    ORGANISATION = "organisation"
    STATE_UNIT = "state_unit"


class MembershipKind(StrEnum):
    """Standing of a person in an applicant: only the first two may sign."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    AUTHORISED_SIGNATORY = "authorised_signatory"
    EDITOR = "editor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An applicant or a state unit. `tax_code` is the enterprise number (10 or 13 digits), null for a state unit.

    `licence_end` is the last instant the holder's own licence covers, if it has an end: a permit never outlives it.
    `agency_code` is the prefix of dossier codes a receiving unit issues; `handles` lists the procedures whose cases
    a state unit works on. `handles_proposed` are those that `handles_proposed_by` proposes instead, until another
    person confirms them; null while nobody proposes any.
    """

    id: UUID
    version: int
    kind: OrganisationKind
    name: str
    tax_code: str | None
    address: str
    email: str
    phone: str
    licence_end: datetime | None
    agency_code: str | None
    handles: tuple[str, ...]
    created_at: datetime
    handles_proposed: tuple[str, ...] | None = None
    handles_proposed_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A human being with an account. `language` is the one that mail is written in; null: in all."""

    id: UUID
    version: int
    full_name: str
    email: str
    phone: str
    disabled_at: datetime | None
    created_at: datetime
    language: Language | None = None


class Service(StrEnum):
    """What somebody did to another person's account.

    The first two let them, for a while, log in to it. By the others, two people let its holder set a new password by mail.
    """

    OPENED = "opened"
    PASSWORD_SET = "password_set"  # noqa: S105 - the name of a service, not a secret.
    RECOVERY_PROPOSED = "recovery_proposed"
    RECOVERY_CONFIRMED = "recovery_confirmed"


LETS_IN = frozenset({Service.OPENED, Service.PASSWORD_SET})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Something done to somebody else's account. Accounts tied by `LETS_IN` are of one hand: none approves what another proposed."""

    id: UUID
    version: int
    account_id: UUID
    by_person_id: UUID
    service: Service
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person's standing in an applicant organisation, from `valid_from` until before `valid_to` (null: open)."""

    id: UUID
    version: int
    organisation_id: UUID
    person_id: UUID
    kind: MembershipKind
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """An office held in a unit, from `valid_from` until before `valid_to` (null: open).

    While it `awaits_confirmation` it is a proposal and gives nothing. `proposed_by` is null in records from before it
    was kept; `confirmed_by` where no second person is needed.
    Its holder signs as `title`.
    """

    id: UUID
    version: int
    person_id: UUID
    role: Role
    unit_id: UUID
    valid_from: datetime
    valid_to: datetime | None
    proposed_by: UUID | None = None
    confirmed_by: UUID | None = None
    awaits_confirmation: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """Authority to sign decisions, delegated by one signer to another person between two instants, and no further.

    `title` is what the delegate signs as.
    """

    id: UUID
    version: int
    from_person_id: UUID
    to_person_id: UUID
    unit_id: UUID
    document: str
    valid_from: datetime
    valid_to: datetime
    revoked_at: datetime | None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person behind a request, with what is in force at that moment.

    `offices` are the roles held, each with its unit; holding none, one is an applicant like everyone.
    `token_scopes` is null for a full session; a bearer token lists the only actions it may do. So do `token_procedures`
    with the only procedures whose cases it reaches, and `token_addresses` with the only ranges it may be used from.
    `signs_for` names the signer who delegated it, when the decision role comes by delegation.
    """

    person_id: UUID
    offices: frozenset[tuple[Role, UUID]]
    signs_for_organisations: frozenset[UUID]
    drafts_for_organisations: frozenset[UUID]
    signs_for: UUID | None
    auth_method: str
    token_scopes: frozenset[str] | None
    token_procedures: frozenset[str] | None = None
    token_addresses: tuple[str, ...] | None = None
    request_id: str

    def reaches(self, procedure_code: str) -> bool:
        """Tell whether the token lets this person know of cases of a procedure at all."""
        return self.token_procedures is None or procedure_code in self.token_procedures

    @property
    def organisations(self) -> frozenset[UUID]:
        """Every applicant this person may act for, in whatever way."""
        return self.signs_for_organisations | self.drafts_for_organisations

    @property
    def consulted_units(self) -> frozenset[UUID]:
        """The units for which this person answers consultations."""
        return frozenset(unit for role, unit in self.offices if role is Role.CONSULTED_OFFICER)

    @property
    def roles(self) -> frozenset[Role]:
        """Every role held anywhere; what counts for acts that concern no case."""
        return frozenset(role for role, _ in self.offices) | {Role.APPLICANT}

    def roles_towards(self, standing: "Standing") -> frozenset[Role]:
        """Roles that count for a case: an office of a unit that does not handle it, or of another desk, does not."""
        return frozenset(role for role, unit in self.offices if standing.counts(role, unit)) | {Role.APPLICANT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the case knows of one person: capacities held now, capacities ever used, and the declaration of interest.

    `other_desks` are those of `unit_ids` to which the dossier is not addressed: a desk there has nothing to do with it.
    `conflicted` is null while nothing was declared, else whether the person declared a conflict. `is_linked` and
    `declares_first` come from the person's links to applicants: `domain/cases/links.py`.
    """

    organisation_id: UUID
    unit_ids: frozenset[UUID]
    capacities: frozenset[Capacity]
    past_capacities: frozenset[Capacity]
    conflicted: bool | None
    is_linked: bool = False
    declares_first: bool = False
    other_desks: frozenset[UUID] = frozenset()

    def counts(self, role: Role, unit_id: UUID) -> bool:
        """Tell whether an office counts for the case."""
        if role not in UNIT_BOUND_ROLES:
            return True
        return unit_id in self.unit_ids and not (role in DESK_ROLES and unit_id in self.other_desks)


def towards_organisation(organisation_id: UUID) -> Standing:
    """Return how anybody stands to an applicant before there is a case."""
    return Standing(
        organisation_id=organisation_id,
        unit_ids=frozenset(),
        capacities=frozenset(),
        past_capacities=frozenset(),
        conflicted=None,
    )


_CAPACITY_RELATIONS = {
    Capacity.CHAIR: {Relation.COUNCIL_CHAIR, Relation.COUNCIL_MEMBER},
    Capacity.CONSULTED: {Relation.CONSULTED},
    Capacity.COUNCIL_MEMBER: {Relation.COUNCIL_MEMBER},
    Capacity.DECIDER: set(),
    Capacity.EDITOR: {Relation.DELEGATE},
    Capacity.FILER: set(),
    Capacity.FOCAL: {Relation.FOCAL},
    Capacity.HELPER: {Relation.HELPER},
    Capacity.INTAKE: set(),
    Capacity.RECOMMENDER: set(),
    Capacity.REVIEWER: {Relation.ASSIGNED},
    Capacity.SECRETARY: {Relation.SECRETARY},
    Capacity.SUPERVISOR: {Relation.SUPERVISOR},
}
MUST_DECLARE = frozenset({Capacity.CHAIR, Capacity.COUNCIL_MEMBER, Capacity.REVIEWER, Capacity.SECRETARY})
FILING = frozenset({Capacity.EDITOR, Capacity.FILER})
"""Capacities of those who wrote or signed what a case was filed with."""
_ACTED = {
    Relation.ACTED_AS_DECIDER: frozenset({Capacity.DECIDER}),
    Relation.ACTED_AS_FILER: FILING,
    Relation.ACTED_AS_FOCAL: frozenset({Capacity.FOCAL}),
    Relation.ACTED_AS_HELPER: frozenset({Capacity.HELPER}),
    Relation.ACTED_AS_INTAKE: frozenset({Capacity.INTAKE}),
    Relation.ACTED_AS_REVIEWER: frozenset(
        {
            Capacity.CHAIR,
            Capacity.CONSULTED,
            Capacity.COUNCIL_MEMBER,
            Capacity.FOCAL,
            Capacity.RECOMMENDER,
            Capacity.REVIEWER,
            Capacity.SECRETARY,
        }
    ),
}


APPLICANT_SIDE = frozenset({Relation.OWN, Relation.DELEGATE, Relation.ACTED_AS_FILER})


def relations(actor: Actor, standing: Standing) -> frozenset[Relation]:
    """Say how an actor stands to a case; never empty, `none` alone for an outsider.

    Past capacities count for separation of duty: anyone who took a case in or appraised it always has.
    """
    stands_as: set[Relation] = set()
    if standing.organisation_id in actor.signs_for_organisations:
        stands_as.add(Relation.OWN)
    if standing.organisation_id in actor.drafts_for_organisations:
        stands_as.add(Relation.DELEGATE)
    for capacity in standing.capacities:
        stands_as |= _CAPACITY_RELATIONS[capacity]
    ever = standing.capacities | standing.past_capacities
    stands_as |= {relation for relation, acting in _ACTED.items() if ever & acting}
    if any(role in UNIT_BOUND_ROLES and standing.counts(role, unit) for role, unit in actor.offices):
        stands_as.add(Relation.UNIT)
    if actor.roles & READ_ALL_ROLES:
        stands_as.add(Relation.OVERSEER)
    if standing.conflicted:
        stands_as.add(Relation.CONFLICTED)
    elif standing.conflicted is None and standing.capacities & MUST_DECLARE:
        stands_as.add(Relation.UNDECLARED)
    if standing.is_linked:
        stands_as.add(Relation.LINKED)
    if stands_as and standing.declares_first and standing.conflicted is None:
        stands_as.add(Relation.DECLARES_FIRST)
    return frozenset(stands_as) or frozenset({Relation.NONE})


def check_roles_together(held: frozenset[Role], new: Role) -> None:
    """Refuse a role that may not stand beside one already held.

    Raises:
        ConditionNotMet: `hdnd_disjoint`: HĐND and workflow identities are disjoint (hard rule 3);
            `auditor_disjoint`: who inspects the work does not do it.

    """
    after = held | {new}
    working = after & (WORKFLOW_ROLES | {Role.SYSTEM_ADMIN})
    if working and after & HDND_ROLES:
        raise ConditionNotMet("hdnd_disjoint")
    if working and Role.AUDITOR in after:
        raise ConditionNotMet("auditor_disjoint")
