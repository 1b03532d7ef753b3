"""Every page in a real browser: accessible, whole at 320 px, in both themes, without a script, by keyboard."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser

ANSWERS = (
    "competence.ai_role=none&competence.sensitive_data=no&competence.children_data=no&competence.important_data=no"
    "&competence.security_system=no&competence.province_count=1&competence.province=ca_mau&competence.bank_fintech=none"
    "&competence.data_product=no&competence.smart_city=no&competence.state_procurement=no"
)
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
    "components": "/components",
    "error": "/khong-co-trang-nay",
}
TAB, ENTER, ESCAPE = "\ue004", "\ue007", "\ue00c"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDER_THAN_THE_WINDOW = """
return [...document.querySelectorAll('body *')].filter(each => {
    const box = each.getBoundingClientRect();
    return box.right > innerWidth + 1 && box.width > 1 && each.checkVisibility() && !each.closest('.visually-hidden, thead');
}).map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures of all pages are left to look at: a directory of the test, or the one in PICTURES."""
    given = os.environ.get("PICTURES")
    return Path(given) if given else tmp_path


@pytest.fixture(scope="module")
def axe(node_modules: Path) -> str:
    source = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    options = json.dumps({"runOnly": STANDARDS})
    return f"""{source}
const done = arguments[arguments.length - 1];
axe.run(document, {options}).then(found => done(found.violations.map(
    each => each.id + ': ' + each.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | '))));"""


def look_at(browser: Browser, address: str, axe: str, pictures: Path) -> Iterator[str]:
    """Say what is wrong with the pages, in both themes, on a phone and on a desk."""
    for name, path in PAGES.items():
        for width, is_dark in ((360, False), (1280, True), (320, False)):
            browser.visit(address + path, width=width, is_dark=is_dark)
            where = f"{name} at {width} px"
            yield from (f"{where}: {each} is cut off" for each in browser.run(WIDER_THAN_THE_WINDOW))
            if width == 320:
                continue
            yield from (f"{where}: {each}" for each in browser.wait_for(axe))
            browser.whole_picture(pictures / f"{name}-{width}.png")
        yield from (f"{name}: {each}" for each in browser.console() if "404 (Not Found)" not in each)


async def test_pages_are_accessible_and_whole(browser: Browser, portal_address: str, axe: str, pictures: Path) -> None:
    faults = await asyncio.to_thread(lambda: list(look_at(browser, portal_address, axe, pictures)))
    assert faults == [], "\n".join(faults)


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


async def test_the_keyboard_alone_gets_everywhere(browser: Browser, portal_address: str) -> None:
    def focused() -> str:
        return str(browser.run("return document.activeElement.innerText.trim()"))

    def walk() -> tuple[str, str, bool, bool, str]:
        browser.visit(f"{portal_address}/khong-co-trang-nay", width=360)
        browser.press(TAB)
        first = focused()
        browser.press(TAB, TAB)
        menu = focused()
        browser.press(ENTER)
        is_open = bool(browser.run("return document.querySelector('.menu').open"))
        browser.press(ESCAPE)
        is_closed = not browser.run("return document.querySelector('.menu').open")
        ring = str(browser.run("return getComputedStyle(document.activeElement).outlineWidth"))
        return first, menu, is_open, is_closed, ring

    first, menu, is_open, is_closed, ring = await asyncio.to_thread(walk)
    assert first == "Đến nội dung chính"
    assert menu == "Mục lục"
    assert (is_open, is_closed, ring) == (True, True, "3px")
