"""The page that checks a bundle, opened from file:// in a real browser, by its three steps, in Vietnamese.

Chromium and its driver come from `make tools`.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox_registry.auditlog.publishing.bundle_files import PAGES
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import Prover
from sandbox_registry.auditlog.verifying.chains import Chain, item_of
from sandbox_registry.auditlog.verifying.entries import GivenLeaf, Opening
from sandbox_registry.domain.audit import commitment
from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.cosignatures import add_signatures, cosign
from sandbox_registry.transparency.key_sheets import format_sheet
from sandbox_registry.transparency.keys import KeyType, SigningKey, format_vkey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.notes import format_note, parse_note
from sandbox_registry.transparency.tiles import Bundle, Tile, bundles_of, tiles_of
from sandbox_registry.transparency.tlog_proofs import format_tlog_proof
from tests.support.browser import Browser, ask
from tests.support.published_logs import KEY, write_log

VKEY = format_vkey(KEY.verifier_key)
WITNESS = SigningKey(name="hdnd.example/w1", key_type=KeyType.COSIGNATURE_V1, seed=b"w" * 32)
SALT = b"s" * 16
NONCE, RECORD = b"n" * 16, '{"actor":"1","objects":[],"signs_for":null,"tên":"Tôm"}'
SIZE = 700


def entry_at(index: int) -> bytes:
    commit = commitment(NONCE, RECORD.encode())
    return (
        f'{{"act":"application:accept","commit":"{commit}","result":"done","t":{1_795_000_000_000 + index}}}'.encode()
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> LogFolder:
    return write_log(tmp_path_factory.mktemp("log"), [entry_at(index) for index in range(SIZE)])


def whole(folder: LogFolder) -> dict[str, bytes]:
    note = parse_note(folder.checkpoint() or b"")
    cosigned = add_signatures(note, signatures=[cosign(note.text, key=WITNESS, timestamp=1_795_000_000)])
    files = {"checkpoint": format_note(cosigned), **{f"records/{index}.json": record() for index in range(SIZE)}}
    places: list[Tile | Bundle] = [*tiles_of(SIZE), *bundles_of(SIZE)]
    return files | {each.path: folder.read(each.path) for each in places}


def of_case(folder: LogFolder) -> dict[str, bytes]:
    files = {"checkpoint": folder.checkpoint() or b""}
    for index in (0, 256, 699):
        files[f"proofs/{index}.tlog-proof"] = format_tlog_proof(Prover(folder).prove(index))
        files[f"entries/{index}.json"] = entry_at(index)
        files[f"records/{index}.json"] = record()
    return files


def record(*, words: str = RECORD) -> bytes:
    kept = {"nonce": base64.b64encode(NONCE).decode(), "record": words}
    return json.dumps(kept, ensure_ascii=False).encode()


def test_a_whole_log_is_a_plain_yes(browser: Browser, folder: LogFolder, tmp_path: Path) -> None:
    verdict, words = ask(browser, tmp_path, whole(folder), f"{VKEY}\n{format_vkey(WITNESS.verifier_key)}")
    assert verdict == "yes", words
    assert "CÓ, nhật ký nguyên vẹn" in words
    assert "Đã băm lại 700 mục" in words
    assert "hdnd.example/w1 đã chứng kiến lúc" in words
    for language, name in (("en", "Dossier accepted"), ("fr", "Dossier accepté"), ("vi", "Tiếp nhận hồ sơ")):
        browser.run(
            f"const e = document.getElementById('lang'); e.value = '{language}'; e.dispatchEvent(new Event('change'))"
        )
        assert name in browser.run("return document.getElementById('acts').innerText")
    for width, name in ((390, "phone"), (1280, "desktop")):
        browser.resize(width, 1400)
        browser.picture(tmp_path / f"{name}.png")
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")


def test_one_case_is_a_yes_that_says_its_limits(browser: Browser, folder: LogFolder, tmp_path: Path) -> None:
    verdict, words = ask(browser, tmp_path, of_case(folder), VKEY)
    assert verdict == "yes", words
    assert "chỉ chứa 3 mục của một hồ sơ" in words
    assert "Chưa kiểm tra chữ ký chứng kiến nào" in words


CASE = "01a2aaaa-0000-7000-8000-000000000001"


def sealed(directory: Path) -> dict[str, bytes]:
    """A bundle of one case of four sealed leaves, the third of which is not for its reader; others lie between."""
    entries: list[bytes] = []
    chain, files, listed = Chain(), dict[str, bytes](), list[int | str]()
    for number, act in enumerate(["application:create", "review:submit", "council:vote", "council:vote"]):
        place = {"before": base64.b64encode(chain.digest).decode(), "case": CASE, "n": number + 1}
        said = {
            "act": act,
            "chain": place,
            "obj": {"id": f"{number}"},
            "result": "done",
            "t": 1_795_000_000_000,
            "v": 2,
        }
        said["commit"] = commitment(NONCE, RECORD.encode())
        statement, index = json.dumps(said), 2 * number
        entries += [
            json.dumps({"commit": commitment(SALT, statement.encode()), "t": said["t"], "v": 2}).encode(),
            b'{"commit":"","t":1,"v":2}',
        ]
        given = GivenLeaf(index=index, entry=entries[index], statement=Opening(SALT, statement.encode()))
        chain.take(item_of(given), index=index)
        if number == 2:
            listed.append(base64.b64encode(item_of(given)).decode())
            continue
        listed.append(index)
        files[f"entries/{index}.json"] = entries[index]
        files[f"statements/{index}.json"] = json.dumps(
            {"salt": base64.b64encode(SALT).decode(), "statement": statement}
        ).encode()
    files["records/0.json"] = record()
    files["case.json"] = json.dumps({"case": CASE, "leaves": listed}).encode()
    folder = write_log(directory, entries)
    files["checkpoint"] = folder.checkpoint() or b""
    for index in (0, 2, 6):
        files[f"proofs/{index}.tlog-proof"] = format_tlog_proof(Prover(folder).prove(index))
    return files


def test_a_case_of_sealed_leaves_says_how_many_it_had_and_how_many_were_not_shown(
    browser: Browser, tmp_path: Path
) -> None:
    verdict, words = ask(browser, tmp_path, sealed(tmp_path / "log"), VKEY)
    assert verdict == "yes", words
    assert "Hồ sơ có 4 mục cho đến mục 6, không thiếu mục nào" in words
    assert "1 trong số 4 mục của hồ sơ không dành cho người nhận gói này" in words
    assert "Biểu quyết" in browser.run("return document.getElementById('acts').innerText")


def without(files: dict[str, bytes], index: int) -> None:
    for name in (f"entries/{index}.json", f"proofs/{index}.tlog-proof", f"statements/{index}.json"):
        files.pop(name, None)


def relisted(files: dict[str, bytes], change: Callable[[list[Any]], object]) -> None:
    stored = json.loads(files["case.json"])
    change(stored["leaves"])
    files["case.json"] = json.dumps(stored).encode()


def dropped(files: dict[str, bytes]) -> None:
    without(files, 2)


def dropped_from_the_list_too(files: dict[str, bytes]) -> None:
    without(files, 2)
    relisted(files, lambda leaves: leaves.remove(2))


def said_to_be_hidden(files: dict[str, bytes]) -> None:
    without(files, 2)
    relisted(files, lambda leaves: leaves.__setitem__(1, base64.b64encode(b"x" * 32).decode()))


def said_otherwise(files: dict[str, bytes]) -> None:
    files["statements/2.json"] = files["statements/2.json"].replace(b"review", b"revoke")


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (dropped, "Gói thiếu mục 2, là mục thứ 2 của hồ sơ"),
        (dropped_from_the_list_too, "Mục 6 không nối tiếp đúng các mục trước của hồ sơ"),
        (said_to_be_hidden, "Mục 6 không nối tiếp đúng các mục trước của hồ sơ"),
        (said_otherwise, "Lời ghi của mục 2 đã bị sửa"),
        (lambda files: relisted(files, lambda leaves: leaves.remove(6)), "Mục 6 không có trong danh sách"),
        (lambda files: files.pop("case.json"), "Thiếu tệp case.json"),
        (lambda files: files.pop("statements/6.json"), "Thiếu lời ghi của mục 6"),
    ],
)
def test_a_vote_left_out_of_a_case_is_a_no(
    browser: Browser, tmp_path: Path, forge: Callable[[dict[str, bytes]], object], said: str
) -> None:
    files = sealed(tmp_path / "log")
    forge(files)
    verdict, words = ask(browser, tmp_path, files, VKEY)
    assert (verdict, said in words) == ("no", True), words


ERASED = [3, 4, 5, 9]
REQUEST = {
    "proposed_by": "1",
    "proposed_by_name": "Nguyễn Thị Sen",
    "settled_by": "2",
    "settled_by_name": "Trần Văn Chủ Tịch",
    "basis": "Luật 91/2025/QH15",
    "indexes": ERASED,
}


def erasing(directory: Path, **changes: Any) -> dict[str, bytes]:
    """A whole log in which an erasure took four records; the last entry says so, and its record by whom."""
    state = REQUEST | changes
    words = json.dumps({"actor": "2", "objects": [{"type": "erasure", "state": state}], "signs_for": None})
    commit = commitment(NONCE, words.encode())
    said = {"act": "erasure:confirm", "commit": commit, "erased": ERASED, "result": "done", "t": 1_795_300_000_000}
    folder = write_log(directory, [*(entry_at(index) for index in range(20)), json.dumps(said).encode()])
    places: list[Tile | Bundle] = [*tiles_of(21), *bundles_of(21)]
    files = {"checkpoint": folder.checkpoint() or b"", **{each.path: folder.read(each.path) for each in places}}
    files |= {f"records/{index}.json": record() for index in range(20) if index not in ERASED}
    return files | {"records/20.json": record(words=words)}


def test_an_erasure_is_a_yes_that_says_on_which_day_and_by_whom(browser: Browser, tmp_path: Path) -> None:
    files = erasing(tmp_path / "log")
    verdict, words = ask(browser, tmp_path, files, VKEY)
    assert verdict == "yes", words
    said = "Bản ghi của mục 3–5, 9 đã được xóa ngày 22/11/2026 theo yêu cầu của Nguyễn Thị Sen, Trần Văn Chủ Tịch phê duyệt: Luật 91/2025/QH15"
    assert said in words
    assert "không kèm bản ghi" not in words
    assert "Xóa dữ liệu cá nhân" in browser.run("return document.getElementById('acts').innerText")
    del files["records/20.json"]
    verdict, words = ask(browser, tmp_path, files, VKEY)
    assert (verdict, "Thiếu bản ghi của mục 20, và không có quyết định xóa nào" in words) == ("no", True), words


def test_an_erasure_that_is_none_is_a_no(browser: Browser, tmp_path: Path) -> None:
    wrongs: list[tuple[dict[str, Any], int | None, str]] = [
        ({"settled_by": "1"}, None, "Việc xóa ở mục 20 không do hai người quyết định"),
        ({"indexes": [3]}, None, "Việc xóa ở mục 20"),
        ({}, 4, "Bản ghi của mục 4 đã được xóa nhưng lại có trong tệp này"),
    ]
    for number, (change, back, said) in enumerate(wrongs):
        files = erasing(tmp_path / f"log-{number}", **change)
        if back is not None:
            files[f"records/{back}.json"] = record()
        verdict, words = ask(browser, tmp_path, files, VKEY)
        assert (verdict, said in words) == ("no", True), words


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("kind", "name", "change", "said"),
    [
        (whole, "tile/entries/001", lambda c: c.replace(b"accept", b"refuse", 1), "Mục 256 đã bị sửa"),
        (whole, "tile/entries/002.p/188", lambda c: c[:-5], "không đúng định dạng"),
        (whole, "tile/entries/000", None, "Thiếu tệp tile/entries/000"),
        (whole, "checkpoint", lambda c: c.replace(b"\n700\n", b"\n699\n"), "không phải của khóa đã nhập"),
        (whole, "checkpoint", lambda c: flipped(c, len(c) - 20), "Chữ ký chứng kiến của hdnd.example/w1"),
        (whole, "records/3.json", lambda _c: record(words=RECORD.replace("Tôm", "Cua")), "Bản ghi của mục 3 đã bị sửa"),
        (whole, "records/900.json", lambda _c: record(), "không thuộc mục nào"),
        (whole, "records/4.json", None, "Thiếu bản ghi của mục 4"),
        (of_case, "entries/256.json", lambda c: c.replace(b"accept", b"refuse"), "Bằng chứng của mục 256"),
        (of_case, "proofs/0.tlog-proof", lambda c: c.replace(b"index 0", b"index 1"), "không đúng định dạng"),
        (of_case, "records/699.json", lambda _c: b"{}", "không đúng định dạng"),
    ],
)
def test_every_change_is_a_plain_no(
    browser: Browser, folder: LogFolder, tmp_path: Path, *, kind: Any, name: str, change: Any, said: str
) -> None:
    files = kind(folder)
    if change is None:
        del files[name]
    else:
        files[name] = change(files.get(name, b""))
    verdict, words = ask(browser, tmp_path, files, f"{VKEY}\n{format_vkey(WITNESS.verifier_key)}")
    assert (verdict, said in words) == ("no", True), words
    assert "KHÔNG, không thể tin nhật ký này" in words
    assert "báo Thường trực HĐND" in words


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "Hãy nhập khóa"),
        (VKEY[:-3] + "AA=", "Khóa thứ 1 chép chưa đúng"),
        (format_vkey(WITNESS.verifier_key), "Chưa có khóa của nhật ký"),
    ],
)
def test_a_key_that_is_missing_or_mistyped_accuses_nobody(
    browser: Browser, folder: LogFolder, tmp_path: Path, keys: str, said: str
) -> None:
    verdict, words = ask(browser, tmp_path, whole(folder), keys)
    assert (verdict, said in words, "CHƯA KIỂM TRA ĐƯỢC" in words) == ("ask", True, True), words
    assert "Thường trực" not in words


SHEET = format_sheet(KEY.verifier_key)


def test_a_key_is_typed_from_its_sheet(browser: Browser, folder: LogFolder, tmp_path: Path) -> None:
    witness = format_sheet(WITNESS.verifier_key)
    verdict, words = ask(browser, tmp_path, whole(folder), f"# Khóa\n{SHEET.lower()}\n{witness}")
    assert verdict == "yes", words
    assert "hdnd.example/w1 đã chứng kiến lúc" in words


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda lines: [*lines[:2], lines[2][:3] + ("0" if lines[2][3] != "0" else "1") + lines[2][4:], *lines[3:]],
            "Dòng 2",
        ),
        (lambda lines: [*lines[:1], *lines[2:]], "Dòng 1 của tờ khóa chép chưa đúng"),
        (lambda lines: [*lines[:4], lines[5]], "Tờ khóa chép chưa đủ các dòng"),
        (lambda lines: ["another.example/log", *lines[1:]], "Khóa thứ 1 chép chưa đúng"),
    ],
)
def test_a_sheet_typed_wrong_is_recognised_and_accuses_nobody(
    browser: Browser, folder: LogFolder, tmp_path: Path, change: Any, said: str
) -> None:
    verdict, words = ask(browser, tmp_path, whole(folder), "\n".join(change(SHEET.splitlines())))
    assert (verdict, said in words) == ("ask", True), words


def test_what_witnesses_have_not_cosigned_yet_is_named(browser: Browser, folder: LogFolder, tmp_path: Path) -> None:
    """The newest checkpoint has no cosignature, an older one of the same log has."""
    early = sign_checkpoint(Checkpoint(origin=KEY.name, size=600, root=root_at(600)), key=KEY)
    note = parse_note(early)
    cosigned = format_note(add_signatures(note, signatures=[cosign(note.text, key=WITNESS, timestamp=1_795_000_000)]))
    files = whole(folder) | {"checkpoint": folder.checkpoint() or b"", "checkpoint-cosigned": cosigned}
    keys = f"{VKEY}\n{format_vkey(WITNESS.verifier_key)}"
    verdict, words = ask(browser, tmp_path, files, keys)
    assert verdict == "yes", words
    assert "100 mục mới nhất chưa được chứng kiến" in words
    assert "hdnd.example/w1 đã chứng kiến lúc" in words
    other = sign_checkpoint(Checkpoint(origin=KEY.name, size=600, root=b"r" * 32), key=KEY)
    note = parse_note(other)
    forked = format_note(add_signatures(note, signatures=[cosign(note.text, key=WITNESS, timestamp=1_795_000_000)]))
    verdict, words = ask(browser, tmp_path, files | {"checkpoint-cosigned": forked}, keys)
    assert (verdict, "không khớp với điểm kiểm tra đã ký" in words) == ("no", True), words


def root_at(size: int) -> bytes:
    return root_of(hash_leaf(entry_at(index)) for index in range(size))


def test_a_file_that_is_no_bundle_accuses_nobody(browser: Browser, tmp_path: Path) -> None:
    verdict, words = ask(browser, tmp_path, {"letter.txt": b"hello"}, VKEY)
    assert (verdict, "không phải gói .zip do hệ thống xuất ra" in words) == ("ask", True), words


def test_the_key_of_another_log_is_a_no(browser: Browser, folder: LogFolder, tmp_path: Path) -> None:
    other = format_vkey(SigningKey(name=KEY.name, seed=b"x" * 32).verifier_key)
    verdict, words = ask(browser, tmp_path, whole(folder), other)
    assert (verdict, "không phải của khóa đã nhập" in words) == ("no", True), words


def test_the_page_asks_nothing_of_a_network_and_speaks_three_languages(browser: Browser) -> None:
    browser.open(PAGES / "verify.html")
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    titles = []
    for language in ("vi", "en", "fr"):
        browser.run(
            f"const s = document.getElementById('lang'); s.value = '{language}'; s.dispatchEvent(new Event('change'))"
        )
        titles.append(browser.run("return document.querySelector('h1').innerText"))
        assert browser.run(
            "return [...document.querySelectorAll('[data-t]')].every(e => e.textContent !== 'undefined')"
        )
    assert titles == ["Kiểm tra nhật ký", "Check the log", "Vérifier le journal"]
    page = (PAGES / "verify.html").read_text(encoding="utf-8")
    assert "http://" not in page
    assert "https://" not in page
