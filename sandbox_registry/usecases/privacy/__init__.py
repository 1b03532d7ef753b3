"""Use cases: erasure and legal holds."""
