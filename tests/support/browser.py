"""A browser without a window that opens the verifier's page, and the pages of the portal."""

import base64
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from sandbox_registry.auditlog.publishing.bundle_files import PAGES
from tests.support.ports import free_port

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
DESKTOP = 900
"""Pixels of width from which a window is no phone's."""


class Browser:
    """A headless Chromium, spoken to as the W3C WebDriver standard says."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=None)  # noqa: S113 - pytest has the limit
        alone = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=390,844", *alone]}
        browser_options = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        session_request = {"capabilities": {"alwaysMatch": browser_options}}
        self._session = f"/session/{self._call('POST', '/session', session_request)['sessionId']}"

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body if method == "POST" else None)
        answer.raise_for_status()
        return answer.json()["value"]

    def open(self, path: Path) -> None:
        self._call("POST", f"{self._session}/url", {"url": path.as_uri()})

    def type(self, selector: str, words: str) -> None:
        found = self._call("POST", f"{self._session}/element", {"using": "css selector", "value": selector})
        self._call("POST", f"{self._session}/element/{found[ELEMENT]}/value", {"text": words})

    def run(self, script: str) -> Any:
        return self._call("POST", f"{self._session}/execute/sync", {"script": script, "args": []})

    def resize(self, width: int, height: int) -> None:
        self._call("POST", f"{self._session}/window/rect", {"width": width, "height": height})

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", f"{self._session}/screenshot")))

    def visit(self, address: str, *, width: int, is_dark: bool = False, runs_scripts: bool = True) -> None:
        """Open a page of the portal in a window of that width."""
        self.show(width=width, is_dark=is_dark)
        self._devtools("Emulation.setScriptExecutionDisabled", {"value": not runs_scripts})
        self._call("POST", f"{self._session}/url", {"url": address})

    def show(self, *, width: int, is_dark: bool = False, medium: str = "screen", **features: str) -> None:
        """Show the page that is open at another width, on paper (`print`), or as a reader wants it: `forced_colors="active"`."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < DESKTOP}
        media_features = {"prefers_color_scheme": "dark" if is_dark else "light", **features}
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in media_features.items()]
        self._devtools("Emulation.setDeviceMetricsOverride", size)
        self._devtools("Emulation.setEmulatedMedia", {"media": medium, "features": listed})

    def press(self, *keys: str) -> None:
        """Press keys one after the other: U+E004 is Tab, U+E007 is Enter."""
        strokes = [{"type": each, "value": key} for key in keys for each in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": strokes}]
        self._call("POST", f"{self._session}/actions", {"actions": actions})

    def wait_for(self, script: str) -> Any:
        """Run a script that ends by calling its last argument."""
        return self._call("POST", f"{self._session}/execute/async", {"script": script, "args": []})

    def forget(self) -> None:
        """Forget every cookie and every complaint: whoever comes next was never here."""
        self._devtools("Network.clearBrowserCookies", {})
        self.console()

    def console(self) -> list[str]:
        """Return what the browser complained of since it was last asked: a policy that was broken, a file not there."""
        entries = self._call("POST", f"{self._session}/se/log", {"type": "browser"})
        return [each["message"] for each in entries]

    def _devtools(self, command: str, params: dict[str, Any]) -> Any:
        return self._call("POST", f"{self._session}/goog/cdp/execute", {"cmd": command, "params": params})

    def whole_picture(self, path: Path) -> None:
        """Write a picture of the whole page, however long."""
        size = self._devtools("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        options = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        path.write_bytes(base64.b64decode(self._devtools("Page.captureScreenshot", options)["data"]))

    def close(self) -> None:
        self._call("DELETE", self._session)
        self._http.close()


def is_ready(driver_url: str) -> bool:
    try:
        return bool(httpx.get(f"{driver_url}/status").json()["value"]["ready"])
    except httpx.TransportError:
        return False


def ask(browser: Browser, directory: Path, files: dict[str, bytes], keys: str) -> tuple[str, str]:
    """Do the three steps; return yes, no or ask, and all that is said."""
    path = directory / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    browser.open(PAGES / "verify.html")
    browser.type("#file", str(path))
    browser.run(f"document.getElementById('keys').value = {keys!r}")
    browser.run("document.getElementById('go').click()")
    while browser.run("return document.getElementById('answer').hidden"):
        time.sleep(0.05)
    answer = browser.run("const a = document.getElementById('answer'); return [a.className, a.innerText]")
    return str(answer[0]), str(answer[1])


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Start a browser for a block."""
    port = free_port()
    with subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL) as driver:
        url = f"http://127.0.0.1:{port}"
        try:
            while not is_ready(url):
                time.sleep(0.1)
            opened = Browser(url)
            yield opened
            opened.close()
        finally:
            driver.terminate()
