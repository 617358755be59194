"""The delivered page in a real browser."""

import io
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from tests.support.chromium import NO_GPU
from tests.support.site import serving

FIGURES = (
    "compared",
    "matched",
    "minIou",
    "maxScoreDifference",
    "threshold",
    "runtime",
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Say nothing."""


def unzip(data: bytes, folder: Path) -> Path:
    """Unpack a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return folder


async def selftest(folder: Path, chromium: str) -> dict[str, Any]:
    """What the page's own check says on the wasm runtime, served as its README.md says."""
    with serving(partial(_Quiet, directory=str(folder))) as address:
        return await selftest_at(address, chromium)


async def selftest_at(address: str, chromium: str) -> dict[str, Any]:
    """The check of the page at `address`; whatever it asks of another host fails the check."""
    host = address.split("/")[2]
    strangers: list[str] = []
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=NO_GPU)
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("blob:", "data:")) or request.url.split("/")[2] == host
                else strangers.append(request.url)
            ),
        )
        await page.goto(f"{address}?runtime=wasm")
        figures: dict[str, Any] = await page.evaluate(
            "names => window.selftest.then(r => Object.fromEntries(names.map(n => [n, r[n]])))",
            list(FIGURES),
        )
        figures |= await page.evaluate(
            "() => fetch('selftest/expected.json').then(a => a.json()).then("
            "e => ({width: e.width, height: e.height}))"
        )
        await browser.close()
    assert errors == []
    assert strangers == []
    return figures
