"""The contact sheet: numbered tiles, each around one box, one followed object, or a whole picture.

Light to import; Pillow is loaded when a sheet is drawn.
"""

from collections.abc import Sequence

from pipeline.labelling.tile import Tile


def render_sheet(tiles: Sequence[Tile], *, size: int = 1080, classes: Sequence[str] = ()) -> bytes:
    """One JPEG of 1 to 9 numbered tiles, at most about 350 kB.

    A picture that cannot be read becomes a tile that says so.

    Args:
        tiles: in the order they are shown, left to right and down.
        size: the sheet's width in pixels; its height follows (see `grid.columns`).
        classes: the project's classes in order, which keeps each one's colour on every sheet.

    Raises:
        ValueError: no tiles, or more than nine.
    """
    from pipeline.labelling import sheet

    return sheet.render(tiles, size=size, classes=classes)
