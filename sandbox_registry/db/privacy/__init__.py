"""Database: erasure and legal holds."""
