"""Drive every example dossier through a running server over HTTP, as the real people would: python examples/drive.py.

Starts a server of its own on a free port with an empty database in a temporary folder, makes the first administrator
on the command line, and then speaks to the server only as people do: logging in, drafting, uploading, filing, checking,
appraising, voting, deciding, issuing. The server runs in rehearsal, so that a term of thirty days passes in seconds.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sandbox_registry.cli.demo import ADMINS
from sandbox_registry.demo.caller import PASSWORD
from sandbox_registry.demo.journey import LENGTH

PROGRAM = (sys.executable, "-m", "sandbox_registry.cli")
LIMITS = (
    "login.address=100000/1m, login.account=100000/1m, login.everybody=100000/1m, writes.address=100000/1m, "
    "writes.account=100000/1m, writes.token=100000/1m, uploads.account=100000/1m, uploads.token=100000/1m, "
    "reads.account=100000/1m, reads.token=100000/1m"
)


def main() -> int:
    """Run the whole thing; the exit code is the driver's."""
    with tempfile.TemporaryDirectory(prefix="registry-") as folder:
        home = Path(folder)
        home.chmod(0o711)  # When root starts it, the database runs as a user of its own and must get there.
        clock = home / "clock"
        environment = os.environ | {
            "SANDBOX_DATA_DIR": str(home / "data"),
            "SANDBOX_DEMO": "yes",
            "SANDBOX_SELF_REGISTRATION": "yes",
            "SANDBOX_CLOCK_FILE": str(clock),
            "SANDBOX_RATE_LIMITS": LIMITS,
            "SANDBOX_LOG_LEVEL": "warning",
        }
        # The server's first day lies as far back as the demonstration is long.
        clock.write_text(str(-round(LENGTH.total_seconds())), "ascii")
        for number, email in enumerate(ADMINS, start=1):
            add = (*PROGRAM, "users", "add", "--admin", "--email", email, "--name", f"Quản trị viên {number}")
            subprocess.run(add, env=environment, input=PASSWORD, text=True, check=True)
        with _server(environment) as url:
            driver = (*PROGRAM, "demo", "--url", url, "--clock-file", str(clock))
            return subprocess.run(driver, env=environment, check=False).returncode


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[str]:
    """Serve on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen((*PROGRAM, "serve", "--port", str(port)), env=environment)
    try:
        _wait(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    sys.exit("The server did not become ready.")


if __name__ == "__main__":
    sys.exit(main())
