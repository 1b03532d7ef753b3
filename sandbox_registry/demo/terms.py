"""From what an applicant asked for to what a permit allows, as the signer's office would write it."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sandbox_registry.runtime.settings import TIMEZONE

Answers = Mapping[str, Mapping[str, Any]]


def permit_terms(
    answers: Answers, *, not_before: datetime, conditions: list[str], supervising_unit_id: str, kind: str | None
) -> dict[str, Any]:
    """Write the terms of a permit from the dossier; a trial cannot start before the decision."""
    schedule, users, limits = answers["schedule"], answers["users"], answers["limits"]
    start = max(_midnight(schedule["start"]), not_before)
    legal, plan, contact = answers["legal"], answers["plan"], answers["contact"]
    return {
        "kind": kind or legal["permit_kind"],
        "legal_basis": ["Nghị quyết của HĐND tỉnh Cà Mau về thử nghiệm có kiểm soát (dự thảo 2026)"],
        "exempted_provisions": [_provision(row) for row in legal.get("exempted", ())],
        "sites": [_site(row) for row in plan.get("sites", ())],
        "cyber_space": plan.get("cyber_environment", ""),
        "excluded_zones": plan.get("excluded_zones", ""),
        "start": start.isoformat(),
        "end": _end(schedule["end"]).isoformat(),
        "phases": [_phase(row, not_before=start) for row in schedule.get("phases", ())],
        "eligible_users": users["eligible_group"],
        "max_users": users["max_users"],
        "minors_allowed": bool(users.get("minors", False)),
        "money": {
            "per_person": limits.get("money_per_person"),
            "per_day": limits.get("money_per_day"),
            "total": limits.get("money_total"),
        },
        "limits": [_limit(row) for row in limits.get("technical", ())],
        "data_categories": [row["name"] for row in answers["data"].get("categories", ())],
        "safeguards": [answers["risks"]["kill_switch"]],
        "conditions": conditions,
        "stop_cases": [row["stop_condition"] for row in answers["risks"].get("register", ())],
        "supervising_unit_id": supervising_unit_id,
        "stop_contact": f"{contact['name']}, {contact['phone']}",
        "public_summary": dict.fromkeys(("vi", "en", "fr"), answers["project"]["summary"]),
    }


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, tzinfo=TIMEZONE)


def _end(last_day: str) -> datetime:
    """Return 24:00 of the last day: windows are half-open."""
    return _midnight(last_day) + timedelta(days=1)


def _phase(row: Mapping[str, Any], *, not_before: datetime) -> dict[str, Any]:
    return {
        "name": row["name"],
        "start": max(_midnight(row["start"]), not_before).isoformat(),
        "end": _end(row["end"]).isoformat(),
        "entry_gate": row.get("entry_gate", ""),
        # A phase without users has no cap on them; the trial's own cap stands.
        "max_users": row.get("max_users") or None,
    }


def _limit(row: Mapping[str, Any]) -> dict[str, Any]:
    value = Decimal(str(row["value"]))
    scale = 10 ** max(0, -int(value.as_tuple().exponent))
    return {
        "quantity": row["quantity"],
        "comparator": row["comparator"],
        "value": int(value * scale),
        "scale": scale,
        "unit": row["unit"],
        "condition": row.get("condition", ""),
        "method": row.get("method", ""),
    }


def _site(row: Mapping[str, Any]) -> dict[str, Any]:
    position = row.get("position", {})
    return {
        "name": row["name"],
        "commune": row["commune"],
        "address": row.get("address", ""),
        "latitude": position.get("lat"),
        "longitude": position.get("lon"),
    }


def _provision(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "document": row["document"],
        "article": row["article"],
        "clause": row.get("clause", ""),
        "effect": row["effect"],
        "condition": row.get("replacement", ""),
    }
