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
STRETCHED = [(640, 480, 160, 96), (90, 70, 160, 96)]
NOT_SQUARE = [(640, 480, 96, 160), (333, 500, 96, 160)]
CASES = [(3, 0.25, False), (80, 0.3, False), (1, 0.25, False), (3, 0.6, True)]


def letterboxes(folder: Path) -> list[dict[str, object]]:
    """Random pictures, and what ultralytics' LetterBox makes of them."""
    from ultralytics.data.augment import LetterBox

    rng = np.random.default_rng(0)
    cases: list[dict[str, object]] = []
    wanted = [(width, height, side, side, False) for width, height, side in SIZES]
    wanted += [(*sizes, False) for sizes in NOT_SQUARE] + [(*sizes, True) for sizes in STRETCHED]
    for number, (width, height, tall, wide, stretched) in enumerate(wanted):
        noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        # Blurred noise has edges and slopes, like a photo.
        rgb = cv2.GaussianBlur(noise, (0, 0), 1.5)
        out = LetterBox((tall, wide), auto=False, scale_fill=stretched, stride=32)(image=rgb)
        rgba = np.dstack((rgb, np.full((height, width), 255, np.uint8)))
        (folder / f"{number}.rgba").write_bytes(rgba.tobytes())
        (folder / f"{number}.rgb").write_bytes(np.ascontiguousarray(out).tobytes())
        mode = "stretch" if stretched else "letterbox"
        imgsz = tall if tall == wide else [tall, wide]
        cases.append({"width": width, "height": height, "imgsz": imgsz, "mode": mode})
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


def queries() -> dict[str, object]:
    """RT-DETR's queries, and the boxes that its predictor's arithmetic makes of them."""
    import torch
    from ultralytics.utils.ops import xywh2xyxy

    rng = np.random.default_rng(3)
    boxes, scores = rng.uniform(0.3, 0.6, (60, 4)), rng.uniform(0, 1, (60, 3)) ** 2
    raw = torch.from_numpy(np.hstack((boxes, scores)).astype(np.float32))
    best, label = raw[:, 4:].max(-1, keepdim=True)
    rows = torch.cat((xywh2xyxy(raw[:, :4]), best, label), -1)[best.squeeze(-1) > 0.25]
    rows = rows[rows[:, 4].argsort(descending=True)]
    rows[:, [0, 2]] *= 640
    rows[:, [1, 3]] *= 427
    rows[:, :4] = rows[:, :4].clamp(min=0)
    rows[:, [0, 2]] = rows[:, [0, 2]].clamp(max=640)
    rows[:, [1, 3]] = rows[:, [1, 3]].clamp(max=427)
    return {"raw": raw.ravel().tolist(), "shape": [1, 60, 7], "rows": rows.tolist()}


def main(folder: Path) -> None:
    """Write the inputs to `folder` and the answers to `folder`/cases.json."""
    from pipeline.worker import engine

    engine.prepare(folder)
    cases: dict[str, object] = {
        "letterboxes": letterboxes(folder),
        "detections": detections(folder),
        "queries": queries(),
    }
    (folder / "cases.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
