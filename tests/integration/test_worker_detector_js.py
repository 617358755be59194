"""The page's arithmetic, held to OpenCV's and ultralytics' own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.browser import HERE
from pipeline.browser.vendor import find_node
from tests.support.tiny_model import CLASSES, tiny_once

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / "tests/support/detector_check.mjs"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How far the page's scripts are from the reference."""
    node = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if node is None:
        pytest.skip("needs Node.js")
    folder = tmp_path_factory.mktemp("reference")
    # Modules are found by their package.json; the page itself needs none.
    (folder / "browser").mkdir()
    (folder / "browser/package.json").write_text('{"type": "module"}')
    for name in ("letterbox.js", "boxes.js"):
        shutil.copyfile(HERE / name, folder / "browser" / name)
    command = [sys.executable, "-m", "tests.support.detector_reference", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300, capture_output=True)
    done = subprocess.run(
        [node, str(CHECK), str(folder / "browser"), str(folder)],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_pixels_equal_opencvs(answers: dict[str, Any]) -> None:
    """Resized pictures are the same bytes: smaller, larger, square or not, padded or stretched."""
    assert len(answers["letterboxes"]) == 9
    for case in answers["letterboxes"]:
        assert case == {"length": True, "worst": 0}


def test_boxes_equal_ultralytics(answers: dict[str, Any]) -> None:
    """Of crowded outputs the same boxes survive in the same order, to a thousandth of a pixel."""
    assert len(answers["detections"]) == 4
    for case in answers["detections"]:
        assert case["count"] == case["wanted"] > 20
        assert case["worst"] < 1e-3


def test_queries_are_read(answers: dict[str, Any]) -> None:
    """RT-DETR's queries give ultralytics' boxes, and are not thinned."""
    case = answers["queries"]
    assert case["count"] == case["wanted"] > 10
    assert case["worst"] < 1e-3


IN_NODE = """
import { Detector } from "./model/detector.js";

const shares = [];
const onProgress = (share) => shares.push(share);
const detector = await Detector.load(process.argv[2], { onProgress });
const [width, height] = [300, 180];
const data = Uint8Array.from({ length: width * height * 4 }, (_, at) => (at * at) % 251);
const boxes = await detector.detect({ data, width, height });
console.log(JSON.stringify({ boxes, runtime: detector.runtime, last: shares.at(-1) }));
detector.close();
"""


def test_it_runs_in_node(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    """The same module finds boxes in pixels that a program has, from a folder on disk.

    The program around it is one that `npm init` made, whose scripts are no modules.
    """
    shutil.copytree(tiny_once(tmp_path_factory), tmp_path / "model")
    (tmp_path / "program.mjs").write_text(IN_NODE)
    (tmp_path / "package.json").write_text('{"type": "commonjs"}')
    done = subprocess.run(
        [find_node(), "program.mjs", "./model/"],
        cwd=tmp_path,
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["last"] == 1
    assert len(seen["boxes"]) >= 5
    assert {found["class"] for found in seen["boxes"]} <= set(CLASSES)
    assert all(0 <= found["box"][0] <= found["box"][2] <= 300 for found in seen["boxes"])


USE = """
import { Detector, type Detection, type Metadata } from "./detector.js";

const detector = await Detector.load("./", { runtime: "wasm", onProgress: (share) => share * 2 });
const found: Detection[] = await detector.detect(new Image(), { threshold: 0.5 });
const pixels = { data: new Uint8Array(4), width: 1, height: 1 };
await detector.detect(pixels);
const words: string[] = found.map(({ class: name, box: [x1] }) => `${name} ${x1.toFixed(1)}`);
const metadata: Metadata = detector.metadata;
await Detector.load({ read: async (name: string) => new ArrayBuffer(name.length) });
// @ts-expect-error there is no such runtime
await Detector.load("./", { runtime: "abacus" });
// @ts-expect-error words are no picture
await detector.detect("photo.jpg");
export { words, metadata };
"""


def test_the_types_hold(tmp_path: Path) -> None:
    """detector.d.ts lets a strict program use the module, and refuses what the module refuses."""
    compiler = HERE / "node_modules/typescript/bin/tsc"
    if not compiler.is_file():
        pytest.skip("needs what `python -m pipeline.browser` fetches")
    shutil.copy(HERE / "detector.d.ts", tmp_path)
    (tmp_path / "use.ts").write_text(USE)
    options = ("--noEmit", "--strict", "--target", "es2022", "--module", "es2022")
    more = ("--moduleResolution", "bundler", "--lib", "es2022,dom", "--types", "")
    done = subprocess.run(
        [find_node(), str(compiler), *options, *more, "use.ts"],
        cwd=tmp_path,
        check=False,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
