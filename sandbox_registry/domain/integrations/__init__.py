"""Domain: webhooks, exports and feeds."""
