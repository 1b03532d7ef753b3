"""Every kind of record, declared once."""
