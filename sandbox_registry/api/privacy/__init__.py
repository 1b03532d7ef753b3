"""JSON handlers: erasure and legal holds."""
