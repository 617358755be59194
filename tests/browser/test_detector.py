"""The detector module in a real browser: each runtime, its worker, and what is done without."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.support.chromium import NO_GPU, QUIET
from tests.support.site import ISOLATED, served
from tests.support.tiny_model import tiny_once

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SOFTWARE_GPU = [*QUIET, "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
LOAD = """async (options) => {
    const { Detector } = await import("/detector.js");
    globalThis.detector = await Detector.load("./", options);
    return look(globalThis.detector);
}"""

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the tiny model, with an empty page."""
    folder = tiny_once(tmp_path_factory)
    script = (ROOT / "tests/support/detector_page.js").read_text()
    (folder / "page.js").write_text(script)
    words = '<!doctype html><link rel="icon" href="data:,"><script src="page.js"></script>'
    (folder / "blank.html").write_text(words)
    return folder


@contextmanager
def browsed(
    chromium: str,
    address: str,
    arguments: list[str] = NO_GPU,
    before: str = "",
    expected: str | None = None,
) -> Iterator[Page]:
    """The empty page at `address`; what breaks in it fails the test but for what is `expected`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        if before:
            page.add_init_script(before)
        page.goto(address)
        yield page
        browser.close()
    assert [error for error in errors if not (expected and error.startswith(expected))] == []


@pytest.fixture(scope="module")
def reference(chromium: str, package: Path) -> Seen:
    """What plain JavaScript finds, in the page itself."""
    with served(package) as address, browsed(chromium, f"{address}blank.html") as page:
        seen: Seen = page.evaluate(LOAD, {"runtime": "cpu", "worker": False})
    assert seen["runtime"] == "cpu"
    assert not seen["inWorker"]
    assert len(seen["boxes"]) >= 5
    assert {box[0] for box in seen["boxes"]} == {"ripe", "<b>raw</b>"}
    return seen


def same(seen: Seen, reference: Seen) -> bool:
    """Whether two answers are equal but for float32's last digits."""
    pairs = zip(seen["boxes"], reference["boxes"], strict=True)
    return all(a[:2] == b[:2] and a[2:] == pytest.approx(b[2:], abs=5e-3) for a, b in pairs)


@pytest.mark.parametrize("runtime", ["wasm", "cpu", "litert"])
def test_runtimes_agree(chromium: str, package: Path, reference: Seen, runtime: str) -> None:
    """Each finds the same boxes, in a worker, under a strict policy."""
    with served(package) as address, browsed(chromium, f"{address}blank.html") as page:
        seen = page.evaluate(LOAD, {"runtime": runtime})
    assert (seen["runtime"], seen["inWorker"]) == (runtime, True)
    assert same(seen, reference)


@pytest.mark.parametrize("runtime", ["wasm", "litert"])
def test_isolated_pages_agree(chromium: str, package: Path, reference: Seen, runtime: str) -> None:
    """With the headers that allow threads the boxes are the same."""
    with served(package, ISOLATED) as address, browsed(chromium, f"{address}blank.html") as page:
        assert page.evaluate("crossOriginIsolated")
        seen = page.evaluate(LOAD, {"runtime": runtime})
    assert (seen["runtime"], seen["inWorker"]) == (runtime, True)
    assert same(seen, reference)


def test_webgl_agrees(chromium: str, package: Path, reference: Seen) -> None:
    """A graphics card that is asked for by name is used, be it software."""
    with served(package) as at, browsed(chromium, f"{at}blank.html", SOFTWARE_GPU) as page:
        seen = page.evaluate(LOAD, {"runtime": "webgl"})
    assert seen["runtime"] == "webgl"
    assert same(seen, reference)


def test_a_lost_graphics_card_is_replaced(chromium: str, package: Path, reference: Seen) -> None:
    """When WebGL's context goes between two pictures, the next one is looked at all the same."""
    keep = """
        globalThis.contexts = [];
        for (const { prototype } of [OffscreenCanvas, HTMLCanvasElement]) {
            const own = prototype.getContext;
            prototype.getContext = function (kind, ...more) {
                const context = own.call(this, kind, ...more);
                if (kind === "webgl2" && context) globalThis.contexts.push(context);
                return context;
            };
        }"""
    with (
        served(package) as address,
        browsed(chromium, f"{address}blank.html", SOFTWARE_GPU, keep) as page,
    ):
        seen = page.evaluate(LOAD, {"runtime": "webgl", "worker": False})
        assert seen["runtime"] == "webgl"
        lost = page.evaluate(
            """contexts.filter((gl) => {
                if (gl.isContextLost()) return false;
                gl.getExtension("WEBGL_lose_context").loseContext();
                return true;
            }).length"""
        )
        assert lost >= 1
        seen = page.evaluate("look(detector)")
    assert seen["runtime"] in {"litert", "wasm", "cpu"}
    assert same(seen, reference)


@pytest.mark.parametrize("arguments", [NO_GPU, SOFTWARE_GPU])
def test_the_choice_is_measured_and_kept(
    chromium: str, package: Path, reference: Seen, arguments: list[str]
) -> None:
    """Never a software GPU; the next visit loads the same one at once; the bar only grows."""
    load = LOAD.replace("options", "options, shares = []").replace(
        "return look(globalThis.detector);",
        "await detector.settled;"
        "const kept = () => Object.entries(localStorage);"
        "return { ...(await look(globalThis.detector)), shares, kept: kept() };",
    )
    load = load.replace('load("./", options', 'load("./", { onProgress: (s) => shares.push(s) }')
    with served(package) as address, browsed(chromium, f"{address}blank.html", arguments) as page:
        first = page.evaluate(load)
        page.reload()
        second = page.evaluate(load)
    assert first["runtime"] in {"wasm", "litert"}
    assert second["runtime"] == first["runtime"]
    assert [value for _, value in first["kept"]] == [first["runtime"]]
    assert same(first, reference)
    assert first["shares"] == sorted(first["shares"])
    assert first["shares"][-1] == 1


SLOWER = "const now = performance.now.bind(performance); performance.now = () => now() * 1000;\n"
FIRST_AND_LAST = """async () => {
    const { Detector } = await import("/detector.js");
    const detector = await Detector.load("./");
    const first = await look(detector);
    await detector.settled;
    return [first, await look(detector), Object.values(localStorage)];
}"""


def test_the_soonest_answers_until_another_is_faster(
    chromium: str, package: Path, reference: Seen, tmp_path: Path
) -> None:
    """Boxes come from the first runtime at once, later from the one that proved faster."""
    folder = tmp_path / "package"
    shutil.copytree(package, folder)
    script = folder / "vendor/tfjs-wasm.js"
    script.write_text(SLOWER + script.read_text())
    with served(folder) as address, browsed(chromium, f"{address}blank.html") as page:
        first, last, kept = page.evaluate(FIRST_AND_LAST)
        page.reload()
        again, _, _ = page.evaluate(FIRST_AND_LAST)
    assert (first["runtime"], last["runtime"], kept) == ("wasm", "litert", ["litert"])
    assert again["runtime"] == "litert"
    assert same(first, reference)
    assert same(last, reference)


def test_what_could_not_be_fetched_is_tried_at_the_next_visit(
    chromium: str, package: Path, tmp_path: Path
) -> None:
    """A rival that the network lost is no loser: the choice is left open until it was measured."""
    folder = tmp_path / "package"
    shutil.copytree(package, folder)
    script = folder / "vendor/tfjs-wasm.js"
    script.write_text(SLOWER + script.read_text())
    away = folder / "away.tflite"
    (folder / "model.tflite").rename(away)
    with (
        served(folder) as address,
        browsed(chromium, f"{address}blank.html", expected="Failed to load resource") as page,
    ):
        _, last, kept = page.evaluate(FIRST_AND_LAST)
        away.rename(folder / "model.tflite")
        page.reload()
        _, then, chosen = page.evaluate(FIRST_AND_LAST)
    assert (last["runtime"], kept) == ("wasm", [])
    assert (then["runtime"], chosen) == ("litert", ["litert"])


def test_a_detector_is_closed_while_runtimes_are_compared(chromium: str, package: Path) -> None:
    """The comparison ends, nothing is chosen, and whoever asks is told."""
    with served(package) as address, browsed(chromium, f"{address}blank.html") as page:
        told = page.evaluate(
            """async () => {
                const { Detector } = await import("/detector.js");
                const detector = await Detector.load("./");
                const asked = detector.detect(picture(640, 480)).catch((error) => error.message);
                detector.close();
                await detector.settled;
                return [await asked, Object.values(localStorage)];
            }"""
        )
    assert told == ["This detector was closed.", []]


def test_the_page_goes_on_meanwhile(chromium: str, package: Path) -> None:
    """While boxes are looked for, the page still paints frames."""
    with served(package) as address, browsed(chromium, f"{address}blank.html") as page:
        page.evaluate(LOAD, {"runtime": "cpu"})
        frames = page.evaluate(
            """async () => {
                let frames = 0;
                let over = false;
                const count = () => { frames += 1; if (!over) requestAnimationFrame(count); };
                requestAnimationFrame(count);
                const many = picture(3000, 2000);
                while (frames < 5) await detector.detect(many);
                over = true;
                return frames;
            }"""
        )
    assert frames >= 5


def test_without_workers_the_page_computes(chromium: str, package: Path, reference: Seen) -> None:
    """A browser without workers finds the same."""
    with (
        served(package) as address,
        browsed(chromium, f"{address}blank.html", before="delete globalThis.Worker") as page,
    ):
        seen = page.evaluate(LOAD, {"runtime": "wasm"})
    assert not seen["inWorker"]
    assert same(seen, reference)


def test_a_huge_picture_is_looked_at_in_strips(chromium: str, package: Path) -> None:
    """Pixels read strip by strip give what they give when they lie in memory as a whole."""
    with served(package) as address, browsed(chromium, f"{address}blank.html") as page:
        page.evaluate(LOAD, {"runtime": "wasm"})
        strips, whole = page.evaluate(
            """async () => {
                const huge = picture(12000, 1500);
                const pixels = huge.getContext("2d").getImageData(0, 0, 12000, 1500);
                return [await look(detector, huge), await look(detector, pixels)];
            }"""
        )
    assert strips["boxes"] == whole["boxes"]
    assert len(strips["boxes"]) >= 3


def test_an_unknown_runtime_is_refused(chromium: str, package: Path) -> None:
    """A sentence names those that there are."""
    with served(package) as address, browsed(chromium, f"{address}blank.html") as page:
        words = page.evaluate(f"({LOAD})({{ runtime: 'abacus' }}).catch(String)")
    assert 'There is no runtime "abacus"; there are webgpu, webgl, litert, wasm, cpu.' in words


def test_bad_pictures_are_told(chromium: str, package: Path) -> None:
    """A picture that is not there yet, or whose pixels are short, does not end the detector."""
    with served(package) as address, browsed(chromium, f"{address}blank.html") as page:
        page.evaluate(LOAD, {"runtime": "wasm"})
        empty = page.evaluate("detector.detect(new Image()).catch(String)")
        short = page.evaluate(
            "detector.detect({ data: new Uint8Array(9), width: 2, height: 2 }).catch(String)"
        )
        seen = page.evaluate("look(detector)")
        closed = page.evaluate("(detector.close(), detector.detect(picture(9, 9)).catch(String))")
    assert "not loaded yet" in empty
    assert "RGBA" in short
    assert seen["runtime"] == "wasm"
    assert "was closed" in closed


def single_file(package: Path, target: Path) -> None:
    """One page with everything inside: the module bundled by hand, the files as base64."""
    names = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.name != "model.tflite" and path.suffix in {".json", ".bin"}
    ]
    names += ["vendor/tfjs-wasm.js", "vendor/tfjs-backend-wasm-simd.wasm"]
    inside = {name: base64.b64encode((package / name).read_bytes()).decode() for name in names}
    parts = []
    for name in ("choose", "contest", "place", "host", "pixels", "progress", "detector"):
        lines = (package / f"{name}.js").read_text().splitlines()
        parts += [line.removeprefix("export ") for line in lines if not line.startswith("import ")]
    code = (package / "page.js").read_text() + "\n".join(parts)
    target.write_text(
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
        f"<script>const inside = {json.dumps(inside)};</script>"
        f'<script type="module">{code}\nglobalThis.Detector = Detector;</script>'
    )


def test_one_file_from_disk(chromium: str, package: Path, reference: Seen, tmp_path: Path) -> None:
    """Opened without a server, with all files inside, it finds the same, in a worker."""
    page_file = tmp_path / "tiny.html"
    single_file(package, page_file)
    with browsed(chromium, page_file.as_uri()) as page:
        seen = page.evaluate(
            """async () => {
                const read = async (name) => {
                    if (!(name in inside)) throw new Error(`${name} is not inside.`);
                    return Uint8Array.from(atob(inside[name]), (c) => c.charCodeAt(0)).buffer;
                };
                globalThis.detector = await Detector.load({ read }, { runtime: "wasm" });
                return look(detector);
            }"""
        )
    assert (seen["runtime"], seen["inWorker"]) == ("wasm", True)
    assert same(seen, reference)
