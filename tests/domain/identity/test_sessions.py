"""Names of browsers, and how long a proof of who one is counts."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.second_factors import LoginMethod
from sandbox_registry.domain.identity.sessions import PROOF_LASTS, BrowserSession, browser_name

AT = datetime(2026, 11, 30, 7, tzinfo=UTC)
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (f"Mozilla/5.0 (Linux; Android 14) {KIT} Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome, Android"),
        (
            f"Mozilla/5.0 (Linux; Android 13; SM-A125F) {KIT} SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36",
            "Samsung Internet, Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1",
            "Safari, iPhone",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} coc_coc_browser/132.0 Chrome/126 Safari/537.36",
            "Cốc Cốc, Windows",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/131 Safari/537.36 Edg/131.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox, Linux"),
        ("curl/8.5", ""),
        ("<script>" * 1000, ""),
    ],
)
def test_a_browser_is_named_as_its_owner_knows_it(sent: str, name: str) -> None:
    assert browser_name(sent) == name


def test_a_proof_counts_for_some_minutes() -> None:
    session = BrowserSession(
        id=UUID(int=1),
        version=1,
        person_id=UUID(int=2),
        method=LoginMethod.PASSWORD,
        created_at=AT,
        expires_at=AT + timedelta(hours=12),
        proved_at=AT,
    )
    session.require_proof(at=AT + PROOF_LASTS)
    with pytest.raises(ConditionNotMet) as refusal:
        session.require_proof(at=AT + PROOF_LASTS + timedelta(seconds=1))
    assert refusal.value.condition == "proof_too_old"
