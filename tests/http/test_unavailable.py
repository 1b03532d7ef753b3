"""While the database is away: 503 with a time to come back, one line in the log without a traceback, and no 500."""

import pytest
from structlog.testing import capture_logs

from sandbox_registry.db.core.engine import Database
from tests.support.client import Client
from tests.support.stages import OWNER
from tests.support.world import World

NOWHERE = "postgresql://nobody@/registry?host=/nonexistent"


@pytest.fixture
async def away(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client whose server lost its database after they had begun to talk."""
    await client.send("GET", "/me", by=OWNER)
    monkeypatch.setattr(world.transactions, "database", nowhere := Database(NOWHERE))
    monkeypatch.setattr(world.use_cases.rate_limits, "database", nowhere)
    return client


@pytest.mark.parametrize(
    ("method", "path", "by"),
    [("GET", "/applications", OWNER), ("POST", "/applications", OWNER), ("GET", "/rules", None)],
)
async def test_nobody_is_told_of_an_internal_error(away: Client, method: str, path: str, by: str | None) -> None:
    with capture_logs() as lines:
        answer = await away.send(method, path, by=by, headers={"Accept-Language": "en"}, json={})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["detail"].startswith("The registry's database does not answer")
    (line,) = lines
    assert (line["event"], line["log_level"], line["path"]) == ("database_unavailable", "warning", f"/api/v1{path}")
    assert "\n" not in line["cause"]
    assert "exc_info" not in line


async def test_a_page_says_so_in_words(away: Client) -> None:
    answer = await away.http.get("http://test/thu-tuc", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Hệ thống tạm nghỉ" in answer.text
    assert "Bạn thử lại được sau 5" in answer.text


async def test_readiness_says_so_and_liveness_goes_on(away: Client) -> None:
    assert (await away.http.get("http://test/health/ready")).status_code == 503
    assert (await away.http.get("http://test/health/live")).status_code == 200
