"""Accounts in a real browser: every page accessible and whole, and the way through them with and without a script."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser
from tests.support.visitor import PASSWORD, give_password
from tests.support.world import World
from tests.web.test_accounts import OPEN_PAGES, OWN_PAGES
from tests.web.test_in_a_browser import WIDER_THAN_THE_WINDOW

FOUNDER = "nguoi_dai_dien"


@pytest.fixture(autouse=True)
def stranger(browser: Browser) -> None:
    """Whoever comes was never here."""
    browser.forget()


def send(browser: Browser, form: str) -> None:
    """Send a form as its button does, and wait for the answer."""
    browser.run("window.wasHere = true")
    browser.run(f"document.querySelector('{form} button:not([value])').click()")
    while browser.run("return window.wasHere === true || document.readyState !== 'complete'"):
        pass


def log_in(browser: Browser, address: str, path: str, *, width: int, runs_scripts: bool = True) -> None:
    browser.visit(f"{address}/dang-nhap?tiep={path}", width=width, runs_scripts=runs_scripts)
    browser.type("#email", f"{FOUNDER}@camau.example")
    browser.type("#password", PASSWORD)
    send(browser, "main form")


def look_at(browser: Browser, address: str, paths: tuple[str, ...], axe: str, pictures: Path) -> Iterator[str]:
    """Say what is wrong with pages, on a phone and on a desk."""
    for path in paths:
        for width, is_dark in ((360, False), (1280, True), (320, False)):
            browser.visit(address + path, width=width, is_dark=is_dark)
            where = f"{path} at {width} px"
            yield from (f"{where}: {each} is cut off" for each in browser.run(WIDER_THAN_THE_WINDOW))
            if width != 320:
                yield from (f"{where}: {each}" for each in browser.wait_for(axe))
                name = path.partition("?")[0].strip("/").replace("/", "-")
                browser.whole_picture(pictures / f"account-{name}-{width}.png")
        yield from (f"{path}: {each}" for each in browser.console() if "Content Security" in each or "Trusted" in each)


async def test_pages_of_accounts_are_accessible_and_whole(
    world: World, browser: Browser, portal_address: str, axe: str, pictures: Path
) -> None:
    await give_password(world, FOUNDER)

    def faults() -> Iterator[str]:
        yield from look_at(browser, portal_address, OPEN_PAGES, axe, pictures)
        log_in(browser, portal_address, "/tai-khoan", width=360)
        yield from look_at(browser, portal_address, (*OWN_PAGES, f"/to-chuc/{world.startup}"), axe, pictures)

    found = await asyncio.to_thread(lambda: list(faults()))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(("width", "runs_scripts"), [(360, True), (1280, False)])
async def test_what_was_typed_when_the_session_ended_is_there_after_the_login(
    world: World, browser: Browser, portal_address: str, *, width: int, runs_scripts: bool
) -> None:
    await give_password(world, FOUNDER)
    name = "Trần Thị Ba Khía"

    def shown() -> str:
        return str(browser.run("return document.querySelector('#full_name').value"))

    def journey() -> list[str]:
        log_in(browser, portal_address, "/tai-khoan/thong-tin", width=width, runs_scripts=runs_scripts)
        browser.run("document.querySelector('#full_name').value = ''")
        browser.type("#full_name", name)
        world.clock.forward(hours=2)
        send(browser, "main form")
        headings = [str(browser.run("return document.querySelector('.panel__title').innerText"))]
        browser.type("#email", f"{FOUNDER}@camau.example")
        browser.type("#password", PASSWORD)
        send(browser, "main form")
        headings.append(str(browser.run("return document.querySelector('h1').innerText")))
        send(browser, "main form")
        headings.append(shown())
        send(browser, "main form")
        headings.append(str(browser.run("return document.querySelector('h1').innerText")))
        send(browser, "main form")
        headings.append(str(browser.run("return document.querySelector('.person').innerText.trim()")))
        return headings

    said = await asyncio.to_thread(journey)
    assert said == [
        "Phiên đăng nhập đã hết",
        "Những gì bạn nhập vẫn còn",
        name,
        name,
        "Đăng nhập",
    ]
