"""Whether a database is made of what the migrations make: what somebody planted there acts without leaving a row."""

from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.db.auditlog import schema
from sandbox_registry.db.core.engine import Connection

NAMED = 20
"""How many differences are named; that there are more is said."""


async def check_schema(connection: Connection, *, report: Report) -> None:
    """Compare the schema, line by line, with what the migrations of this release make."""
    revision, meant = schema.shipped()
    if await schema.revision_of(connection) != revision:
        report.add("schema_unchecked", what=revision)
        return
    found = await schema.described(connection)
    differences = [("+", each) for each in sorted(found - meant)] + [("-", each) for each in sorted(meant - found)]
    for sign, line in differences[:NAMED]:
        report.add("schema_changed", what=f"{sign} {line}")
    if len(differences) > NAMED:
        report.add("schema_changed", what=f"+{len(differences) - NAMED}")
