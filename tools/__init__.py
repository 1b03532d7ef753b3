"""Programs for those who work on the registry; none of them is shipped."""
