"""The transparency log: published, verified, witnessed."""
