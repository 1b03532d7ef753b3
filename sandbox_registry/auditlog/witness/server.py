"""The witness over HTTP, with the standard library alone: one small program on a council member's own computer."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox_registry.auditlog.witness.witness import BAD_REQUEST, NOT_FOUND, OK, TEXT, Witness, WitnessResponse
from sandbox_registry.transparency.witnessing import MAX_REQUEST_SIZE

TOO_LARGE = 413
REQUEST_TIMEOUT_S = 10


class WitnessServer(ThreadingHTTPServer):
    """Serves `POST /add-checkpoint` and `GET /<SHA-256 of the origin>/checkpoint`."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_TIMEOUT_S
    server_version, sys_version = "witness", ""

    def do_POST(self) -> None:
        """Add a checkpoint."""
        length = self.headers.get("content-length", "")
        if self.path != "/add-checkpoint":
            self._answer(WitnessResponse(NOT_FOUND))
        elif not length.isascii() or not length.isdigit():
            self._answer(WitnessResponse(BAD_REQUEST))
        elif len(length) > len(str(MAX_REQUEST_SIZE)) or int(length) > MAX_REQUEST_SIZE:
            self.close_connection = True
            self._answer(WitnessResponse(TOO_LARGE))
        else:
            self._answer(self.server.witness.add_checkpoint(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        """Return the last checkpoint cosigned."""
        origin_hash, _, rest = self.path.removeprefix("/").partition("/")
        note = self.server.witness.latest(origin_hash) if rest == "checkpoint" else None
        self._answer(WitnessResponse(NOT_FOUND) if note is None else WitnessResponse(OK, note, TEXT))

    def _answer(self, answer: WitnessResponse) -> None:
        if answer.status != OK:
            self.close_connection = True
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - As inherited.
        """Log no requests."""
