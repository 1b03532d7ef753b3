"""How the bytes of a file of a case are sent: as what they are, never run or shown by a browser."""

from collections.abc import AsyncGenerator
from urllib.parse import quote

from sandbox_registry.api.handling.streams import BoundedStream
from sandbox_registry.domain.cases.applications import Document
from sandbox_registry.domain.cases.attachments import Attachment


def download(file: Document | Attachment, content: AsyncGenerator[bytes, None]) -> BoundedStream:
    """Stream a file under its name."""
    return BoundedStream(
        content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.filename)}",
            "Content-Length": str(file.size),
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
