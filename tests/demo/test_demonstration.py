"""What a newcomer does first: start the registry with its examples, and paste the walk through of the README."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

README = Path(__file__).parents[2] / "README.md"
PROGRAM = (sys.executable, "-m", "sandbox_registry.cli")


@pytest.fixture(scope="module")
def demonstration() -> Iterator[tuple[str, str]]:
    """A seeded registry on a free port: its address and what it printed before it served."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as directory, socket.socket() as probe:
        Path(directory).chmod(0o711)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
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
                server.wait(30)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and server.poll() is None:
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


def test_walk_through_of_the_readme_works(demonstration: tuple[str, str]) -> None:
    script = re.findall(r"```bash\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0]
    pasted = "set -euo pipefail\n" + script.replace("http://127.0.0.1:8000", demonstration[0])
    done = subprocess.run(["bash", "-c", pasted], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "problem(s) to correct" in done.stdout
    assert "\n404\n" in done.stdout
    assert "application:submit | " in done.stdout
    assert "permit_active" in done.stdout
