"""YOLOv8n of three classes from its yaml, as a package's folder for the bench `browser`.

In `plain` it lies beside as people's own pages have it: the same weights, converted by ultralytics
and tensorflowjs. Run in a process of its own (`python -m bench.browser_model FOLDER`). Nothing is
downloaded, so nothing was trained: the last bias is moved until the frame gives some boxes, as a
real one would.
"""

import contextlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from pipeline.browser import HERE, VENDOR, vendor
from tests.support.surer import surer

IMGSZ = 320
CLASSES = ["red", "white", "platelet"]
WIDTH, HEIGHT = 640, 480
CANDIDATES, THRESHOLD = 60, 0.3


def frame(folder: Path) -> None:
    """A picture with slopes and edges like a photo's, as frame.png."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for sigma in (2, 12, 50):
        noise = rng.normal(0, sigma * 40, (HEIGHT, WIDTH, 3)).astype(np.float32)
        picture = picture + np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma), np.float32)
    cv2.imwrite(str(folder / "frame.png"), np.clip(picture + 120, 0, 255).astype(np.uint8))


def weights(folder: Path) -> Path:
    """A checkpoint that finds some boxes in the frame."""
    import torch
    from ultralytics.models import YOLO
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    model: Any = YOLO("yolov8n.yaml")
    model.model = DetectionModel(  # type: ignore[no-untyped-call]  # the library types it in part
        "yolov8n.yaml", nc=len(CLASSES), verbose=False
    )
    model.model.names = dict(enumerate(CLASSES))
    surer(model, [folder / "frame.png"], IMGSZ, threshold=THRESHOLD, candidates=CANDIDATES)
    target = folder / "bench.pt"
    model.save(str(target))
    return target


def convert_plainly(checkpoint: Path, folder: Path) -> None:
    """The two steps of people's own pages: ultralytics' SavedModel, then TensorFlow.js."""
    import numpy as np
    from tensorflowjs.converters import tf_saved_model_conversion_v2
    from ultralytics.models import YOLO

    # The exporter looks for this in the working directory, and would download it.
    calibration = np.random.default_rng(0).random((20, 128, 128, 3), dtype=np.float32)
    np.save(checkpoint.parent / "calibration_image_sample_data_20x128x128x3_float32", calibration)
    with contextlib.chdir(checkpoint.parent):
        saved = Path(YOLO(checkpoint.name).export(format="saved_model", imgsz=IMGSZ)).resolve()
    tf_saved_model_conversion_v2.convert_tf_saved_model(
        str(saved), str(folder), quantization_dtype_map={"float16": "*"}
    )


def main(folder: Path) -> None:
    """Fill `folder` with the package and the frame."""
    from pipeline.worker import engine
    from pipeline.worker.convert import TFLITE, convert

    work = folder.parent / "work"
    work.mkdir()
    engine.prepare(work)
    frame(work)
    checkpoint = weights(work)
    plain = folder / "plain"
    plain.mkdir()
    # First, since ours leaves parts of TensorFlow out that theirs imports.
    convert_plainly(checkpoint, plain)
    made = convert(checkpoint, work / "ours", IMGSZ, "fp16", tflite=True)
    for path in (*made.folder.iterdir(), work / "ours" / TFLITE, work / "frame.png"):
        shutil.copy(path, folder)
    metadata = {"project": "bench", "version": 1, "classes": CLASSES, "imgsz": IMGSZ}
    runs = {"runtimes": ["tfjs", "litert"], "litert": TFLITE}
    output = {"form": made.form, "resize": made.resize}
    (folder / "metadata.json").write_text(json.dumps({**metadata, **runs, "output": output}))
    for path in HERE.glob("*.js"):
        shutil.copy(path, folder)
    shutil.copytree(VENDOR, folder / "vendor")
    for name in ("core", "converter", "backend-cpu", "backend-wasm"):
        script = f"@tensorflow/tfjs-{name}/dist/tf-{name}.es2017.min.js"
        shutil.copy(vendor.MODULES / script, plain / f"{name}.js")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
