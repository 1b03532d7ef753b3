"""Everything that talks to somebody else's program."""
