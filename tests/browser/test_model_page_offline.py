"""The page without a server or a connection: as one file, and kept by the browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from pipeline.worker import installable, single_file
from tests.support.model_page import ARGUMENTS, READY_MS, Watch, opened, served

pytestmark = pytest.mark.slow

ALL_KEPT = """async () => {
    // The last of those that every visit needs.
    while (!(await caches.match("words.js"))) await new Promise((go) => setTimeout(go, 50));
}"""
KEPT = """async () => {
    const names = await caches.keys();
    const requests = await (await caches.open(names[0])).keys();
    return requests.map(({ url }) => url);
}"""


def test_one_file_opens_from_disk(chromium: str, single_page: Path, photos: list[Path]) -> None:
    """No server and no request: it finds what PyTorch found, and looks at a chosen picture."""
    with opened(chromium, single_page.as_uri()) as page:
        expect(page.locator("#title")).to_have_text("fruit <b>stand</b> v1")
        assert page.title() == "fruit <b>stand</b> v1"
        assert page.evaluate("navigator.serviceWorker.getRegistration === undefined") is False
        result = page.evaluate("window.selftest")
        page.locator("#threshold").fill("1")
        page.set_input_files("#choose", str(photos[0]))
        expect(page.locator("#speed")).to_contain_text(" ms")
        expect(page.locator("#summary")).to_contain_text("found")
        expect(page.locator("#wrong")).to_be_hidden()
    assert result["passed"]
    assert result["compared"] >= 5


def test_names_in_one_file_execute_nothing(
    chromium: str, page_folder: Path, tmp_path: Path, photos: list[Path]
) -> None:
    """Markup, quotes and emoji in the project's and the classes' names stay words."""
    evil = '</script><script>window.hit = 1</script><img src=x onerror="window.hit=1">\'"&🍎'
    folder = tmp_path / "page"
    shutil.copytree(page_folder, folder)
    metadata = json.loads((folder / "metadata.json").read_text())
    metadata |= {"project": evil, "classes": [evil for _ in metadata["classes"]]}
    (folder / "metadata.json").write_text(json.dumps(metadata))
    single_file.write(folder, tmp_path / "evil.html")
    with opened(chromium, (tmp_path / "evil.html").as_uri()) as page:
        expect(page.locator("#title")).to_have_text(f"{evil} v1")
        page.locator("#threshold").fill("1")
        page.set_input_files("#choose", str(photos[0]))
        expect(page.locator("#counts li").first).to_contain_text("🍎")
        assert page.evaluate("window.hit") is None
        assert page.locator("img").count() == 0


def test_the_page_opens_without_a_connection(
    chromium: str, page_folder: Path, photos: list[Path]
) -> None:
    """Once visited, in a sub folder too, it works after its server has gone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page()
        with served(page_folder.parent, "page/") as site:
            watch = Watch(page, site.address)
            page.goto(f"{site.address}?runtime=wasm")
            expect(page.locator("#stage")).to_be_visible(timeout=READY_MS)
            page.evaluate(ALL_KEPT)
            kept = page.evaluate(KEPT)
            assert watch.errors == []
        assert all(url.startswith(site.address) for url in kept)
        assert not any(url.endswith("feedback.json") for url in kept)
        page.goto(f"{site.address}?runtime=wasm")
        expect(page.locator("#stage")).to_be_visible(timeout=READY_MS)
        page.set_input_files("#choose", str(photos[0]))
        expect(page.locator("#speed")).to_contain_text(" ms")
        browser.close()


def test_a_newer_model_is_offered(chromium: str, page_folder: Path, tmp_path: Path) -> None:
    """The old one stays whole until somebody asks for the new one."""
    folder = tmp_path / "page"
    shutil.copytree(page_folder, folder)
    with served(folder) as site:
        address = f"{site.address}?runtime=wasm"
        with opened(chromium, address) as page:
            page.wait_for_function("() => navigator.serviceWorker.controller !== null")
            metadata = json.loads((folder / "metadata.json").read_text())
            (folder / "metadata.json").write_text(json.dumps(metadata | {"version": 2}))
            installable.write(folder)
            page.reload()
            expect(page.locator("#title")).to_have_text("fruit <b>stand</b> v1", timeout=READY_MS)
            page.locator("#reload").click()
            expect(page.locator("#title")).to_have_text("fruit <b>stand</b> v2", timeout=READY_MS)


def test_it_can_be_installed(chromium: str, address: str) -> None:
    """The browser reads the manifest: the model's name, where it starts, icons that are there."""
    with opened(chromium, address) as page:
        session = page.context.new_cdp_session(page)
        manifest = session.send("Page.getAppManifest")
        icons = page.evaluate(
            """async () => {
                const answers = await Promise.all(["icon.svg", "icon.png"].map((at) => fetch(at)));
                return answers.map(({ ok }) => ok);
            }"""
        )
    content = json.loads(manifest["data"])
    assert manifest["errors"] == []
    assert content["name"] == "fruit <b>stand</b> v1"
    assert content["display"] == "standalone"
    assert icons == [True, True]
