"""One picture of what a source brought: up to twelve images, their boxes, a legend."""

import importlib.util
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.jobs.spec import BoxItem
from pipeline.labelling.colours import Colour, colours

WIDTH = 1280
TALLEST = 1280
GAP = 8
MOST = 12
BACKGROUND = (20, 24, 29)
INK = (236, 239, 244)
FAINT = (150, 158, 170)
LEGEND_CLASSES = 8

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Cell:
    """One image of the montage."""

    image: Image.Image
    boxes: list[BoxItem]


def draw(cells: list[Cell], counts: dict[str, int], classes: list[str], path: Path) -> None:
    """Write the montage of up to MOST cells as a JPEG.

    `counts`: boxes by class, in the order of the legend. `classes`: the project's, which keep their
    colours from picture to picture.
    """
    cells = cells[:MOST]
    paints = colours(counts, classes)
    columns = _columns(len(cells), _aspect(cells))
    rows = math.ceil(len(cells) / columns)
    cell_width = (WIDTH - GAP * (columns + 1)) // columns
    cell_height = round(cell_width / _aspect(cells))
    legend = _legend_rows(counts)
    legend_height = 44 * len(legend) + GAP if legend else 0
    height = rows * (cell_height + GAP) + GAP + legend_height
    sheet = Image.new("RGB", (WIDTH, height), BACKGROUND)
    for number, cell in enumerate(cells):
        row = cells[number // columns * columns :][:columns]
        # A last row that is not full stands in the middle.
        indent = (columns - len(row)) * (cell_width + GAP) // 2
        left = GAP + indent + (number % columns) * (cell_width + GAP)
        top = GAP + (number // columns) * (cell_height + GAP)
        _place(sheet, cell, (left, top, cell_width, cell_height), paints)
    if legend:
        _draw_legend(sheet, legend, height - legend_height, paints)
    sheet.thumbnail((WIDTH, TALLEST), Image.Resampling.LANCZOS)
    sheet.save(path, "JPEG", quality=88, subsampling=0)


def _aspect(cells: list[Cell]) -> float:
    aspects = sorted(cell.image.width / cell.image.height for cell in cells)
    return min(max(aspects[len(aspects) // 2], 0.5), 2.5)


def _columns(count: int, aspect: float) -> int:
    """As many columns as make the sheet about as tall as wide, without a ragged last row if so."""
    best = max(1, math.ceil(math.sqrt(count / aspect)))
    options = [c for c in (best, best + 1, best - 1) if 1 <= c <= min(count, 4)]
    return min(options or [min(count, 4)], key=lambda c: (-count % c, options.index(c)))


def _place(
    sheet: Image.Image,
    cell: Cell,
    frame: tuple[int, int, int, int],
    paints: dict[str, Colour],
) -> None:
    left, top, width, height = frame
    scale = min(width / cell.image.width, height / cell.image.height)
    size = (max(1, round(cell.image.width * scale)), max(1, round(cell.image.height * scale)))
    left, top = left + (width - size[0]) // 2, top + (height - size[1]) // 2
    sheet.paste(cell.image.resize(size, Image.Resampling.LANCZOS), (left, top))
    pen = ImageDraw.Draw(sheet)
    for box in cell.boxes:
        x1, y1, x2, y2 = box.xyxy
        corners = (
            left + x1 * (size[0] - 1),
            top + y1 * (size[1] - 1),
            left + max(x2 * (size[0] - 1), x1 * (size[0] - 1) + 2),
            top + max(y2 * (size[1] - 1), y1 * (size[1] - 1) + 2),
        )
        # The dark casing keeps bright colours visible on bright ground.
        pen.rectangle(_grown(corners), outline=BACKGROUND, width=5)
        pen.rectangle(corners, outline=paints.get(box.label, INK), width=3)


def _grown(corners: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = corners
    return x1 - 1, y1 - 1, x2 + 1, y2 + 1


def _legend_rows(counts: dict[str, int]) -> list[list[tuple[str, str]]]:
    """(class, words) row by row, as many in a row as fit."""
    entries = [(name, f"{_short(name)}  {count:,}") for name, count in counts.items()]
    rest = len(entries) - LEGEND_CLASSES
    entries = entries[:LEGEND_CLASSES] + ([("", f"and {rest} more")] if rest > 0 else [])
    rows: list[list[tuple[str, str]]] = []
    used = float(WIDTH)
    for entry in entries:
        width = _entry_width(entry[1])
        if used + width > WIDTH - 2 * GAP:
            rows.append([])
            used = 0
        rows[-1].append(entry)
        used += width
    return rows


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def _entry_width(words: str) -> float:
    return 34 + font(24).getlength(words) + 28


def _draw_legend(
    sheet: Image.Image,
    rows: list[list[tuple[str, str]]],
    top: int,
    paints: dict[str, Colour],
) -> None:
    pen = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        left, middle = float(GAP + 4), top + number * 44 + 22
        for name, words in row:
            if name:
                swatch = (left, middle - 11, left + 22, middle + 11)
                pen.rounded_rectangle(swatch, 5, fill=paints[name])
            ink = INK if name else FAINT
            pen.text((left + 34, middle), words, fill=ink, font=font(24), anchor="lm")
            left += _entry_width(words)


@lru_cache(maxsize=8)
def font(size: int) -> Font:
    """A font that knows more than Latin where matplotlib is installed (it ships DejaVu)."""
    # Looked up, not imported: matplotlib takes a second and 50 MB.
    found = importlib.util.find_spec("matplotlib")
    if found is not None and found.origin is not None:
        path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)
