"""The papers of the example dossiers as PDF: python -m sandbox_registry.demo.papers [FOLDER] [--today YYYY-MM-DD].

The same data makes the same bytes: fonts are those the typesetter carries, the time inside is the dossier's own.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
import typst

from sandbox_registry.demo.dossiers import EXAMPLES, Dossier, dossiers_for
from sandbox_registry.domain.rules.form_fields import Field, FieldKind
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.rulebook.procedure_files import load_procedures
from sandbox_registry.runtime.shipped import shipped

TEMPLATE = EXAMPLES / "papers.typ"
DEFAULT_FOLDER = Path("var/examples")
_SHORT_NAMES = {
    "application_form": "Đơn đề nghị",
    "capacity": "Năng lực",
    "data_protection": "Bảo vệ dữ liệu cá nhân",
    "insurance": "Bảo đảm tài chính",
    "ip_declaration": "Cam kết sở hữu trí tuệ",
    "power_of_attorney": "Giấy ủy quyền",
    "regulatory_gap": "Vướng mắc pháp lý",
    "risk_register": "Danh mục rủi ro",
    "sector_opinion": "Ý kiến chuyên ngành",
    "security_level": "Cấp độ an toàn thông tin",
    "site_consent": "Đồng ý của chủ địa điểm",
    "trial_plan": "Đề án thử nghiệm",
    "user_protection": "Bảo vệ người tham gia",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One file of a dossier: the part it answers, the name it is uploaded by, and what it says."""

    part: str
    filename: str
    content: Mapping[str, Any]
    made_at: datetime


def papers(dossier: Dossier, procedure: Procedure) -> Iterator[Paper]:
    """List the papers a dossier attaches; a part may be answered by several, one for each site or opinion."""
    content = _content(dossier, procedure)
    made_at = datetime.combine(dossier.written_on, time(2), tzinfo=UTC)
    for number, part in enumerate(dossier.parts, start=1):
        variants = _variants(part, content)
        for index, extra in enumerate(variants, start=1):
            which = f" {index}" if len(variants) > 1 else ""
            filename = f"{number:02d} {_SHORT_NAMES[part]}{which}.pdf"
            yield Paper(part=part, filename=filename, content={**content, **extra}, made_at=made_at)


def typeset(paper: Paper) -> bytes:
    """Make the PDF of one paper."""
    inputs = {"paper": paper.part, "data": json.dumps(paper.content, ensure_ascii=False, sort_keys=True)}
    return typst.compile(
        TEMPLATE, root=EXAMPLES, ignore_system_fonts=True, sys_inputs=inputs, timestamp=int(paper.made_at.timestamp())
    )


def make(dossier: Dossier, procedure: Procedure, folder: Path) -> list[tuple[Paper, Path]]:
    """Write every paper of a dossier into a folder; return them with where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for paper in papers(dossier, procedure):
        path = folder / paper.filename
        path.write_bytes(typeset(paper))
        written.append((paper, path))
    return written


def _variants(part: str, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    if part == "site_consent":
        return [{"site": site} for site in content["answers"]["plan"]["sites"]]
    if part == "sector_opinion":
        return [{"opinion": opinion} for opinion in content["opinions"]]
    return [{}]


def _content(dossier: Dossier, procedure: Procedure) -> dict[str, Any]:
    delegates = [person for person in dossier.people if person.standing == "authorised_signatory"]
    day = dossier.written_on
    plain: dict[str, Any] = msgspec.to_builtins(dossier)
    return {
        "title": dossier.title,
        "organisation": plain["organisation"],
        "representative": msgspec.to_builtins(dossier.representative),
        "delegate": msgspec.to_builtins(delegates[0]) if delegates else None,
        "capacity": plain["capacity"],
        "opinions": plain["opinions"],
        "answers": answers_in_vietnamese(dossier, procedure),
        "raw": plain["answers"],
        "attached": [part.label.vi for key in dossier.parts if (part := procedure.component(key))],
        "phases": _bars(dossier),
        "number": f"{day:%d}/ĐĐN",
        "written": f"ngày {day:%d} tháng {day:%m} năm {day:%Y}",
        "signed": f"{day:%d/%m/%Y} 09:00 +07:00",
    }


def _bars(dossier: Dossier) -> list[dict[str, Any]]:
    """Place each phase on the line of the whole trial, as shares of its length."""
    schedule = dossier.answers["schedule"]
    first = date.fromisoformat(schedule["start"])
    ends = [date.fromisoformat(row["end"]) for row in (schedule, *schedule["phases"])]
    length = (max(ends) - first + timedelta(days=1)).days
    bars = []
    for phase in schedule["phases"]:
        start, end = date.fromisoformat(phase["start"]), date.fromisoformat(phase["end"])
        share = ((start - first).days / length, (end - start + timedelta(days=1)).days / length)
        bars.append({"name": phase["name"], "from": share[0], "length": share[1]})
    return bars


def answers_in_vietnamese(dossier: Dossier, procedure: Procedure) -> dict[str, dict[str, Any]]:
    """Return the answers as Vietnamese readers see them: labels of choices, dd/mm/yyyy, 1.234,5."""
    return {
        section.key: {
            field.key: _in_vietnamese(field, dossier.answers[section.key][field.key])
            for field in section.fields
            if field.key in dossier.answers.get(section.key, {})
        }
        for section in procedure.sections
    }


def _in_vietnamese(field: Field, value: Any) -> Any:
    labels = {choice.value: choice.label.vi for choice in field.choices}
    if field.kind is FieldKind.TABLE:
        columns = {column.key: column for column in field.columns}
        return [{key: _in_vietnamese(columns[key], cell) for key, cell in row.items()} for row in value]
    if field.kind is FieldKind.CHOICE:
        return labels.get(value, value)
    if field.kind is FieldKind.CHOICES:
        return "; ".join(labels.get(one, one) for one in value)
    return _FORMATS.get(field.kind, _text)(value)


def _text(value: str) -> str:
    return value.strip()


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 - an answer, not a switch.
    return "Có" if value else "Không"


def _day(value: str) -> str:
    return f"{date.fromisoformat(value):%d/%m/%Y}"


def _position(value: Mapping[str, float]) -> str:
    return f"{value['lat']:.4f}° B; {value['lon']:.4f}° Đ".replace(".", ",")


def _number(value: float) -> str:
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.15g}"
    return text.replace(",", " ").replace(".", ",").replace(" ", ".").replace("-", "−")


_FORMATS: Mapping[FieldKind, Callable[[Any], str]] = {
    FieldKind.BOOLEAN: _yes_or_no,
    FieldKind.COORDINATES: _position,
    FieldKind.DATE: _day,
    FieldKind.DECIMAL: _number,
    FieldKind.INTEGER: _number,
    FieldKind.MONEY: _number,
}


def main() -> None:
    """Make the papers of every example dossier."""
    parser = argparse.ArgumentParser(description="Make the papers of the example dossiers as PDF.")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--today", type=date.fromisoformat, help="move each trial so that it fits a run on this day")
    options = parser.parse_args()
    procedures = load_procedures(shipped("policies") / "procedures")
    for slug, dossier in dossiers_for(options.today).items():
        written = make(dossier, procedures[dossier.procedure], options.folder / slug)
        size = sum(path.stat().st_size for _, path in written) // 1000
        sys.stdout.write(f"{options.folder / slug}: {len(written)} files, {size} kB\n")


if __name__ == "__main__":
    main()
