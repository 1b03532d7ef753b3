"""The files of an offline bundle, written part by part: only one batch of leaves is ever in memory."""

import base64
import contextlib
import csv
import html
import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import Prover, cosigned_note, size_of
from sandbox_registry.auditlog.verifying.entries import GivenLeaf, Opening, read_leaf, read_record
from sandbox_registry.domain.acts import done_name
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.identity.line_names import line_name
from sandbox_registry.domain.rules.calendars import LOCAL_ZONE
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED
from sandbox_registry.transparency.tiles import bundles_of, tiles_of
from sandbox_registry.transparency.tlog_proofs import TlogProof, format_tlog_proof

PAGES = Path(__file__).parent / "pages"
PROOFS, ENTRIES, STATEMENTS, RECORDS, LIST = "proofs", "entries", "statements", "records", "case.json"
IN_MEMORY = 256 * 1024
"""Bytes of a timeline that are kept in memory; the rest goes to the disk."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEADS = (
    "index",
    "time",
    "time_utc",
    "who",
    "act",
    "act_name",
    "object",
    "version",
    "result",
    "reason",
    "line_name",
    "line",
    "procedure",
)
_COLUMNS = (
    # A heading of the page, what stands below it, and what stands smaller below that.
    ("Mục", "index", ()),
    ("Thời điểm (giờ Việt Nam)", "time", ("time_utc",)),
    ("Người thực hiện", "who", ()),
    ("Việc", "act_name", ("act", "object", "version")),
    ("Kết quả", "result", ("reason",)),
    ("Căn cứ", "line_name", ("line", "procedure")),
)
_SAID = {
    "time_utc": "{} UTC",
    "version": "phiên bản {}",
    "procedure": "thủ tục {}",
}
_RESULTS = {"done": "Đã làm", "refused": "Bị từ chối"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleLeaf:
    """A leaf for a bundle.

    Salt and statement are null in leaves of the first format, nonce and record where they were erased; each pair also
    where it is not for the bundle's reader.
    """

    index: int
    entry: bytes
    salt: bytes | None = None
    statement: bytes | None = None
    nonce: bytes | None = None
    record: bytes | None = None


class BundleWriter:
    """Writes one bundle under a checkpoint: of one case with proofs, or of the whole log with its tiles.

    Where witnesses have not cosigned that checkpoint yet, the newest that they did goes with it, and proves what it covers.

    For one thread at a time; `add` as often as there are leaves, then `finish`.
    """

    def __init__(self, file: IO[bytes], *, folder: LogFolder, note: bytes, case: str | None) -> None:
        self.size = size_of(note)
        cosigned = cosigned_note(folder)
        self._cosigned = None if cosigned is None or size_of(cosigned) >= self.size else cosigned
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._note, self._case, self._count = note, case, 0
        self._prover = Prover(folder)
        self._table, self._page = _spool(), _spool()
        self._archive.writestr(CHECKPOINT, note)
        if self._cosigned is not None:
            self._archive.writestr(COSIGNED, self._cosigned)
        _write(self._table, b"\xef\xbb\xbf" + _csv([_HEADS]))
        if case is None:
            for path in [tile.path for tile in tiles_of(self.size)] + [part.path for part in bundles_of(self.size)]:
                self._archive.writestr(path, folder.read(path))

    def add(self, leaves: Sequence[BundleLeaf], *, names: Mapping[UUID, str]) -> None:
        """Add leaves in log order, and the names of those who did what they record; later ones than the checkpoint are left out."""
        for leaf in leaves:
            if leaf.index >= self.size:
                continue
            self._count += 1
            if self._case is not None:
                self._prove(leaf)
            self._open(f"{STATEMENTS}/{leaf.index}.json", salt=leaf.salt, statement=leaf.statement)
            self._open(f"{RECORDS}/{leaf.index}.json", nonce=leaf.nonce, record=leaf.record)
            if (row := _row(leaf, names)) is not None:
                _write(self._table, _csv([row]))
                _write(self._page, _html(row))

    def list_case(self, case_id: UUID, leaves: Iterable[tuple[int, bytes | None]]) -> None:
        """Say of all leaves of the case in log order which they are, or what stands for those not in this bundle.

        `leaves` are (index, null) or (index, item); later ones than the checkpoint are left out.
        """
        listed = [
            index if item is None else base64.b64encode(item).decode() for index, item in leaves if index < self.size
        ]
        self._archive.writestr(LIST, json.dumps({"case": str(case_id), "leaves": listed}))

    def finish(self, *, documents: Sequence[tuple[str, str, str]] = ()) -> int:
        """Add everything that is not a leaf, and close; return how many leaves there are.

        `documents` are (part, file name, SHA-256) of the case's files.
        """
        with self._archive as archive, self._table as table, self._page as page:
            _copy(table, archive, "timeline.csv", before=b"", after=b"")
            before, after = _frame(self._case)
            _copy(page, archive, "timeline.html", before=before, after=after)
            if documents:
                rows = [("part", "filename", "sha256"), *documents]
                archive.writestr("documents.csv", b"\xef\xbb\xbf" + _csv(rows))
            archive.writestr("verify.html", (PAGES / "verify.html").read_bytes())
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


def _spool() -> IO[bytes]:
    return SpooledTemporaryFile(max_size=IN_MEMORY)


def _write(spool: IO[bytes], content: bytes) -> None:
    spool.write(content)


def _copy(spool: IO[bytes], archive: zipfile.ZipFile, name: str, *, before: bytes, after: bytes) -> None:
    spool.seek(0)
    with archive.open(name, "w") as file:
        file.write(before)
        shutil.copyfileobj(spool, file)
        file.write(after)


def _row(leaf: BundleLeaf, names: Mapping[UUID, str]) -> tuple[str, ...] | None:
    statement = None if leaf.salt is None or leaf.statement is None else Opening(leaf.salt, leaf.statement)
    said = read_leaf(GivenLeaf(index=leaf.index, entry=leaf.entry, statement=statement)).said
    if said is None:
        return None
    record = None if leaf.record is None else read_record(leaf.record)
    at = EPOCH + timedelta(milliseconds=said["t"])
    return (
        str(leaf.index),
        _moment(at.astimezone(LOCAL_ZONE)),
        _moment(at.astimezone(UTC)),
        "" if record is None else names.get(UUID(record["actor"]), record["actor"]),
        said["act"],
        done_name(said["act"], said["result"]).vi,
        f"{said['obj']['type']} {said['obj']['id']}",
        str(said["obj"]["ver"]),
        said["result"],
        said["reason_code"] or "",
        "" if (line := line_name(said["policy"]["line"])) is None else line.vi,
        said["policy"]["line"] or "",
        said["procedure"] or "",
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _csv(rows: Sequence[tuple[str, ...]]) -> bytes:
    """Write rows that spreadsheets open, no cell of which could run as a formula."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _html(row: tuple[str, ...]) -> bytes:
    told = {
        name: _SAID.get(name, "{}").format(html.escape(cell)) if cell else ""
        for name, cell in zip(_HEADS, row, strict=True)
    }
    told["result"] = _RESULTS.get(told["result"], told["result"])
    cells = (
        f'<td data-head="{head}">{told[main]}{_small([told[each] for each in minor])}</td>'
        for head, main, minor in _COLUMNS
    )
    return f"<tr>{''.join(cells)}</tr>\n".encode()


def _small(lines: list[str]) -> str:
    return "".join(f"<small>{line}</small>" for line in lines if line)


def _frame(case: str | None) -> tuple[bytes, bytes]:
    """Return what stands before and behind the rows of a timeline to read and print."""
    title = f"Diễn biến hồ sơ {case}" if case else "Nhật ký"
    heads = "".join(f'<th scope="col">{head}</th>' for head, _, _ in _COLUMNS)
    page = (PAGES / "timeline.html").read_text(encoding="utf-8")
    page = page.replace("{{title}}", html.escape(title)).replace("{{heads}}", heads)
    before, _, after = page.partition("{{rows}}")
    return before.encode(), after.encode()


README = """\
KIỂM TRA NHẬT KÝ
1. Mở tệp verify.html bằng Chrome, Edge, Firefox hoặc Safari (không cần mạng).
2. Chọn chính tệp .zip này và nhập khóa kiểm tra lấy từ bản giấy hoặc Văn phòng HĐND.
3. Bấm «Kiểm tra» và đọc câu trả lời: CÓ hoặc KHÔNG.
Ai không tin tệp verify.html trong gói này thì dùng bản đã lưu từ trước, hoặc lệnh: sandbox-registry log verify GÓI.zip --key KHÓA

CHECK THE LOG: open verify.html, choose this .zip, enter the key you were given on paper, press the button.
VÉRIFIER LE JOURNAL : ouvrez verify.html, choisissez ce .zip, saisissez la clé reçue sur papier, appuyez sur le bouton.
"""
