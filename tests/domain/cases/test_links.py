"""How long a link to an applicant binds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox_registry.domain.cases.links import Link, lasts, require_outside_chain
from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.people import Relation, Role, relations
from sandbox_registry.domain.rules.working_days import Term, Unit
from tests.support.standings import COMPANY, OTHER_UNIT, UNIT, actor, standing

AT = datetime(2026, 11, 20, 7, tzinfo=UTC)
TWO_YEARS = Term(24, Unit.MO)


def left(*, days: int) -> Link:
    return Link(organisation_id=COMPANY, until=AT - timedelta(days=days))


def test_a_link_binds_while_it_stands_and_for_its_term() -> None:
    standing_link = Link(organisation_id=COMPANY, until=None)
    assert lasts(standing_link, term=TWO_YEARS, at=AT)
    assert lasts(left(days=-1), term=TWO_YEARS, at=AT)
    assert lasts(left(days=729), term=TWO_YEARS, at=AT)
    assert not lasts(left(days=733), term=TWO_YEARS, at=AT)


def test_a_term_that_nobody_laid_down_never_ends() -> None:
    assert lasts(left(days=9000), term=None, at=AT)


def test_links_become_relations_until_a_declaration_is_made() -> None:
    office = actor(frozenset({(Role.FOCAL_HEAD, UNIT)}))
    bound = replace(standing(conflicted=None), is_linked=True, declares_first=True)
    assert relations(office, bound) == {Relation.UNIT, Relation.LINKED, Relation.DECLARES_FIRST}
    assert relations(office, replace(bound, conflicted=False)) == {Relation.UNIT, Relation.LINKED}
    assert relations(actor(), replace(bound, is_linked=False)) == {Relation.NONE}


def test_nobody_files_where_they_work() -> None:
    office = actor(frozenset({(Role.FOCAL_OFFICER, UNIT)}))
    require_outside_chain(office, {OTHER_UNIT})
    require_outside_chain(actor(frozenset({(Role.HDND_MEMBER, UNIT)})), {UNIT})
    with pytest.raises(ConditionNotMet):
        require_outside_chain(office, {UNIT, OTHER_UNIT})
