"""Settings: what is read, what is refused and in which words, and what never shows."""

import stat
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from sandbox_registry.configuration import settings_from
from sandbox_registry.runtime.mail_servers import MailServer
from sandbox_registry.runtime.scanners import ScannerAddress, read_scanner
from sandbox_registry.runtime.settings import Settings, SettingsError


def read(directory: Path, **variables: str) -> Settings:
    return settings_from({"SANDBOX_DATA_DIR": str(directory), **variables})


def problems(directory: Path, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(directory, **variables)
    return caught.value.problems


def test_from_environ_without_variables_uses_the_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings == Settings(data_dir=tmp_path, pseudonym_key=settings.pseudonym_key)
    assert len(settings.pseudonym_key) == 32


def test_webhooks_to_loopback_are_for_demonstrations(tmp_path: Path) -> None:
    assert problems(tmp_path, SANDBOX_WEBHOOKS_TO_LOOPBACK="yes") == [
        (
            "SANDBOX_WEBHOOKS_TO_LOOPBACK: only a demonstration may send webhooks to its own machine; "
            "set SANDBOX_DEMO=yes, or unset it."
        )
    ]
    assert read(tmp_path, SANDBOX_WEBHOOKS_TO_LOOPBACK="yes", SANDBOX_DEMO="yes").webhooks_to_loopback


def test_mail_needs_a_server_and_a_sender_and_gives_no_password_away(tmp_path: Path) -> None:
    sender = {"SANDBOX_MAIL_FROM": "so@camau.example"}
    server = read(tmp_path, SANDBOX_MAIL_SERVER="smtp://u:bi-mat@[::1]:2525", **sender).mail
    assert server == MailServer(
        host="::1", port=2525, is_tls=False, sender="so@camau.example", user="u", password="bi-mat"
    )
    assert "bi-mat" not in repr(server)
    assert problems(tmp_path, **sender) == [
        "SANDBOX_MAIL_SERVER, SANDBOX_MAIL_FROM: one is given without the other; give both, or neither for no mail."
    ]
    for wrong in ("mail.camau.example", "http://u:bi-mat@mail", "smtp://", "smtp://a:bi-mat@b:99999", "smtp://b/c"):
        (problem,) = problems(tmp_path, SANDBOX_MAIL_SERVER=wrong, **sender)
        assert problem.startswith("SANDBOX_MAIL_SERVER: not a")
        assert "bi-mat" not in problem
    assert problems(tmp_path, SANDBOX_MAIL_SERVER="smtp://b", SANDBOX_MAIL_FROM="so\n@b.example") == [
        "SANDBOX_MAIL_FROM: 'so\\n@b.example' is not an e-mail address."
    ]


def test_from_environ_reads_every_variable(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("ab" * 32 + "\n")
    secret.chmod(0o640)
    settings = read(
        tmp_path,
        DATABASE_URL="postgres://app:pw@db:5432/registry",
        DATABASE_OWNER_URL="postgresql://owner:pw@db/registry",
        DATABASE_READ_URL="postgresql://read:pw@replica/registry?sslmode=require",
        SANDBOX_SECRET_FILE=str(secret),
        SANDBOX_HOST="::1",
        SANDBOX_PORT="8443",
        SANDBOX_WORKERS="4",
        SANDBOX_WORKER="yes",
        SANDBOX_MAX_UPLOAD_MB="7",
        SANDBOX_MAX_CASE_MB="8",
        SANDBOX_MAX_ORGANISATION_MB="9",
        SANDBOX_MAX_ACCOUNT_MB="10",
        SANDBOX_SELF_REGISTRATION="Yes",
        SANDBOX_TRUSTED_PROXIES="10.0.0.5, 2001:db8::/64",
        SANDBOX_RATE_LIMITS="reads.token=5/10s",
        SANDBOX_LOG_LEVEL="DEBUG",
        SANDBOX_LOG_FORMAT="console",
        SANDBOX_DEMO="1",
        SANDBOX_WEBHOOKS_TO_LOOPBACK="yes",
        SANDBOX_CLOCK_TOLERANCE="60",
        SANDBOX_MAIL_SERVER="smtps://so:m%40t@mail.camau.example",
        SANDBOX_MAIL_FROM="so@camau.example",
        SANDBOX_SCANNER="clamd://scan.camau.example",
    )
    assert settings == Settings(
        data_dir=tmp_path,
        pseudonym_key=b"\xab" * 32,
        webhooks_to_loopback=True,
        database_url="postgresql://app:pw@db:5432/registry",
        database_owner_url="postgresql://owner:pw@db/registry",
        database_read_url="postgresql://read:pw@replica/registry?sslmode=require",
        host="::1",
        port=8443,
        workers=4,
        worker=True,
        mail=MailServer(
            host="mail.camau.example", port=465, is_tls=True, sender="so@camau.example", user="so", password="m@t"
        ),
        max_upload_bytes=7 * 1024 * 1024,
        scanner=ScannerAddress(host="scan.camau.example", port=3310, socket=""),
        max_case_bytes=8 * 1024 * 1024,
        max_organisation_bytes=9 * 1024 * 1024,
        max_account_bytes=10 * 1024 * 1024,
        self_registration=True,
        trusted_proxies=(ip_network("10.0.0.5"), ip_network("2001:db8::/64")),
        rate_limits="reads.token=5/10s",
        log_level="debug",
        log_format="console",
        demo=True,
        clock_tolerance=timedelta(minutes=1),
    )


def test_a_worker_runs_beside_the_embedded_database_unless_told_otherwise(tmp_path: Path) -> None:
    server = "postgresql://db/registry"
    assert [
        read(tmp_path).worker,
        read(tmp_path, SANDBOX_WORKER="no").worker,
        read(tmp_path, DATABASE_URL=server).worker,
        read(tmp_path, DATABASE_URL=server, SANDBOX_WORKER="yes").worker,
    ] == [True, False, False, True]


def test_owner_and_read_addresses_default_to_the_main_one(tmp_path: Path) -> None:
    settings = read(tmp_path, DATABASE_URL="postgresql://db/registry")
    assert (settings.database_owner_url, settings.database_read_url) == (settings.database_url, settings.database_url)


def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    assert read(tmp_path, SANDBOX_PORT="", DATABASE_URL=" ") == read(tmp_path)


def test_every_problem_is_named_at_once_with_the_accepted_form(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        DATABASE_URL="mysql://root:hunter2@db/x",
        SANDBOX_PORT="80a",
        SANDBOX_WORKERS="0",
        SANDBOX_LOG_LEVEL="loud",
        SANDBOX_DEMO="maybe",
        SANDBOX_HOST="http://x",
    ) == [
        "DATABASE_URL: not an address of a PostgreSQL server; the form is postgresql://user:password@host:5432/database.",
        "SANDBOX_HOST: 'http://x' is not a host name or address such as 127.0.0.1 or ::1.",
        "SANDBOX_PORT: '80a' is not a whole number from 1 to 65535.",
        "SANDBOX_WORKERS: '0' is not a whole number from 1 to 256.",
        "SANDBOX_LOG_LEVEL: 'loud' is not one of debug, info, warning, error.",
        "SANDBOX_DEMO: 'maybe' is neither yes nor no (also true, on, 1, false, off, 0).",
    ]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://db:port/x", "not a readable address"),
        ("postgresql://hunter2@db", "names no database"),
        ("host=db password=hunter2", "not an address of a PostgreSQL server"),
    ],
)
def test_a_wrong_address_is_refused_without_repeating_it(tmp_path: Path, url: str, problem: str) -> None:
    form = "the form is postgresql://user:password@host:5432/database"
    assert problems(tmp_path, DATABASE_URL=url) == [f"DATABASE_URL: {problem}; {form}."]


def test_an_unknown_setting_names_the_nearest_known_one(tmp_path: Path) -> None:
    assert problems(tmp_path, SANDBOX_PROT="1") == ["SANDBOX_PROT: no such setting; did you mean SANDBOX_PORT?"]


def test_an_owner_address_alone_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, DATABASE_OWNER_URL="postgresql://db/x") == [
        "DATABASE_OWNER_URL: given without DATABASE_URL; give both, or neither for the embedded database."
    ]


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    expected = f"SANDBOX_DATA_DIR: '{tmp_path}/file' is a file; a directory is needed (it is made when missing)."
    assert problems(tmp_path / "file") == [expected]


def test_the_secret_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = read(tmp_path / "new")
    assert read(tmp_path / "new").pseudonym_key == first.pseudonym_key
    assert read(tmp_path / "other").pseudonym_key != first.pseudonym_key
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert not stat.S_IMODE((tmp_path / "new").stat().st_mode) & 0o066
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]


def test_a_secret_others_can_read_is_refused(tmp_path: Path) -> None:
    read(tmp_path)
    key = tmp_path / "secret.key"
    key.chmod(0o604)
    assert problems(tmp_path) == [f"SANDBOX_DATA_DIR: '{key}' can be read by others; close it with: chmod o=,g-w {key}"]


def test_a_secret_file_must_exist_and_hold_a_key(tmp_path: Path) -> None:
    form = "64 hexadecimal digits, as written by: openssl rand -hex 32"
    missing, short = tmp_path / "missing", tmp_path / "short"
    short.write_text("abc")
    assert problems(tmp_path, SANDBOX_SECRET_FILE=str(missing)) == [
        f"SANDBOX_SECRET_FILE: cannot read '{missing}' (No such file or directory); name a file with {form}."
    ]
    assert problems(tmp_path, SANDBOX_SECRET_FILE=str(short)) == [
        f"SANDBOX_SECRET_FILE: '{short}' does not hold a key; it needs {form}."
    ]


def test_repr_shows_no_secret(tmp_path: Path) -> None:
    settings = read(tmp_path, DATABASE_URL="postgresql://app:hunter2@db/registry")
    shown = repr(settings)
    assert "hunter2" not in shown
    assert repr(settings.pseudonym_key) not in shown
    assert "pseudonym_key" not in shown


@pytest.mark.parametrize(
    ("value", "host", "port", "socket"),
    [
        ("clamd://scan:99", "scan", 99, ""),
        ("clamd://[::1]/", "::1", 3310, ""),
        ("clamd:///run/clamav/clamd.ctl", None, 3310, "/run/clamav/clamd.ctl"),
    ],
)
def test_a_scanner_is_a_host_or_a_socket(value: str, host: str | None, port: int, socket: str) -> None:
    assert read_scanner(value) == ScannerAddress(host=host, port=port, socket=socket)


@pytest.mark.parametrize(
    "value",
    ["scan:3310", "http://scan", "clamd://", "clamd:///", "clamd://scan/socket", "clamd://a:b", "clamd://u:p@a"],
)
def test_any_other_address_of_a_scanner_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="clamd://host:3310"):
        read_scanner(value)
