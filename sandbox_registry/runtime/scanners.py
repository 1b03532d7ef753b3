"""The scanner for malicious files, as the environment names it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

PORT = 3310


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerAddress:
    """Where ClamAV's daemon listens: at a host and port, or where `host` is null at the path of a socket."""

    host: str | None
    port: int
    socket: str


def read_scanner(value: str) -> ScannerAddress:
    """Read `clamd://host:3310` or `clamd:///run/clamav/clamd.ctl`; ValueError when it is neither."""
    form = "the form is clamd://host:3310, or clamd:///run/clamav/clamd.ctl for a socket"
    try:
        parts = urlsplit(value)
        port = parts.port or PORT
    except ValueError:
        raise ValueError(f"{value!r} is no readable address; {form}.") from None
    socket = parts.path.rstrip("/")
    is_odd = parts.scheme != "clamd" or parts.query or parts.fragment or parts.username or parts.password
    if is_odd or bool(parts.hostname) == bool(socket):
        raise ValueError(f"{value!r} is no address of a scanner; {form}.")
    return ScannerAddress(host=parts.hostname, port=port, socket=socket)
