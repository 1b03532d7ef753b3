"""How anybody can check the log: what it holds now, and three ways to see that nothing was changed or dropped."""

from base64 import b64encode

from litestar import Response, get

from sandbox_registry.http.declarations import declare
from sandbox_registry.transparency.checkpoints import CHECKPOINT, Checkpoint, checkpoint_of
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.tiles import TILE_WIDTH, Bundle, Tile, width_in
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming


@get("/kiem-tra-nhat-ky", opt=declare(is_public=True), include_in_schema=False, sync_to_thread=True)
def log_page(request: Incoming) -> Response[bytes]:
    """Say how many entries the log holds, under which name, and how to check it."""
    checkpoint = _newest(request)
    root = None if checkpoint is None else b64encode(checkpoint.root).decode()
    return page(request, "public/log.html", checkpoint=checkpoint, root=root, files=_files(checkpoint))


def _files(checkpoint: Checkpoint | None) -> list[tuple[str, str]]:
    """Return addresses below /log/ that answer now, each with what it holds: the newest of each kind."""
    if checkpoint is None or checkpoint.size == 0:
        return []
    index = (checkpoint.size - 1) // TILE_WIDTH
    width = width_in(0, index, size=checkpoint.size)
    return [
        (CHECKPOINT, "checkpoint"),
        (Tile(0, index, width).path, "tiles"),
        (Bundle(index, width).path, "entries"),
    ]


def _newest(request: Incoming) -> Checkpoint | None:
    """Return the newest checkpoint; null while nothing is published."""
    note: bytes | None = request.app.state.log.folder.checkpoint()
    return None if note is None else checkpoint_of(parse_note(note))
