"""Publishes the log: signing, cosigning, proofs, offline bundles."""
