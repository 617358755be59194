"""How a model's look at pictures says which of them to ask about first."""

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from pipeline.jobs.spec import PictureRef, ProposedImage, ProposeSpec
from pipeline.labelling import active
from pipeline.worker.detect import Found, detect
from pipeline.worker.likeness import features

WEAK = 0.05
"""Boxes down to this confidence tell what the model is unsure of; they are not proposed."""


class Ranker:
    """Detects as `detect` does, and keeps what it needs to rank the pictures at the end.

    Args:
        model: an ultralytics `YOLO`.
        names: the project's class of each of the model's class indices that is wanted.
    """

    def __init__(self, model: Any, spec: ProposeSpec, names: dict[int, str]) -> None:
        self._model = model
        self._spec = spec
        self._names = names
        self._looks: list[active.Look] = []
        self._known: list[list[float]] = []

    def know(self, refs: Sequence[PictureRef], read: Callable[[PictureRef], Image.Image]) -> None:
        """See what is labelled already: a picture unlike all of it teaches more."""
        self._known += [features(read(ref)) for ref in refs]

    def detect(
        self, refs: Sequence[PictureRef], pictures: Sequence[Image.Image]
    ) -> list[list[Found]]:
        """Boxes of each picture of at least the spec's confidence, best first."""
        least = self._spec.confidence
        found = list(
            detect(
                self._model,
                pictures,
                imgsz=self._spec.imgsz,
                confidence=min(WEAK, least),
                only=sorted(self._names),
            )
        )
        for ref, picture, boxes in zip(refs, pictures, found, strict=True):
            scores = [(self._names[index], score) for index, score, _ in boxes]
            self._looks.append(active.Look(ref.image_id, scores, features(picture)))
        return [[box for box in boxes if box[1] >= least] for boxes in found]

    def ranked(self, images: Sequence[ProposedImage]) -> list[ProposedImage]:
        """The same images, each with its rank."""
        found = active.ranks(self._looks, have=self._spec.have, known=self._known)
        return [image.model_copy(update={"rank": found[image.image_id]}) for image in images]
