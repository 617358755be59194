"""The page of a package, in a real browser: it finds what PyTorch finds."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.support.trained import IMGSZ, Trained, trained_once

pytestmark = pytest.mark.slow

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; worker-src 'self' blob:"
)
READY_MS = 120_000


class Handler(SimpleHTTPRequestHandler):
    """Static files under a strict policy, as a careful host would send them."""

    def end_headers(self) -> None:
        """Add the policy."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The training and package that all tests share."""
    return trained_once(tmp_path_factory)


@pytest.fixture(scope="module")
def address(trained: Trained) -> Iterator[str]:
    """The package's page, served on loopback."""
    folder = trained.package.out / trained.package.result["page"]
    host = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=host.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{host.server_port}/"
    host.shutdown()
    thread.join()
    host.server_close()


@contextmanager
def opened(chromium: str, address: str, **context: Any) -> Iterator[Page]:
    """The page on a phone, ready; foreign requests and script errors fail the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        options = {"viewport": {"width": 390, "height": 844}, **context}
        page = browser.new_context(**options).new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address.split("?")[0], "blob:", "data:"))
                else errors.append(f"foreign request: {request.url}")
            ),
        )
        page.goto(address)
        expect(page.locator("#stage")).to_be_visible(timeout=READY_MS)
        yield page
        browser.close()
    assert errors == []


def test_the_browser_finds_what_pytorch_found(chromium: str, address: str) -> None:
    """Same classes, IoU 0.95 and scores within 0.02, for five boxes or more."""
    with opened(chromium, f"{address}?runtime=wasm") as page:
        result = page.evaluate("window.selftest")
        size = page.evaluate(
            """async () => {
                const image = new Image();
                image.src = "selftest/picture.png";
                await image.decode();
                return [image.naturalWidth, image.naturalHeight];
            }"""
        )
        expect(page.locator("#selftest-words")).to_contain_text("✓ The same")
    assert size[0] != size[1]
    assert min(size) > IMGSZ
    assert result["passed"]
    assert result["runtime"] == "wasm"
    assert 5 <= result["compared"] == result["matched"]
    assert result["minIou"] >= 0.95
    assert result["maxScoreDifference"] <= 0.02
    assert result["threshold"] <= 0.25


def test_the_plain_javascript_backend_agrees(chromium: str, address: str) -> None:
    """Where WebAssembly is off the boxes are the same, only slower."""
    with opened(chromium, f"{address}?runtime=cpu") as page:
        result = page.evaluate("window.selftest")
    assert result["passed"]
    assert result["runtime"] == "cpu"


def test_a_photo_is_looked_at(chromium: str, address: str, trained: Trained) -> None:
    """A chosen picture is drawn; the slider counts boxes without asking the model again."""
    picture = trained.store.path(trained.manifest["images"][0]["key"])
    with opened(chromium, f"{address}?runtime=wasm") as page:
        page.set_input_files("#choose", str(picture))
        expect(page.locator("#summary")).to_contain_text("found", ignore_case=True)
        expect(page.locator("#view")).to_be_visible()
        page.locator("#threshold").fill("1")
        expect(page.locator("#threshold-words")).to_have_text("1%")


def test_what_is_no_picture_is_told(chromium: str, address: str, tmp_path: Path) -> None:
    """A text file gets a sentence, not a blank page."""
    (tmp_path / "notes.png").write_text("hello")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(f"{address}?runtime=wasm")
        expect(page.locator("#stage")).to_be_visible(timeout=READY_MS)
        page.set_input_files("#choose", str(tmp_path / "notes.png"))
        expect(page.locator("#summary")).to_contain_text("can't read this picture")
        browser.close()


def test_names_are_text(chromium: str, address: str) -> None:
    """A project called like markup is shown as it was typed."""
    with opened(chromium, f"{address}?runtime=wasm") as page:
        expect(page.locator("#title")).to_have_text("fruit <b>stand</b> v1")
        assert page.locator("#title b").count() == 0
        page.locator("summary").click()
        expect(page.locator("#about")).to_contain_text("0.10")


def test_the_camera_runs_and_stops(chromium: str, address: str) -> None:
    """Live frames are drawn until the same button stops them."""
    context = {"permissions": ["camera"]}
    with opened(chromium, f"{address}?runtime=wasm", **context) as page:
        page.locator("#live").click()
        expect(page.locator("#live")).to_have_text("Stop")
        expect(page.locator("#view")).to_be_visible()
        page.locator("#live").click()
        expect(page.locator("#live")).to_have_text("Live camera")
        assert page.evaluate("document.getElementById('video').srcObject") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_small_phone(chromium: str, address: str, scheme: str) -> None:
    """Nothing sticks out at 320 pixels, in either scheme."""
    context = {"viewport": {"width": 320, "height": 640}, "color_scheme": scheme}
    with opened(chromium, f"{address}?runtime=wasm", **context) as page:
        wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320


def test_opened_as_a_file_it_says_what_to_do(chromium: str, trained: Trained) -> None:
    """From file:// browsers refuse to load models; the page says how to serve it."""
    index = trained.package.out / trained.package.result["page"] / "index.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(index.as_uri())
        expect(page.locator("#not-served")).to_contain_text("python -m http.server")
        browser.close()
