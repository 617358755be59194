"""Prepares this process for ultralytics: offline, silent towards third parties, inside one folder.

Everything here has to happen before `import ultralytics`, which reads its environment, settings
and fonts while it is imported.
"""

import importlib.metadata
import json
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from pipeline.errors import WorkerError

_FONT = "DejaVuSans.ttf"
# The names ultralytics looks for, and downloads when it does not find them.
_FONT_NAMES = ("Arial.ttf", "Arial.Unicode.ttf")

# The whole schema of 8.4: a file with keys missing is rewritten with defaults, integrations on.
_SETTINGS: dict[str, object] = {
    "settings_version": "0.0.8",
    "datasets_dir": "datasets",
    "weights_dir": "weights",
    "runs_dir": "runs",
    "uuid": "0" * 64,
    "sync": False,
    "api_key": "",
    "openai_api_key": "",
    "clearml": False,
    "comet": False,
    "dvc": False,
    "mlflow": False,
    "raytune": False,
    "tensorboard": False,
    "wandb": False,
    "vscode_msg": False,
    "openvino_msg": False,
}


def prepare(folder: Path) -> None:
    """Set the environment, settings and fonts that ultralytics will find in `folder`.

    Args:
        folder: the attempt's folder; a hidden `.ultralytics` is made in it.

    Raises:
        WorkerError: ultralytics was imported before, so nothing here would take effect.
    """
    if "ultralytics" in sys.modules and os.environ.get("ULTRALYTICS_SAFE_LOAD") != "1":
        raise WorkerError("The training library was loaded before it was made safe.")
    home = folder.resolve() / ".ultralytics"
    config = home / "Ultralytics"
    config.mkdir(parents=True, exist_ok=True)
    # Downloads are ours (weights.py), with time limits; the library itself stays offline.
    os.environ.update(
        YOLO_CONFIG_DIR=str(home),
        YOLO_AUTOINSTALL="false",
        YOLO_OFFLINE="true",
        ULTRALYTICS_SAFE_LOAD="1",
        MPLBACKEND="agg",
        MATPLOTLIBRC=str(home / "matplotlibrc"),
        NO_ALBUMENTATIONS_UPDATE="1",
    )
    folders = {name: str(home / name) for name in ("datasets", "weights", "runs")}
    settings = _SETTINGS | {f"{name}_dir": path for name, path in folders.items()}
    # Class names stand in plots, and one like "$\\x$" would be read as a broken formula.
    (home / "matplotlibrc").write_text("text.parse_math: False\n")
    (config / "settings.json").write_text(json.dumps(settings))
    for name in _FONT_NAMES:
        if not (config / name).exists():
            shutil.copyfile(font_path(), config / name)


def font_path() -> Path:
    """DejaVu Sans, which matplotlib brings: Latin, Cyrillic, Greek, Vietnamese."""
    # Found through the file list, since importing matplotlib takes a third of a second.
    distribution = importlib.metadata.distribution("matplotlib")
    return Path(str(distribution.locate_file(f"matplotlib/mpl-data/fonts/ttf/{_FONT}")))


def load(weights: Path | str) -> Any:
    """An ultralytics `YOLO` or `RTDETR` of a checkpoint, or of a yaml (`yolov8n.yaml`).

    Raises:
        WorkerError: the file is damaged, or holds more than a model.
    """
    from ultralytics.models import RTDETR, YOLO

    name = Path(weights).name
    # A checkpoint tells what it is; of a yaml the library wants to be told.
    model = RTDETR if name.startswith("rtdetr") and name.endswith(".yaml") else YOLO
    try:
        return model(str(weights))
    except (TypeError, RuntimeError, OSError, KeyError, AttributeError) as error:
        raise WorkerError("The stored model can't be read; please train it again.") from error


def device() -> str:
    """The device ultralytics trains on here: `cpu`, `cuda:0` or `mps`."""
    from ultralytics.utils.torch_utils import select_device

    # The library is typed in part: this one function is not.
    return str(select_device(verbose=False))  # type: ignore[no-untyped-call]  # no types


def versions() -> dict[str, str]:
    """What made the result."""
    names = ("taptrain", "ultralytics", "torch")
    return {
        **{name: importlib.metadata.version(name) for name in names},
        "python": platform.python_version(),
    }
