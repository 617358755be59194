"""What OpenCV and ultralytics answer, as JSON on stdout, for the page's scripts to be held to.

Run in a process of its own (`python -m tests.support.detector_reference FOLDER`), since it loads
the training stack.
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

SIZES = [(640, 480, 320), (333, 500, 320), (100, 80, 320), (640, 640, 320), (641, 367, 96)]
CASES = [(3, 0.25, False), (80, 0.3, False), (1, 0.25, False), (3, 0.6, True)]


def letterboxes(folder: Path) -> list[dict[str, object]]:
    """Random pictures, and what ultralytics' LetterBox makes of them."""
    from ultralytics.data.augment import LetterBox

    rng = np.random.default_rng(0)
    cases = []
    for number, (width, height, side) in enumerate(SIZES):
        noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        # Blurred noise has edges and slopes, like a photo.
        rgb = cv2.GaussianBlur(noise, (0, 0), 1.5)
        out = LetterBox((side, side), auto=False, stride=32)(image=rgb)
        rgba = np.dstack((rgb, np.full((height, width), 255, np.uint8)))
        (folder / f"{number}.rgba").write_bytes(rgba.tobytes())
        (folder / f"{number}.rgb").write_bytes(np.ascontiguousarray(out).tobytes())
        cases.append({"width": width, "height": height, "side": side})
    return cases


def detections(folder: Path) -> list[dict[str, object]]:
    """Crowded raw outputs, and the boxes ultralytics makes of them."""
    import torch
    from ultralytics.utils.nms import non_max_suppression
    from ultralytics.utils.ops import scale_boxes

    rng = np.random.default_rng(1)
    cases = []
    for number, (classes, threshold, multi_label) in enumerate(CASES):
        anchors, side, width, height = 600, 320, 640, 427
        centres = rng.uniform(40, 280, (2, anchors))
        sizes = rng.uniform(30, 120, (2, anchors))
        scores = rng.uniform(0, 1, (classes, anchors)) ** 2
        raw = np.vstack((centres, sizes, scores)).astype(np.float32)
        (folder / f"{number}.raw").write_bytes(raw.tobytes())
        (rows,) = non_max_suppression(
            torch.from_numpy(raw)[None], threshold, 0.7, multi_label=multi_label, max_det=300
        )
        rows[:, :4] = scale_boxes((side, side), rows[:, :4], (height, width))
        cases.append(
            {
                "classes": classes,
                "anchors": anchors,
                "side": side,
                "width": width,
                "height": height,
                "threshold": threshold,
                "multiLabel": multi_label,
                "rows": rows.tolist(),
            }
        )
    return cases


def main(folder: Path) -> None:
    """Write the inputs to `folder` and the answers to `folder`/cases.json."""
    from pipeline.worker import engine

    engine.prepare(folder)
    cases = {"letterboxes": letterboxes(folder), "detections": detections(folder)}
    (folder / "cases.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
