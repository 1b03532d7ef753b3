"""Files that people send: kinds, checks, scanning, store."""
