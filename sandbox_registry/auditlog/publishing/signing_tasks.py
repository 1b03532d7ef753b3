"""Runs the signer beside the application, and makes its key on the first run."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from sandbox_registry.auditlog.publishing.cosigning import keep_cosigned
from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR, LogFolder
from sandbox_registry.auditlog.publishing.signing import Signer, SignerFiles
from sandbox_registry.auditlog.publishing.signing_loop import keep_signing
from sandbox_registry.auditlog.publishing.watching import Watch, keep_watch
from sandbox_registry.db.auditlog.tree import LogUnreachable, log_reader
from sandbox_registry.runtime.files import locked
from sandbox_registry.runtime.key_files import KeyFileError
from sandbox_registry.transparency.keys import format_vkey

logger = structlog.get_logger("registry.log")


def own_signer_files(data_dir: Path) -> SignerFiles | None:
    """Return this installation's signer files, making a key on the very first run; null where another signs.

    A log that was published already, with no key here, belongs to a signer elsewhere: no second key is made.
    """
    files = SignerFiles(directory=data_dir / SIGNER_DIR)
    if not files.key_path.exists() and LogFolder(data_dir / LOG_DIR).checkpoint() is not None:
        logger.warning("log.signed_elsewhere", key=str(files.key_path))
        return None
    files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(files.directory / "making", wait=True):
        if not files.key_path.exists():
            # A name that is no address: an installation with one makes its key with `log key new`.
            key = files.make(name=f"sandbox-registry-{secrets.token_hex(4)}.invalid/log")
            logger.info("log.key_made", vkey=format_vkey(key.verifier_key))
    files.key()
    return files


@asynccontextmanager
async def signing_while_serving(*, data_dir: Path, url: str, watch: Watch) -> AsyncIterator[None]:
    """Sign and keep watch while the block runs. What prevents signing is logged as critical, and never prevents serving."""
    tasks: list[asyncio.Task[None]] = []
    try:
        files = own_signer_files(data_dir)
    except (KeyFileError, OSError) as error:
        logger.critical("log.not_signed", error=str(error))
        files = None
    if files is not None:
        folder, published = LogFolder(data_dir / LOG_DIR), asyncio.Event()
        tasks.append(asyncio.create_task(_sign(files, folder=folder, url=url, published=published)))
        tasks.append(asyncio.create_task(keep_cosigned(data_dir, folder, published=published, judged=watch.judged)))
    tasks.append(asyncio.create_task(keep_watch(watch)))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _sign(files: SignerFiles, *, folder: LogFolder, url: str, published: asyncio.Event) -> None:
    source = None
    while source is None:
        try:
            source = await log_reader(url)
        except LogUnreachable as error:
            logger.warning("log.unreachable", error=str(error))
            await asyncio.sleep(1)
    try:
        signer = Signer(files=files, folder=folder, source=source)
        await keep_signing(signer, wake=asyncio.Event(), after=lambda _checkpoint: published.set())
    finally:
        await source.close()
