"""`python -m bench.converted FOLDER IMGSZ`: FOLDER/weights.pt for other runtimes, beside PyTorch.

Prints how far each is off as JSON: the files read back here, and the packaged `detector.js` in a
real Chromium (where there is one), told to thin nothing, on a picture that it has to resize.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline import chromium
from pipeline.browser import vendor
from pipeline.worker import engine, site
from pipeline.worker.answers import BEFORE, Trained, decode
from pipeline.worker.convert import TFLITE, Portable, portable, read_back
from pipeline.worker.matching import Box
from pipeline.worker.network import Network
from pipeline.worker.proof_browser import NoAnswer, look
from pipeline.worker.runs import Array, difference

PICTURE = (397, 211)
"""Width and height of what the browser looks at."""
BROWSER = {"wasm": "Chromium wasm", "litert": "Chromium litert"}
"""What computes there, by the page's name for it."""
SILENCE_S = 600.0
"""So long a browser may take to load the largest of them on a busy machine."""
_NOT_THINNED = {
    "threshold": 0,
    "iou": BEFORE.iou,
    "maxDet": BEFORE.max_det,
    "multiLabel": BEFORE.multi_label,
}


def compared(folder: Path, imgsz: int) -> dict[str, float | str]:
    """`form` of the answer, and how far each runtime is off (1 is a whole side, or a sure score).

    The package is left in folder/page.
    """
    made = portable(folder / "weights.pt", folder / "made", imgsz)
    page = write(made, folder / "page", imgsz)
    told: dict[str, float | str] = {"form": made.network.form}
    for name, place in (("tfjs", page), ("tflite", page / TFLITE)):
        answer, about = read_back(place)(made.network.sample), made.network
        told[name] = difference(answer, about.answer, about.form, about.size)
    return told | browsed(folder, page, imgsz, made.network)


def write(made: Portable, page: Path, imgsz: int) -> Path:
    """A package with both runtimes, float32, without a self-test."""
    made.tfjs(page, "fp32")
    made.tflite(page / TFLITE, "fp32")
    site.copy_page(page, vendor.SCRIPTS)
    about = made.network
    site.write_metadata(
        page,
        {
            "classes": list(about.names.values()),
            "imgsz": imgsz,
            "output": {"form": about.form, "resize": about.resize},
            "runtimes": list(vendor.SCRIPTS),
            "litert": TFLITE,
        },
    )
    return page


def browsed(folder: Path, page: Path, imgsz: int, about: Network) -> dict[str, float | str]:
    """How far boxes that `detector.js` finds in Chromium are from PyTorch's, by the runtime."""
    program = chromium.find(os.environ.get(chromium.SETTING))
    if program is None:
        return {}
    picture = _picture()
    path = folder / "picture.png"
    picture.save(path)
    raw = Trained(engine.load(folder / "weights.pt"), imgsz).ask(picture).raw
    wanted = _rows(decode(raw, 0.0, imgsz, picture.size, BEFORE, about.form))
    told: dict[str, float | str] = {}
    for runtime, name in BROWSER.items():
        try:
            seen = look(
                program,
                page,
                [path],
                _NOT_THINNED,
                folder,
                runtime=runtime,
                selftest=False,
                silence_s=SILENCE_S,
            )
        except NoAnswer as error:
            print(f"{name}: {error}", file=sys.stderr)
            told[name] = np.inf
            continue
        # A page that goes on with another runtime has not shown anything of this one.
        told[name] = _apart(_rows(seen.boxes[0]), wanted) if seen.runtime == runtime else np.inf
    return told


def _picture() -> Image.Image:
    """Soft colours, the same each time: of mere noise resizing leaves little."""
    small = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
    return Image.fromarray(small).resize(PICTURE, Image.Resampling.BICUBIC)


def _rows(boxes: Sequence[Box]) -> Array:
    """[1, n, 6]: edges in shares of the picture, score, class."""
    rows = [[*box.xyxy, box.score, box.index] for box in boxes]
    return np.array(rows, np.float32).reshape(1, -1, 6) / np.array(
        [*PICTURE, *PICTURE, 1, 1], np.float32
    )


def _apart(ours: Array, theirs: Array) -> float:
    """Each is compared with the nearest of the other side, since equal scores change places."""
    return difference(ours, theirs, "queries", PICTURE)


if __name__ == "__main__":
    print(json.dumps(compared(Path(sys.argv[1]), int(sys.argv[2]))))
