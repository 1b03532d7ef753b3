"""Domain: permits and their terms."""
