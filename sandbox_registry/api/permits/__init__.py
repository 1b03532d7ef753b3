"""JSON handlers: permits and their terms."""
