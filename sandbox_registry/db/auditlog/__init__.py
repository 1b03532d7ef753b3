"""Leaves and tree of the log as rows."""
