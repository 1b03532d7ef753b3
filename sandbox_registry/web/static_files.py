"""Styles, scripts and images as they were built: named by their digest, kept forever, ready in brotli and gzip."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from sandbox_registry.http.declarations import declare

BUILT = Path(__file__).parent / "static"
PREFIX = "/static"
_MEDIA = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
_FOREVER = "public, max-age=31536000, immutable"


class AssetsMissing(Exception):
    """The portal's styles and scripts were not built."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} is missing: install the package again, or run `python tools/assets.py`.")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its type, and its bytes by content coding, the plain ones under the empty name."""

    media_type: str
    by_coding: dict[str, bytes]


class Assets:
    """What was built, in memory: some tens of kilobytes."""

    def __init__(self, directory: Path = BUILT) -> None:
        """Read a directory as `packaging/portal/build.mjs` wrote it.

        Raises:
            AssetsMissing: nothing was built there.

        """
        try:
            self.names: dict[str, str] = json.loads((directory / "names.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AssetsMissing(directory) from None
        self.files = {name: _read(directory / name) for name in self.names.values()}

    def address(self, name: str) -> str:
        """Return where browsers get a file, by its name before the digest; KeyError when there is none."""
        return f"{PREFIX}/{self.names[name]}"


@get(f"{PREFIX}/{{name:str}}", opt=declare(is_public=True, is_counted=False), include_in_schema=False)
async def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """Send a file in the best coding that the browser takes."""
    assets: Assets = request.app.state.assets
    asset = assets.files.get(name)
    if asset is None:
        raise NotFoundException
    coding = _coding_for(request.headers.get("accept-encoding", ""))
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    if coding:
        headers["Content-Encoding"] = coding
    return Response(asset.by_coding[coding], headers=headers, media_type=asset.media_type)


def _coding_for(accepted: str) -> str:
    offered = {each.strip() for each in accepted.split(",")}  # One with a weight is passed over: browsers give none.
    return next((coding for coding in ("br", "gzip") if coding in offered), "")


def _read(path: Path) -> Asset:
    endings = {"": "", "br": ".br", "gzip": ".gz"}
    by_coding = {coding: path.with_name(path.name + ending).read_bytes() for coding, ending in endings.items()}
    return Asset(_MEDIA[path.suffix], by_coding)
