"""Reading what was drawn on a picture with Telegram's photo editor.

Light to import; OpenCV is loaded when a drawing is read.
"""

from collections.abc import Mapping
from pathlib import Path

from pipeline.labelling.stroke import Ink


def read_ink(original: Path | bytes, drawn: Path | bytes) -> Ink:
    """The boxes that were drawn on a picture.

    Args:
        original: the picture exactly as it was sent (`request.render_request`).
        drawn: what came back: any size, recompressed, with ink on it.

    Raises:
        DrawingError: another picture, a cropped or filtered one, or nothing to be found on it; the
            sentence says what to do.
    """
    from pipeline.labelling import compare, strokes

    before, after = compare.aligned(original, drawn)
    return strokes.find(after, compare.difference(before, after))


def same_picture(original: Path | bytes, other: Path | bytes) -> float:
    """How surely `other` is `original`, drawn on or not: 0 to 1; from `compare.SAME` on they are.

    Raises:
        UnreadablePicture: one of them cannot be decoded.
    """
    from pipeline.labelling import compare

    return compare.likeness(original, other)


def closest(drawn: Path | bytes, candidates: Mapping[int, Path]) -> int | None:
    """The key of the picture that was drawn on, or None when it is none of them.

    Raises:
        UnreadablePicture: `drawn` cannot be decoded; candidates that cannot are passed over.
    """
    from pipeline.labelling import compare

    return compare.closest(drawn, candidates)
