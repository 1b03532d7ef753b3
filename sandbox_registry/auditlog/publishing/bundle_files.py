"""The files of an offline bundle, written part by part: only one batch of leaves is ever in memory."""

import base64
import contextlib
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import Prover, cosigned_note, size_of
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED
from sandbox_registry.transparency.tiles import bundles_of, tiles_of
from sandbox_registry.transparency.tlog_proofs import TlogProof, format_tlog_proof

PAGES = Path(__file__).parent / "pages"
PROOFS, ENTRIES, STATEMENTS, RECORDS, LIST = "proofs", "entries", "statements", "records", "case.json"
NAMES, PAGE = "names.json", "verify.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleLeaf:
    """A leaf for a bundle.

    Salt and statement are null in leaves of the first format, nonce and record where they were erased; each pair also
    where it is not for the bundle's reader (`is_withheld` for the record).
    """

    index: int
    entry: bytes
    salt: bytes | None = None
    statement: bytes | None = None
    nonce: bytes | None = None
    record: bytes | None = None
    is_withheld: bool = False


class BundleWriter:
    """Writes one bundle under a checkpoint: of one case with proofs, or of the whole log with its tiles.

    Where witnesses have not cosigned that checkpoint yet, the newest that they did goes with it, and proves what it covers.

    For one thread at a time; `add` as often as there are leaves, then `finish`.
    """

    def __init__(self, file: IO[bytes], *, folder: LogFolder, note: bytes, is_of_case: bool) -> None:
        self.size = size_of(note)
        cosigned = cosigned_note(folder)
        self._cosigned = None if cosigned is None or size_of(cosigned) >= self.size else cosigned
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._note, self._is_of_case, self._count = note, is_of_case, 0
        self._prover = Prover(folder)
        self._names: dict[str, str] = {}
        self._withheld: list[int] = []
        self._archive.writestr(CHECKPOINT, note)
        if self._cosigned is not None:
            self._archive.writestr(COSIGNED, self._cosigned)
        if not is_of_case:
            for path in [tile.path for tile in tiles_of(self.size)] + [part.path for part in bundles_of(self.size)]:
                self._archive.writestr(path, folder.read(path))

    def add(self, leaves: Sequence[BundleLeaf], *, names: Mapping[UUID, str]) -> None:
        """Add leaves in log order, and the names of those who did what they record; later ones than the checkpoint are left out."""
        for leaf in leaves:
            if leaf.index >= self.size:
                continue
            self._count += 1
            self._names |= {str(person): name for person, name in names.items()}
            if leaf.is_withheld:
                self._withheld.append(leaf.index)
            if self._is_of_case:
                self._prove(leaf)
            self._open(f"{STATEMENTS}/{leaf.index}.json", salt=leaf.salt, statement=leaf.statement)
            self._open(f"{RECORDS}/{leaf.index}.json", nonce=leaf.nonce, record=leaf.record)

    def list_case(self, case_id: UUID, leaves: Iterable[tuple[int, bytes | None]]) -> None:
        """Say of all leaves of the case in log order which they are, or what stands for those not in this bundle.

        `leaves` are (index, null) or (index, item); later ones than the checkpoint are left out. What was withheld from the
        reader is said; a record that is missing and not named here is an error.
        """
        listed = [
            index if item is None else base64.b64encode(item).decode() for index, item in leaves if index < self.size
        ]
        self._archive.writestr(LIST, json.dumps({"case": str(case_id), "leaves": listed, "withheld": self._withheld}))

    def finish(self) -> int:
        """Add everything that is not a leaf, and close; return how many leaves there are."""
        with self._archive as archive:
            if self._names:
                archive.writestr(NAMES, json.dumps(self._names, ensure_ascii=False))
            archive.writestr(PAGE, (PAGES / PAGE).read_bytes())
            archive.writestr("README.txt", README)
        return self._count

    def _proof_of(self, index: int) -> TlogProof:
        if self._cosigned is not None and index < size_of(self._cosigned):
            with contextlib.suppress(MissingFile):  # A folder that was rebuilt lacks the partial tiles of then.
                return self._prover.prove(index, checkpoint=self._cosigned)
        return self._prover.prove(index, checkpoint=self._note)

    def _open(self, path: str, **opening: bytes | None) -> None:
        """Add what opens a commitment, if all of it is given: the nonce in base64, then the content as it is."""
        (name, nonce), (content, opened) = opening.items()
        if nonce is not None and opened is not None:
            kept = {name: base64.b64encode(nonce).decode(), content: opened.decode()}
            self._archive.writestr(path, json.dumps(kept, ensure_ascii=False))

    def _prove(self, leaf: BundleLeaf) -> None:
        proof = format_tlog_proof(self._proof_of(leaf.index))
        self._archive.writestr(f"{ENTRIES}/{leaf.index}.json", leaf.entry)
        self._archive.writestr(f"{PROOFS}/{leaf.index}.tlog-proof", proof)


README = """\
KIỂM TRA NHẬT KÝ
1. Mở tệp verify.html bằng Chrome, Edge, Firefox hoặc Safari (không cần mạng).
2. Chọn chính tệp .zip này và nhập khóa kiểm tra lấy từ bản giấy hoặc Văn phòng HĐND.
3. Bấm «Kiểm tra» và đọc câu trả lời: CÓ hoặc KHÔNG.
Ai không tin tệp verify.html trong gói này thì dùng bản đã lưu từ trước, hoặc lệnh: sandbox-registry log verify GÓI.zip --key KHÓA

CHECK THE LOG: open verify.html, choose this .zip, enter the key you were given on paper, press the button.
VÉRIFIER LE JOURNAL : ouvrez verify.html, choisissez ce .zip, saisissez la clé reçue sur papier, appuyez sur le bouton.
"""
