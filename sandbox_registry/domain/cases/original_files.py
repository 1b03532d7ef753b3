"""What was sent where a cleaned copy of it is shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalFile:
    """What was sent where a cleaned copy stands in its place: kept as proof, and sent to nobody.

    The copy is what is shown, downloaded, filed and put into bundles; `sha256` (hex) and `size` are of what was sent.
    """

    sha256: str
    size: int
