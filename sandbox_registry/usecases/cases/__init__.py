"""Use cases: applications up to the decision."""
