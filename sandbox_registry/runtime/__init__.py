"""Settings, clocks, logs, processes: what every program needs, and nothing of ours is imported here."""
