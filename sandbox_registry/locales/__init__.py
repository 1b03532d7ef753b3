"""The registry's own sentences in three languages, and how each language writes numbers, days and lists."""
