"""People dealt out into groups, so that the processes of a run share what everybody is asked."""

GROUPS = 4


def dealt(people: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Deal people out in turn: each group has something of every office, and everybody is in one group."""
    groups = tuple(people[first::GROUPS] for first in range(GROUPS))
    assert sorted(name for group in groups for name in group) == sorted(set(people))
    return groups
