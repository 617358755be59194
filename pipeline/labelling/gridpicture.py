"""The picture with a lettered grid over it, whole or close up.

Light to import; Pillow is loaded when a picture is drawn.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.labelling.cells import Grid
from pipeline.labelling.request import LONGEST
from pipeline.labelling.tile import Box


def render_grid(
    source: Path | bytes,
    grid: Grid,
    boxes: Sequence[Box] = (),
    labels: Sequence[str] = (),
    *,
    classes: Sequence[str] = (),
) -> tuple[bytes, Box]:
    """The part that the grid covers as JPEG, its columns' letters above and below, rows beside.

    Args:
        source: the picture without ink.
        grid: see `cells.coarse` and `cells.closer`.
        boxes: normalised xyxy of what is boxed already.
        labels: the class of each box, or nothing while it is unknown.
        classes: the project's classes in order, for stable colours.

    Returns:
        The picture, and where its own corners lie on the source (normalised xyxy; its margins
        reach beyond 0 and 1).

    Raises:
        UnreadablePicture: it cannot be decoded.
    """
    from pipeline.labelling import gridpaint

    return gridpaint.render(source, grid, boxes, labels, classes=classes, longest=LONGEST)
