"""What the pages about the API say around the OpenAPI document."""

from sandbox_registry.domain.texts import Phrase

TAGS = (
    "applications",
    "documents",
    "intake",
    "appraisal",
    "decisions",
    "histories",
    "permits",
    "exports",
    "organisations",
    "people",
    "offices",
    "procedures",
    "tokens",
    "erasures",
    "webhooks",
)
"""The groups of operations, in the order in which they are shown."""


def tag_name(tag: str) -> Phrase:
    """Name a group of operations."""
    return Phrase(f"docs.tag.{tag}")


def tag_meaning(tag: str) -> Phrase:
    """Say what a group of operations is about."""
    return Phrase(f"docs.tag_meaning.{tag}")
