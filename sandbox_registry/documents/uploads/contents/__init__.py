"""What is inside a received file: read by a process of its own, which knows nothing of the registry."""
