"""The embedded PostgreSQL: started and stopped by us, shared by our processes, reachable by its owner only."""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import signal
import stat
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
import structlog
from psycopg import sql

from sandbox_registry.db.embedded.binaries import (
    ROOT_STATE,
    Account,
    EmbeddedError,
    binaries,
    server_account,
    wheel_files,
)
from sandbox_registry.runtime.settings import make_data_dir

DATABASE = "registry"
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # sun_path on macOS less its final NUL; Linux allows four bytes more.
TAKEOVER_TIMEOUT_S = 15.0  # Seconds that backends of a killed server may take to let go of its shared memory.
RECOVERY = 600  # Seconds a start may take when the log of a crashed server has to be replayed.
LOOK_S = 0.5  # Seconds between two looks whether the server still runs.

logger = structlog.get_logger("registry.database")

# Peer authentication: the kernel says who is at the other end of the socket, and no password exists that could leak.
HBA = "local all all peer map=registry\n"
IDENT = 'registry "{name}" all\n'


class DirectoryInUse(EmbeddedError):
    """Another server process of ours works on this data directory."""


class EmbeddedServer:
    """The PostgreSQL in `data_dir`/postgres, as a context manager.

    Several processes may hold it at once; the last to stop shuts it down. `exclusive` is for the one process that serves:
    a second exclusive start raises DirectoryInUse, while commands come and go beside it. A server left behind by
    a killed process is replaced at the next start. `fsync=False` is for tests: fast, and lost with the power.
    """

    def __init__(self, data_dir: Path, *, fsync: bool = True, exclusive: bool = False) -> None:
        self.data_dir = data_dir.absolute()
        self._fsync = fsync
        self._exclusive = exclusive
        self._held: list[int] = []
        self._home = Path()
        self._socket_dir = Path()

    def start(self) -> None:
        """Start the server, or join the one another process of ours runs here; return when it answers.

        Raises EmbeddedError (DirectoryInUse for a second `exclusive` start) with one line that says what to do.
        """
        account = server_account()
        try:
            self._home = self._prepared_home(account)
            if self._exclusive:
                self._claim()
            with self._starting():
                users = self._opened("postgres.users")
                if _locks(users, fcntl.LOCK_EX):
                    self._launch(account)
                    fcntl.flock(users, fcntl.LOCK_SH)
                else:
                    fcntl.flock(users, fcntl.LOCK_SH)
                    self._join()
        except BaseException:
            self._release()
            raise

    @contextmanager
    def kept_up(self, *, give_up: Callable[[], None]) -> Iterator[None]:
        """Start the server again whenever it dies, as long as the block runs.

        When it cannot be started, `give_up` is called, from another thread, and the block ends with EmbeddedError.
        """
        leaving, failures = threading.Event(), list[EmbeddedError]()

        def keep() -> None:
            while not leaving.wait(LOOK_S):
                try:
                    self._revive()
                except EmbeddedError as failure:
                    failures.append(failure)
                    give_up()
                    return

        keeper = threading.Thread(target=keep, name="database-keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            leaving.set()
            keeper.join()
        if failures:
            raise failures[0]

    def _revive(self) -> None:
        if self._running() is not None:
            return
        with self._starting():
            if self._running() is None:
                logger.error("database.died", log=str(self._home / "log"))
                self._launch(server_account())
                logger.warning("database.restarted")

    def stop(self) -> None:
        """Let go of the server, and shut it down if no other process of ours uses it."""
        if not self._held:
            return
        try:
            with self._starting():
                if _locks(self._held[-1], fcntl.LOCK_EX):
                    self._shut_down()
        finally:
            self._release()

    def url(self, database: str = DATABASE, user: str = SUPERUSER) -> str:
        """Return the address over the socket, for psycopg and SQLAlchemy alike."""
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self._socket_dir), safe='/')}"

    def allow_login(self, *roles: str) -> None:
        """Let roles the migrations made connect by themselves: who connects as the owner could take its rights back."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for role in roles:
                connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(role)))

    def let_act_as(self, role: str, *, who: str) -> None:
        """Let a role put on another, lesser one for work that needs no more."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(who)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Directories

    def _prepared_home(self, account: Account) -> Path:
        named = self.data_dir / "postgres"
        try:
            make_data_dir(self.data_dir)
            if not os.path.lexists(named):
                self._make_home(named, account)
        except OSError as error:
            message = f"Cannot make {error.filename}: {error.strerror}. Set SANDBOX_DATA_DIR to a directory you own."
            raise EmbeddedError(message) from error
        if named.lstat().st_uid not in {os.geteuid(), account.uid}:
            raise _foreign(named, account)
        home = named.resolve()
        _check_private(home, account)
        if not account.reaches(home):
            message = f"User {account.name} cannot enter {home}: every directory above it needs o+x (chmod o+x)."
            raise EmbeddedError(message)
        return home

    def _make_home(self, named: Path, account: Account) -> None:
        home = named
        if not account.reaches(self.data_dir):
            # Below /root, say: the account cannot get there, so the files stand elsewhere and a link leads to them.
            home = ROOT_STATE / f"data-{uuid.uuid4().hex[:12]}"
        home.parent.mkdir(parents=True, exist_ok=True)
        _make_private(home, account)
        if home != named:
            named.symlink_to(home)

    def _prepared_socket_dir(self, account: Account) -> Path:
        chosen = _socket_place(self._home)
        if not os.path.lexists(chosen):
            _make_private(chosen, account)
        if chosen.is_symlink():
            raise _foreign(chosen, account)
        _check_private(chosen, account)
        return chosen

    # Locks: the kernel drops them when a process dies, however it dies.

    def _opened(self, name: str) -> int:
        path = self.data_dir / name
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            message = f"Cannot write {path}: {error.strerror}. Run as its owner, or set SANDBOX_DATA_DIR to a directory you own."
            raise EmbeddedError(message) from error
        self._held.append(lock)
        return lock

    def _claim(self) -> None:
        lock = self._opened("serve.pid")
        if not _locks(lock, fcntl.LOCK_EX):
            holder = os.pread(lock, 20, 0).decode().strip() or "unknown"
            message = (
                f"{self.data_dir} is in use by the server with process id {holder}; stop it, or set SANDBOX_DATA_DIR."
            )
            raise DirectoryInUse(message)
        os.truncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)

    @contextmanager
    def _starting(self) -> Iterator[None]:
        lock = self._opened("postgres.starting")
        self._held.remove(lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _release(self) -> None:
        for lock in self._held:
            os.close(lock)
        self._held.clear()

    # The server

    def _launch(self, account: Account) -> None:
        self._shut_down()
        programs = binaries(account, wheel_files())
        self._initialize(programs, account)
        self._socket_dir = self._prepared_socket_dir(account)
        give_up = time.monotonic() + TAKEOVER_TIMEOUT_S
        while refusal := self._start_refused(programs, account):
            if "shared memory block" not in refusal or time.monotonic() > give_up:
                message = f"PostgreSQL does not start in {self._home}: {refusal}"
                raise EmbeddedError(message)
            time.sleep(0.25)
        self._create_database()

    def _initialize(self, programs: Path, account: Account) -> None:
        data = self._home / "data"
        names = {account.name, pwd.getpwuid(os.geteuid()).pw_name}
        if not data.exists():
            # Made under another name and renamed when whole: a start that was cut short leaves nothing half-made.
            unfinished = self._home / "data.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            outcome = account.run(programs / "initdb", "-D", unfinished, *self._initdb_options())
            if outcome.returncode:
                message = f"PostgreSQL cannot make its files in {self._home}: {_last_line(outcome.stderr)}"
                raise EmbeddedError(message)
            unfinished.rename(data)
        _write_as(account, data / "pg_hba.conf", HBA)
        _write_as(account, data / "pg_ident.conf", "".join(IDENT.format(name=name) for name in sorted(names)))

    def _initdb_options(self) -> list[str]:
        settings = {
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "on",
            "log_directory": "../log",
            "log_filename": "postgresql-%a.log",  # One file per weekday, overwritten a week later.
            "log_truncate_on_rotation": "on",
            "log_line_prefix": "%m [%p] %u@%d ",
        }
        # The built-in locale sorts the same on every machine: no index breaks when the system library changes.
        options = [
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--auth=peer",
            *(f"--set={name}={value}" for name, value in settings.items()),
        ]
        return options if self._fsync else [*options, "--no-sync"]

    def _start_refused(self, programs: Path, account: Account) -> str:
        fixed = {
            "listen_addresses": "",
            "max_connections": "200",
            "unix_socket_directories": str(self._socket_dir),
            "unix_socket_permissions": "0700",
            "fsync": "on" if self._fsync else "off",
            "synchronous_commit": "on" if self._fsync else "off",
            "full_page_writes": "on" if self._fsync else "off",
        }
        options = " ".join(shlex.quote(f"-c{name}={value}") for name, value in fixed.items())
        log = self._home / "start.log"
        log.unlink(missing_ok=True)
        # It hands names on to a shell, in which some letters of a path mean something: so they are said from within.
        command = (programs / "pg_ctl", "start", "-D", "data", "-l", log.name, "-w", "-t", str(RECOVERY))
        outcome = account.run(*command, "-s", "-o", options, within=self._home)
        if outcome.returncode == 0:
            return ""
        reasons = [line for line in _text_of(log).splitlines() if "FATAL:" in line or "DETAIL:" in line]
        return " ".join(reasons[-2:]) or f"{_last_line(outcome.stderr)} See {self._home / 'log'}."

    def _create_database(self) -> None:
        with psycopg.connect(self.url(SUPERUSER), autocommit=True) as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if row is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _join(self) -> None:
        self._socket_dir = _socket_in_use(self._home)
        give_up = time.monotonic() + TAKEOVER_TIMEOUT_S
        while True:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > give_up:
                    message = f"The database in {self.data_dir} is held by another process and does not answer; restart that one."
                    raise EmbeddedError(message) from error
                time.sleep(0.25)
            else:
                return

    def _shut_down(self) -> None:
        for order, patience in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)):
            give_up = time.monotonic() + patience
            process = self._running()
            if process is not None:
                os.kill(process, order)
            while process is not None and time.monotonic() < give_up:
                time.sleep(0.05)
                process = self._running()
            if process is None:
                break
        else:
            message = f"The PostgreSQL in {self._home} (process id {process}) does not stop; end it by hand."
            raise EmbeddedError(message)
        # What a killed server left; its process id may be somebody else's by now, which PostgreSQL could not tell.
        for stale in (self._home / "data" / "postmaster.pid", _socket_place(self._home) / f"{SOCKET_NAME}.lock"):
            stale.unlink(missing_ok=True)

    def _running(self) -> int | None:
        """Return the process id of the server that works on these files, if one does."""
        data = self._home / "data"
        lines = _text_of(data / "postmaster.pid").splitlines()
        process = int(lines[0]) if lines and lines[0].isdigit() else 0
        if process == 0:
            return None
        if not Path("/proc/self/cmdline").exists():
            return process if _exists(process) else None
        # A process id may be reused and a dead server may wait to be reaped; a living one works within its files.
        try:
            return process if Path(f"/proc/{process}/cwd").samefile(data) else None
        except OSError:
            return None


def running_url(data_dir: Path) -> str | None:
    """Return the owner's address of the server that runs in `data_dir` now, or None; starts nothing."""
    server = EmbeddedServer(data_dir)
    server._home = (server.data_dir / "postgres").resolve()  # noqa: SLF001
    server._socket_dir = _socket_in_use(server._home)  # noqa: SLF001
    return server.url() if server._running() else None  # noqa: SLF001


def _socket_in_use(home: Path) -> Path:
    lines = _text_of(home / "data" / "postmaster.pid").splitlines()
    # The fifth line of PostgreSQL's format, empty while it starts.
    return Path(lines[4]) if len(lines) > 4 and lines[4] else home  # noqa: PLR2004


def _locks(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _socket_place(home: Path) -> Path:
    socket_dir = home / "socket"
    # In lists of directories and of hosts, these letters have a meaning.
    is_plain = not set(',"\\') & set(str(socket_dir))
    if is_plain and len(os.fsencode(socket_dir / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return socket_dir
    runtime = Path("/run") if os.geteuid() == 0 else Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    name = f"sandbox-registry-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
    for parent in (runtime, Path(tempfile.gettempdir())):
        if os.access(parent, os.W_OK) and len(os.fsencode(parent / name / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return parent / name
    return Path("/tmp") / name  # noqa: S108 - owner and mode of what stands there are checked before use


def _make_private(path: Path, account: Account) -> None:
    path.mkdir(mode=0o700)
    if account.is_other:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _check_private(path: Path, account: Account) -> None:
    status = path.stat()
    if not path.is_dir() or status.st_uid != account.uid:
        raise _foreign(path, account)
    if stat.S_IMODE(status.st_mode) & 0o077:
        message = f"{path} can be read by others than its owner {account.name}; close it with: chmod 700 {path}"
        raise EmbeddedError(message)


def _foreign(path: Path, account: Account) -> EmbeddedError:
    try:
        owner = pwd.getpwuid(path.lstat().st_uid).pw_name
    except KeyError:
        owner = str(path.lstat().st_uid)
    return EmbeddedError(
        f"{path} belongs to user {owner}, and the database would run as {account.name}; "
        f"run as {owner}, or set SANDBOX_DATA_DIR to a directory of your own."
    )


def _write_as(account: Account, path: Path, text: str) -> None:
    if _text_of(path) == text:
        return
    # Written by the account, not by root: anyone who owns the directory could have put a link to elsewhere in its place.
    outcome = account.run("tee", path, text=text)
    if outcome.returncode:
        message = f"Cannot write {path}: {_last_line(outcome.stderr)}"
        raise EmbeddedError(message)


def _text_of(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return ""
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read()


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
