"""What JSON and HTML handlers share: bodies, time limits, client addresses, identity, quotas, headers, problems."""
