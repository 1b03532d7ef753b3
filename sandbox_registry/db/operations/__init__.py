"""Database: health, backup and upkeep."""
