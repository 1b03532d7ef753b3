"""The published log over HTTP, exactly as C2SP tlog-tiles says: files from the folder, for anybody, without a database."""

import hashlib
import re
import threading
from collections.abc import Callable
from contextlib import suppress

from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath

from sandbox_registry.api.handling.requests import Incoming
from sandbox_registry.auditlog.publishing.cosignatures import merge
from sandbox_registry.auditlog.publishing.proofs import Prover
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.http.declarations import declare
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED, OFFERED, checkpoint_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.policies import WitnessPolicy
from sandbox_registry.transparency.tiles import parse_path
from sandbox_registry.transparency.tlog_proofs import format_tlog_proof

TEXT, BYTES = "text/plain", "application/octet-stream"
CACHE_IMMUTABLE, CACHE_ONE_SECOND = "public, max-age=31536000, immutable", "public, max-age=1"
_PROOF = re.compile(r"(0|[1-9][0-9]{0,18})\.tlog-proof")


class LogController(Controller):
    """Checkpoint, tiles, entry bundles and proofs; nothing in them is personal."""

    path = "/log"
    opt = declare(is_public=True, is_counted=False)
    include_in_schema = False

    @get("/checkpoint", sync_to_thread=True)
    def checkpoint(self, request: Incoming) -> Response[bytes]:
        """Return the newest signed checkpoint."""
        return _file(request, CHECKPOINT, media_type=TEXT, cache=CACHE_ONE_SECOND)

    @get("/checkpoint-cosigned", sync_to_thread=True)
    def cosigned(self, request: Incoming) -> Response[bytes]:
        """Return the newest checkpoint that enough witnesses cosigned."""
        return _file(request, COSIGNED, media_type=TEXT, cache=CACHE_ONE_SECOND)

    @get("/checkpoint-offered", sync_to_thread=True)
    def offered(self, request: Incoming) -> Response[bytes]:
        """Return the checkpoint that is kept still for witnesses who pull, so that all of them cosign the same one."""
        return _file(request, OFFERED, media_type=TEXT, cache=CACHE_ONE_SECOND)

    @post("/cosignatures", opt=declare(is_public=True, quota=Group.UPLOADS, takes_file=True), status_code=200)
    async def cosignatures(self, request: Incoming) -> Response[bytes]:
        """Take a checkpoint that a witness cosigned; the signatures say who sends it, so nobody logs in."""
        note = await request.body()
        accepted = await to_thread.run_sync(_accept, request.app.state.log, note)
        return Response(b"%d\n" % accepted, media_type=TEXT, headers={"Cache-Control": "no-store"})

    @get("/tile/{place:path}", sync_to_thread=True)
    def tile(self, request: Incoming, place: FromPath[str]) -> Response[bytes]:
        """Return a tile or an entry bundle; any path but the one right spelling is not there."""
        try:
            path = parse_path(f"tile{place}").path
        except LogError:
            raise NotFoundException from None
        return _file(request, path, media_type=BYTES, cache=CACHE_IMMUTABLE)

    @get("/proof/{name:str}", sync_to_thread=True)
    def proof(self, request: Incoming, name: FromPath[str]) -> Response[bytes]:
        """Return the proof that a leaf is in the log, with the checkpoint it leads to: `<index>.tlog-proof`."""
        match = _PROOF.fullmatch(name)
        prover: SharedProver = request.app.state.log
        try:
            content = None if match is None else prover.proof(int(match[1]))
        except (LogError, MissingFile):
            content = None
        if content is None:
            raise NotFoundException
        return _answer(request, content, media_type=TEXT, cache=CACHE_ONE_SECOND)


class SharedProver:
    """The published log as the threads of one process share it. `policy_of` reads the witness policy, if there is one."""

    def __init__(self, prover: Prover, *, policy_of: Callable[[], WitnessPolicy | None]) -> None:
        self.folder = prover.folder
        self.policy_of = policy_of
        self._prover = prover
        self._lock = threading.Lock()
        self._size = 0

    def covers(self, index: int) -> bool:
        """Tell whether the published checkpoint covers a leaf; a log only grows, so old leaves cost no look at it."""
        if index >= self._size and (note := self.folder.checkpoint()) is not None:
            with suppress(LogError):  # A damaged checkpoint proves nothing; verifiers say what is wrong with it.
                self._size = checkpoint_of(parse_note(note)).size
        return index < self._size

    def proof(self, index: int) -> bytes:
        """Return a proof file; raises as `Prover.prove`."""
        with self._lock:
            return format_tlog_proof(self._prover.prove(index))


def _accept(log: SharedProver, note: bytes) -> int:
    """Merge cosignatures; 404 without a policy, 400 for what is not signed by its log and witnesses, 409 for the past."""
    policy = log.policy_of()
    if policy is None:
        raise NotFoundException
    try:
        accepted = merge(log.folder, note, policy=policy)
    except LogError as error:
        raise HTTPException(status_code=400) from error
    if not accepted:
        raise HTTPException(status_code=409)
    return accepted


def _file(request: Incoming, path: str, *, media_type: str, cache: str) -> Response[bytes]:
    try:
        content = request.app.state.log.folder.read(path)
    except MissingFile:
        raise NotFoundException from None
    return _answer(request, content, media_type=media_type, cache=cache)


def _answer(request: Incoming, content: bytes, *, media_type: str, cache: str) -> Response[bytes]:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    # Anybody may read the log, also the page of a council member's own verifier.
    headers = {"ETag": tag, "Cache-Control": cache, "Access-Control-Allow-Origin": "*"}
    etags = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in etags or "*" in etags:
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(content, headers=headers, media_type=media_type)
