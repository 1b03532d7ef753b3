"""The benchmark sends again what our program sent, and says of its figures what they say."""

import pytest

from bench.__main__ import PARTS, REMARKS, data_directory
from bench.acting import ACTS, requests_for, require_moved
from bench.captured import Script, about_any_case
from bench.contenders import contenders
from bench.figures import OURS, RAW, Aim, Row
from bench.pages import PUBLIC, files_of, twins, weight, weights_row
from bench.reading import list_path, require_same_answers
from bench.remarks import explained, read_remarks
from bench.scratch import CASES, Register, add_cases, identity, register, scratch_server
from bench.server_log import apart
from bench.servers import Failed

REGISTER = Register(size=0, owner_url="", app_url="", tokens={}, officer_id=identity(10, 1))
CASE, PERSON, MADE = identity(CASES, 7), identity(10, 1), identity(20, 1)


def test_semicolons_part_statements_only_outside_of_quotes() -> None:
    """A message of two statements is two, whatever its values and names hold."""
    assert apart("""SELECT 'a;''b', ";"; COMMIT""") == ["""SELECT 'a;''b', ";\"""", "COMMIT"]


@pytest.mark.parametrize(
    ("sent", "again"),
    [
        (f"SELECT '{CASE}'::uuid", "SELECT bench_id(9, :k)::uuid"),
        (f"SELECT '{PERSON}'::uuid", f"SELECT '{PERSON}'::uuid"),
        (f"SELECT '{MADE}', '{MADE}'", "SELECT bench_id(101, :k), bench_id(101, :k)"),
        (f"SELECT '{{{CASE}}}'::uuid[]", "SELECT ('{' || bench_id(9, :k)::text || '}')::uuid[]"),
        ("SELECT 'H12.01-W7', 'H12.01-W77'", "SELECT ('H12.01-W' || (:k)::text), 'H12.01-W77'"),
        ("SELECT '12/QĐ-UBND'", "SELECT (('B' || (:k)::text) || '/QĐ-UBND')"),
        ("""SELECT '{"a":true}', E'b:c\\\\d'""", """SELECT U&'{"a"\\003atrue}', E'b\\x3ac\\\\d'"""),
    ],
)
def test_an_act_is_sent_again_about_another_case(sent: str, again: str) -> None:
    """The case and what the act made become those of the k-th; people stay; no colon is left that pgbench would read."""
    assert about_any_case([(sent,)], case=7, known={str(PERSON)}) == ((again,),)


def test_what_was_one_message_goes_out_in_one_pipeline() -> None:
    """Statements sent one by one stay so."""
    script = Script(REGISTER, (("BEGIN",), ("SELECT append_leaf('x')", "COMMIT")))

    assert script.text.splitlines()[2:] == [
        "BEGIN;",
        "\\startpipeline",
        "SELECT append_leaf('x');",
        "COMMIT;",
        "\\endpipeline",
    ]


def test_only_the_leaf_is_taken_away() -> None:
    """What stands in one statement with other work cannot be."""
    script = Script(REGISTER, (("UPDATE a",), ("SELECT append_leaf('x')", "COMMIT")))

    assert script.without_leaf().messages == (("UPDATE a",), ("COMMIT",))
    with pytest.raises(Failed):
        Script(REGISTER, (("WITH b AS (UPDATE a) SELECT append_leaf('x')",),)).without_leaf()


def test_a_missed_aim_is_explained_with_the_figures_of_the_run() -> None:
    """Kinds of aims that were met are passed over; one without a remark says so."""
    rows = [
        Row(title="few", part="acts", aims=(_aim("rate to pgbench", 0.3), _aim("rate to plain ORM", 5.0))),
        Row(title="many", part="acts", aims=(_aim("rate to pgbench", 0.6),)),
        Row(title="start", part="starting", aims=(_aim("start", 0.1),)),
    ]
    remarks = "# Why\n\n## acts: rate to pgbench\nIt waits.\n\n## acts: rate to plain ORM\nIt is slow.\n"

    assert explained(rows, remarks) == [
        "**acts, rate to pgbench: 0.3 to 0.6, median 0.45, aim at least 0.5, missed 1 of 2 times.** It waits.",
        "",
        "**starting, start: 0.1, aim at least 0.5.** No cause was looked for.",
        "",
    ]


def test_remarks_are_about_parts_that_there_are() -> None:
    """A remark under a name that no part has would never be printed."""
    remarks = read_remarks(REMARKS.read_text("utf-8"))

    assert remarks
    assert {part for part, _ in remarks} <= set(PARTS)
    assert all(remarks.values())


def _aim(what: str, measured: float) -> Aim:
    return Aim(what=what, measured=measured, wanted=0.5, is_most=False)


def test_a_browser_fetches_the_files_that_a_page_names_and_no_links() -> None:
    """Other languages and pages are named too, and not loaded."""
    page = """<link rel="alternate" href="/?lang=en"><link rel="icon" href="/i.svg"><link rel="stylesheet" href="/a.css">
    <script type="module" src="/b.js"></script><a href="/thu-tuc">x</a><img src="/c.png">"""

    assert files_of(page) == {"/i.svg", "/a.css", "/b.js", "/c.png"}


def test_what_is_measured_is_done() -> None:
    """A register as the benchmark fills it is one of today: its acts succeed, and the program by hand answers the same."""
    with data_directory(None) as data, scratch_server(data) as server:
        filled = register(server, 100)
        with contenders(filled, data, peers=(RAW,)) as running:
            case = add_cases(filled, "under_appraisal", count=1)
            require_same_answers(running, f"/applications/{identity(CASES, case)}")
            require_same_answers(running, list_path(filled))
            weighed = weights_row({path: weight(running.servers[OURS], path) for path in PUBLIC})
            assert all(aim.is_met for aim in weighed.aims), weighed.lines()
            for page, twin in twins(running.servers[OURS]):
                assert weight(running.servers[OURS], page).repeat > 1
                assert weight(running.servers[OURS], twin).requests == 1
            for act, (stage, *_) in ACTS.items():
                first = add_cases(filled, stage, count=1)
                running.once(OURS, requests_for(running, OURS, act, first, 1))
                require_moved(filled, OURS, first=first, count=1)
