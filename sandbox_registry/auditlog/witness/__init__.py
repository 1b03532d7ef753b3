"""A council member's program: checks and cosigns checkpoints."""
