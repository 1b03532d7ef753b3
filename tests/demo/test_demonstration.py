"""What a newcomer does first: start the registry with its examples, and paste the walk through of the README."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox_registry.domain.stages import Stage
from tests.support.ports import free_port

README = Path(__file__).parents[2] / "README.md"
EXAMPLES = README.parent / "examples" / "README.md"
STAGES = frozenset(map(str, Stage))
PROGRAM = (sys.executable, "-m", "sandbox_registry.cli")


@pytest.fixture(scope="module")
def demonstration() -> Iterator[tuple[str, str]]:
    """A seeded registry on a free port: its address and what it printed before it served."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sandbox-") as directory:
        Path(directory).chmod(0o711)
        environment = os.environ | {"SANDBOX_DATA_DIR": f"{directory}/data", "SANDBOX_LOG_LEVEL": "error"}
        printed = Path(directory) / "printed"
        with printed.open("wb") as output:
            server = subprocess.Popen(
                (*PROGRAM, "serve", "--demo", "--port", str(port)), env=environment, stdout=output
            )
            try:
                _wait(f"http://127.0.0.1:{port}", server)
                yield f"http://127.0.0.1:{port}", printed.read_text("utf-8")
            finally:
                server.terminate()
                server.wait()


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            if httpx.get(f"{url}/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    pytest.fail("the demonstration did not start")


def test_every_example_takes_its_course(demonstration: tuple[str, str]) -> None:
    rows = [line.split() for line in demonstration[1].splitlines()]
    courses = [row[-3:] for row in rows if "permit" in row]
    stages = {row[0]: row for row in rows if len(row) > 1}
    assert len(courses) == 7
    assert "permit_ended" in stages["xuong-giao-hang-ngay-hoi-cua"]
    assert "permit_issued" in stages["drone-tiep-te-dao"]
    assert "permit_active" in stages["giam-sat-ao-tom"]
    for slug, stage in (
        ("tau-khach-tu-hanh", "refused"),
        ("loi-vay-ngang-hang-ho-nuoi-tom", "referred"),
        ("gom-rac-bien-tich-diem", "lapsed"),
        ("chung-chi-hoc-truc-tuyen", "withdrawn"),
        ("cho-dac-san-truc-tuyen", "intake_refused"),
        ("do-dac-cac-bon-rung-ngap-man", "under_appraisal"),
        ("loi-kho-lanh-thieu-thanh-phan", "draft"),
    ):
        assert stages[slug].count(stage) >= 1, stages[slug]


def walk_through(url: str) -> str:
    """Paste the commands of the README into a shell of its own; return what they printed."""
    script = re.findall(r"```bash\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0]
    pasted = "set -euo pipefail\n" + script.replace("http://127.0.0.1:8000", url)
    done = subprocess.run(["bash", "-c", pasted], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_walk_through_of_the_readme_works_again_and_again(demonstration: tuple[str, str]) -> None:
    first, second, third = [walk_through(demonstration[0]) for _ in range(3)]
    for printed in (first, second, third):
        assert "problems to correct." in printed
        assert "\n404\n" in printed
        assert "application:submit | " in printed
        assert "permit_active" in printed
    before, after = [json.loads(printed[: printed.index("\n}\n") + 3])["items"] for printed in (first, third)]
    assert [each["stage"] for each in after if each not in before] == ["withdrawn", "withdrawn"]
    assert [each for each in before if each not in after] == []


def test_readme_of_the_examples_says_what_becomes_of_each(demonstration: tuple[str, str]) -> None:
    """Its table, the scenarios that drive the examples, and what the driver printed."""
    table = re.findall(r"^\| (\S+?)(?:: .*?)? \| (.*) \| `(\w+)` \|$", EXAMPLES.read_text("utf-8"), re.MULTILINE)
    told = {slug: (stage, re.findall(r"(\d+) errors?", course)) for slug, course, stage in table}
    printed = {line.split()[0]: line for line in demonstration[1].splitlines() if line.strip()}
    happened = {
        slug: ([word for word in printed[slug].split() if word in STAGES][-1], re.findall(r"(\d+) lỗi", printed[slug]))
        for slug in told
    }
    scenarios = tomllib.loads((EXAMPLES.parent / "scenarios.toml").read_text("utf-8"))
    assert set(told) == set(scenarios) == {path.name for path in (EXAMPLES.parent / "dossiers").iterdir()}
    assert told == happened
