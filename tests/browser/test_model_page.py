"""The page of a package, in a real browser: it finds what PyTorch finds."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.support.clips import clip, picture
from tests.support.model_page import ARGUMENTS, Site, opened
from tests.support.trained import IMGSZ

pytestmark = pytest.mark.slow


def test_the_browser_finds_what_pytorch_found(chromium: str, address: str) -> None:
    """Same classes, IoU 0.95 and scores within 0.02, for five boxes or more."""
    with opened(chromium, address) as page:
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


def test_the_plain_javascript_runtime_agrees(chromium: str, site: Site) -> None:
    """Where WebAssembly is off the boxes are the same, only slower."""
    with opened(chromium, f"{site.address}?runtime=cpu") as page:
        result = page.evaluate("window.selftest")
    assert result["passed"]
    assert result["runtime"] == "cpu"


def test_a_photo_is_looked_at(chromium: str, address: str, photos: list[Path]) -> None:
    """A chosen picture is drawn; both sliders say where they stand, and what computes is told."""
    with opened(chromium, address) as page:
        page.set_input_files("#choose", str(photos[0]))
        expect(page.locator("#speed")).to_contain_text("(WebAssembly): ")
        expect(page.locator("#summary")).to_contain_text("found", ignore_case=True)
        expect(page.locator("#view")).to_be_visible()
        expect(page.locator("#all")).to_be_hidden()
        page.locator("#threshold").fill("1")
        expect(page.locator("#threshold-words")).to_have_text("Sure: at least 1%")
        expect(page.locator("#summary")).to_contain_text("found")
        loose = page.locator("#summary").text_content() or ""
        page.locator("#overlap").fill("10")
        expect(page.locator("#overlap-words")).to_contain_text("over 10%")
        expect(page.locator("#summary")).not_to_have_text(loose)
        expect(page.locator("#summary")).to_contain_text("found")
        strict = page.locator("#summary").text_content() or ""
    assert 0 < int(strict.split()[0]) < int(loose.split()[0])


def test_several_pictures_are_counted_together(
    chromium: str, address: str, photos: list[Path], tmp_path: Path
) -> None:
    """A strip shows each with its count; what is no picture is marked and told when chosen."""
    (tmp_path / "notes.png").write_text("hello")
    chosen = [photos[0], photos[1], tmp_path / "notes.png"]
    with opened(chromium, address) as page:
        page.locator("#threshold").fill("1")
        page.set_input_files("#choose", [str(path) for path in chosen])
        buttons = page.locator("#strip button")
        expect(buttons).to_have_count(3)
        expect(buttons.nth(2).locator("b")).to_have_text("✗")
        counts = [int(buttons.nth(at).locator("b").text_content() or "") for at in (0, 1)]
        expect(page.locator("#all-words")).to_have_text(f"In all 3 pictures: {sum(counts)} found")
        expect(page.locator("#summary")).to_have_text(f"{counts[0]} found")
        buttons.nth(1).click()
        expect(page.locator("#summary")).to_have_text(f"{counts[1]} found")
        expect(buttons.nth(1)).to_have_attribute("aria-current", "true")
        buttons.nth(2).click()
        expect(page.locator("#summary")).to_contain_text("can't read this")
    assert min(counts) > 0


def test_the_picture_is_saved_with_its_boxes(
    chromium: str, address: str, photos: list[Path]
) -> None:
    """The download has the picture's own size, and other pixels where boxes are."""
    with opened(chromium, address) as page:
        page.locator("#threshold").fill("1")
        page.set_input_files("#choose", str(photos[0]))
        expect(page.locator("#summary")).to_contain_text("found")
        with page.expect_download() as download:
            page.locator("#save").click()
        saved = Image.open(io.BytesIO(download.value.path().read_bytes()))
        name = download.value.suggested_filename
    original = Image.open(io.BytesIO(photos[0].read_bytes()))
    assert name.endswith("-boxes.jpg")
    assert saved.format == "JPEG"
    assert saved.size == original.size
    shrunk = [picture.convert("RGB").resize((32, 32)) for picture in (saved, original)]
    assert shrunk[0].tobytes() != shrunk[1].tobytes()


def test_a_huge_picture_is_reduced(chromium: str, address: str, tmp_path: Path) -> None:
    """More pixels than a phone's canvas has are looked at all the same."""
    Image.new("RGB", (9000, 3000), (200, 180, 160)).save(tmp_path / "huge.png")
    with opened(chromium, address) as page:
        page.set_input_files("#choose", str(tmp_path / "huge.png"))
        expect(page.locator("#speed")).to_contain_text(" ms", timeout=30_000)
        expect(page.locator("#view")).to_be_visible()
        expect(page.locator("#summary")).not_to_have_class("bad")


@pytest.mark.parametrize(
    ("name", "words"),
    [("notes.png", "can't read this as a picture"), ("film.mp4", "can't play this video")],
)
def test_what_is_no_picture_is_told(
    chromium: str, address: str, tmp_path: Path, name: str, words: str
) -> None:
    """A text file gets a sentence, not a blank page."""
    (tmp_path / name).write_text("hello")
    with opened(chromium, address) as page:
        page.set_input_files("#choose", str(tmp_path / name))
        expect(page.locator("#summary")).to_contain_text(words)


def test_a_video_plays_with_boxes(chromium: str, address: str, tmp_path: Path) -> None:
    """Frames are drawn while it plays; it can be paused, and closed."""
    film = clip(tmp_path / "film.mp4", [picture(seed) for seed in range(20)])
    with opened(chromium, address) as page:
        page.set_input_files("#choose", str(film))
        expect(page.locator("#view")).to_be_visible()
        expect(page.locator("#speed")).to_contain_text(" ms")
        expect(page.locator("#play")).to_have_text("Pause")
        page.locator("#play").click()
        expect(page.locator("#play")).to_have_text("Play")
        page.locator("#live").click()
        expect(page.locator("#playing")).to_be_hidden()
        expect(page.locator("#live")).to_have_text("Live camera")


def test_names_are_text(chromium: str, address: str) -> None:
    """A project called like markup is shown as it was typed."""
    with opened(chromium, address) as page:
        expect(page.locator("#title")).to_have_text("fruit <b>stand</b> v1")
        assert page.locator("#title b").count() == 0
        page.locator("summary").click()
        expect(page.locator("#about")).to_contain_text("10%")


def test_the_camera_runs_and_stops(chromium: str, address: str) -> None:
    """Live frames are drawn until the same button stops them."""
    with opened(chromium, address, permissions=["camera"]) as page:
        page.locator("#live").click()
        expect(page.locator("#live")).to_have_text("Stop")
        expect(page.locator("#view")).to_be_visible()
        expect(page.locator("#torch")).to_be_hidden()
        page.locator("#live").click()
        expect(page.locator("#live")).to_have_text("Live camera")
        assert page.evaluate("document.getElementById('video').srcObject") is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "I may not use the camera"),
        ("NotFoundError", "I find no camera here"),
        ("NotReadableError", "Another app is using the camera"),
    ],
)
def test_a_refused_camera_is_told(chromium: str, address: str, error: str, words: str) -> None:
    """One sentence says why and what else to do; the page goes on."""
    script = f"""
        navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException("no", "{error}"));
    """
    with opened(chromium, address, script=script) as page:
        page.locator("#live").click()
        expect(page.locator("#summary")).to_contain_text(words)
        expect(page.locator("#live")).to_have_text("Live camera")


def test_a_light_is_switched(chromium: str, address: str) -> None:
    """Where the camera's track has a torch there is a button for it."""
    script = """
        MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
        MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [{ torch }] }) => {
            window.torchIs = torch;
        };
    """
    with opened(chromium, address, script=script, permissions=["camera"]) as page:
        page.locator("#live").click()
        page.locator("#torch").click()
        expect(page.locator("#torch")).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("window.torchIs") is True
        page.locator("#live").click()
        expect(page.locator("#torch")).to_be_hidden()


def test_opened_as_a_file_it_says_what_to_do(chromium: str, page_folder: Path) -> None:
    """From file:// browsers refuse to load models; the page says how to serve it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page()
        page.goto((page_folder / "index.html").as_uri())
        expect(page.locator("#not-served")).to_contain_text("python -m http.server")
        browser.close()
