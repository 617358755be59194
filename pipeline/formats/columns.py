"""Which column of a table holds what: by the words of its header, else by what stands in it."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.formats.base import number

Order = Literal["xyxy", "xxyy", "xywh", "cxcywh"]
"""What four numbers are: corners, corners side by side, first corner and size, centre and size."""


def _words(text: str) -> list[str]:
    """Words of headers, likeliest first, in small letters and digits alone."""
    return text.split()


PICTURE = _words(
    "filename file filepath imagefilename imagename imagepath imagefile image imageid imgname "
    "imgpath imgid img path picture photo frame id"
)
LABEL = _words(
    "classname labelname categoryname class label category objectclass objectname object name "
    "species type classid labelid categoryid"
)
LEFT = _words("xmin left xtl x0 x1 bboxxmin bboxx1 boxxmin minx xleft bboxleft startx")
RIGHT = _words("xmax right xbr x2 x1 bboxxmax bboxx2 boxxmax maxx xright bboxright endx")
TOP = _words("ymin top ytl y0 y1 bboxymin bboxy1 boxymin miny ytop bboxtop starty")
BOTTOM = _words("ymax bottom ybr y2 y1 bboxymax bboxy2 boxymax maxy ybottom bboxbottom endy")
CENTRE_X = _words("xcenter xcentre centerx centrex cx xc bboxxcenter bboxcx")
CENTRE_Y = _words("ycenter ycentre centery centrey cy yc bboxycenter bboxcy")
X = ["x", "bboxx", "boxx", *LEFT]
Y = ["y", "bboxy", "boxy", *TOP]
WIDE = _words("w bboxwidth bboxw boxwidth boxw bwidth bw width")
HIGH = _words("h bboxheight bboxh boxheight boxh bheight bh height")
FRAME_WIDE = _words("imagewidth imgwidth imgw imagew width")
FRAME_HIGH = _words("imageheight imgheight imgh imageh height")
CELL = _words(
    "regionshapeattributes bbox bboxes box boxes boundingbox boundingboxes rect coordinates coords "
    "annotations annotation"
)
ATTRIBUTES = ["regionattributes"]
GROUP = ["isgroupof"]
SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing", "unassigned"}


@dataclass(frozen=True)
class Columns:
    """Places of the columns, from 0.

    `numbers`: four columns of a box; `cell`: one that holds whole boxes; neither where the table
    names a class for the whole picture. `orders`: what the numbers may be, likeliest first.
    `frame`: the picture's width and height. `attributes`: VIA's, which hold the class. `group`:
    marks boxes around several objects.
    """

    picture: int
    label: int | None = None
    numbers: tuple[int, int, int, int] | None = None
    cell: int | None = None
    orders: tuple[Order, ...] = ("xyxy",)
    frame: tuple[int, int] | None = None
    attributes: int | None = None
    group: int | None = None


def decimal(cell: str) -> float:
    """A number, with a point or a comma in it; NaN where it is none."""
    return number(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)


def by_words(header: Sequence[str]) -> Columns | None:
    """The columns that a header names; None where it names no picture, or nothing about one."""
    words = [re.sub(r"[^a-z0-9]", "", word.casefold()) for word in header]
    taken: set[int] = set()

    def find(*kinds: list[str]) -> tuple[int, ...] | None:
        """One column of each kind, or none at all."""
        found: list[int] = []
        for kind in kinds:
            places = (words.index(word) for word in kind if word in words)
            place = next((at for at in places if at not in taken and at not in found), None)
            if place is None:
                return None
            found.append(place)
        taken.update(found)
        return tuple(found)

    picture, label = find(PICTURE), find(LABEL)
    if picture is None:
        return None
    corners = find(LEFT, TOP, RIGHT, BOTTOM)
    centre = find(CENTRE_X, CENTRE_Y, WIDE, HIGH) if not corners else None
    start = find(X, Y, WIDE, HIGH) if not corners and not centre else None
    numbers = corners or centre or start
    cell = find(CELL) if numbers is None else None
    if numbers is None and cell is None and label is None:
        return None
    orders: tuple[Order, ...] = ("xywh", "xyxy", "cxcywh") if cell else ("xywh", "cxcywh")
    if corners or centre:
        orders = ("xyxy",) if corners else ("cxcywh",)
    frame, attributes, group = find(FRAME_WIDE, FRAME_HIGH), find(ATTRIBUTES), find(GROUP)
    return Columns(
        picture[0],
        label[0] if label else None,
        _four(numbers),
        cell[0] if cell else None,
        orders,
        (frame[0], frame[1]) if frame else None,
        attributes[0] if attributes else None,
        group[0] if group else None,
    )


def by_content(rows: Sequence[Sequence[str]], is_picture: Callable[[str], bool]) -> Columns | None:
    """The columns of a table without a header; None where it holds no boxes of pictures.

    Args:
        is_picture: whether a cell names a picture that is here.
    """
    if not rows:
        return None
    width = max(len(row) for row in rows)
    columns = [[row[at] for row in rows if at < len(row) and row[at]] for at in range(width)]
    named = [sum(map(is_picture, cells)) for cells in columns]
    picture = named.index(max(named))
    first = rows[0][picture] if picture < len(rows[0]) else ""
    if 2 * named[picture] < len(rows) or not is_picture(first):
        return None
    kinds = ["" if at == picture else _kind(cells) for at, cells in enumerate(columns)]
    numeric = [at for at, kind in enumerate(kinds) if kind == "number"]
    label = next((at for at, kind in enumerate(kinds) if kind == "word"), None)
    if label is None and len(numeric) == 5:
        # YOLO's order has the class first, RetinaNet's last.
        label = numeric[0] if _whole(columns[numeric[0]]) else numeric[-1]
        numeric.remove(label)
    frame = None
    if label is not None and len(numeric) == 6 and numeric[1] < label < numeric[2]:
        frame = (numeric[0], numeric[1])
        numeric = numeric[2:]
    if len(numeric) < 4:
        return None
    orders: tuple[Order, ...] = ("xyxy", "xywh", "cxcywh", "xxyy")
    return Columns(picture, label, _four(tuple(numeric[:4])), orders=orders, frame=frame)


def _four(found: tuple[int, ...] | None) -> tuple[int, int, int, int] | None:
    return (found[0], found[1], found[2], found[3]) if found else None


def _kind(cells: Sequence[str]) -> str:
    if not cells or {cell.casefold() for cell in cells} <= SPLITS:
        return ""
    numbers = sum(math.isfinite(decimal(cell)) for cell in cells)
    return "number" if 10 * numbers >= 9 * len(cells) else "word"


def _whole(cells: Sequence[str]) -> bool:
    return all(cell.isdecimal() and len(cell) <= 3 for cell in cells)
