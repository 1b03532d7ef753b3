"""PostgreSQL: tables, unit of work, repositories; the only importer of SQLAlchemy."""
