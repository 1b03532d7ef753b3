"""Every page in a real browser: accessible, whole when small or enlarged, in every look; journeys by keyboard alone.

One browser serves all tests. Pictures of every page and state are left in the directory of the run, or in `PICTURES`.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser

ANSWERS = (
    "competence.ai_role=none&competence.sensitive_data=no&competence.children_data=no&competence.important_data=no"
    "&competence.security_system=no&competence.province_count=1&competence.province=ca_mau&competence.bank_fintech=none"
    "&competence.data_product=no&competence.smart_city=no&competence.state_procurement=no"
)
ROUTED = ANSWERS.replace("&competence.province=ca_mau", "")
"""What the first page of questions asks."""
ONLY_HERE = "competence.province=ca_mau"
"""What it asks when the trial takes place in one province."""
PAPERS = (
    "&users.max_users=60&data.personal_data=yes&project.is_small=yes&risks.serious_harm=no"
    "&plan.space_kinds=physical&contact.by_delegate=no"
)
PAGES = {
    "start": "/",
    "questions": "/thu-thu-tuc",
    "questions-wrong": "/thu-thu-tuc?sent=competence.ai_role&sent=competence.province_count&competence.province_count=x",
    "papers": f"/thu-thu-tuc?{ANSWERS}",
    "ours": f"/thu-thu-tuc?{ANSWERS}{PAPERS}",
    "elsewhere": f"/thu-thu-tuc?{ANSWERS}".replace("province=ca_mau", "province=da_nang"),
    "procedures": "/thu-tuc",
    "procedure": "/thu-tuc/ca-mau-2026-draft",
    "procedure-elsewhere": "/thu-tuc/danang-55-2024",
    "days-off": "/ngay-nghi",
    "authority": "/ai-quyet-dinh",
    "log": "/kiem-tra-nhat-ky",
    "progress": "/tra-cuu",
    "progress-unknown": "/tra-cuu?ma=H12.01-261109-9999",
    "help": "/tro-giup",
    "glossary": "/thuat-ngu",
    "accessibility": "/tiep-can",
    "privacy": "/quyen-rieng-tu",
    "login": "/dang-nhap",
    "components": "/components",
    "error": "/khong-co-trang-nay",
}
TAB, ENTER, ESCAPE, DOWN = "\ue004", "\ue007", "\ue00c", "\ue015"
WIDER_THAN_THE_WINDOW = """
return [...document.querySelectorAll('body *')].filter(each => {
    const box = each.getBoundingClientRect();
    return box.right > innerWidth + 1 && box.width > 1 && each.checkVisibility() && !each.closest('.visually-hidden, thead');
}).map(each => each.outerHTML.slice(0, 120))"""


TEXT_TWICE_AS_LARGE = "document.documentElement.style.fontSize = '200%'"
TEXT_AS_IT_IS = "document.documentElement.style.fontSize = ''"
SKIP_LINK = "const box = document.querySelector('.skip').getBoundingClientRect(); return [box.top, box.bottom]"
MOVES = """
return [...document.querySelectorAll('*')].filter(each => {
    const style = getComputedStyle(each);
    return [style.transitionDuration, style.animationDuration].some(time => parseFloat(time) > 0);
}).map(each => each.outerHTML.slice(0, 120))"""
TOLD_BY_COLOUR_ALONE = """
const shown = each => { const s = getComputedStyle(each); return s.backgroundColor + s.borderStyle + s.borderColor; };
const alike = (one, other) => {
    const [a, b] = [one, other].map(each => document.querySelector(each));
    return a && b && shown(a) === shown(b) ? [one + ' looks like ' + other] : [];
};
return [
    ...alike('.segments .is-done', '.segments li:not(.is-done)'),
    ...alike('.month tbody .is-off', '.month tbody td:not([class])'),
]"""
ON_PAPER = """
return ['nav', '.menu', '.languages', '.skip', '.footer', '.govuk-button', '.no-print'].filter(each =>
    [...document.querySelectorAll(each)].some(found => found.getClientRects().length))"""


@pytest.fixture(autouse=True)
def stranger(browser: Browser) -> None:
    """Whoever comes was never here, and chose no language."""
    browser.forget()


def look_at(browser: Browser, address: str, axe: str, pictures: Path) -> Iterator[str]:
    """Say what is wrong with the pages, on a phone and on a desk, in both themes, and as readers may want them."""
    for name, path in PAGES.items():
        browser.visit(address + path, width=360)
        browser.whole_picture(pictures / f"{name}-360.png")
        yield from (f"{name} on a phone: {each}" for each in browser.wait_for(axe))
        yield from (f"{name} enlarged: {each}" for each in look_enlarged(browser))
        browser.show(width=1280)
        browser.whole_picture(pictures / f"{name}-1280.png")
        yield from (f"{name} on a desk: {each} is cut off" for each in browser.run(WIDER_THAN_THE_WINDOW))
        browser.show(width=1280, is_dark=True)
        browser.whole_picture(pictures / f"{name}-1280-dark.png")
        yield from (f"{name} in the dark: {each}" for each in browser.wait_for(axe))
        browser.show(width=1280, forced_colors="active", prefers_reduced_motion="reduce")
        yield from (f"{name} in forced colours: {each}" for each in browser.run(TOLD_BY_COLOUR_ALONE))
        yield from (f"{name} moves: {each}" for each in browser.run(MOVES))
        browser.show(width=760, medium="print")
        yield from (f"{name} on paper: {each} is of no use" for each in browser.run(ON_PAPER))
        yield from (f"{name}: {each}" for each in browser.console() if "404 (Not Found)" not in each)


def look_enlarged(browser: Browser) -> Iterator[str]:
    """Say what is cut off at 400 % of a desk (320 px) and on a phone with text of twice the size."""
    browser.show(width=320)
    yield from (f"{each} is cut off at 400 %" for each in browser.run(WIDER_THAN_THE_WINDOW))
    browser.show(width=360)
    browser.run(TEXT_TWICE_AS_LARGE)
    yield from (f"{each} is cut off at 200 % text" for each in browser.run(WIDER_THAN_THE_WINDOW))
    if browser.run(SKIP_LINK)[1] > 0:
        yield "the skip link shows before anybody asks for it"
    browser.run("document.querySelector('.skip').focus()")
    if browser.run(SKIP_LINK)[0] < 0:
        yield "the skip link is cut off"
    browser.run(TEXT_AS_IT_IS)


async def test_pages_are_accessible_and_whole(browser: Browser, portal_address: str, axe: str, pictures: Path) -> None:
    faults = await asyncio.to_thread(lambda: list(look_at(browser, portal_address, axe, pictures)))
    assert faults == [], "\n".join(faults)


class Keyboard:
    """Somebody who uses a page by keyboard alone."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def focused(self, said: str = "innerText") -> str:
        return str(self.browser.run(f"return (document.activeElement.{said} || '').trim()"))

    def go_to(self, label: str, *, said: str = "innerText") -> None:
        """Press Tab until what has the focus says a label; fails when Tab comes round without meeting it."""
        seen: list[str] = []
        while len(seen) < 120:
            self.browser.press(TAB)
            seen.append(self.focused(said))
            if seen[-1] == label:
                return
        pytest.fail(f"{label} is not reached by Tab: {[each[:40] for each in seen]}")

    def enter(self) -> None:
        self.browser.press(ENTER)

    def choose(self, path: str, value: str) -> None:
        """Choose a radio button: Tab to the group, arrows inside it."""
        first = self.browser.run(f"return document.querySelector('[name=\"{path}\"]').id")
        self.go_to(first, said="id")
        self.browser.press(" ")
        while self.focused("value") != value:
            self.browser.press(DOWN)

    def write(self, path: str, words: str) -> None:
        self.go_to(path, said="id")
        self.browser.press(*words)

    def heading(self) -> str:
        return self.text("h1")

    def text(self, selector: str) -> str:
        return " ".join(str(self.browser.run(f"return document.querySelector('{selector}').innerText")).split())


def answer(keyboard: Keyboard, answers: str) -> None:
    for path, value in (each.split("=") for each in answers.strip("&").split("&")):
        kind = keyboard.browser.run(f"return document.querySelector('[name=\"{path}\"]').type")
        if kind == "checkbox":
            keyboard.go_to(value, said="value")
            keyboard.browser.press(" ")
        elif kind == "radio":
            keyboard.choose(path, value)
        else:
            keyboard.write(path, value)
    keyboard.go_to("Tiếp tục")
    keyboard.enter()


@pytest.mark.parametrize(("width", "runs_scripts"), [(360, False), (1280, True)])
async def test_a_newcomer_learns_by_keyboard_alone_what_to_do(
    browser: Browser, portal_address: str, pictures: Path, width: int, *, runs_scripts: bool
) -> None:
    """From the start page through the questions, with a mistake mended on the way, to papers, dates and how to file."""

    def walk() -> list[str]:
        keyboard, said = Keyboard(browser), []
        browser.visit(portal_address, width=width, runs_scripts=runs_scripts)
        keyboard.go_to("Đến nội dung chính")
        keyboard.enter()
        keyboard.go_to("Thử thủ tục")
        keyboard.enter()
        said.append(keyboard.heading())
        keyboard.go_to("Tiếp tục")
        keyboard.enter()
        said.append(keyboard.text(".govuk-error-summary h2"))
        browser.whole_picture(pictures / f"journey-mistakes-{width}.png")
        answer(keyboard, ROUTED)
        answer(keyboard, ONLY_HERE)
        said.append(keyboard.heading())
        answer(keyboard, PAPERS)
        said.append(keyboard.heading())
        browser.whole_picture(pictures / f"journey-result-{width}.png")
        said.append(keyboard.text("main"))
        keyboard.go_to("Đọc thủ tục trước")
        keyboard.enter()
        said.append(keyboard.heading())
        return said

    asked, wrong, papers, ours, result, procedure = await asyncio.to_thread(walk)
    assert asked == "Thử thủ tục"
    assert wrong == "Có 10 chỗ cần sửa"
    assert papers == "Bạn cần giấy tờ gì?"
    assert ours == "Hồ sơ của bạn nộp cho Ủy ban nhân dân tỉnh Cà Mau"
    assert "Nộp thế nào?" in result
    assert ("In trang này" in result) is runs_scripts
    assert procedure.startswith("Thử nghiệm có kiểm soát mô hình")


@pytest.mark.parametrize(("width", "runs_scripts"), [(360, True), (1280, False)])
async def test_a_citizen_finds_by_keyboard_alone_what_there_is_to_read(
    browser: Browser, portal_address: str, width: int, *, runs_scripts: bool
) -> None:
    """Asks how far a case is, reads help in another language, opens who decides; on a phone through the menu."""

    def walk() -> list[str]:
        keyboard, said = Keyboard(browser), []
        browser.visit(portal_address, width=width, runs_scripts=runs_scripts)
        keyboard.write("ma", "H12.01-261109-9999")
        keyboard.enter()
        said.append(keyboard.text("[role=status]"))
        if width < 900:
            keyboard.go_to("Mục lục", said="textContent")
            keyboard.enter()
        keyboard.go_to("Trợ giúp")
        keyboard.enter()
        said.append(keyboard.heading())
        if width < 900:
            keyboard.go_to("Mục lục", said="textContent")
            keyboard.enter()
        keyboard.go_to("English")
        keyboard.enter()
        said.append(keyboard.heading())
        if width < 900:
            keyboard.go_to("Menu", said="textContent")
            keyboard.enter()
        keyboard.go_to("Who decides")
        keyboard.enter()
        said.append(keyboard.heading())
        return said

    unknown, *headings = await asyncio.to_thread(walk)
    assert "Không có hồ sơ mang mã “H12.01-261109-9999”" in unknown
    assert headings == ["Trợ giúp", "Help", "Who decides what"]


@pytest.mark.parametrize("runs_scripts", [True, False])
async def test_a_question_is_shown_with_the_answer_that_it_depends_on(
    browser: Browser, portal_address: str, *, runs_scripts: bool
) -> None:
    def asked() -> tuple[str, str]:
        browser.visit(f"{portal_address}/components", width=360, runs_scripts=runs_scripts)
        before = browser.run("return document.querySelector('main').innerText")
        browser.run("document.querySelector('#minors').checked = true")
        return str(before), str(browser.run("return document.querySelector('main').innerText"))

    before, after = await asyncio.to_thread(asked)
    assert "Biện pháp bảo vệ" not in before
    assert "Biện pháp bảo vệ" in after


async def test_the_menu_of_a_phone_closes_as_it_opened(browser: Browser, portal_address: str) -> None:
    def walk() -> tuple[bool, bool, str]:
        keyboard = Keyboard(browser)
        browser.visit(f"{portal_address}/khong-co-trang-nay", width=360)
        keyboard.go_to("Mục lục", said="textContent")
        keyboard.enter()
        is_open = bool(browser.run("return document.querySelector('.menu').open"))
        browser.press(ESCAPE)
        is_closed = not browser.run("return document.querySelector('.menu').open")
        ring = str(browser.run("return getComputedStyle(document.activeElement).outlineWidth"))
        return is_open, is_closed, ring

    assert await asyncio.to_thread(walk) == (True, True, "3px")
