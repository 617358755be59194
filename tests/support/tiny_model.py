"""A tiny convolutional detector as a TensorFlow.js model and a .tflite, with the page's scripts.

Run in a process of its own (`python -m tests.support.tiny_model FOLDER`), since it loads the
conversion stack. Its input is not square; its boxes follow from the pixels.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.browser import vendor
from pipeline.worker import site

HEIGHT, WIDTH, STRIDE = 64, 96, 16
CLASSES = ["ripe", "<b>raw</b>"]


ROOT = Path(__file__).resolve().parents[2]

_made: list[Path] = []


def tiny_once(factory: pytest.TempPathFactory) -> Path:
    """The package that all tests share; the first caller waits for it."""
    if not _made:
        folder = factory.mktemp("tiny")
        command = [sys.executable, "-m", "tests.support.tiny_model", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, timeout=300, capture_output=True)
        _made.append(folder)
    return _made[0]


def saved_model(folder: Path) -> None:
    """[1, 64, 96, 3] to [1, 4 + classes, 24]: a box a cell of 16 pixels, scores by its pixels."""
    import numpy as np
    import tensorflow as tf

    rng = np.random.default_rng(5)
    kernel = rng.normal(0, 0.12, (STRIDE, STRIDE, 3, 4 + len(CLASSES))).astype(np.float32)
    rows, columns = HEIGHT // STRIDE, WIDTH // STRIDE
    y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    centres = (np.stack((x, y), axis=-1)[None] * STRIDE + STRIDE / 2).astype(np.float32)

    class Tiny(tf.Module):  # type: ignore[misc]  # tensorflow has no types
        @tf.function(input_signature=[tf.TensorSpec([1, HEIGHT, WIDTH, 3], tf.float32)])
        def __call__(self, images: object) -> object:
            cells = tf.nn.conv2d(images - 0.45, kernel, STRIDE, "VALID")
            near = tf.tanh(cells[..., :2]) * 4.0 + centres
            size = tf.sigmoid(cells[..., 2:4]) * 10.0 + 14.0
            cells = tf.concat((near, size, tf.sigmoid(cells[..., 4:])), axis=-1)
            return tf.transpose(tf.reshape(cells, [1, rows * columns, 4 + len(CLASSES)]), [0, 2, 1])

    tiny = Tiny()
    tf.saved_model.save(tiny, str(folder), signatures=tiny.__call__.get_concrete_function())


def main(folder: Path) -> None:
    """Fill `folder` with the package."""
    import tensorflow as tf
    from tensorflowjs.converters import tf_saved_model_conversion_v2

    saved = folder / "saved"
    saved_model(saved)
    tf_saved_model_conversion_v2.convert_tf_saved_model(str(saved), str(folder))
    tflite = tf.lite.TFLiteConverter.from_saved_model(str(saved)).convert()
    (folder / "model.tflite").write_bytes(tflite)
    shutil.rmtree(saved)
    metadata = {
        "project": "tiny",
        "version": 1,
        "classes": CLASSES,
        "imgsz": [HEIGHT, WIDTH],
        "output": {"form": "raw", "resize": "letterbox"},
        "runtimes": ["tfjs", "litert"],
        "litert": "model.tflite",
        "threshold": 0.3,
    }
    (folder / "metadata.json").write_text(json.dumps(metadata))
    site.copy_page(folder, vendor.SCRIPTS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
