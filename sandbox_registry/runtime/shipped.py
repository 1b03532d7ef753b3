"""Where the files that are not Python are: policies and migrations, in a checkout or inside an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(name: str) -> Path:
    """Return the directory `name` ("policies", "alembic", "examples"), wherever the program runs from.

    The wheel carries it inside the package. That place is asked first: beside an installed package lie
    other people's packages, and one of them is called alembic.
    """
    for place in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    message = f"The directory {name} is missing from this installation; install the program again."
    raise FileNotFoundError(message)
