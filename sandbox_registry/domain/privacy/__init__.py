"""Domain: erasure and legal holds."""
