"""Use cases: health, backup and upkeep."""
