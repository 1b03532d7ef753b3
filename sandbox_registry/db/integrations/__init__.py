"""Database: webhooks, exports and feeds."""
