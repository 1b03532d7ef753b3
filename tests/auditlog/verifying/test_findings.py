"""What a check found, said to people: the case by its code, the act and its office, and fields by their names."""

from datetime import UTC, datetime

from sandbox_registry.auditlog.verifying.findings import Report, ToldAct, fields_named
from sandbox_registry.domain.texts import Language


def told(report: Report, language: Language) -> str:
    return ", ".join(each.in_language(language) for each in report.place_of(report.findings[-1]))


def test_a_finding_names_the_case_the_act_and_the_office() -> None:
    report = Report(codes={"case": "H12.01-261120-0001"}, cases={"decision": "case"})
    report.acts[4] = ToldAct(
        case="case",
        act="decision:approve",
        result="done",
        roles=("decision_maker",),
        at=datetime(2026, 11, 20, 18, tzinfo=UTC),
    )
    report.add("row_changed", 4, kind="decision", identity="decision", what=fields_named({"decided_at", "colour"}))
    assert told(report, Language.VI) == (
        "Hồ sơ H12.01-261120-0001, «Quyết định cho phép» ngày 21/11/2026, Người có thẩm quyền quyết định"
    )
    assert report.findings[0].text.vi == (
        "«quyết định» trong cơ sở dữ liệu khác với bản đã ghi: colour, Quyết định lúc. (mục 4, decision)"
    )


def test_what_belongs_nowhere_has_no_place() -> None:
    report = Report()
    report.add("head")
    assert told(report, Language.EN) == ""
    report.add("row_unrecorded", kind="a new kind", identity="x")
    assert told(report, Language.EN) == ""
    assert "a new kind" in report.findings[-1].text.en
