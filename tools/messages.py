"""Every sentence of ours stands in every language with the same placeholders, and none stands there unused.

So does every sentence of the API's documentation, in the languages that it is translated to.

`python -m tools.messages` says what is wrong; with `--write` it first puts the catalogues in their form.
"""

import ast
import re
import string
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from jinja2 import Environment, nodes

from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.progress import STEPS
from sandbox_registry.domain.identity.people import MembershipKind, Relation, Role
from sandbox_registry.domain.kinds.every import BY_CLASS
from sandbox_registry.domain.rules.form_fields import FieldKind
from sandbox_registry.domain.rules.procedures import BINDING, PARAMETERS, WORDS, Audience, Confidence
from sandbox_registry.domain.rules.working_days import Unit
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Language
from sandbox_registry.web.account.organisations import KINDS
from sandbox_registry.web.pages import NAVIGATION
from sandbox_registry.web.public.authority import SIDES
from sandbox_registry.web.public.papers import COMPARISONS
from tools import api_docs
from tools.catalogues import API_DOCS, CATALOGUES, TRANSLATED, path_of, read, render

PACKAGE = Path(__file__).parents[1] / "sandbox_registry"
_PROCEDURES = Path(__file__).parents[1] / "policies" / "procedures"


def _unlabelled_items() -> set[str]:
    """Return the items of lists in procedures for which the procedure itself has no label: pages name them by ours."""
    found = set()
    for path in _PROCEDURES.glob("*.toml"):
        procedure = tomllib.loads(path.read_text(encoding="utf-8"))
        permit, parameters = procedure.get("permit", {}), procedure["parameters"]
        labelled = {choice["value"] for name in ("kinds", "space_kinds") for choice in permit.get(name, ())}
        for name in ("applicant_kinds", "permit_kind", "space_kinds"):
            found |= set(parameters.get(name, {}).get("value", ())) - labelled
    return found


_FAMILIES: Mapping[str, Collection[str]] = {
    "act.": [*Action, *(f"{act}.done" for act in Action)],
    "answer_kind.": list(FieldKind),
    "kind.": [BY_CLASS[kind].name for kind in RECORDS],
    "office.": list(Role),
    "parameter.": list(PARAMETERS),
    "standing.": list(Relation),
    "stage.": [stage for stage in Stage if stage is not Stage.NONE],
    "term.": list(Unit),
    "web.audience.": list(Audience),
    "web.condition.": sorted(COMPARISONS),
    "web.confidence.": sorted(set(Confidence) - BINDING),
    "web.firms.kind.": KINDS,
    "web.mail_sent.": ["email", "register", "reset"],
    "web.nav.": NAVIGATION,
    "web.progress.at.": [str(step) for step in range(1, STEPS + 1)],
    "web.side.": SIDES,
    "web.standing.": list(MembershipKind),
    "web.standing_means.": list(MembershipKind),
    "web.word.": sorted({word for words in WORDS.values() for word in words} | _unlabelled_items()),
}
"""What keys are put together from: every one of these must have its sentence."""
_CALLS = {
    "Phrase": "",
    "ConditionNotMet": "condition.",
    "Duplicate": "kind.",
    "KeyReused": "condition.",
    "NotFound": "kind.",
    "fault": "fault.",
    "refusal": "upload.",
    "Unacceptable": "upload.",
    "Unsafe": "upload.unsafe.",
}
"""What is called with a key or its end, by the first argument or `what`, and what goes before that."""
_SPEAKERS = frozenset({"t", "plain"})
"""What templates say a sentence with."""


@dataclass(slots=True)
class Uses:
    """What the program names: keys with where and with which parameters, prefixes of keys, and any word at all."""

    keys: dict[str, tuple[str, frozenset[str] | None]] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def has(self, key: str) -> bool:
        """Tell whether a key is named whole, or put together from a prefix and a word of the program."""
        ends = (key.removeprefix(prefix) for prefix in self.prefixes if key.startswith(prefix))
        return key in self.keys or key in self.words or any(end in self.words for end in ends)


def uses_in(root: Path) -> Uses:
    """Read what the modules below a directory name."""
    uses = Uses()
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
                _read_call(node, _CALLS[node.func.id], f"{path.relative_to(root.parent)}:{node.lineno}", uses)
            elif isinstance(node, ast.ClassDef):
                where = f"{path.relative_to(root.parent)}:{node.lineno}"
                uses.keys.update({key: (where, params) for key, params in _sentences_of(node)})
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                uses.words.add(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                uses.words.add(node.target.id)
    for path in sorted(root.rglob("templates/**/*.html")):
        _read_template(path.read_text(encoding="utf-8"), str(path.relative_to(root.parent)), uses)
    for prefix, codes in _FAMILIES.items():
        uses.keys.update({f"{prefix}{code}": (f"{prefix}*", None) for code in codes})
    return uses


def _read_template(source: str, where: str, uses: Uses) -> None:
    """Read the sentences that a template says: `t("key", name=…)`, `t("prefix." ~ word)`."""
    tree = Environment(autoescape=True).parse(source)
    uses.words.update(each.value for each in tree.find_all(nodes.Const) if isinstance(each.value, str))
    for call in tree.find_all(nodes.Call):
        if not (isinstance(call.node, nodes.Name) and call.node.name in _SPEAKERS and call.args):
            continue
        first, at = call.args[0], f"{where}:{call.lineno}"
        for said in (first.expr1, first.expr2) if isinstance(first, nodes.CondExpr) else (first,):
            if isinstance(said, nodes.Const):
                uses.keys[said.value] = (at, frozenset(each.key for each in call.kwargs))
            elif isinstance(said, nodes.Concat) and isinstance(said.nodes[0], nodes.Const):
                uses.prefixes.add(said.nodes[0].value)


def _read_call(call: ast.Call, before: str, where: str, uses: Uses) -> None:
    named = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "what")]
    keywords = frozenset(each.arg for each in call.keywords if each.arg)
    params = None if before == "kind." or len(keywords) < len(call.keywords) else keywords
    for part in named:
        for each in (part.body, part.orelse) if isinstance(part, ast.IfExp) else (part,):
            if isinstance(each, ast.Constant):
                uses.keys[before + str(each.value)] = (where, params)
            elif isinstance(each, ast.JoinedStr) and isinstance(each.values[0], ast.Constant):
                uses.prefixes.add(before + str(each.values[0].value))


def _sentences_of(node: ast.ClassDef) -> Iterator[tuple[str, frozenset[str] | None]]:
    """Return the keys of the sentences that a class of errors has by its code or its condition, and their parameters."""
    bases = {ast.unparse(base) for base in node.bases}
    calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
    constructions = [call for call in calls if re.fullmatch(r"super\(.*\)\.__init__", ast.unparse(call.func))]
    keywords = frozenset(each.arg for call in constructions for each in call.keywords if each.arg)
    if "ConditionNotMet" in bases:
        yield from ((f"condition.{ast.literal_eval(call.args[0])}", keywords) for call in constructions)
    elif bases & {"DomainError", "RuleGap"} and node.name != "ConditionNotMet":
        for line in node.body:
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code":
                yield f"error.{ast.literal_eval(line.value)}", keywords


def faults(uses: Uses, catalogues: Mapping[Language, Catalog]) -> Iterator[str]:
    """Say what is wrong with the catalogues, and with how the program uses them."""
    messages = {language: {_key(each): each for each in catalog if each.id} for language, catalog in catalogues.items()}
    every = messages[Language.VI]
    for language, sentences in messages.items():
        missing = sorted((uses.keys.keys() | every.keys()) - sentences.keys())
        yield from (f"{language}: {key} is missing" for key in missing)
        yield from (f"{language}: {key} is used nowhere" for key in sentences if not uses.has(key))
        for key, message in sentences.items():
            yield from (f"{language}: {key} {fault}" for fault in _faults_of(message, every.get(key)))
    for key, (where, params) in uses.keys.items():
        if params is not None and key in every and params != (expected := placeholders(every[key])):
            yield f"{where}: {key} is given {sorted(params)} and asks for {sorted(expected)}"


def stale() -> Iterator[str]:
    """Name the catalogues that are not in their form, or have a key twice."""
    for language, domain in CATALOGUES:
        if render(language, read(language, domain)) != path_of(language, domain).read_text(encoding="utf-8"):
            yield f"{language}: the catalogue {domain} is not in its form: make fmt"


def _key(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple) else message.id)


def _faults_of(message: Message, binding: Message | None) -> Iterator[str]:
    if message.fuzzy or not all(_forms(message)):
        yield "is fuzzy or empty"
    if binding is not None and placeholders(message) != placeholders(binding):
        yield f"has {sorted(placeholders(message))} where Vietnamese has {sorted(placeholders(binding))}"
    if ("count" in placeholders(message)) != message.pluralizable:
        yield "counts and has no plural forms, or has them and counts nothing"


def _forms(message: Message) -> tuple[str, ...]:
    return tuple(str(form) for form in (message.string if isinstance(message.string, tuple) else (message.string,)))


def placeholders(message: Message) -> frozenset[str]:
    """Return the names in braces of a sentence, in all its forms; anything but a plain name is a ValueError."""
    fields = [part for form in _forms(message) for part in string.Formatter().parse(form) if part[1] is not None]
    for _, name, spec, conversion in fields:
        if not str(name).isidentifier() or spec or conversion:
            raise ValueError(f"{_key(message)}: only a name may stand in braces, not {name!r}")
    return frozenset(str(name) for _, name, _, _ in fields)


def main() -> int:
    """Check, and say what is wrong."""
    if "--write" in sys.argv[1:]:
        for language, domain in CATALOGUES:
            path_of(language, domain).write_text(render(language, read(language, domain)), encoding="utf-8")
    problems = [*stale(), *faults(uses_in(PACKAGE), {language: read(language) for language in Language})]
    english = api_docs.english_of(api_docs.document())
    for language in TRANSLATED:
        problems += api_docs.faults(language, read(language, API_DOCS), english)
    sys.stderr.write("".join(f"{each}\n" for each in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
