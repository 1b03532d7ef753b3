"""Domain: applications up to the decision."""
