"""Database: applications up to the decision."""
