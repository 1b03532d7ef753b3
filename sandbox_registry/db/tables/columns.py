"""What all tables share: the metadata that names their constraints, and the columns most of them have."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# JSON null is never kept: an absent value is SQL NULL.
Json = JSONB(none_as_null=True)
Stamp = DateTime(timezone=True)


def id_column() -> Column[Any]:
    """Make the identity, a UUIDv7 given by the program."""
    return Column("id", UUID, primary_key=True)


def version_column() -> Column[Any]:
    """Make the version, which grows by one with every save."""
    return Column("version", Integer, nullable=False)


def reference(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    """Refer to a row of another table by its id."""
    return Column(name, UUID, ForeignKey(f"{target}.id"), nullable=nullable)


def text_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """Make a column of text."""
    return Column(name, Text, nullable=nullable)


def stamp_column(name: str, *, nullable: bool = False) -> Column[Any]:
    """Make a column of an instant, kept in UTC."""
    return Column(name, Stamp, nullable=nullable)


def one_of(column: str, values: Any) -> CheckConstraint:
    """Allow only these values in a column, as the code's enumeration lists them."""
    literals = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({literals})", name=f"{column}_known")


def case_column() -> Column[Any]:
    """Refer to the case a row belongs to; every table with this column is searched by it."""
    return Column("application_id", UUID, ForeignKey("applications.id"), nullable=False, index=True)
