"""A worker that counts epochs, keeps a checkpoint after each, and goes on from one.

Its spec is a TrainSpec's JSON; `seconds` an epoch come from the file `pace` beside the store.
"""

import json
import os
import sys
import time
from pathlib import Path

from tests.support.worker_double import append


def main(folder: Path, pace: Path) -> None:
    """Train for the epochs of the spec, nothing learned."""
    tell(folder, type="started", pid=os.getpid())
    spec = json.loads((folder / "spec.json").read_text())
    first = 0
    if spec.get("resume"):
        first = spec["resume"]["epoch"]
        kept = Path(spec["resume"]["folder"]) / "last.pt"
        assert json.loads(kept.read_text()) == {"epoch": first}
    for epoch in range(first + 1, spec["epochs"] + 1):
        time.sleep(float(pace.read_text()))
        kept = folder / "kept"
        kept.mkdir(exist_ok=True)
        (kept / "last.pt").write_text(json.dumps({"epoch": epoch}))
        (kept / "results.csv").write_text(f"epoch\n{epoch}\n")
        tell(folder, type="saved", epoch=epoch, folder=str(kept))
        tell(folder, type="progress", stage="epoch", done=epoch, total=spec["epochs"])
    (folder / "out").mkdir(exist_ok=True)
    (folder / "out" / "best.pt").write_bytes(b"weights")
    result = {"kind": "train", "weights": "best.pt", "architecture": "yolov8n"}
    result |= {"start_weights": "yolov8n.yaml", "epochs": spec["epochs"], "best_epoch": 1}
    result |= {"imgsz": 32, "val": None, "test": None, "seconds": 1, "seconds_per_epoch": 1}
    tell(folder, type="done", result=result | {"train_images": 1})


def tell(attempt: Path, **event: object) -> None:
    """One event."""
    append(attempt, json.dumps(event) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[2]), Path(sys.argv[1]))
