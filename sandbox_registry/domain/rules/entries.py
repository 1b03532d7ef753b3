"""Which of the procedures in force a newcomer begins with."""

from collections.abc import Iterable

from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.rules.procedures import Procedure


def entry_procedure(procedures: Iterable[Procedure]) -> Procedure:
    """Return the procedure that takes dossiers here and that no other one leads to: its questions lead to the others.

    Raises:
        NotFound: none takes dossiers, or each is led to by another.

    """
    every = tuple(procedures)
    targets = {route.target for each in every for route in each.routes}
    for each in every:
        if each.takes_dossiers and each.code not in targets:
            return each
    raise NotFound(what="procedure")
