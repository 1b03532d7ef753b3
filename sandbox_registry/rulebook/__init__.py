"""Procedure and calendar files: read, checked, versioned."""
