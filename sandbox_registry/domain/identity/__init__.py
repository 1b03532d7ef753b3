"""Domain: people, offices, organisations, accounts and tokens."""
