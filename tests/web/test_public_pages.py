"""The pages for everybody: what each says, in three languages, from the procedure, the calendar, the policy and the log."""

import re
from html import unescape

import httpx
import pytest

from sandbox_registry.domain.texts import Language
from sandbox_registry.web.routes import PUBLIC
from tests.support.client import Client
from tests.support.stages import received
from tests.support.world import World
from tests.web.test_in_a_browser import ANSWERS, PAGES, PAPERS

BROWSER = {"Accept": "text/html"}
NBSP = "\N{NO-BREAK SPACE}"


async def read(client: Client, path: str) -> httpx.Response:
    return await client.http.get(f"http://test{path}", headers=BROWSER)


def words(answer: httpx.Response) -> str:
    """What a page says, without markup and with plain spaces."""
    main = answer.text.partition('tabindex="-1">')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).replace(NBSP, " ").split())


def test_every_public_page_is_looked_at_in_a_browser() -> None:
    served = {path.replace("{code:str}", "ca-mau-2026-draft") for handler in PUBLIC for path in handler.paths}  # type: ignore[union-attr]
    assert served <= {each.partition("?")[0] for each in PAGES.values()}


async def test_every_page_is_whole_in_every_language(client: Client) -> None:
    codes = [each["code"] for each in (await client.send("GET", "/rules?kind=procedure", by=None)).json()["items"]]
    addresses = [*PAGES.values(), *(f"/thu-tuc/{code}" for code in codes)]
    for path in addresses:
        if path in {"/components", "/khong-co-trang-nay"}:
            continue
        for language in Language:
            answer = await read(client, f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer.status_code == 200, path
            assert answer.headers["content-language"] == language
            assert "{" not in words(answer), path
            assert "GOV" not in answer.text
            assert int(answer.headers["content-length"]) < 12_000, path  # Compressed: all that a second visit loads.


async def test_a_clock_beyond_the_calendar_takes_no_page_away(client: Client) -> None:
    client.world.clock.forward(days=13 * 365)
    for path in PAGES.values():
        assert (await read(client, path)).status_code == (
            404 if path in {"/components", "/khong-co-trang-nay"} else 200
        )
    days = words(await read(client, "/ngay-nghi"))
    assert days.startswith("Ngày nghỉ lễ năm 2038") or "2038" in days
    assert "31/12/2026" in days


async def test_the_start_page_says_what_is_known_and_what_is_not(client: Client) -> None:
    text = words(await read(client, "/"))
    assert "28 ngày làm việc" in text
    assert "chưa đủ số liệu để nói (0 hồ sơ đã có quyết định, cần 10)" in text
    assert "Dự thảo, chưa có hiệu lực pháp luật" in text
    assert "Chủ tịch, Phó Chủ tịch" in text


async def test_questions_lead_to_papers_and_then_to_dates(client: Client) -> None:
    first, second, third = [words(await read(client, PAGES[name])) for name in ("questions", "papers", "ours")]
    assert first.startswith("Bước 1 trên 2")
    assert second.startswith("Bước 2 trên 2")
    assert "Vai trò của trí tuệ nhân tạo" not in second
    assert "muộn nhất Thứ Năm 31/12/2026" in third  # From Friday 20 November: 3, 20 and 5 working days.
    assert "9 giấy tờ bạn cần" in third
    assert "Cấp giấy phép chưa quy định hạn" in third
    assert "Hợp đồng bảo hiểm hoặc bảo đảm tài chính" in third.partition("Bạn không cần nộp")[2]


async def test_answers_of_the_first_step_go_along_with_the_second(client: Client) -> None:
    page = (await read(client, PAGES["papers"])).text
    hidden = dict(re.findall(r'<input type="hidden" name="(competence[^"]+)" value="([^"]*)">', page))
    assert hidden == dict(each.split("=") for each in ANSWERS.split("&"))
    assert 'name="competence.province"' in (await read(client, f"{PAGES['ours']}&sua=1")).text


async def test_answers_lead_to_another_authority_by_name(client: Client) -> None:
    text = words(await read(client, PAGES["elsewhere"]))
    assert "Hồ sơ của bạn thuộc thẩm quyền của Ủy ban nhân dân thành phố Đà Nẵng" in text
    assert "Căn cứ: Nghị quyết 55/2024/NQ-HĐND" in text
    assert "giấy tờ bạn cần" not in text


async def test_answers_lead_to_another_procedure_of_the_province(client: Client) -> None:
    answers = (
        ANSWERS.replace("ai_role=none", "ai_role=core")
        + "&competence.high_risk_listed=no&competence.managed_by_ministry=no"
    )
    text = words(await read(client, f"/thu-thu-tuc?{answers}"))
    assert "Hồ sơ của bạn nộp cho Ủy ban nhân dân tỉnh Cà Mau, theo một thủ tục khác" in text
    assert "Nếu vẫn muốn nộp ở đây" not in text


async def test_a_question_that_was_not_put_is_no_fault(client: Client) -> None:
    sent = "&".join(f"sent={each.partition('=')[0]}" for each in ANSWERS.split("&"))
    several = ANSWERS.replace("province_count=1", "province_count=2").replace("&competence.province=ca_mau", "")
    text = words(await read(client, f"/thu-thu-tuc?{several}&{sent}"))
    assert "còn vài câu hỏi nữa" in text
    assert "chỗ cần sửa" not in text


@pytest.mark.parametrize("number", ["0", "35", "x", "-1", "1e3", "９", "1" * 5000, "<script>"])
async def test_a_number_that_is_none_is_named_and_kept_as_it_was_written(client: Client, number: str) -> None:
    query = str(httpx.QueryParams({"sent": "competence.province_count", "competence.province_count": number}))
    answer = await read(client, f"/thu-thu-tuc?{query}")
    assert answer.status_code == 200
    assert "Có 1 chỗ cần sửa" in words(answer)
    assert "<script>" not in answer.text


async def test_an_answer_that_nobody_can_give_is_not_taken(client: Client) -> None:
    page = words(await read(client, f"/thu-thu-tuc?{ANSWERS.replace('ca_mau', 'paris')}{PAPERS}"))
    assert page.startswith("Bước 1 trên 2")


async def test_a_procedure_shows_its_values_with_their_basis_and_its_gaps(client: Client) -> None:
    text = words(await read(client, "/thu-tuc/ca-mau-2026-draft"))
    assert "thời hạn thẩm định 20 ngày làm việc Đề xuất" in text
    assert (
        "thời hạn cấp giấy phép"
        in text.partition("điều văn bản chưa quy định")[2].partition("Điều văn bản đã quy định")[0]
    )
    assert (await read(client, "/thu-tuc/khong-co")).status_code == 404


async def test_days_off_name_their_document(client: Client) -> None:
    text = words(await read(client, "/ngay-nghi"))
    assert "Ngày nghỉ năm 2026" in text
    assert "Thứ Ba 24/11/2026 : Ngày Văn hóa Việt Nam Nghị quyết 28/2026/QH16" in text
    assert "Ngày nghỉ năm 2027" in words(await read(client, "/ngay-nghi?nam=2027"))
    assert "Lịch chính thức mới có đến 31/12/2026" in words(await read(client, "/ngay-nghi?nam=2027"))
    for year in ("1800", "x", "2027&nam=2026"):
        assert (await read(client, f"/ngay-nghi?nam={year}")).status_code == 200


async def test_who_decides_what_is_drawn_from_the_policy(client: Client) -> None:
    text = words(await read(client, "/ai-quyet-dinh"))
    assert "Quyết định cho phép Người có thẩm quyền quyết định" in text
    assert client.world.transactions.authorizer.policy.version in text
    assert "Dòng 1 của bộ quy tắc" in text


async def test_the_log_page_says_how_many_entries_are_published(client: Client) -> None:
    assert "Chưa có dòng nào được công bố" in words(await read(client, "/kiem-tra-nhat-ky"))


async def test_a_code_tells_how_far_a_case_is_and_nothing_else(client: Client, world: World) -> None:
    case = await received(world)
    assert case.code is not None
    text = words(await read(client, f"/tra-cuu?ma=+{case.code.lower()}+"))
    assert f"{case.code} Đã xong 1 trên 4 bước" in text
    assert case.title not in text
    assert str(case.id) not in text
    for code in ("H12.01-261120-9999", "draft", "'; --", "x" * 5000, str(case.id)):
        answer = await read(client, f"/tra-cuu?{httpx.QueryParams({'ma': code})}")
        assert (answer.status_code, "Không có hồ sơ mang mã" in words(answer)) == (200, True)


async def test_codes_are_not_tried_out_one_after_the_other(client: Client) -> None:
    statuses = [(await read(client, f"/tra-cuu?ma=H12-{number}")).status_code for number in range(21)]
    assert statuses == [200] * 20 + [429]
    refused = await read(client, "/tra-cuu?ma=H12-22")
    assert "Bạn thử lại được sau" in words(refused)
    assert (await read(client, "/tra-cuu")).status_code == 200
