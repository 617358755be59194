"""A frame in Chromium, decode and suppression included, beside the way that people write by hand.

The other side is TensorFlow.js on WebAssembly in the page itself: `resizeBilinear`, the pass, the
best class of each box and `tf.image.nonMaxSuppressionAsync`. Both look at the same frame of 640 x
480 with the same YOLOv8n at 320 pixels, warm, in turns. Ours on a served page has the headers that
allow threads; pages written by hand are served without.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench import Row
from bench.browser_model import CLASSES, IMGSZ
from pipeline import chromium
from tests.support.site import ISOLATED, served

ROOT = Path(__file__).resolve().parents[1]
ROUNDS, FRAMES = 12, 5
RATIO_LIMIT = 0.65
FIRST_BOX_SECONDS = 12.0

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PICTURE = """
const image = new Image();
image.src = "/frame.png";
await image.decode();
const canvas = document.createElement("canvas");
canvas.width = image.naturalWidth;
canvas.height = image.naturalHeight;
canvas.getContext("2d").drawImage(image, 0, 0);
globalThis.frames = async (count) => {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    globalThis.found = await globalThis.look(canvas);
    times.push(performance.now() - start);
  }
  return times;
};
await globalThis.frames(1);
globalThis.firstBox = performance.now();
"""
WAIT = """async () => {
    const start = performance.now();
    while (!globalThis.firstBox && performance.now() - start < 180_000)
        await new Promise((resolve) => setTimeout(resolve, 20));
}"""
OURS = f"""
import {{ Detector }} from "/detector.js";
const wanted = new URLSearchParams(location.search).get("runtime");
globalThis.detector = await Detector.load("/", {{ runtime: wanted }});
globalThis.look = async (source) => (await detector.detect(source)).length;
{PICTURE}
"""
PLAIN = f"""
tf.wasm.setWasmPaths("/vendor/");
await tf.setBackend("wasm");
const model = await tf.loadGraphModel("/plain/model.json");
tf.dispose(model.execute(tf.zeros([1, {IMGSZ}, {IMGSZ}, 3])));
globalThis.look = async (source) => {{
  const [boxes, scores, classes] = tf.tidy(() => {{
    const pixels = tf.browser.fromPixels(source);
    const small = tf.image.resizeBilinear(pixels, [{IMGSZ}, {IMGSZ}]);
    const input = tf.expandDims(tf.div(small, 255), 0);
    const answer = tf.transpose(model.execute(input), [0, 2, 1]);
    const w = tf.slice(answer, [0, 0, 2], [-1, -1, 1]);
    const h = tf.slice(answer, [0, 0, 3], [-1, -1, 1]);
    const x1 = tf.sub(tf.slice(answer, [0, 0, 0], [-1, -1, 1]), tf.div(w, 2));
    const y1 = tf.sub(tf.slice(answer, [0, 0, 1], [-1, -1, 1]), tf.div(h, 2));
    const boxes = tf.squeeze(tf.concat([y1, x1, tf.add(y1, h), tf.add(x1, w)], 2), [0]);
    const raw = tf.squeeze(tf.slice(answer, [0, 0, 4], [-1, -1, {len(CLASSES)}]), [0]);
    return [boxes, tf.max(raw, 1), tf.argMax(raw, 1)];
  }});
  const kept = await tf.image.nonMaxSuppressionAsync(boxes, scores, 300, 0.7, 0.25);
  const parts = [tf.gather(boxes, kept), tf.gather(scores, kept), tf.gather(classes, kept)];
  const [edges] = await Promise.all(parts.map((part) => part.data()));
  tf.dispose([boxes, scores, classes, kept, ...parts]);
  return edges.length / 4;
}};
{PICTURE}
"""


def run() -> Iterator[Row]:
    """Rows of milliseconds a frame, then seconds from opening the page to the first boxes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "package"
        folder.mkdir()
        command = [sys.executable, "-m", "bench.browser_model", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        _write_pages(folder)
        open_host = stack.enter_context(served(folder))
        isolated_host = stack.enter_context(served(folder, ISOLATED))
        ask = Pages(stack)
        yield _first_box(ask, isolated_host, open_host)
        plain = ask.opened(f"{open_host}plain.html")
        for name, address, limit in (
            ("a frame: served page", f"{isolated_host}ours.html", RATIO_LIMIT),
            ("a frame: LiteRT, one thread", f"{open_host}ours.html?runtime=litert", RATIO_LIMIT),
            ("a frame: TensorFlow.js", f"{open_host}ours.html?runtime=wasm", 1.0),
        ):
            ours = ask.opened(address)
            # The served page chooses by itself, and answers before it has chosen.
            ours.evaluate("detector.settled")
            mine, other = _in_turns(ours, plain)
            runtime = ours.evaluate("detector.runtime")
            yield Row.ratio_at_most(
                f"{name} ({runtime})", ours=mine, other=other, unit="ms", limit=limit
            )
            ours.close()


class Pages:
    """A Chromium and its pages."""

    def __init__(self, stack: ExitStack) -> None:
        from playwright.sync_api import sync_playwright

        playwright = stack.enter_context(sync_playwright())
        path = chromium.find()
        self.browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        stack.callback(self.browser.close)

    def opened(self, address: str) -> Any:
        """A page with an empty cache that has found its first boxes."""
        page = self.browser.new_context().new_page()
        page.goto(address)
        page.evaluate(WAIT)
        if not page.evaluate("globalThis.found"):
            raise RuntimeError(f"{address} found nothing in the frame")
        return page


def _in_turns(ours: Any, plain: Any) -> tuple[float, float]:
    """Milliseconds a frame of each."""
    mine: list[float] = []
    other: list[float] = []
    for _ in range(ROUNDS):
        mine += ours.evaluate("n => frames(n)", FRAMES)
        other += plain.evaluate("n => frames(n)", FRAMES)
    return median(mine), median(other)


def _first_box(ask: Pages, isolated_host: str, open_host: str) -> Row:
    """Cold: scripts, model and a runtime are fetched and compiled within it."""
    seconds = []
    for address in (f"{isolated_host}ours.html", f"{open_host}plain.html"):
        page = ask.opened(address)
        seconds.append(page.evaluate("globalThis.firstBox") / 1000)
        page.close()
    return Row.at_most(
        "opened to first boxes",
        ours=seconds[0],
        other=seconds[1],
        unit="s",
        limit=FIRST_BOX_SECONDS,
    )


def _write_pages(folder: Path) -> None:
    libraries = "".join(
        f'<script src="/plain/{name}.js"></script>'
        for name in ("core", "converter", "backend-cpu", "backend-wasm")
    )
    for name, script, before in (("ours", OURS, ""), ("plain", PLAIN, libraries)):
        (folder / f"{name}-page.js").write_text(script)
        (folder / f"{name}.html").write_text(
            '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
            f'{before}<script type="module" src="/{name}-page.js"></script>'
        )
