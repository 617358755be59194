"""What ultralytics' own checker and loader find in a YOLO export, as JSON on stdout.

Run in a process of its own: `python -m tests.support.loader_reference WORK EXPORT`.
"""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any


def found(export: Path) -> dict[str, Any]:
    """Class names, and for each part the boxes of each picture as class, centre and size."""
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    data = check_det_dataset(str(export / "data.yaml"), autodownload=False)
    parts: dict[str, dict[str, list[list[float]]]] = {}
    for part in ("train", "val", "test"):
        if data.get(part):
            dataset = YOLODataset(img_path=data[part], data=data, augment=False)
            parts[part] = {
                Path(row["im_file"]).name: [
                    [float(kind[0]), *map(float, box)]
                    for kind, box in zip(row["cls"], row["bboxes"], strict=True)
                ]
                for row in dataset.labels
            }
    return {"names": data["names"], "parts": parts}


def main(folder: Path, export: Path) -> None:
    """Prepare the process as a worker does, then look."""
    from pipeline.worker import engine

    engine.prepare(folder)
    # Its words are for people; stdout is for the answer.
    with contextlib.redirect_stdout(sys.stderr):
        answer = found(export)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
