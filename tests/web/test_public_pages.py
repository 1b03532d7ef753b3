"""The pages for everybody: what each says, in three languages, from the procedure, the calendar, the policy and the log."""

import re
from html import unescape

import httpx
import pytest

from sandbox_registry.domain.texts import Language, Phrase
from sandbox_registry.web.routes import PUBLIC
from tests.support.client import Client
from tests.support.dossiers import DRAFT
from tests.support.ledger import Ledger
from tests.support.stages import INTAKE, OWNER, received
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


async def test_a_paper_that_may_be_there_already_is_not_called_needless(client: Client) -> None:
    before, _, rest = words(await read(client, PAGES["ours"])).partition("Nộp thêm nếu đã có")
    optional, _, needless = rest.partition("Bạn không cần nộp")
    for label in (each.label.vi for each in DRAFT.parts if not each.required and not each.required_when):
        assert label in optional
        assert label not in before + needless


async def test_what_supplying_does_to_the_date_follows_the_procedure(client: Client) -> None:
    text = words(await read(client, PAGES["ours"]))
    assert (
        "Cơ quan chỉ được yêu cầu bổ sung 1 lần. Khi bạn bổ sung đủ, hạn kiểm tra giấy tờ được đếm lại từ đầu." in text
    )


async def test_the_result_says_who_may_file_and_how(client: Client) -> None:
    for path in ("/", PAGES["questions"], PAGES["ours"], "/thu-tuc/ca-mau-2026-draft"):
        text = words(await read(client, path))
        assert "Được nộp: tổ chức và doanh nghiệp" in text, path
        assert "Thủ tục này không nhận hồ sơ của cá nhân" in text, path
    assert "Nộp thế nào? Chuẩn bị các giấy tờ" in words(await read(client, PAGES["ours"]))


async def test_every_procedure_that_is_tried_is_the_one_that_was_chosen(client: Client) -> None:
    for code in ("ca-mau-2026-draft", "ai-decree-142-2026"):
        page = (await read(client, f"/thu-tuc/{code}")).text
        (tried,) = re.findall(r'<a class="govuk-button" href="(/thu-thu-tuc[^"]*)"', page)
        assert tried == f"/thu-thu-tuc?thu-tuc={code}"
        form = (await read(client, tried)).text
        assert f'<input type="hidden" name="thu-tuc" value="{code}">' in form
    for code in ("danang-55-2024", "khong-co", ""):
        assert (await read(client, f"/thu-thu-tuc?thu-tuc={code}")).status_code == 404


async def test_what_leads_to_another_procedure_of_ours_goes_on_with_it(client: Client) -> None:
    core = ANSWERS.replace("ai_role=none", "ai_role=core")
    answers = f"{core}&competence.high_risk_listed=no&competence.managed_by_ministry=no"
    page = (await read(client, f"/thu-thu-tuc?{answers}")).text
    (on,) = [unescape(each) for each in re.findall(r'href="(/thu-thu-tuc\?thu-tuc=[^"]*)"', page)]
    assert on.startswith("/thu-thu-tuc?thu-tuc=ai-decree-142-2026&competence.sensitive_data=no&")
    assert "ai_role" not in on
    form = (await read(client, on)).text
    asked = set(re.findall(r'name="sent" value="([^"]+)"', form))
    assert "competence.sensitive_data" in re.findall(r'name="(competence[^"]+)" type="radio" value="no" checked', form)
    assert asked
    assert "chỗ cần sửa" not in form


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
    assert "Nếu bạn vẫn nộp ở đây" not in text


async def test_a_question_that_was_not_put_is_no_fault(client: Client) -> None:
    sent = "&".join(f"sent={each.partition('=')[0]}" for each in ANSWERS.split("&"))
    several = ANSWERS.replace("province_count=1", "province_count=2").replace("&competence.province=ca_mau", "")
    text = words(await read(client, f"/thu-thu-tuc?{several}&{sent}"))
    assert "còn vài câu hỏi nữa" in text
    assert "chỗ cần sửa" not in text


@pytest.mark.parametrize("number", ["0", "35", "x", "-1", "1e3", "９", "1.0", "1,000", "1.000", "1" * 5000, "<script>"])
async def test_a_number_that_is_none_is_named_and_kept_as_it_was_written(client: Client, number: str) -> None:
    query = str(httpx.QueryParams({"sent": "competence.province_count", "competence.province_count": number}))
    answer = await read(client, f"/thu-thu-tuc?{query}")
    assert answer.status_code == 200
    text = words(answer)
    assert "Có 1 chỗ cần sửa" in text
    assert f"Ghi một số từ 1 đến 34 bằng chữ số. Bạn đã ghi “{number[:40]}”" in text
    assert "<script>" not in answer.text


async def test_thousands_are_taken_as_vietnamese_writes_them(client: Client) -> None:
    for number in ("1000", "1.000", "1 000", f"1{NBSP}000"):
        papers = PAPERS.replace("users.max_users=60", str(httpx.QueryParams({"users.max_users": number})))
        assert "Số người tham gia tối đa 1.000" in words(await read(client, f"/thu-thu-tuc?{ANSWERS}{papers}"))


async def test_a_fault_of_a_question_reads_as_a_sentence(client: Client) -> None:
    text = words(await read(client, "/thu-thu-tuc?sent=competence.sensitive_data&sent=competence.ai_role"))
    assert "Có xử lý dữ liệu cá nhân nhạy cảm không? Chọn một câu trả lời" in text
    assert "Vai trò của trí tuệ nhân tạo: Chọn một câu trả lời" in text


async def test_who_changes_answers_is_in_no_step(client: Client) -> None:
    text = words(await read(client, f"{PAGES['ours']}&sua=1"))
    assert text.startswith("Sửa câu trả lời")
    assert "trên 2" not in text


async def test_an_answer_that_nobody_can_give_is_not_taken(client: Client) -> None:
    page = words(await read(client, f"/thu-thu-tuc?{ANSWERS.replace('ca_mau', 'paris')}{PAPERS}"))
    assert page.startswith("Bước 1 trên 2")


async def test_a_procedure_shows_its_values_with_their_basis_and_its_gaps(client: Client) -> None:
    text = words(await read(client, "/thu-tuc/ca-mau-2026-draft"))
    assert "thời hạn thẩm định 20 ngày làm việc Đề xuất" in text
    assert "(đề xuất) (đề xuất)" not in text
    assert "Đề xuất (đề xuất)" not in text
    assert "Nghị định 61/2018/NĐ-CP Điều 19(4) (đề xuất)" in text
    assert (
        "thời hạn cấp giấy phép"
        in text.partition("điều văn bản chưa quy định")[2].partition("Điều văn bản đã quy định")[0]
    )
    assert (await read(client, "/thu-tuc/khong-co")).status_code == 404


async def test_no_page_of_a_procedure_shows_a_code(client: Client) -> None:
    for rule in (await client.send("GET", "/rules?kind=procedure", by=None)).json()["items"]:
        for language in Language:
            text = words(await read(client, f"/thu-tuc/{rule['code']}?lang={language}"))
            values = text.partition(Phrase("web.procedure.values").in_language(language))[2]
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", values), (rule["code"], language)
    assert "giấy chứng nhận" in words(await read(client, "/thu-tuc/fintech-decree-94-2025?lang=vi"))
    assert "Giấy xác nhận tham gia thử nghiệm có kiểm soát" in words(await read(client, "/thu-tuc/ai-decree-142-2026"))
    english = words(await read(client, "/thu-tuc/ca-mau-2026-draft?lang=en"))
    assert "Chair, Vice-Chair" in english


async def test_a_procedure_says_when_each_paper_is_needed_and_what_it_may_be(client: Client) -> None:
    text = words(await read(client, "/thu-tuc/ca-mau-2026-draft"))
    assert "Cần khi câu “Số người tham gia tối đa” được trả lời: lớn hơn 0" in text
    assert "Cần khi câu “Loại không gian thử nghiệm” được trả lời: Không gian vật lý" in text
    assert "PDF, nhiều nhất 50 tệp, mỗi tệp 20 MB" in text
    assert "Cơ quan giải quyết Ủy ban nhân dân tỉnh Cà Mau" in text


async def test_a_value_that_rests_on_a_replaced_law_says_so(client: Client) -> None:
    text = words(await read(client, "/thu-tuc/hanoi-29-2025"))
    assert text.count("Văn bản 39/2024/QH15 đã được thay thế từ 01/7/2026: giá trị này cần đối chiếu") == 4
    assert "Luật Thủ đô 39/2024/QH15 Điều 25 (đã được thay thế từ 01/7/2026)" in text
    assert "đã được thay bằng Nghị định 118/2025/NĐ-CP)" in words(await read(client, "/thu-tuc/ai-decree-142-2026"))


async def test_made_up_days_are_not_listed_as_days_off(client: Client) -> None:
    off, _, worked = (
        words(await read(client, "/ngay-nghi?nam=2026")).partition("Vì sao nghỉ")[2].partition("Ngày làm bù")
    )
    assert "Làm bù" not in off
    assert "Làm bù cho thứ Sáu 02/01" in worked
    assert "holidays" not in off + worked


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


async def test_a_case_that_ended_is_not_said_to_have_gone_all_the_way(client: Client, world: World) -> None:
    case = await received(world)
    unwanted = await world.use_cases.applications.request_withdrawal(
        world.context(OWNER), case.id, expected_version=case.version, reason="Đổi kế hoạch kinh doanh."
    )
    await world.use_cases.intake.stop(world.context(INTAKE), case.id, expected_version=unwanted.version)
    text = words(await read(client, f"/tra-cuu?ma={case.code}"))
    assert "Đã kết thúc Việc xử lý hồ sơ này đã kết thúc. Kết thúc thế nào chỉ báo cho người nộp." in text
    assert "trên 4" not in text


@pytest.mark.parametrize("size", [0, 1, 256, 300])
async def test_every_file_that_the_log_page_names_is_there(client: Client, ledger: Ledger, size: int) -> None:
    if size:
        await ledger.append(size)
        await ledger.signer().publish()
    page = await read(client, "/kiem-tra-nhat-ky")
    named = set(re.findall(r'href="(/log/[^"]+)"', page.text))
    assert len(named) == (3 if size else 0)
    assert {(await read(client, each)).status_code for each in named} <= {200}
    assert ("Chưa có dòng nào được công bố" in words(page)) is (size == 0)


async def test_every_link_of_a_page_leads_somewhere(client: Client) -> None:
    found = set()
    for path in PAGES.values():
        if path != "/components":
            found |= {
                unescape(each) for each in re.findall(r'<a [^>]*href="(/[^"#]*)', (await read(client, path)).text)
            }
    assert len(found) > 40
    for link in sorted(found):
        answer = await read(client, link)
        assert answer.status_code == (404 if link.startswith("/khong-co-trang-nay") else 200), link


async def test_the_documentation_speaks_the_language_of_the_page(client: Client) -> None:
    for language in Language:
        assert f'href="/api/v1/docs?lang={language}"' in (await read(client, f"/?lang={language}")).text


async def test_words_are_explained_in_the_order_of_the_alphabet(client: Client) -> None:
    page = (await read(client, "/thuat-ngu")).text
    terms = re.findall(r"<dt>([^<]+)</dt>", page.replace(NBSP, " "))
    assert terms[:4] == ["Bộ phận Một cửa", "Bổ sung hồ sơ", "Chuyển cơ quan có thẩm quyền", "Chưa có quy định"]
    assert terms[-1] == "Thử nghiệm có kiểm soát"


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
