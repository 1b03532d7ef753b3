"""Use cases: permits and their terms."""
