"""JSON handlers: webhooks, exports and feeds."""
