"""What a check says of a rule file: the key, a stable code, and a sentence in the language of its proposer."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sandbox_registry.domain.texts import Parameter, Phrase, Wording


class Fault(NamedTuple):
    """One thing wrong with a rule file: the dotted key, the code, the sentence."""

    key: str
    code: str
    message: Wording


Faults = Iterator[Fault]


def fault(sentence: str, key: str, /, **params: Parameter) -> Fault:
    """Return the fault that `fault.<sentence>` of the catalogues tells of a key.

    One code may have several sentences: what follows a dot picks one, and is no part of the code.
    """
    return Fault(key=key, code=sentence.partition(".")[0], message=Phrase(f"fault.{sentence}", **params))


def quoted(names: Iterable[str]) -> tuple[Parameter, ...]:
    """Return words of the file as each language quotes and lists them."""
    return tuple(Phrase("format.quoted", text=name) for name in names)


def as_parameter(value: object) -> Parameter:
    """Return a value of the file as each language writes it; words and truth values stand in quotes, as in the file."""
    match value:
        case bool():
            return Phrase("format.quoted", text=str(value).lower())
        case int() | float():
            return value
        case tuple():
            return tuple(as_parameter(each) for each in value)
        case _:
            return Phrase("format.quoted", text=str(value))
