"""How a person stands to a case, and which offices may stand together."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.people import (
    MUST_DECLARE,
    READ_ALL_ROLES,
    UNIT_BOUND_ROLES,
    Actor,
    Capacity,
    Relation,
    Role,
    Standing,
    check_roles_together,
    relations,
)
from tests.support.standings import COMPANY, OTHER_COMPANY, OTHER_UNIT, UNIT, actor, standing

ACTED = {relation for relation in Relation if relation.startswith("acted_as_")}


def test_each_capacity_held_brings_these_relations() -> None:
    brought = {capacity: relations(actor(), standing(frozenset({capacity}))) for capacity in Capacity}
    assert brought == {
        Capacity.CHAIR: {Relation.COUNCIL_CHAIR, Relation.COUNCIL_MEMBER, Relation.ACTED_AS_REVIEWER},
        Capacity.CONSULTED: {Relation.CONSULTED, Relation.ACTED_AS_REVIEWER},
        Capacity.COUNCIL_MEMBER: {Relation.COUNCIL_MEMBER, Relation.ACTED_AS_REVIEWER},
        Capacity.DECIDER: {Relation.ACTED_AS_DECIDER},
        Capacity.EDITOR: {Relation.DELEGATE, Relation.ACTED_AS_FILER},
        Capacity.FILER: {Relation.ACTED_AS_FILER},
        Capacity.FOCAL: {Relation.FOCAL, Relation.ACTED_AS_FOCAL, Relation.ACTED_AS_REVIEWER},
        Capacity.HELPER: {Relation.HELPER, Relation.ACTED_AS_HELPER},
        Capacity.INTAKE: {Relation.ACTED_AS_INTAKE},
        Capacity.RECOMMENDER: {Relation.ACTED_AS_REVIEWER},
        Capacity.REVIEWER: {Relation.ASSIGNED, Relation.ACTED_AS_REVIEWER},
        Capacity.SECRETARY: {Relation.SECRETARY, Relation.ACTED_AS_REVIEWER},
        Capacity.SUPERVISOR: {Relation.SUPERVISOR},
    }


def test_each_capacity_once_held_leaves_these_relations() -> None:
    left = {capacity: relations(actor(), standing(past=frozenset({capacity}))) for capacity in Capacity}
    assert left == {
        Capacity.CHAIR: {Relation.ACTED_AS_REVIEWER},
        Capacity.CONSULTED: {Relation.ACTED_AS_REVIEWER},
        Capacity.COUNCIL_MEMBER: {Relation.ACTED_AS_REVIEWER},
        Capacity.DECIDER: {Relation.ACTED_AS_DECIDER},
        Capacity.EDITOR: {Relation.ACTED_AS_FILER},
        Capacity.FILER: {Relation.ACTED_AS_FILER},
        Capacity.FOCAL: {Relation.ACTED_AS_FOCAL, Relation.ACTED_AS_REVIEWER},
        Capacity.HELPER: {Relation.ACTED_AS_HELPER},
        Capacity.INTAKE: {Relation.ACTED_AS_INTAKE},
        Capacity.RECOMMENDER: {Relation.ACTED_AS_REVIEWER},
        Capacity.REVIEWER: {Relation.ACTED_AS_REVIEWER},
        Capacity.SECRETARY: {Relation.ACTED_AS_REVIEWER},
        Capacity.SUPERVISOR: {Relation.NONE},
    }


def test_who_must_declare_is_undeclared_until_then() -> None:
    undeclared = {
        capacity
        for capacity in Capacity
        if Relation.UNDECLARED in relations(actor(), standing(frozenset({capacity}), conflicted=None))
    }
    assert undeclared == {Capacity.CHAIR, Capacity.COUNCIL_MEMBER, Capacity.REVIEWER, Capacity.SECRETARY}


def test_membership_and_offices_bring_these_relations() -> None:
    assert relations(actor(), standing()) == {Relation.NONE}
    assert relations(actor(signs=frozenset({COMPANY})), standing()) == {Relation.OWN}
    assert relations(actor(drafts=frozenset({COMPANY})), standing()) == {Relation.DELEGATE}
    assert relations(actor(signs=frozenset({OTHER_COMPANY})), standing()) == {Relation.NONE}
    assert relations(actor(frozenset({(Role.FOCAL_HEAD, UNIT)})), standing()) == {Relation.UNIT}
    assert relations(actor(frozenset({(Role.FOCAL_HEAD, OTHER_UNIT)})), standing()) == {Relation.NONE}
    assert relations(actor(frozenset({(Role.REVIEWER, UNIT)})), standing()) == {Relation.NONE}
    assert relations(actor(frozenset({(Role.AUDITOR, OTHER_UNIT)})), standing()) == {Relation.OVERSEER}


companies = st.frozensets(st.sampled_from([COMPANY, OTHER_COMPANY]))
actors = st.builds(
    actor,
    offices=st.frozensets(st.tuples(st.sampled_from(Role), st.sampled_from([UNIT, OTHER_UNIT])), max_size=5),
    signs=companies,
    drafts=companies,
)
capacities = st.frozensets(st.sampled_from(Capacity))
standings = st.builds(standing, capacities, capacities, conflicted=st.sampled_from([None, False, True]))


@given(actors, standings)
def test_relations_are_never_empty_and_none_stands_alone(person: Actor, case: Standing) -> None:
    found = relations(person, case)
    assert (Relation.NONE in found) is (found == {Relation.NONE})
    assert found


@given(actors, standings)
def test_what_was_done_is_never_forgotten(person: Actor, case: Standing) -> None:
    left_everything = standing(past=case.capacities | case.past_capacities, conflicted=case.conflicted)
    assert relations(person, left_everything) & ACTED == relations(person, case) & ACTED


@given(actors, standings)
def test_past_capacities_give_no_power(person: Actor, case: Standing) -> None:
    without_past = standing(case.capacities, conflicted=case.conflicted)
    assert relations(person, case) - ACTED - {Relation.NONE} == relations(person, without_past) - ACTED - {
        Relation.NONE
    }


@given(actors, standings)
def test_conflicted_and_undeclared_exclude_each_other(person: Actor, case: Standing) -> None:
    found = relations(person, case)
    assert (Relation.CONFLICTED in found) is bool(case.conflicted)
    assert (Relation.UNDECLARED in found) is (case.conflicted is None and bool(case.capacities & MUST_DECLARE))


@given(actors, standings)
def test_more_offices_never_take_a_relation_away(person: Actor, case: Standing) -> None:
    more = actor(
        person.offices | {(Role.FOCAL_OFFICER, UNIT)}, person.signs_for_organisations, person.drafts_for_organisations
    )
    assert relations(person, case) - {Relation.NONE} <= relations(more, case)
    assert Relation.UNIT in relations(more, case)


@given(actors)
def test_overseers_are_those_who_read_all(person: Actor) -> None:
    assert (Relation.OVERSEER in relations(person, standing())) is bool(person.roles & READ_ALL_ROLES)


@given(actors, st.frozensets(st.sampled_from([UNIT, OTHER_UNIT])))
def test_unit_bound_offices_count_in_their_units_only(person: Actor, units: frozenset[UUID]) -> None:
    here = person.roles_towards(replace(standing(), unit_ids=units))
    assert Role.APPLICANT in here
    assert here <= person.roles
    assert here & UNIT_BOUND_ROLES == {role for role, unit in person.offices if unit in units} & UNIT_BOUND_ROLES
    assert here - UNIT_BOUND_ROLES == person.roles - UNIT_BOUND_ROLES


@pytest.mark.parametrize("overseer", [Role.AUDITOR, Role.HDND_COMMITTEE, Role.HDND_MEMBER])
def test_overseers_hold_no_working_role(overseer: Role) -> None:
    code = "auditor_disjoint" if overseer is Role.AUDITOR else "hdnd_disjoint"
    for working in set(Role) - {Role.APPLICANT, Role.AUDITOR, Role.HDND_COMMITTEE, Role.HDND_MEMBER}:
        for held, new in ((overseer, working), (working, overseer)):
            with pytest.raises(ConditionNotMet) as refused:
                check_roles_together(frozenset({held}), new)
            assert refused.value.condition == code


def test_other_roles_may_stand_together() -> None:
    check_roles_together(frozenset({Role.ONE_STOP_OFFICER, Role.REVIEWER}), Role.DECISION_MAKER)
    check_roles_together(frozenset({Role.APPLICANT}), Role.HDND_MEMBER)
    check_roles_together(frozenset({Role.HDND_COMMITTEE, Role.AUDITOR}), Role.HDND_MEMBER)


@pytest.mark.parametrize("role", sorted(UNIT_BOUND_ROLES))
def test_desk_of_a_unit_counts_for_what_is_addressed_to_it(role: Role) -> None:
    person, elsewhere = actor(frozenset({(role, UNIT)})), replace(standing(), other_desks=frozenset({UNIT}))
    assert role in person.roles_towards(standing())
    assert Relation.UNIT in relations(person, standing())
    is_desk = role is Role.ONE_STOP_OFFICER
    assert (role in person.roles_towards(elsewhere)) is not is_desk
    assert (Relation.UNIT in relations(person, elsewhere)) is not is_desk
