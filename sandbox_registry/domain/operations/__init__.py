"""Domain: health, backup and upkeep."""
