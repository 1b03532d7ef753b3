"""What needs no database: decisions of the policy and computations of the clock, each beside its peer."""

from datetime import UTC, datetime

from bench.effort import Call, Effort, medians
from bench.figures import Aim, Figure, Row
from sandbox_registry.authz import Action, Authorizer
from sandbox_registry.authz.enforcer import casbin_enforcer
from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.rules.calendars import Term, Unit, deadline
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.calendar_files import load_calendar
from sandbox_registry.runtime.shipped import shipped

START = datetime(2026, 11, 20, 7, tzinfo=UTC)


def authority(effort: Effort) -> Row:
    """Measure a warm decision beside a dictionary look-up and Casbin's own `enforce`, and the load of the policy."""
    folder = shipped("policies") / "casbin"
    authorizer = Authorizer(folder)
    roles, relations = frozenset({Role.DECISION_MAKER, Role.APPLICANT}), frozenset({Relation.UNIT})
    stage_and_act = (Stage.AWAITING_DECISION, Action.DECISION_APPROVE)
    asked = (roles, relations, *stage_and_act)
    known = {asked: authorizer.decide(*asked)}
    enforcer = casbin_enforcer(authorizer.policy, authorizer.policy.lines)
    request = ("r:decision_maker", relations, "awaiting_decision", "decision:approve")
    took = medians(
        effort,
        {
            "warm": Call(lambda: authorizer.decide(*asked), times=effort.repeats),
            # Anyone who looks something up by four things builds the key first; so does this.
            "look-up": Call(lambda: known[roles, relations, *stage_and_act], times=effort.repeats),
            "enforce": Call(lambda: enforcer.enforce(*request), times=20),
            "load": Call(lambda: Authorizer(folder), times=3),
        },
    )
    return Row(
        title=f"A decision of the policy ({len(authorizer.policy.lines)} lines), and its loading",
        figures=(
            Figure(name="a decision, warm", value=took["warm"] * 1e6, unit="µs"),
            Figure(name="a look-up in a dictionary", value=took["look-up"] * 1e6, unit="µs"),
            Figure(name="Enforcer.enforce of the same policy", value=took["enforce"] * 1e6, unit="µs"),
            Figure(name="loading the policy", value=took["load"] * 1e3, unit="ms"),
        ),
        aims=(
            Aim(what="to a dictionary look-up", measured=took["warm"] / took["look-up"], wanted=3.0, is_most=True),
            Aim(what="enforce to a decision", measured=took["enforce"] / took["warm"], wanted=100.0, is_most=False),
            Aim(what="loading the policy", measured=took["load"] * 1e3, wanted=100.0, is_most=True, unit=" ms"),
        ),
    )


def deadlines(effort: Effort) -> Row:
    """Measure a deadline with its ledger, day by day."""
    calendar = load_calendar(shipped("policies") / "calendars" / "vn.toml")

    def computed(term: Term) -> Call:
        return Call(lambda: deadline(term, start=START, calendar=calendar).ledger, times=effort.repeats // 100)

    took = medians(effort, {"short": computed(Term(10, Unit.WD)), "long": computed(Term(24, Unit.MO))})
    short, long = took["short"] * 1e6, took["long"] * 1e3
    return Row(
        title="A deadline with its ledger",
        figures=(
            Figure(name="10 working days", value=short, unit="µs"),
            Figure(name="24 months", value=long, unit="ms"),
        ),
        aims=(
            Aim(what="10 working days", measured=short, wanted=50.0, is_most=True, unit=" µs"),
            Aim(what="24 months", measured=long, wanted=2.0, is_most=True, unit=" ms"),
        ),
    )
