"""What the benchmark sends again is what our program sent: about another case, and nothing else in it changed."""

import pytest

from bench.captured import Script, about_any_case
from bench.scratch import CASES, Register, identity
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
