"""`python -m bench.scratch ARCHITECTURE CLASSES FILE [IMGSZ]`: a checkpoint that nobody trained.

What a conversion takes, and whether it computes the same, does not hang on what the numbers are.
They are spread so that no layer is dead, since of zeros everything is a right copy.
"""

import sys
import tempfile
from pathlib import Path

from pipeline.worker import engine


def write(architecture: str, classes: int, target: Path) -> None:
    """Write a model of this architecture with random numbers in it."""
    engine.prepare(Path(tempfile.mkdtemp(prefix="taptrain-scratch-")))
    import torch
    from ultralytics.nn.tasks import DetectionModel, RTDETRDetectionModel

    torch.manual_seed(0)
    kind = RTDETRDetectionModel if architecture.startswith("rtdetr") else DetectionModel
    yaml = f"{architecture}.yaml"
    model = kind(yaml, nc=classes, verbose=False)  # type: ignore[no-untyped-call]  # typed in part
    model.names = {index: f"class {index}" for index in range(classes)}
    for layer in model.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]  # tracked by default
            layer.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]  # as above
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.1)
    torch.save({"model": model, "train_args": {"task": "detect"}}, target)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
