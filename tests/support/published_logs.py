"""Published logs without a registry behind them."""

from pathlib import Path

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.keys import SigningKey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.tiles import bundles_of, encode_bundle, grow_tiles

KEY = SigningKey(name="sandbox.camau.example/log", seed=b"s" * 32)


def write_log(root: Path, entries: list[bytes], *, key: SigningKey = KEY) -> LogFolder:
    """Write a whole log with the library alone."""

    def nothing(_level: int, _index: int, _width: int) -> bytes:
        raise AssertionError

    for tile, content in grow_tiles(map(hash_leaf, entries), old_size=0, read_tile=nothing):
        put(root / tile.path, content)
    for bundle in bundles_of(len(entries)):
        put(root / bundle.path, encode_bundle(entries[bundle.index * 256 :][: bundle.width]))
    checkpoint = Checkpoint(origin=key.name, size=len(entries), root=root_of(map(hash_leaf, entries)))
    put(root / "checkpoint", sign_checkpoint(checkpoint, key=key))
    return LogFolder(root)


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def entries_of(size: int, *, words: str = "entry") -> list[bytes]:
    return [f'{{"{words}":{number}}}'.encode() for number in range(size)]
