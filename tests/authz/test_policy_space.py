"""The whole space of requests against literal expectations, and the proof that the space is what Casbin answers.

`make fmt` writes `expected_authority.txt`; anyone who changes the policy reads the difference and has it approved.
"""

import random
from itertools import product
from pathlib import Path

import casbin
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.authz import Action, Authorizer
from sandbox_registry.authz.policy import ROLE_PREFIX, read_policy
from sandbox_registry.authz.space import Space
from sandbox_registry.authz.standings import typical_standings
from sandbox_registry.authz.tables import authority_table
from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.stages import Stage

POLICY_DIR = Path(__file__).parents[2] / "policies" / "casbin"
POLICY = read_policy(POLICY_DIR)
SPACE = Space(POLICY)
AUTHORIZER = Authorizer(POLICY_DIR)

roles = st.frozensets(st.sampled_from(Role), min_size=1)
relations = st.frozensets(st.sampled_from(Relation), min_size=1)
stages = st.sampled_from(Stage)
actions = st.sampled_from(Action)


def test_authority_is_what_we_expect() -> None:
    expected = Path(__file__).with_name("expected_authority.txt").read_text(encoding="utf-8")
    assert authority_table(SPACE) == expected


@settings(max_examples=1000, deadline=None)
@given(roles=roles, relations=relations, stage=stages, action=actions)
def test_space_answers_as_the_lines_do(
    roles: frozenset[Role], relations: frozenset[Relation], stage: Stage, action: Action
) -> None:
    speaking = [line for line in POLICY.lines for role in roles if line.covers(role, relations, stage, action)]
    effects = {line.effect for line in speaking}
    assert SPACE.allows(roles, relations, stage, action) is (effects == {"allow"})


@settings(max_examples=300, deadline=None)
@given(roles=roles, relations=relations, stage=stages, action=actions)
def test_fewer_roles_and_relations_are_never_refused_more(
    roles: frozenset[Role], relations: frozenset[Relation], stage: Stage, action: Action
) -> None:
    """The checks look at pairs and speak about all subsets; this is the step that lets them."""
    if SPACE.allows(roles, relations, stage, action):
        assert any(SPACE.allows({role}, {how}, stage, action) for role, how in product(roles, relations))


def test_authorizer_allows_exactly_what_the_space_allows_to_one_role_in_one_relation() -> None:
    """Every pair that any line speaks of at every stage and act; the rest is silence, asked at random below."""
    differing = [
        (role, how, stage, action)
        for (stage, action), cell in SPACE.cells.items()
        for role, how in cell.allow
        if AUTHORIZER.decide(frozenset({role}), frozenset({how}), stage, action).allowed
        is not SPACE.allows({role}, {how}, stage, action)
    ]
    assert differing == []


def test_authorizer_answers_as_the_space_at_random() -> None:
    chance = random.Random(20261121)  # noqa: S311 - a repeatable sample, not a secret.
    for _ in range(6000):
        role_set = frozenset(chance.sample(list(Role), chance.randint(1, 3)))
        relation_set = frozenset(chance.sample(list(Relation), chance.randint(1, 4)))
        stage, action = chance.choice(list(Stage)), chance.choice(list(Action))
        answer = AUTHORIZER.decide(role_set, relation_set, stage, action).allowed
        assert answer is SPACE.allows(role_set, relation_set, stage, action)


def test_plain_casbin_with_the_two_files_answers_the_same() -> None:
    """Anyone who loads our two files into Casbin, without our code, gets our answers."""
    enforcer = casbin.Enforcer(str(POLICY_DIR / "model.conf"), str(POLICY_DIR / "policy.csv"))
    chance = random.Random(1)  # noqa: S311 - as above.
    for line in POLICY.lines:
        stage = chance.choice(sorted(line.stages & frozenset(Stage)))
        action = chance.choice(sorted(act for act in Action if act in line.actions))
        role = chance.choice([role for role in Role if line.role in ("*", ROLE_PREFIX + role)])
        standings = sorted(typical_standings(role).values(), key=sorted)
        spoken_of = [standing for standing in standings if line.relation == "*" or line.relation in standing]
        for standing in (*spoken_of[:1], chance.choice(standings)):
            plain = enforcer.enforce(ROLE_PREFIX + role, standing, stage, action)
            assert plain is SPACE.allows({role}, standing, Stage(stage), action)
