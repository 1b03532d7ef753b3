"""Words that procedures use as codes or write in Vietnamese, as every reader reads them."""

from sandbox_registry.domain.rules.procedures import Parameter, Procedure
from sandbox_registry.domain.texts import Phrase, Wording, is_known, verbatim

_SIGNERS = {"Chủ tịch": "chair", "Phó Chủ tịch": "vice_chair"}


def signer_title(title: str) -> Wording:
    """Name the title under which somebody signs; one that this program does not know stands as the file has it."""
    return Phrase(f"web.signer.{_SIGNERS[title]}") if title in _SIGNERS else verbatim(title)


def item_name(procedure: Procedure, parameter: Parameter, item: str) -> Wording:
    """Name one item of a list that a procedure sets: by its own label, else by ours."""
    if parameter.name == "signer_titles":
        return signer_title(item)
    own = {"permit_kind": procedure.permit.kinds, "space_kinds": procedure.permit.space_kinds}
    labels = {each.value: each.label for each in own.get(parameter.name, ())}
    return labels.get(item) or word_name(item)


def word_name(word: str) -> Wording:
    """Name a word of a procedure; one that this program does not know stands as the file has it."""
    return Phrase(f"web.word.{word}") if is_known(f"web.word.{word}") else verbatim(word)
