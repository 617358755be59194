"""The predict kind: one picture comes back with boxes."""

import time
from pathlib import Path

from pipeline.errors import SourceError, UserError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import BoxItem, PredictResult, PredictSpec
from pipeline.worker.detect import detect
from pipeline.worker.draw import Mark, draw_boxes
from pipeline.worker.models import load_model
from pipeline.worker.pictures import enlarge, read_picture, save_jpeg, shrink
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

PICTURE = "picture.jpg"
LONGEST = 1280
"""What a chat shows at most; a bigger picture only takes longer to send."""
SHORTEST = 640
"""The longer side is at least this: words would cover a thumbnail."""


def run(spec: PredictSpec, reporter: Reporter) -> PredictResult:
    """Find boxes in `spec.picture` and draw them; without any the picture stays plain.

    Raises:
        SourceError: the picture cannot be read.
        UserError: there is no model to look with.
        WorkerError: the stored weights are missing or damaged.
    """
    reporter.progress(Progress(stage="load", done=0, total=1), important=True)
    try:
        picture = read_picture(Path(spec.picture).read_bytes())
    except FileNotFoundError as error:
        raise SourceError("I lost this picture; please send it again.") from error
    loaded = load_model(spec.weights, FileStore(spec.store), reporter.folder, None, offline=True)
    if loaded is None:
        raise UserError("There is no trained model yet; train one first, then send me a photo.")
    model, names = loaded
    start = time.monotonic()
    (found,) = detect(model, [picture], imgsz=spec.imgsz, confidence=spec.confidence)
    milliseconds = (time.monotonic() - start) * 1000
    shown = enlarge(shrink(picture, LONGEST), SHORTEST)
    draw_boxes(
        shown,
        # The surest on top.
        [Mark(xyxy, i, f"{names[i]} {score:.0%}") for i, score, xyxy in reversed(found)],
    )
    save_jpeg(shown, reporter.out / PICTURE)
    return PredictResult(
        picture=PICTURE,
        boxes=[
            BoxItem(label=names[index], xyxy=xyxy, score=round(score, 5))
            for index, score, xyxy in found
        ],
        confidence=spec.confidence,
        milliseconds=round(milliseconds, 1),
    )
