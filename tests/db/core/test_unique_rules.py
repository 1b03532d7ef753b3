"""Every unique rule of the schema has a name that people can read."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from sandbox_registry.db import tables
from sandbox_registry.db.core.unique_rules import UNIQUE_RULES


def test_every_unique_rule_is_named() -> None:
    found = tables.metadata.sorted_tables
    constraints = {
        each.name
        for table in found
        for each in table.constraints
        if isinstance(each, UniqueConstraint | ExcludeConstraint)
    }
    indexes = {each.name for table in found for each in table.indexes if each.unique}
    assert constraints | indexes == set(UNIQUE_RULES)
