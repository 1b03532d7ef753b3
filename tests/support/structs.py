"""The structs of the package."""

from collections.abc import Iterator

import msgspec


def structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Return every kind of struct below one, at any depth."""
    for below in kind.__subclasses__():
        if below.__module__.startswith("sandbox_registry."):
            yield below
            yield from structs(below)
