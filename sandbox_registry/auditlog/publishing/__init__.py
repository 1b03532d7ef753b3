"""Publishes the log: signing, cosigning, proofs, keys."""
