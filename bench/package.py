"""A conversion for the browser as a whole process, beside the export that ultralytics dropped.

The other side is the last release that had it, fetched from PyPI, unpacked and put before the
installed one; both run in turns (ours, other, other, ours) on the same three-class YOLOv8n at 320
pixels, imports included. Then the sizes of what is sent.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import monotonic

import numpy as np

from bench import Row

RATIO_LIMIT = 0.7
FP16_LIMIT_MB = 7
ARCHITECTURE, CLASSES, IMGSZ = "yolov8n", 3, 320
RELEASE = "ultralytics==8.4.82"
ORDER = ("ours", "other", "other", "ours")
PRECISIONS = ("fp32", "fp16", "uint8")
OURS = (
    "import sys; from pathlib import Path; from pipeline.worker.convert import convert\n"
    "convert(Path(sys.argv[1]), Path('made'), int(sys.argv[2]), sys.argv[3])"
)
OTHER = (
    "import sys; from ultralytics import YOLO\n"
    "YOLO(sys.argv[1]).export(format='tfjs', imgsz=int(sys.argv[2]))"
)
ROOT = Path(__file__).resolve().parent.parent


class RunFailed(RuntimeError):
    """A conversion under measurement ended badly."""


def run() -> Iterator[Row]:
    """Rows of seconds a conversion, and of megabytes a zip of the model's files."""
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        base = Path(home)
        weights = base / "model.pt"
        scratch = [sys.executable, "-m", "bench.scratch", ARCHITECTURE, str(CLASSES), str(weights)]
        _run(scratch, base, {})
        release = _release(base)
        times: dict[str, list[float]] = {"ours": [], "other": []}
        for number, name in enumerate(ORDER):
            folder = base / f"{number}-{name}"
            folder.mkdir()
            start = monotonic()
            if name == "ours":
                _ours(weights, folder, "fp16")
            else:
                _other(weights, folder, release)
            times[name].append(monotonic() - start)
        ours, other = (median(times[name]) for name in ("ours", "other"))
        yield Row.ratio_at_most("conversion", ours=ours, other=other, unit="s", limit=RATIO_LIMIT)
        yield from _sizes(weights, base, base / "1-other" / "model_web_model")


def _sizes(weights: Path, base: Path, other: Path) -> Iterator[Row]:
    theirs = _zipped(other)
    for precision in PRECISIONS:
        folder = base / precision
        folder.mkdir()
        _ours(weights, folder, precision)
        size, name = _zipped(folder / "made" / "web"), f"{precision} zip without scripts"
        if precision == "fp16":
            yield Row.at_most(name, ours=size, other=theirs, unit="MB", limit=FP16_LIMIT_MB)
        else:
            yield Row(name, size, theirs, "MB", size / theirs, "told", True)


def _zipped(folder: Path) -> float:
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    return target.stat().st_size / 1e6


def _release(base: Path) -> Path:
    """The older release, unpacked and not installed."""
    pip = [sys.executable, "-m", "pip", "download", RELEASE, "--no-deps", "-q", "-d", str(base)]
    _run(pip, base, {})
    (wheel,) = base.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(base / "release")
    return base / "release"


def _ours(weights: Path, folder: Path, precision: str) -> None:
    command = [sys.executable, "-c", OURS, str(weights), str(IMGSZ), precision]
    _run(command, folder, {"PYTHONPATH": str(ROOT)})


def _other(weights: Path, folder: Path, release: Path) -> None:
    # It writes beside the weights, and asks for a file of pictures that it would else download.
    own = folder / "model.pt"
    own.write_bytes(weights.read_bytes())
    pictures = np.random.default_rng(0).random((20, 128, 128, 3), dtype=np.float32)
    np.save(folder / "calibration_image_sample_data_20x128x128x3_float32.npy", pictures)
    environment = {
        "PYTHONPATH": str(release),
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "YOLO_CONFIG_DIR": str(folder),
        "YOLO_AUTOINSTALL": "false",
        "YOLO_OFFLINE": "true",
    }
    _run([sys.executable, "-c", OTHER, str(own), str(IMGSZ)], folder, environment)
    if not (folder / "model_web_model" / "model.json").exists():
        raise RunFailed((folder / "log.txt").read_text()[-2000:])


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run to the end, its words in a log.

    Raises:
        RunFailed: with the end of its log.
    """
    given = {**os.environ, **environment}
    # `-m bench.scratch` is found from the repository, conversions write where they run.
    place = ROOT if "-m" in command else folder
    with (folder / "log.txt").open("w") as log:
        done = subprocess.run(command, cwd=place, env=given, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        raise RunFailed((folder / "log.txt").read_text()[-2000:])
