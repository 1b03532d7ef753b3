"""What JSON handlers share: requests, schemas, cursors, streams."""
