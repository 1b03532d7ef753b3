"""Background work that no person waits for."""
