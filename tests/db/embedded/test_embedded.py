"""The embedded database: who can reach it, and starts after every kind of end."""

import os
import pwd
import shutil
import signal
import stat
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from sandbox_registry.db.embedded.binaries import EmbeddedError, binaries, server_account, wheel_files
from sandbox_registry.db.embedded.server import SOCKET_NAME, DirectoryInUse, EmbeddedServer, running_url

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    with open_directory() as made:
        yield made


@pytest.fixture
def directory(used: Path) -> Iterator[Path]:
    """A data directory that serves one test after another: a first start is slow and has tests of its own."""
    yield used
    used.chmod(0o711)
    for path in (used / "postgres", used / "postgres" / "socket"):
        if path.exists():
            path.chmod(0o700)
            os.chown(path, server_account().uid, server_account().gid)


@pytest.fixture
def fresh() -> Iterator[Path]:
    with open_directory() as made:
        yield made


@pytest.fixture
def server(directory: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(directory, fsync=False) as started:
        yield started


@contextmanager
def open_directory() -> Iterator[Path]:
    # Not tmp_path: pytest closes its parent to others, and root's server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def asked(server: EmbeddedServer, question: str) -> object:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def postmaster(directory: Path) -> int:
    return int((directory / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def is_running(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def in_child(task: Callable[[], None], *, uid: int | None = None) -> int:
    """Run `task` in a process of its own, as another user if one is given; return its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        if uid is not None:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
        task()
        code = 0
    except BaseException:  # noqa: BLE001 - a child must never run the rest of the parent's tests
        traceback.print_exc()
    finally:
        os._exit(code)


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_directory_and_socket_are_closed_to_others(server: EmbeddedServer, directory: Path) -> None:
    account = server_account()
    for path in (directory / "postgres", directory / "postgres" / "data", directory / "postgres" / "socket"):
        status = path.stat()
        assert (path, stat.S_IMODE(status.st_mode), status.st_uid) == (path, 0o700, account.uid)
    socket = (directory / "postgres" / "socket" / SOCKET_NAME).stat()
    assert (stat.S_IMODE(socket.st_mode), socket.st_uid) == (0o700, account.uid)
    assert asked(server, "SHOW listen_addresses") == ""
    assert os.geteuid() != account.uid or os.geteuid() != 0


@needs_root
def test_another_user_is_refused_even_with_the_socket_open(server: EmbeddedServer, directory: Path) -> None:
    def connect() -> None:
        with pytest.raises(psycopg.OperationalError, match=expected):
            psycopg.connect(server.url())

    expected = "Permission denied"
    assert exit_code(in_child(connect, uid=NOBODY)) == 0
    for path in (directory / "postgres", directory / "postgres" / "socket"):
        path.chmod(0o755)
    (directory / "postgres" / "socket" / SOCKET_NAME).chmod(0o777)
    expected = "Peer authentication failed"
    assert exit_code(in_child(connect, uid=NOBODY)) == 0


def test_the_database_speaks_unicode_and_checks_its_pages(server: EmbeddedServer) -> None:
    assert asked(server, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'registry'") == "UTF8"
    assert asked(server, "SHOW data_checksums") == "on"
    assert asked(server, "SELECT upper('cà mau đ')") == "CÀ MAU Đ"


def test_fsync_is_on_unless_a_test_asks_otherwise(directory: Path) -> None:
    with EmbeddedServer(directory) as server:
        assert [asked(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
            "on"
        ] * 3


def test_a_second_start_keeps_the_data(directory: Path) -> None:
    with EmbeddedServer(directory, fsync=False) as server, psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE second AS SELECT 1 AS one")
    with EmbeddedServer(directory, fsync=False) as server:
        assert asked(server, "SELECT one FROM second") == 1


def test_a_second_exclusive_start_names_the_first(directory: Path) -> None:
    with EmbeddedServer(directory, fsync=False, exclusive=True):
        with pytest.raises(DirectoryInUse) as caught:
            EmbeddedServer(directory, exclusive=True).start()
        expected = (
            f"{directory} is in use by the server with process id {os.getpid()}; stop it, or set SANDBOX_DATA_DIR."
        )
        assert str(caught.value) == expected


def test_a_command_shares_the_server_and_leaves_it_running(directory: Path) -> None:
    with EmbeddedServer(directory, fsync=False, exclusive=True) as serving:
        first = postmaster(directory)
        with EmbeddedServer(directory) as command:
            assert command.url() == serving.url()
            assert asked(command, "SELECT 1") == 1
        assert postmaster(directory) == first
        assert asked(serving, "SELECT 1") == 1
    assert not is_running(first)


def test_the_last_to_stop_shuts_down(directory: Path) -> None:
    serving = EmbeddedServer(directory, fsync=False, exclusive=True)
    serving.start()
    process = postmaster(directory)
    with EmbeddedServer(directory) as command:
        serving.stop()
        assert asked(command, "SELECT 1") == 1
    assert not is_running(process)


def test_start_after_kill_of_the_server_recovers(directory: Path) -> None:
    for round_number in range(3):
        server = EmbeddedServer(directory)
        server.start()
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (round integer)")
            connection.execute("INSERT INTO kept VALUES (%s)", [round_number])
        os.kill(postmaster(directory), signal.SIGKILL)
        server.stop()
    with EmbeddedServer(directory) as server:
        assert asked(server, "SELECT array_agg(round ORDER BY round) FROM kept") == [0, 1, 2]


def test_start_after_kill_of_our_process_takes_the_server_over(directory: Path) -> None:
    def serve_until_killed() -> None:
        EmbeddedServer(directory, fsync=False, exclusive=True).start()
        (directory / "serving").touch()
        signal.pause()

    child = in_child(serve_until_killed)
    while not (directory / "serving").exists():
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left = postmaster(directory)
    assert is_running(left)
    with EmbeddedServer(directory, fsync=False, exclusive=True) as server:
        assert asked(server, "SELECT 1") == 1
        assert not is_running(left)


def test_a_stale_process_id_of_somebody_else_is_no_obstacle(directory: Path) -> None:
    with EmbeddedServer(directory, fsync=False):
        lines = (directory / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), signal.SIGKILL)
        lines[0] = str(os.getpid())
        (directory / "postgres" / "data" / "postmaster.pid").write_text("\n".join(lines))
    with EmbeddedServer(directory, fsync=False) as server:
        assert asked(server, "SELECT 1") == 1


def test_a_start_cut_short_in_the_middle_is_started_again(fresh: Path) -> None:
    with EmbeddedServer(fresh, fsync=False):
        pass
    (fresh / "postgres" / "data").rename(fresh / "postgres" / "data.unfinished")
    (fresh / "postgres" / "data.unfinished" / "PG_VERSION").unlink()
    with EmbeddedServer(fresh, fsync=False) as server:
        assert asked(server, "SELECT 1") == 1


def test_a_long_path_gets_a_short_private_socket(directory: Path) -> None:
    deep = directory / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    (directory / "postgres").rename(deep / "postgres")
    with EmbeddedServer(deep, fsync=False) as server, EmbeddedServer(deep) as command:
        assert command.url() == server.url()
        assert asked(server, "SELECT 1") == 1
        place = Path(server.url().partition("host=")[2])
        assert len(str(place / SOCKET_NAME)) <= 103
        assert (stat.S_IMODE(place.stat().st_mode), place.stat().st_uid) == (0o700, server_account().uid)
    place.chmod(0o755)
    with pytest.raises(EmbeddedError, match="can be read by others"):
        EmbeddedServer(deep, fsync=False).start()
    place.rmdir()
    place.symlink_to(directory)
    with pytest.raises(EmbeddedError, match="belongs to user"):
        EmbeddedServer(deep, fsync=False).start()
    place.unlink()
    (deep / "postgres").rename(directory / "postgres")


def test_a_path_with_letters_that_shells_and_lists_of_hosts_read_is_a_path_like_any(directory: Path) -> None:
    with EmbeddedServer(directory, fsync=False):
        pass
    odd = directory / 'Cà Mau, "thử" $HOME `x` \\ #?%20'
    odd.mkdir()
    (directory / "postgres").rename(odd / "postgres")
    with EmbeddedServer(odd, fsync=False, exclusive=True) as server, EmbeddedServer(odd) as command:
        assert command.url() == server.url()
        assert asked(server, "SELECT 1") == 1
        assert running_url(odd) == server.url()
    (odd / "postgres").rename(directory / "postgres")


def die_for_good(server: EmbeddedServer, directory: Path, given_up: threading.Event) -> None:
    with server.kept_up(give_up=given_up.set):
        (directory / "postgres" / "socket").chmod(0o755)
        os.kill(postmaster(directory), signal.SIGKILL)
        given_up.wait()


def test_a_server_that_is_kept_up_is_started_again_or_its_process_is_told_to_end(directory: Path) -> None:
    given_up = threading.Event()
    with EmbeddedServer(directory, fsync=False) as server:
        with server.kept_up(give_up=given_up.set):
            died = postmaster(directory)
            os.kill(died, signal.SIGKILL)
            while running_url(directory) != server.url() or postmaster(directory) == died:
                time.sleep(0.05)
            with EmbeddedServer(directory) as command:  # It waits for the server to answer.
                assert command.url() == server.url()
                assert asked(server, "SELECT 1") == 1
        with pytest.raises(EmbeddedError, match="can be read by others"):
            die_for_good(server, directory, given_up)


def test_an_open_directory_is_refused(directory: Path) -> None:
    with EmbeddedServer(directory, fsync=False):
        pass
    (directory / "postgres").chmod(0o755)
    with pytest.raises(EmbeddedError) as caught:
        EmbeddedServer(directory).start()
    home = directory / "postgres"
    expected = f"{home} can be read by others than its owner {server_account().name}; close it with: chmod 700 {home}"
    assert str(caught.value) == expected


def test_a_directory_that_cannot_be_made_is_named(fresh: Path) -> None:
    (fresh / "file").touch()
    with pytest.raises(EmbeddedError) as caught:
        EmbeddedServer(fresh / "file" / "var").start()
    expected = f"Cannot make {fresh}/file/var: Not a directory. Set SANDBOX_DATA_DIR to a directory you own."
    assert str(caught.value) == expected


@needs_root
def test_an_ordinary_user_runs_a_server_of_their_own(fresh: Path) -> None:
    def serve() -> None:
        for _ in range(2):
            with EmbeddedServer(fresh / "own", fsync=False) as server:
                assert asked(server, "SELECT current_user::text") == "postgres"

    fresh.chmod(0o777)
    assert exit_code(in_child(serve, uid=NOBODY)) == 0
    for path in (fresh / "own", fresh / "own" / "postgres"):
        assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_uid) == (0o700, NOBODY)


@needs_root
def test_a_directory_of_somebody_else_is_refused(directory: Path) -> None:
    def serve() -> None:
        with pytest.raises(EmbeddedError, match=r"Run as its owner, or set SANDBOX_DATA_DIR|belongs to user sandboxdb"):
            EmbeddedServer(directory).start()

    with EmbeddedServer(directory, fsync=False):
        pass
    assert exit_code(in_child(serve, uid=NOBODY)) == 0
    os.chown(directory / "postgres", NOBODY, NOBODY)
    name = pwd.getpwuid(NOBODY).pw_name
    with pytest.raises(EmbeddedError) as caught:
        EmbeddedServer(directory).start()
    assert str(caught.value) == (
        f"{directory}/postgres belongs to user {name}, and the database would run as sandboxdb; "
        f"run as {name}, or set SANDBOX_DATA_DIR to a directory of your own."
    )


@needs_root
def test_root_below_a_closed_directory_keeps_the_files_where_its_user_can_go(fresh: Path) -> None:
    fresh.chmod(0o700)
    with EmbeddedServer(fresh, fsync=False) as server:
        assert asked(server, "SELECT 1") == 1
    elsewhere = (fresh / "postgres").resolve()
    assert elsewhere.parent == Path("/var/lib/sandbox-registry")
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    with EmbeddedServer(fresh, fsync=False) as server:
        assert asked(server, "SELECT 1") == 1
    shutil.rmtree(elsewhere)


@needs_root
def test_programs_its_user_cannot_read_are_copied_once(fresh: Path) -> None:
    account, closed, state = server_account(), fresh / "closed", fresh / "state"
    closed.mkdir(mode=0o700)
    installed = shutil.copytree(wheel_files(), closed / "pg", symlinks=True)
    copied = binaries(account, installed, state=state)
    assert copied.is_relative_to(state)
    assert account.run(copied / "postgres", "--version").stdout.startswith("postgres (PostgreSQL) 18")
    made = copied.stat().st_ctime_ns
    assert binaries(account, installed, state=state) == copied
    assert copied.stat().st_ctime_ns == made
    assert [path.name for path in state.iterdir()] == [copied.parent.name]
    closed.chmod(0o755)
    assert binaries(account, installed, state=state) == installed / "bin"
