"""Database: people, offices, organisations, accounts and tokens."""
