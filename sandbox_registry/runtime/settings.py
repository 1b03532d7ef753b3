"""Settings of the program: read once from the environment, checked as a whole, frozen."""

import difflib
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sandbox_registry.runtime.mail_servers import MailServer, read_mail_server
from sandbox_registry.runtime.scanners import ScannerAddress, read_scanner

TIMEZONE = ZoneInfo("Asia/Ho_Chi_Minh")  # Terms of Vietnamese law are computed here; it is not a matter of choice.
MEGABYTE = 1024 * 1024
_OWN_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
SECRET_FORM = re.compile(rb"[0-9a-fA-F]{64}")

T = TypeVar("T")
Checks = Mapping[str, Callable[[str], object]]
"""For settings whose meaning other rooms know: what raises ValueError for a value that has none."""


class SettingsError(Exception):
    """Something in the environment is wrong; `problems` has one line for each thing."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that differs between one installation and another. Addresses and keys stay out of `repr`.

    `database_url` is None when the embedded server is to be used; `pseudonym_key` has 32 bytes; `workers` is how many
    processes answer requests, `worker` whether one for jobs runs beside them, `connections` how many each of them opens
    at most to a database. `rate_limits` is as it was written: what
    can be limited is not known here. Into `backup_dir`, where one is named, `serve` writes a backup every `backup_every` while
    anything changes; the last of each day stays for `backup_days`.
    """

    data_dir: Path
    pseudonym_key: bytes = field(repr=False)
    database_url: str | None = field(default=None, repr=False)
    database_owner_url: str | None = field(default=None, repr=False)
    database_read_url: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    worker: bool = True
    connections: int = 20
    max_upload_bytes: int = 50 * MEGABYTE
    max_case_bytes: int = 500 * MEGABYTE
    max_organisation_bytes: int = 2000 * MEGABYTE
    max_account_bytes: int = 2000 * MEGABYTE
    self_registration: bool = False
    draft_procedures: bool = False
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    rate_limits: str = ""
    log_level: str = "info"
    log_format: str = "json"
    demo: bool = False
    webhooks_to_loopback: bool = False
    mail: MailServer | None = None
    scanner: ScannerAddress | None = None
    clock_file: Path | None = None
    clock_tolerance: timedelta = timedelta(seconds=5)
    backup_dir: Path | None = None
    backup_every: timedelta = timedelta(minutes=5)
    backup_days: int = 30
    session_idle: timedelta = timedelta(hours=1)
    session_longest: timedelta = timedelta(hours=12)
    plain_http: bool = False
    address: str | None = None
    officials_need_code: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, checks: Checks = MappingProxyType({})) -> Self:
        """Read the settings out of `environ`, making the data directory and the secret file on the first run.

        An empty variable counts as absent. Raises SettingsError naming everything that is wrong, at once; `checks` add to
        what is.
        """
        read, defaults = _Reader(environ, checks), cls(data_dir=Path("var").absolute(), pseudonym_key=b"")
        data_dir = read("SANDBOX_DATA_DIR", _directory, defaults.data_dir)
        url = read("DATABASE_URL", _postgres_url, None)
        sender = read("SANDBOX_MAIL_FROM", str, None)
        server = read("SANDBOX_MAIL_SERVER", read_mail_server, None)
        secret_file = read("SANDBOX_SECRET_FILE", _secret_file, None)
        settings = cls(
            data_dir=data_dir,
            pseudonym_key=b"",
            database_url=url,
            database_owner_url=read("DATABASE_OWNER_URL", _postgres_url, url),
            database_read_url=read("DATABASE_READ_URL", _postgres_url, url),
            host=read("SANDBOX_HOST", _host, defaults.host),
            port=read("SANDBOX_PORT", _integer(1, 65535), defaults.port),
            workers=read("SANDBOX_WORKERS", _integer(1, 256), defaults.workers),
            worker=read("SANDBOX_WORKER", _yes_or_no, url is None),
            connections=read("SANDBOX_CONNECTIONS", _integer(4, 200), defaults.connections),
            max_upload_bytes=read("SANDBOX_MAX_UPLOAD_MB", _integer(1, 2048), defaults.max_upload_bytes // MEGABYTE)
            * MEGABYTE,
            max_case_bytes=read("SANDBOX_MAX_CASE_MB", _integer(1, 1_000_000), defaults.max_case_bytes // MEGABYTE)
            * MEGABYTE,
            max_organisation_bytes=read(
                "SANDBOX_MAX_ORGANISATION_MB", _integer(1, 1_000_000), defaults.max_organisation_bytes // MEGABYTE
            )
            * MEGABYTE,
            max_account_bytes=read(
                "SANDBOX_MAX_ACCOUNT_MB", _integer(1, 1_000_000), defaults.max_account_bytes // MEGABYTE
            )
            * MEGABYTE,
            self_registration=read("SANDBOX_SELF_REGISTRATION", _yes_or_no, defaults.self_registration),
            draft_procedures=read("SANDBOX_DRAFT_PROCEDURES", _yes_or_no, defaults.draft_procedures),
            trusted_proxies=read("SANDBOX_TRUSTED_PROXIES", _networks, defaults.trusted_proxies),
            rate_limits=read("SANDBOX_RATE_LIMITS", str, defaults.rate_limits),
            log_level=read("SANDBOX_LOG_LEVEL", _one_of("debug", "info", "warning", "error"), defaults.log_level),
            log_format=read("SANDBOX_LOG_FORMAT", _one_of("json", "console"), defaults.log_format),
            demo=read("SANDBOX_DEMO", _yes_or_no, defaults.demo),
            webhooks_to_loopback=read("SANDBOX_WEBHOOKS_TO_LOOPBACK", _yes_or_no, defaults.webhooks_to_loopback),
            mail=replace(server, sender=sender) if server and sender else None,
            scanner=read("SANDBOX_SCANNER", read_scanner, None),
            clock_file=read("SANDBOX_CLOCK_FILE", Path, None),
            clock_tolerance=read("SANDBOX_CLOCK_TOLERANCE", _seconds(1, 3600), defaults.clock_tolerance),
            backup_dir=read("SANDBOX_BACKUP_DIR", _directory, None),
            backup_every=timedelta(
                minutes=read("SANDBOX_BACKUP_MINUTES", _integer(1, 1440), defaults.backup_every // timedelta(minutes=1))
            ),
            backup_days=read("SANDBOX_BACKUP_DAYS", _integer(1, 3650), defaults.backup_days),
            officials_need_code=read("SANDBOX_OFFICIALS_NEED_CODE", _yes_or_no, defaults.officials_need_code),
            address=read("SANDBOX_ADDRESS", _address, None),
            session_idle=read("SANDBOX_SESSION_IDLE", _minutes(5, 1440), defaults.session_idle),
            session_longest=read("SANDBOX_SESSION_LONGEST", _hours(1, 168), defaults.session_longest),
        )
        is_alone = settings.host in _OWN_MACHINE
        is_for_show = settings.demo and is_alone and not settings.trusted_proxies
        settings = replace(settings, plain_http=read("SANDBOX_PLAIN_HTTP", _yes_or_no, is_for_show))
        read.refuse_unless(
            settings.demo or is_alone or not settings.plain_http,
            "SANDBOX_PLAIN_HTTP: only a demonstration, or a server that listens on its own machine alone, may be used "
            "over plain http; unset it.",
        )
        read.refuse_unless(
            settings.clock_file is None or settings.demo,
            "SANDBOX_CLOCK_FILE: only a demonstration may move its clock; set SANDBOX_DEMO=yes, or unset it.",
        )
        read.refuse_unless(
            settings.demo or not settings.webhooks_to_loopback,
            "SANDBOX_WEBHOOKS_TO_LOOPBACK: only a demonstration may send webhooks to its own machine; "
            "set SANDBOX_DEMO=yes, or unset it.",
        )
        read.refuse_unless(
            not read.is_given("SANDBOX_MAIL_SERVER") ^ read.is_given("SANDBOX_MAIL_FROM"),
            "SANDBOX_MAIL_SERVER, SANDBOX_MAIL_FROM: one is given without the other; give both, or neither for no mail.",
        )
        read.finish()
        return replace(settings, pseudonym_key=_secret(secret_file) if secret_file else _own_secret(data_dir))

    def with_database(self, *, url: str, owner_url: str, read_url: str) -> Self:
        """Return these settings pointing at a database the environment did not name: the embedded one."""
        return replace(self, database_url=url, database_owner_url=owner_url, database_read_url=read_url)


class _Reader:
    """Reads variables one by one and keeps every problem it meets."""

    def __init__(self, environ: Mapping[str, str], checks: Checks) -> None:
        self._checks = checks
        self._given = {name: value for name, value in environ.items() if value.strip()}
        self._known: list[str] = []
        self._problems: list[str] = []

    def __call__(self, name: str, parse: Callable[[str], T], default: T) -> T:
        self._known.append(name)
        try:
            if name not in self._given:
                return default
            value = self._given[name].strip()
            self._checks.get(name, str)(value)
            return parse(value)
        except ValueError as error:
            self._problems.append(f"{name}: {error}")
            return default

    def is_given(self, name: str) -> bool:
        """Tell whether a variable has a value, a right or a wrong one."""
        return name in self._given

    def refuse_unless(self, fits: bool, problem: str) -> None:  # noqa: FBT001 - reads as a sentence.
        """Keep a problem that lies between two settings."""
        if not fits:
            self._problems.append(problem)

    def finish(self) -> None:
        """Raise SettingsError if anything read was wrong, or something was given that nobody reads."""
        for name in sorted(self._given):
            if name.startswith("SANDBOX_") and name not in self._known:
                near = difflib.get_close_matches(name, self._known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"the known ones are {', '.join(sorted(self._known))}."
                self._problems.append(f"{name}: no such setting; {hint}")
        for name in ("DATABASE_OWNER_URL", "DATABASE_READ_URL"):
            if name in self._given and "DATABASE_URL" not in self._given:
                self._problems.append(
                    f"{name}: given without DATABASE_URL; give both, or neither for the embedded database."
                )
        if self._problems:
            raise SettingsError(self._problems)


def _integer(smallest: int, largest: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not smallest <= int(value) <= largest:
            raise ValueError(f"{value!r} is not a whole number from {smallest} to {largest}.")
        return int(value)

    return parse


def _seconds(smallest: int, largest: int) -> Callable[[str], timedelta]:
    parse = _integer(smallest, largest)
    return lambda value: timedelta(seconds=parse(value))


def _minutes(smallest: int, largest: int) -> Callable[[str], timedelta]:
    parse = _integer(smallest, largest)
    return lambda value: timedelta(minutes=parse(value))


def _hours(smallest: int, largest: int) -> Callable[[str], timedelta]:
    parse = _integer(smallest, largest)
    return lambda value: timedelta(hours=parse(value))


def _one_of(*accepted: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.lower() not in accepted:
            raise ValueError(f"{value!r} is not one of {', '.join(accepted)}.")
        return value.lower()

    return parse


def _yes_or_no(value: str) -> bool:
    words = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    if value.lower() not in words:
        raise ValueError(f"{value!r} is neither yes nor no (also true, on, 1, false, off, 0).")
    return words[value.lower()]


def _host(value: str) -> str:
    if "/" in value or any(letter.isspace() for letter in value):
        raise ValueError(f"{value!r} is not a host name or address such as 127.0.0.1 or ::1.")
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"{value!r} is no address of a site such as https://thunghiem.camau.gov.vn.")
    return f"{parts.scheme}://{parts.netloc}"


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in value.split(",") if each.strip())
    except ValueError as error:
        raise ValueError(f"{error}; name addresses or networks such as 10.0.0.5, 2001:db8::/64.") from None


def _directory(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"{value!r} is a file; a directory is needed (it is made when missing).")
    return path


def _postgres_url(value: str) -> str:
    # The value may hold a password, so no message repeats it.
    form = "the form is postgresql://user:password@host:5432/database"
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(f"not a readable address; {form}.") from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"not an address of a PostgreSQL server; {form}.")
    if not parts.path.strip("/"):
        raise ValueError(f"names no database; {form}.")
    return value.replace("postgres://", "postgresql://", 1) if parts.scheme == "postgres" else value


def make_data_dir(path: Path) -> None:
    """Make the data directory closed to others; raises OSError when that cannot be done.

    The database of a root installation runs as a user of its own, who must be able to walk through, never to look around.
    """
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _secret_file(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    form = "64 hexadecimal digits, as written by: openssl rand -hex 32"
    try:
        content = path.read_bytes().strip()
        # A group that may read is how service managers hand over keys; anybody else is a mistake.
        is_open = path.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO)
    except OSError as error:
        raise ValueError(f"cannot read {value!r} ({error.strerror}); name a file with {form}.") from None
    if not SECRET_FORM.fullmatch(content):
        raise ValueError(f"{value!r} does not hold a key; it needs {form}.")
    if is_open:
        raise ValueError(f"{value!r} can be read by others; close it with: chmod o=,g-w {value}")
    return path


def _secret(path: Path) -> bytes:
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def _own_secret(data_dir: Path) -> bytes:
    """Return the key of this installation, making it on the first run."""
    path = data_dir / "secret.key"
    try:
        if not path.exists():
            make_data_dir(data_dir)
            _write_once(path, secrets.token_hex(32) + "\n")
        return _secret(_secret_file(str(path)))
    except OSError as error:
        raise SettingsError(
            [f"SANDBOX_DATA_DIR: cannot write {path} ({error.strerror}); name a directory you own."]
        ) from None
    except ValueError as error:
        raise SettingsError([f"SANDBOX_DATA_DIR: {error}"]) from None


def _write_once(path: Path, text: str) -> None:
    # Whole or not at all, and the first of two processes wins: a link never replaces what stands there.
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
