"""JSON handlers: health, backup and upkeep."""
