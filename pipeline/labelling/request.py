"""The picture that a member draws on, and the one that shows how the drawing was understood.

Light to import; Pillow is loaded when a picture is drawn.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.labelling.tile import Box

LONGEST = 1280
"""Telegram stores photos with a long side of 1280 pixels; sending more only loses more."""


def render_request(source: Path | bytes) -> bytes:
    """The plain upright picture as JPEG, long side 1280 pixels at most, for drawing on.

    Raises:
        UnreadablePicture: it cannot be decoded.
    """
    from pipeline.labelling.decode import fitted, jpeg

    # Good quality: what is drawn is found by comparing with exactly this picture.
    return jpeg(fitted(source, LONGEST), quality=90)


def render_answer(
    source: Path | bytes,
    boxes: Sequence[Box],
    labels: Sequence[str] = (),
    *,
    classes: Sequence[str] = (),
) -> bytes:
    """The picture with boxes numbered from 1, as JPEG, to be confirmed.

    Args:
        source: the picture without ink.
        boxes: normalised xyxy.
        labels: the class of each box, or nothing while it is unknown.
        classes: the project's classes in order, for stable colours.

    Raises:
        UnreadablePicture: it cannot be decoded.
        ValueError: there are labels, but not one for each box.
    """
    from pipeline.labelling import answer

    return answer.render(source, boxes, labels, classes=classes, longest=LONGEST)
