"""The auditor's program: verifies a log from what anybody can get."""
