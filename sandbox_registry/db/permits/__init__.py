"""Database: permits and their terms."""
