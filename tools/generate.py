"""Write what follows from declarations: tables of the documentation, the policy in plain words, the verifier's names.

python -m tools.generate          writes every file; `make fmt` does
python -m tools.generate --check  only says which are stale; `make lint` does
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sandbox_registry.authz.policy import read_policy
from sandbox_registry.authz.space import Space
from sandbox_registry.authz.tables import authority_table
from sandbox_registry.db.auditlog.coverage import answer_for
from sandbox_registry.db.tables import metadata
from sandbox_registry.domain.acts import ANY_KIND, Action, Logged, act_name, done_name
from sandbox_registry.domain.identity.line_names import line_name
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.kinds.every import KINDS
from sandbox_registry.domain.kinds.kind import Emptied, Kept, Kind
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Language

ROOT = Path(__file__).parents[1]
PAGE = "sandbox_registry/auditlog/publishing/pages/verify.html"
_NAMES = re.compile(r"^const WRITES = .*\nconst ACTS = .*$", re.MULTILINE)
_NOTE = "*Written by `python -m tools.generate` from {source}; change that, then run `make fmt`.*\n\n"
_LOGGED = {
    Logged.ALWAYS: "always",
    Logged.OVERSIGHT: "by oversight",
    Logged.OFFICES: "by an office",
    Logged.NEVER: "never",
}


def authority(root: Path) -> str:
    """Write the whole policy in plain words."""
    return authority_table(_space(root))


def permissions(root: Path) -> str:
    """Write every permission of the policy by its name in three languages, with what it rests on."""
    heads = ("line", "tên", "name", "nom", "at", "rests on")
    rows = (
        (f"p{line.number}", name.vi, name.en, name.fr, f"`{line.stage}`", line.basis)
        for line in read_policy(root / "policies" / "casbin").lines
        if line.effect == "allow" and (name := line_name(line.text)) is not None
    )
    intro = (
        "# Every permission in words\n\n"
        + _NOTE.format(source="`policies/casbin/policy.csv`")
        + "So timelines name the line that allowed an act. What the columns of the policy mean: [authority.md](authority.md).\n\n"
    )
    return intro + _table(heads, rows)


def acts(root: Path) -> str:
    """Write the table of acts: who decides what, who may learn of it, what it writes."""
    space = _space(root)
    heads = (
        "act",
        "tên",
        "name",
        "nom",
        "side",
        "who may, in some case",
        "who may learn of it",
        "writes",
        "in the log",
        "open to a token for some procedures",
    )
    rows = (
        (
            f"`{act}`",
            act_name(act).vi,
            act_name(act).en,
            act_name(act).fr,
            act.side,
            ", ".join(_offices(space, act)),
            ", ".join(sorted(act.known_to)),
            ", ".join(sorted("whatever was erased" if name == ANY_KIND else name for name in act.writes)),
            _LOGGED[act.logged],
            "yes" if act.within_procedures else "",
        )
        for act in Action
    )
    intro = (
        "# Every act\n\n"
        + _NOTE.format(source="`sandbox_registry/domain/acts.py` and `policies/casbin/policy.csv`")
        + "Who may learn that an act was done in a case sees it in the timeline, in earlier states, in the bundle and in the "
        "event log;\nnobody else does. A refusal is known to officials and overseers only. A token that is limited to some procedures does all\n"
        "that its holder may in their cases; of the acts that concern no case, or many, it does those marked in the last column.\n\n"
    )
    return intro + _table(heads, rows)


def records(_root: Path) -> str:
    """Write the table of kinds of records: who reads each, through which channels, and what erasure does to it."""
    heads = (
        "kind",
        "read by",
        "bundle",
        "earlier states",
        "webhook events",
        "exported fields",
        "erasure",
        "rows may be",
        "table open to analysts",
    )
    intro = (
        "# Every kind of record\n\n"
        + _NOTE.format(source="`sandbox_registry/domain/kinds/`")
        + "Who may do the act under *read by* sees the kind, and only through the channels marked here: offline bundles, earlier\n"
        "states of a case, webhooks (each event with the act its receiver must be allowed), exports. A kind without such an act is\n"
        "in no channel. *Open to analysts* means that the database role `registry_read` may read its table.\n\n"
    )
    return intro + _table(heads, map(kind_row, sorted(KINDS, key=lambda kind: kind.name)))


def kind_row(kind: Kind) -> tuple[str, ...]:
    """Return what the table says of one kind."""
    return (
        f"`{kind.name}`",
        "anybody" if kind.is_public else "" if kind.read_by is None else f"`{kind.read_by}`",
        "yes" if kind.in_bundle else "",
        "yes" if kind.in_history else "",
        "; ".join(_events(kind)),
        ", ".join(sorted(kind.exported)),
        _erased(kind.erasure),
        "" if kind.rows is None else kind.rows.name.lower().replace("_", " "),
        "yes" if kind.for_analysts else "",
    )


def _events(kind: Kind) -> Iterator[str]:
    """List the webhook events of a kind, those together that need the same of their receiver."""
    needs = {event: f"`{event.needs}`" + (f" at `{event.at}`" if event.at else "") for event in kind.events}
    for need in sorted(set(needs.values())):
        names = sorted(event.name for event, needed in needs.items() if needed == need)
        yield f"{', '.join(names)} ({need})"


def _erased(erasure: Emptied | Kept) -> str:
    return f"kept: {erasure.because}" if isinstance(erasure, Kept) else f"with the {erasure.with_the}"


def names(root: Path) -> str:
    """Write the verifier's page with the names of the acts in it: each as something done, and as something to do."""
    named = {
        language: {str(act): [name(act).in_language(language) for name in (done_name, act_name)] for act in Action}
        for language in Language
    }
    encoded = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
    writes = json.dumps({act: sorted(act.writes) for act in Action}, separators=(",", ":"))
    return _NAMES.sub(
        lambda _: f"const WRITES = {writes};\nconst ACTS = {encoded};", (root / PAGE).read_text(encoding="utf-8")
    )


def coverage(_root: Path) -> str:
    """Write what of the database `log verify` compares, table by table."""
    heads = ("table", "columns", "covered by, or why nothing needs to")
    rows = (
        (f"`{table.name}`", ", ".join(f"`{name}`" for name in names), answer)
        for table in sorted(metadata.tables.values(), key=lambda each: each.name)
        for answer, names in _by_answer(table.name, [str(each.name) for each in table.c])
    )
    intro = (
        "# What of the database the log covers\n\n"
        + _NOTE.format(source="`sandbox_registry/db/auditlog/coverage.py`")
        + "`log verify` on the server holds the database against the log. A column that nobody has answered for fails a test. "
        "The tables\nof the queue (`procrastinate_…`) are in nobody's record: a job decides nothing, and what it does is an act.\n\n"
    )
    return intro + _table(heads, rows)


def _by_answer(table: str, columns: list[str]) -> Iterator[tuple[str, list[str]]]:
    answers = {column: answer_for(table, column) or "" for column in columns}
    for answer in dict.fromkeys(answers.values()):
        yield answer, [column for column in columns if answers[column] == answer]


GENERATED: dict[str, Callable[[Path], str]] = {
    "docs/acts.md": acts,
    "docs/log-coverage.md": coverage,
    "docs/permissions.md": permissions,
    "docs/records.md": records,
    PAGE: names,
    "tests/authz/expected_authority.txt": authority,
}


def stale(root: Path = ROOT) -> tuple[str, ...]:
    """List the files that do not say what their declarations say."""
    return tuple(
        path
        for path, write in GENERATED.items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != write(root)
    )


def _space(root: Path) -> Space:
    return Space(read_policy(root / "policies" / "casbin"))


def _offices(space: Space, act: Action) -> Iterator[str]:
    cells = [space.cells[stage, act] for stage in Stage]
    allowed = {role for cell in cells for role, relation in cell.allow if cell.allows({role}, {relation})}
    yield from (role for role in Role if role in allowed)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(arguments: list[str], *, root: Path = ROOT) -> int:
    """Write every file, or with `--check` say which are stale."""
    stale_files = stale(root)
    for path in stale_files:
        if arguments == ["--check"]:
            sys.stderr.write(f"{path} is stale: run make fmt and read the difference\n")
        else:
            (root / path).write_text(GENERATED[path](root), encoding="utf-8")
    return 1 if stale_files and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
