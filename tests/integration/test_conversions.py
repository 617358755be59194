"""Conversions of models that nobody trained: every file that is made is read back and run."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from storage.files import FileStore
from tests.support.apart import apart
from tests.support.trained import ROOT, Attempt, work

pytestmark = pytest.mark.slow

PRECISIONS = ("fp32", "fp16", "uint8")
ODD = ['a "quoted" one', "🍎", "<script>alert(1)</script>"]

# In a process of its own: TensorFlow stays out of the tests'. It tells what was loaded for it.
CONVERT = """
import json, sys
from pathlib import Path
from pipeline.worker.convert import convert, portable, read_back
from pipeline.worker.runs import difference
folder, size, precisions = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
made = portable(folder / "weights.pt", folder / "made", size if len(size) > 1 else size[0])
network = made.network
told = {"form": network.form, "shape": network.shape, "size": network.size, "off": {}}
told["loaded"] = [name for name in ("keras", "tf_keras", "jax", "pandas", "tensorflow_hub",
    "tensorflow_decision_forests", "tensorflowjs") if sys.modules.get(name)]
for precision in precisions:
    places = (
        made.tfjs(folder / f"web-{precision}", precision),
        made.tflite(folder / f"{precision}.tflite", precision),
    )
    for place in places:
        answer = read_back(place)(network.sample)
        told["off"][place.name] = difference(answer, network.answer, network.form, network.size)
print(json.dumps(told))
"""


def scratch(architecture: str, classes: int, folder: Path) -> Path:
    """Weights of that architecture, random ones."""
    target = folder / "weights.pt"
    command = [sys.executable, "-m", "bench.scratch", architecture, str(classes), str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=500)
    return target


def run(folder: Path, size: tuple[int, ...], *precisions: str) -> subprocess.CompletedProcess[str]:
    """Convert folder/weights.pt in a process of its own."""
    return apart(CONVERT, str(folder), json.dumps(size), *precisions)


def converted(folder: Path, size: tuple[int, ...], *precisions: str) -> dict[str, Any]:
    """What the conversion told."""
    done = run(folder, size, *precisions)
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_one_class_in_every_precision(tmp_path: Path) -> None:
    """YOLOv8n: the raw tensors are PyTorch's, rounded weights stay near, each half the size."""
    scratch("yolov8n", 1, tmp_path)
    told = converted(tmp_path, (96,), *PRECISIONS)
    assert (told["form"], told["shape"], told["size"]) == ("raw", [1, 5, 189], [96, 96])
    off = told["off"]
    assert max(off["web-fp32"], off["fp32.tflite"]) < 1e-5
    assert max(off["web-fp16"], off["fp16.tflite"]) < 1e-2
    assert max(off["web-uint8"], off["uint8.tflite"]) < 0.1
    sizes = [
        sum(path.stat().st_size for path in (tmp_path / f"web-{precision}").glob("*.bin"))
        for precision in PRECISIONS
    ]
    for larger, smaller in pairwise(sizes):
        assert smaller < 0.51 * larger
    # They cost more seconds than all that is needed.
    assert told["loaded"] == []


def test_eighty_classes_and_two_sides(tmp_path: Path) -> None:
    """YOLO26n: attention, layers of a channel each, a picture that is higher than wide."""
    scratch("yolo26n", 80, tmp_path)
    told = converted(tmp_path, (128, 96), "fp32")
    assert (told["form"], told["size"]) == ("raw", [128, 96])
    assert told["shape"][:2] == [1, 84]
    assert max(told["off"].values()) < 1e-5
    nodes = json.loads((tmp_path / "web-fp32/model.json").read_text())["modelTopology"]["node"]
    # What TensorFlow.js fuses and TensorFlow does not have is read back all the same.
    assert "FusedDepthwiseConv2dNative" in {node["op"] for node in nodes} or any(
        node["op"] == "DepthwiseConv2dNative" for node in nodes
    )


def test_a_size_that_does_not_fit_is_told(tmp_path: Path) -> None:
    """One sentence with a size that would do, and nothing is written."""
    scratch("yolov8n", 1, tmp_path)
    done = run(tmp_path, (100,), "fp32")
    assert "WorkerError: This model takes pictures whose sides are multiples of 32" in done.stderr
    assert not list(tmp_path.glob("web-*"))


def bare(tmp_path: Path, form: str, precision: str) -> Attempt:
    """The worker's room for bare files, on three classes with odd names."""
    store = FileStore(tmp_path / "store")
    return work(
        tmp_path / "attempt",
        kind="model_file",
        store=store.root,
        weights=store.put_file(scratch("yolov8n", len(ODD), tmp_path)),
        form=form,
        precision=precision,
        imgsz=96,
        file_name=f"x.{form}",
        classes=ODD,
    )


READ = """
import json, sys
from pathlib import Path
from pipeline.worker import engine
engine.prepare(Path(sys.argv[1]))
import numpy as np
from ultralytics import YOLO
rng = np.random.default_rng(0)
picture = rng.integers(0, 255, (96, 96, 3), dtype=np.uint8)
found = []
for path in sys.argv[2:]:
    (result,) = YOLO(path, task="detect").predict(
        picture, imgsz=96, conf=1e-6, iou=1.0, max_det=1000, verbose=False, save=False
    )
    found.append([result.names, result.boxes.xyxy.tolist()])
print(json.dumps(found))
"""


@pytest.mark.parametrize(("form", "precision"), [("onnx", "fp16"), ("tflite", "fp32")])
def test_a_bare_file_is_read_by_the_library(tmp_path: Path, form: str, precision: str) -> None:
    """Its classes have the project's names, and its boxes are where the weights' boxes are."""
    attempt = bare(tmp_path, form, precision)
    file = attempt.out / attempt.result["file"]
    assert attempt.result["size_bytes"] == file.stat().st_size
    assert attempt.result["output_form"].startswith("raw [1, 4+classes, anchors]")
    done = apart(READ, str(tmp_path), str(tmp_path / "weights.pt"), str(file))
    assert done.returncode == 0, done.stderr[-3000:]
    (_, wanted), (names, found) = json.loads(done.stdout.splitlines()[-1])
    assert list(names.values()) == ODD
    assert len(found) == len(wanted) > 0
    near = sum(
        any(max(abs(a - b) for a, b in zip(one, other, strict=True)) < 1 for other in wanted)
        for one in found
    )
    assert near == len(found)


def test_a_precision_that_a_format_lacks_is_told(tmp_path: Path) -> None:
    """ONNX in 8 bits: what there is instead, as an answer and no fault."""
    attempt = bare(tmp_path, "onnx", "uint8")
    assert attempt.failure["expected"]
    assert "In 8 bits there is tflite" in attempt.failure["message"]
    assert not list(attempt.out.glob("*"))


QUERIES = """
import json, sys
from pathlib import Path
from PIL import Image
from pipeline.worker import engine
from pipeline.worker.answers import EVERYTHING, USUAL, Trained, decode
engine.prepare(Path(sys.argv[1]))
trained = Trained(engine.load("rtdetr-l.yaml"), 128)
picture = Image.effect_noise((90, 160), 80).convert("RGB")
raw = trained.ask(picture).raw
boxes = decode(raw, EVERYTHING, 128, picture.size, USUAL, "queries")
told = {"shape": raw.shape, "indices": [box.index for box in boxes]}
print(json.dumps(told | {"scores": [box.score for box in boxes]}))
"""


def test_a_trained_rt_detr_answers_as_its_files_do(tmp_path: Path) -> None:
    """Asked beside its files it tells every query with all 80 scores, not its best 300 boxes."""
    done = apart(QUERIES, str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["shape"] == [1, 300, 84]
    assert len(told["scores"]) == 300
    assert all(0 < score < 1 for score in told["scores"])
    assert set(told["indices"]) <= set(range(80))
