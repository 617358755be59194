"""The propose kind: a model's guesses for images nobody has labelled yet."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from pipeline.errors import SourceError, WorkerError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import BoxItem, PictureRef, ProposedImage, ProposeResult, ProposeSpec
from pipeline.labelling.names import match_classes
from pipeline.tracking.frame import Frame
from pipeline.tracking.link import Linker, Seen
from pipeline.worker.models import load_model
from pipeline.worker.pictures import read_picture
from pipeline.worker.rank import Ranker
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

CHUNK = 8
"""Pictures in memory at once."""


def run(spec: ProposeSpec, reporter: Reporter) -> ProposeResult:
    """Guess boxes of `spec.classes`; an image without guesses has an empty list.

    Boxes of one object in successive frames of a clip get one track's number.

    Raises:
        WorkerError: the stored weights are missing or damaged, or a picture is.
    """
    reporter.progress(Progress(stage="load", done=0, total=len(spec.pictures)), important=True)
    store = FileStore(spec.store)
    loaded = load_model(
        spec.weights,
        store,
        reporter.folder,
        Path(spec.weights_folder).resolve(),
        offline=spec.offline,
    )
    if loaded is None:
        return ProposeResult(weights_missing=True)
    model, names = loaded
    words = match_classes(spec.classes, names)
    if not words:
        return ProposeResult(
            images=[ProposedImage(image_id=ref.image_id, boxes=[]) for ref in spec.pictures]
        )
    images: list[ProposedImage] = []
    linker = Linker()
    ranker = Ranker(model, spec, words)
    ranker.know(spec.known, lambda ref: _read(store, ref))
    start = time.monotonic()
    for refs in _chunks(spec.pictures):
        pictures = [_read(store, ref) for ref in refs]
        found = ranker.detect(refs, pictures)
        for ref, picture, boxes in zip(refs, pictures, found, strict=True):
            items = [
                BoxItem(label=words[index], xyxy=xyxy, score=round(score, 5))
                for index, score, xyxy in boxes
                if xyxy[2] > xyxy[0] and xyxy[3] > xyxy[1]
            ]
            images.append(ProposedImage(image_id=ref.image_id, boxes=items))
            frame = Frame(picture) if ref.clip is not None else None
            linker.add(ref.clip, frame, [Seen(item.label, item.xyxy) for item in items])
        pace = (time.monotonic() - start) / len(images)
        left = len(spec.pictures) - len(images)
        reporter.progress(
            Progress(
                stage="predict",
                done=len(images),
                total=len(spec.pictures),
                seconds_left=round(pace * left, 1),
                figures={"images_per_s": round(1 / max(pace, 1e-9), 2)},
            ),
            important=left == 0,
        )
    return ProposeResult(images=_tracked(ranker.ranked(images), linker))


def _tracked(images: Sequence[ProposedImage], linker: Linker) -> list[ProposedImage]:
    """The same images, each box with its object's number."""
    return [
        image.model_copy(
            update={
                "boxes": [
                    box.model_copy(update={"track": number})
                    for box, number in zip(image.boxes, numbers, strict=True)
                ]
            }
        )
        for image, numbers in zip(images, linker.tracks(), strict=True)
    ]


def _chunks(pictures: Sequence[PictureRef]) -> Iterator[Sequence[PictureRef]]:
    for start in range(0, len(pictures), CHUNK):
        yield pictures[start : start + CHUNK]


def _read(store: FileStore, ref: PictureRef) -> Image.Image:
    try:
        return read_picture(store.read(ref.key))
    except (FileNotFoundError, SourceError) as error:
        # Collecting decoded it once, so the store is at fault, not the person.
        raise WorkerError("A picture of this project is missing or damaged.") from error
