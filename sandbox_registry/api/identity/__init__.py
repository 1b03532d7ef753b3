"""JSON handlers: people, offices, organisations, accounts and tokens."""
