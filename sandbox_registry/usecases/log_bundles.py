"""Offline bundles: everything a person needs to check the log, or one case of it, without us and without a network."""

import base64
import csv
import html
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sandbox_registry.authz.policy import Policy as Authority
from sandbox_registry.db import audit, dossiers, log_rows
from sandbox_registry.db.engine import Connection, Database
from sandbox_registry.db.log_rows import KeptLeaf
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import hash_leaf
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.proofs import verify_inclusion
from sandbox_registry.transparency.tiles import bundles_of, decode_bundle, tiles_of
from sandbox_registry.transparency.tlog_proofs import format_tlog_proof, parse_tlog_proof
from sandbox_registry.usecases.log_authority import Powers
from sandbox_registry.usecases.log_erasures import erasures_in
from sandbox_registry.usecases.log_findings import Report
from sandbox_registry.usecases.log_folder import CHECKPOINT, COSIGNED, LogFolder, MissingFile
from sandbox_registry.usecases.log_history import History, Opening, read_entry, read_record
from sandbox_registry.usecases.log_proofs import Prover
from sandbox_registry.usecases.log_sources import ZipLog

PAGES = Path(__file__).parent / "log_pages"
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MAX_DIGITS = 19
PROOFS, ENTRIES, RECORDS = "proofs", "entries", "records"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into a bundle. `case` is the code or id of one case, null for the whole log.

    `documents` are (part, file name, SHA-256) of the case's files. Without `with_records` only the log itself is
    handed out, which holds nothing personal.
    """

    folder: LogFolder
    leaves: list[KeptLeaf]
    names: Mapping[UUID, str]
    documents: tuple[tuple[str, str, str], ...] = ()
    case: str | None = None
    with_records: bool = True


async def bundle_contents(database: Database, folder: LogFolder, *, code: str | None, with_records: bool) -> Contents:
    """Gather a bundle of the whole log, or of the case with this code, from the database at one moment.

    Raises:
        NotFound: no such case.

    """
    async with log_rows.one_moment(database) as connection:
        case = None if code is None else await log_rows.find_case(connection, code)
        if code is not None and case is None:
            raise NotFound(what="application")
        leaves = [leaf async for leaf in log_rows.kept_leaves(connection) if case in (None, leaf.case_id)]
        people = {UUID(record["actor"]) for leaf in leaves if (record := read_record(leaf.record or b"")) is not None}
        return Contents(
            folder=folder,
            leaves=leaves,
            names=await audit.names_of(connection, people) if people and with_records else {},
            documents=await _documents(connection, case) if case is not None and with_records else (),
            case=code,
            with_records=with_records,
        )


async def _documents(connection: Connection, case: UUID) -> tuple[tuple[str, str, str], ...]:
    found = await dossiers.live_documents(connection, case)
    return tuple((each.part, each.filename, each.sha256) for each in found)


def newest_note(folder: LogFolder, *, covering: int = 0) -> bytes:
    """Choose the checkpoint of a bundle: one that the witnesses cosigned, unless it does not cover what is wanted."""
    try:
        note = folder.read(COSIGNED)
        if checkpoint_of(parse_note(note)).size >= covering:
            return note
    except (LogError, MissingFile):
        pass
    return folder.read(CHECKPOINT)


def write_bundle(path: Path, contents: Contents) -> int:
    """Write a bundle; return how many leaves it holds.

    Raises:
        MissingFile: nothing is published yet.

    """
    last = max((leaf.index for leaf in contents.leaves), default=-1) if contents.case else -1
    note = newest_note(contents.folder, covering=last + 1)
    size = checkpoint_of(parse_note(note)).size
    leaves = [leaf for leaf in contents.leaves if leaf.index < size]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", note)
        if contents.case is None:
            _add_tiles(archive, contents.folder, size)
        else:
            _add_proofs(archive, contents.folder, leaves, note)
        if contents.with_records:
            _add_records(archive, leaves)
        archive.writestr("timeline.csv", timeline_csv(leaves, contents))
        archive.writestr("timeline.html", timeline_html(leaves, contents))
        if contents.documents:
            archive.writestr("documents.csv", _csv([("part", "filename", "sha256"), *contents.documents]))
        archive.writestr("verify.html", (PAGES / "verify.html").read_bytes())
        archive.writestr("README.txt", README)
    return len(leaves)


def _add_tiles(archive: zipfile.ZipFile, folder: LogFolder, size: int) -> None:
    paths = [tile.path for tile in tiles_of(size)] + [bundle.path for bundle in bundles_of(size)]
    for path in paths:
        archive.writestr(path, folder.read(path))


def _add_proofs(archive: zipfile.ZipFile, folder: LogFolder, leaves: list[KeptLeaf], note: bytes) -> None:
    prover = Prover(folder)
    for leaf in leaves:
        archive.writestr(f"{ENTRIES}/{leaf.index}.json", leaf.entry)
        proof = format_tlog_proof(prover.prove(leaf.index, checkpoint=note))
        archive.writestr(f"{PROOFS}/{leaf.index}.tlog-proof", proof)


def _add_records(archive: zipfile.ZipFile, leaves: list[KeptLeaf]) -> None:
    for leaf in leaves:
        if leaf.nonce is not None and leaf.record is not None:
            kept = {"nonce": base64.b64encode(leaf.nonce).decode(), "record": leaf.record.decode()}
            archive.writestr(f"{RECORDS}/{leaf.index}.json", json.dumps(kept, ensure_ascii=False))


def _timeline(leaves: list[KeptLeaf], contents: Contents) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("index", "time", "who", "act", "object", "version", "result", "reason", "line")]
    for leaf in leaves:
        said = read_entry(leaf.entry)
        if said is None:
            continue
        record = read_record(leaf.record) if contents.with_records and leaf.record is not None else None
        who = "" if record is None else contents.names.get(UUID(record["actor"]), record["actor"])
        rows.append(
            (
                str(leaf.index),
                f"{_local(said['t']):%Y-%m-%d %H:%M:%S}",
                who,
                said["act"],
                f"{said['obj']['type']} {said['obj']['id']}",
                str(said["obj"]["ver"]),
                said["result"],
                said["reason_code"] or "",
                said["policy"]["line"] or "",
            )
        )
    return rows


def _local(milliseconds: int) -> datetime:
    return (EPOCH + timedelta(milliseconds=milliseconds)).astimezone(LOCAL)


def timeline_csv(leaves: list[KeptLeaf], contents: Contents) -> bytes:
    """Write the leaves as a table that spreadsheets open: UTF-8 with a mark, no cell that could run as a formula."""
    return _csv(_timeline(leaves, contents))


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def timeline_html(leaves: list[KeptLeaf], contents: Contents) -> bytes:
    """Write the leaves as a page to read and print."""
    head, *rows = _timeline(leaves, contents)
    title = f"Diễn biến hồ sơ {contents.case}" if contents.case else "Nhật ký"
    cells = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    heads = "".join(f'<th scope="col">{_HEADS[name]}</th>' for name in head)
    page = (PAGES / "timeline.html").read_text(encoding="utf-8")
    return page.replace("{{title}}", html.escape(title)).replace("{{heads}}", heads).replace("{{rows}}", cells).encode()


_HEADS = {
    "index": "Mục",
    "time": "Thời điểm",
    "who": "Người thực hiện",
    "act": "Việc",
    "object": "Đối tượng",
    "version": "Phiên bản",
    "result": "Kết quả",
    "reason": "Lý do",
    "line": "Dòng chính sách",
}
README = """\
KIỂM TRA NHẬT KÝ
1. Mở tệp verify.html bằng Chrome, Edge, Firefox hoặc Safari (không cần mạng).
2. Chọn chính tệp .zip này và nhập khóa kiểm tra lấy từ bản giấy hoặc Văn phòng HĐND.
3. Bấm «Kiểm tra» và đọc câu trả lời: CÓ hoặc KHÔNG.
Ai không tin tệp verify.html trong gói này thì dùng bản đã lưu từ trước, hoặc lệnh: sandbox-registry log verify GÓI.zip --key KHÓA

CHECK THE LOG: open verify.html, choose this .zip, enter the key you were given on paper, press the button.
VÉRIFIER LE JOURNAL : ouvrez verify.html, choisissez ce .zip, saisissez la clé reçue sur papier, appuyez sur le bouton.
"""


def is_of_one_case(bundle: ZipLog) -> bool:
    """Say whether a bundle proves single leaves instead of holding the whole tree."""
    return any(name.startswith(f"{PROOFS}/") for name in bundle.names())


def check_bundle(
    bundle: ZipLog,
    *,
    checkpoint: Checkpoint,
    authorities: Mapping[str, Authority],
    report: Report,
) -> None:
    """Check what a bundle holds beside the tiles: proofs of single leaves, and records that open the commitments."""
    names = set(bundle.names())
    if any(name.startswith(f"{PROOFS}/") for name in names):
        entries = _proved(bundle, names, checkpoint=checkpoint, report=report)
    else:
        entries = _all_entries(bundle, checkpoint)
    if not any(name.startswith(f"{RECORDS}/") for name in names):
        report.add("records_not_given")
        return
    history = History(report=report, powers=Powers(report=report, authorities=authorities))
    absent = []
    opened = [(index, entry, _opening(bundle, index, report=report)) for index, entry in sorted(entries.items())]
    erasures = erasures_in(opened, report=report)
    for index, entry, opening in opened:
        if opening is None and index not in erasures:
            absent.append(index)
            history.pass_over(index, entry)
        else:
            history.feed(index, entry, opening, erasures.get(index))
    history.finish()
    if absent:
        report.add("records_absent", absent[0], count=len(absent))
    for name in sorted(names):
        if name.startswith(f"{RECORDS}/") and _index_in(name, ".json") not in entries:
            report.add("record_unknown", _index_in(name, ".json"))


def _index_in(name: str, ending: str) -> int | None:
    """Read the index in the name of a file, null when there is none."""
    digits = name.rpartition("/")[2].removesuffix(ending)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < MAX_DIGITS else None


def _all_entries(bundle: ZipLog, checkpoint: Checkpoint) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for place in bundles_of(checkpoint.size):
        try:
            entries = decode_bundle(bundle.read(place.path), width=place.width)
        except (LogError, MissingFile):
            break
        found.update(enumerate(entries, start=len(found)))
    return found


def _proved(bundle: ZipLog, names: set[str], *, checkpoint: Checkpoint, report: Report) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for name in sorted(names):
        if not name.startswith(f"{PROOFS}/"):
            continue
        try:
            proof = parse_tlog_proof(bundle.read(name))
            entry = bundle.read(f"{ENTRIES}/{proof.index}.json")
            if (
                name != f"{PROOFS}/{proof.index}.tlog-proof"
                or checkpoint_of(parse_note(proof.checkpoint)) != checkpoint
            ):
                report.add("proof_wrong", proof.index)
                continue
            verify_inclusion(
                proof.hashes,
                index=proof.index,
                size=checkpoint.size,
                leaf_hash=hash_leaf(entry),
                root=checkpoint.root,
            )
            found[proof.index] = entry
        except (LogError, MissingFile):
            report.add("proof_wrong", _index_in(name, ".tlog-proof"))
    report.entries = len(found)
    return found


def _opening(bundle: ZipLog, index: int, *, report: Report) -> Opening | None:
    try:
        content = bundle.read(f"{RECORDS}/{index}.json")
    except MissingFile:
        return None
    try:
        kept = json.loads(content)
        return Opening(base64.b64decode(kept["nonce"], validate=True), kept["record"].encode())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        report.add("record_changed", index)
        return None
