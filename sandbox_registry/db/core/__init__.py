"""Engine, statements, records, unit of work, migrations."""
