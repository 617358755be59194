"""Drawing numbered boxes on a whole picture (see request.py, its door)."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.labelling import paint
from pipeline.labelling.colours import colours
from pipeline.labelling.decode import fitted, jpeg
from pipeline.labelling.spots import beside
from pipeline.labelling.tile import Box

MOST_NAMED = 8
"""More class names than this would hide the picture; colours tell the classes apart then."""


def render(
    source: Path | bytes,
    boxes: Sequence[Box],
    labels: Sequence[str],
    *,
    classes: Sequence[str],
    longest: int,
) -> bytes:
    """The picture with numbered boxes as JPEG; see `request.render_answer`."""
    if labels and len(labels) != len(boxes):
        raise ValueError(f"{len(labels)} labels for {len(boxes)} boxes")
    image = fitted(source, longest)
    if max(image.size) < longest / 2:
        # Numbers on a small picture would hide what they number.
        factor = longest / 2 / max(image.size)
        image = image.resize((round(image.width * factor), round(image.height * factor)))
    names = list(labels) or [""] * len(boxes)
    shades = colours(names, classes)
    named = len(set(names)) > 1 and len(names) <= MOST_NAMED
    unit = max(image.size)
    shown = [_pixels(box, image.width, image.height) for box in boxes]
    for pixels, name in zip(shown, names, strict=True):
        paint.box(image, pixels, shades[name], width=max(2, unit // 300))
    taken: list[paint.Pixels] = []
    height = unit * 0.046
    for number, (pixels, name) in enumerate(zip(shown, names, strict=True), start=1):
        text = f"{number} {name or '?'}" if named and paint.writable(name) else str(number)
        others = [other for other in shown if other is not pixels]
        label = (paint.badge_width(text, height), height)
        spot = beside(pixels, label, image.size, others, taken)
        paint.badge(image, spot, text)
        taken.append(spot)
    return jpeg(image)


def _pixels(box: Box, width: int, height: int) -> paint.Pixels:
    x1, y1, x2, y2 = box
    return (x1 * width, y1 * height, x2 * width, y2 * height)
