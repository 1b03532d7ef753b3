"""Transparency log as pure functions: RFC 6962 tree, signed notes, tiles, proofs; knows nothing of permits."""
