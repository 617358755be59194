"""Where a number or a name can stand beside its box, hiding as little as possible."""

from collections.abc import Sequence

from pipeline.labelling import paint


def beside(
    box: paint.Pixels,
    label: tuple[float, float],
    size: tuple[int, int],
    others: Sequence[paint.Pixels],
    taken: Sequence[paint.Pixels],
) -> paint.Pixels:
    """The best place for a label of a box, in pixels.

    Above the box if it can be, so that it hides nothing and plainly belongs to it.

    Args:
        label: its width and height.
        size: the picture's width and height.
        others: the other boxes.
        taken: where labels stand already.
    """
    wide, high = label
    x1, y1, x2, y2 = box
    corners = [
        (x1, y1 - high),
        (x2 - wide, y1 - high),
        (x1, y1),
        (x2 - wide, y1),
        (x1 - wide, y1),
        (x2, y1),
        (x1, y2),
        (x2 - wide, y2 - high),
    ]
    best: tuple[float, paint.Pixels] | None = None
    for place, (x, y) in enumerate(corners):
        left = min(max(x, 0.0), size[0] - wide)
        top = min(max(y, 0.0), size[1] - high)
        spot = (left, top, left + wide, top + high)
        pushed = (abs(left - x) + abs(top - y)) / high
        hides = 2 * paint.covered(box, spot) + sum(paint.covered(spot, o) for o in others) / 2
        cost = place / 8 + pushed + hides + 5 * sum(paint.overlap(spot, t) > 0 for t in taken)
        if best is None or cost < best[0]:
            best = (cost, spot)
    assert best is not None
    return best[1]
