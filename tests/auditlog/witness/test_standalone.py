"""The witness by itself: built from its rooms alone, it runs with click and cryptography and nothing else of ours."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.keys import KeyType, format_vkey, parse_vkey
from tests.support.published_logs import KEY, entries_of, write_log

SOURCE = shipped("alembic").parent / "packaging" / "witness"
ITS_LIBRARIES = ("click", "cryptography", "cffi", "_cffi_backend", "pycparser")
WHAT_IT_LOADED = """
import sys
from sandbox_registry.auditlog.witness.commands import witness
witness(standalone_mode=False)
print(*sorted({name for name in sys.modules if name.startswith("sandbox_registry.")}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the built wheel and the libraries that it names, and nothing else."""
    made = tmp_path_factory.mktemp("witness")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(made / "dist"), str(SOURCE)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (made / "dist").glob("sandbox_witness-*.whl")
    options = ["--no-deps", "--no-index", "--no-compile", "--quiet", "--target", str(made / "site")]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True, capture_output=True)
    for name in ITS_LIBRARIES:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            place = Path(spec.origin)
            place = place.parent if spec.submodule_search_locations else place
            (made / "site" / place.name).symlink_to(place)
    return made / "site"


def run(installed: Path, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    # Without site (-S), what the tests have installed is out of reach.
    environ = {"PYTHONPATH": str(installed), "HOME": str(home), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-S", "-P", *arguments]
    return subprocess.run(command, env=environ, cwd="/", capture_output=True, text=True, check=False)


@pytest.fixture
def published(tmp_path: Path) -> Iterator[str]:
    write_log(tmp_path / "log", entries_of(300))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "log"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_the_witness_runs_from_its_own_wheel(installed: Path, published: str, tmp_path: Path) -> None:
    module = ("-m", "sandbox_registry.auditlog.witness")
    made = run(installed, *module, "new", "hdnd.example/w1", home=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    key = parse_vkey(made.stdout.strip())
    assert (key.name, key.key_type) == ("hdnd.example/w1", KeyType.COSIGNATURE_V1)
    logs = ("--log", format_vkey(KEY.verifier_key))
    pulled = run(installed, *module, "pull", *logs, published, "--keep-to-myself", home=tmp_path)
    assert (pulled.returncode, pulled.stdout) == (0, f"{KEY.name}: 300 entries cosigned.\n"), pulled.stderr
    assert run(installed, *module, "pull", "--log", "x", published, home=tmp_path).returncode == 2


def test_the_witness_loads_its_rooms_alone(installed: Path, tmp_path: Path) -> None:
    done = run(installed, "-c", WHAT_IT_LOADED, "new", "hdnd.example/w1", home=tmp_path)
    assert done.returncode == 0, done.stderr
    rooms = {".".join(name.split(".")[1:2]) for name in done.stdout.splitlines()[-1].split()}
    assert rooms == {"auditlog", "runtime", "transparency"}
    assert run(installed, "-c", "import structlog", home=tmp_path).returncode == 1
