"""Use cases: webhooks, exports and feeds."""
