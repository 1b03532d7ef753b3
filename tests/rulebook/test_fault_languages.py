"""Every fault of a rule file has a Vietnamese and a French sentence, which its proposer gets over the API."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from sandbox_registry.domain.texts import Language, Phrase, Wording
from sandbox_registry.locales.catalogues import catalogue
from sandbox_registry.rulebook.calendar_checks import calendar_findings, calendar_warnings
from sandbox_registry.rulebook.procedure_checks import check_procedures
from tests.rulebook import test_calendar_checks, test_rules_check, test_sense_checks
from tests.support.client import Client
from tests.support.wording import leaks

ADMIN = "quan_tri"


def seeded(folder: Path) -> Iterator[Wording]:
    """Every sentence that a fault planted in some test of this folder brings about."""
    for planted in test_sense_checks.FAULTS:
        yield from (fault.message for fault in test_sense_checks.planted_faults(planted))
    added = [test_calendar_checks.CONTENT + text for text, _, _ in test_calendar_checks.BESIDE_HOLIDAYS]
    whole = [content for content, _, _ in (*test_calendar_checks.FAULTS, *test_calendar_checks.SCHEDULES)]
    for content in (*whole, *added):
        yield from (finding.message for finding in calendar_findings(content.encode(), file="vn.toml"))
    yield from (finding.message for finding in calendar_findings(b"\xff", file="vn.toml"))
    unusual = [test_calendar_checks.CONTENT + text for text, _ in test_calendar_checks.WARNINGS]
    for content in (*unusual, test_calendar_checks.FAR):
        yield from (warning.message for warning in calendar_warnings(content.encode(), at=date(2026, 11, 30)))
    for act in ("clarification:close", "decision:refuse"):
        policy = test_rules_check.policy_without(act)
        yield from (finding.message for finding in check_procedures(folder / test_rules_check.LAW, policy=policy))
    for file, old, new, _, _ in test_rules_check.FAULTS.values():
        sound = (folder / file).read_text("utf-8")
        test_rules_check.seed(folder, file, old, new)
        yield from (finding.message for finding in check_procedures(folder / file))
        (folder / file).write_text(sound, "utf-8")


def test_every_sentence_is_brought_about_and_holds_no_code_and_no_english(tmp_path: Path) -> None:
    said = list(seeded(copytree(test_rules_check.SHIPPED, tmp_path / "procedures")))
    assert [leak for wording in said for leak in leaks(wording, quotes_files=True)] == []
    keys = {key for key in catalogue(Language.VI).forms if key.startswith("fault.")}
    assert keys - {wording.key for wording in said if isinstance(wording, Phrase)} == set()


CONTENT = (test_rules_check.SHIPPED / test_rules_check.DRAFT).read_text("utf-8")
PROPOSALS = [
    ("procedure", "a = [1", "-", "not_toml", "Không đọc được tệp theo TOML ở dòng 1, cột 7."),
    ("procedure", CONTENT.replace("weight = 25", "weight = 24", 1), "criteria", "wrong_weights",
     "Tổng các trọng số phải bằng 100."),
    ("procedure", CONTENT.replace("hanoi-29-2025", "hue-2026"), "routes.16.target", "unknown_target",
     "Không có thủ tục «hue-2026»."),
    ("procedure", CONTENT.replace('value = 2, unit = "y"', 'value = 2, unit = "years"', 1), "parameters.duration.max",
     "wrong_unit", "«years» không phải đơn vị của giá trị này; được nhận: «cd», «h», «mo», «wd» và «y»."),
    ("calendar", test_calendar_checks.CONTENT.replace('country = "VN"', "country = 5"), "country", "wrong_value",
     "Cần một chuỗi ký tự."),
]  # fmt: skip


@pytest.mark.parametrize("proposal", PROPOSALS, ids=lambda proposal: proposal[3])
async def test_who_proposes_over_the_api_reads_what_is_wrong_in_vietnamese(
    client: Client, proposal: tuple[str, str, str, str, str]
) -> None:
    kind, content, key, code, told = proposal
    answer = await client.send("POST", "/rules", by=ADMIN, json={"kind": kind, "content": content})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert {"field": key, "code": code, "message": told} in answer.json()["errors"]


def test_a_command_speaks_english(tmp_path: Path) -> None:
    folder = copytree(test_rules_check.SHIPPED, tmp_path / "procedures")
    test_rules_check.seed(folder, test_rules_check.LAW, "weight = 25", "weight = 24")
    (found,) = check_procedures(folder / test_rules_check.LAW)
    assert str(found) == "ai-decree-142-2026.toml: criteria: The weights must add up to 100. [wrong_weights]"
