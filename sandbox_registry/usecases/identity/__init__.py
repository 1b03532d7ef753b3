"""Use cases: people, offices, organisations, accounts and tokens."""
