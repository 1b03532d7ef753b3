"""JSON handlers: applications up to the decision."""
