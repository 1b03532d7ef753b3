"""What people do: one method per act, one transaction, one audit leaf."""
