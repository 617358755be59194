"""How a model's look at pictures says which of them to ask about first."""

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from pipeline.jobs.spec import PictureRef, ProposedImage, ProposeSpec
from pipeline.labelling import active
from pipeline.worker.detect import Found, detect

WEAK = 0.05
"""Boxes down to this confidence tell what the model is unsure of; they are not proposed."""

TOGETHER = 8
"""Known pictures in memory at once."""


class Ranker:
    """Detects as `detect` does, and keeps what it needs to rank the pictures at the end.

    What a picture looks like is the mean of the backbone's last layer: it falls out of the same
    pass, where `YOLO.embed` would take another one.

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
        self._seen: list[list[float]] = []
        _watch(model, self._saw)

    def _saw(self, vectors: list[list[float]]) -> None:
        # A warm-up may pass through first: the last pass is that of the pictures.
        self._seen = vectors

    def know(self, refs: Sequence[PictureRef], read: Callable[[PictureRef], Image.Image]) -> None:
        """See what is labelled already: a picture unlike all of it teaches more."""
        for start in range(0, len(refs), TOGETHER):
            pictures = [read(ref) for ref in refs[start : start + TOGETHER]]
            self._known += self._look(pictures)[1]

    def detect(
        self, refs: Sequence[PictureRef], pictures: Sequence[Image.Image]
    ) -> list[list[Found]]:
        """Boxes of each picture of at least the spec's confidence, best first."""
        found, features = self._look(pictures)
        for ref, boxes, vector in zip(refs, found, features, strict=True):
            scores = [(self._names[index], score) for index, score, _ in boxes]
            self._looks.append(active.Look(ref.image_id, scores, vector))
        least = self._spec.confidence
        return [[box for box in boxes if box[1] >= least] for boxes in found]

    def ranked(self, images: Sequence[ProposedImage]) -> list[ProposedImage]:
        """The same images, each with its rank."""
        found = active.ranks(self._looks, have=self._spec.have, known=self._known)
        return [image.model_copy(update={"rank": found[image.image_id]}) for image in images]

    def _look(self, pictures: Sequence[Image.Image]) -> tuple[list[list[Found]], list[list[float]]]:
        found = list(
            detect(
                self._model,
                pictures,
                imgsz=self._spec.imgsz,
                confidence=min(WEAK, self._spec.confidence),
                only=sorted(self._names),
            )
        )
        return found, self._seen


def _watch(model: Any, keep: Callable[[list[list[float]]], None]) -> None:
    """From now on each pass through `model` tells a unit vector a picture."""

    def tell(_layer: Any, _inputs: Any, output: Any) -> None:
        vectors = output.float().mean(dim=(2, 3))
        norms = vectors.norm(dim=1, keepdim=True).clamp(min=1e-9)
        keep((vectors / norms).cpu().tolist())

    # Before the first prediction, which copies the network with its hooks and runs the copy.
    network = model.model
    network.model[len(network.yaml["backbone"]) - 1].register_forward_hook(tell)
