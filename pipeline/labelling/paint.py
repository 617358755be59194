"""What is drawn on pictures for people: boxes and numbers that show on any ground."""

from functools import cache

from PIL import Image, ImageDraw, ImageFont

from pipeline.labelling.colours import Colour

CASING: Colour = (12, 14, 18)
PAPER: Colour = (255, 255, 255)
Pixels = tuple[float, float, float, float]


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, so that no machine needs one installed."""
    return ImageFont.load_default(size)


@cache
def writable(text: str) -> bool:
    """Whether that font has every letter of `text`; it knows little beyond ASCII."""
    return text.isascii() and text.isprintable()


def box(
    image: Image.Image, xyxy: Pixels, colour: Colour, *, width: int, dashed: bool = False
) -> None:
    """A box in pixels; the line lies just outside, so that it hides nothing of the object.

    At the picture's border it moves inside, so that all four sides show.
    """
    draw = ImageDraw.Draw(image)
    casing = max(1, width // 2)
    reach = width + casing
    x1, x2 = _line_ends(xyxy[0], xyxy[2], reach, image.width)
    y1, y2 = _line_ends(xyxy[1], xyxy[3], reach, image.height)
    rim = (x1, y1, x2, y2)
    core = (x1 + casing, y1 + casing, x2 - casing, y2 - casing)
    if dashed:
        _dashes(draw, rim, CASING, width + 2 * casing, dash=width * 5)
        _dashes(draw, core, colour, width, dash=width * 5, shorter=casing)
    else:
        draw.rectangle(rim, outline=CASING, width=width + 2 * casing)
        draw.rectangle(core, outline=colour, width=width)


def _line_ends(start: float, end: float, reach: int, length: int) -> tuple[int, int]:
    first = min(max(round(start) - reach, 0), length - 1)
    return first, max(first, min(round(end) + reach, length) - 1)


def _dashes(
    draw: ImageDraw.ImageDraw,
    rim: tuple[int, int, int, int],
    shade: Colour,
    thick: int,
    *,
    dash: int,
    shorter: int = 0,
) -> None:
    x1, y1, x2, y2 = rim
    for start, end in _spans(x1 - shorter, x2 + shorter, dash):
        for top in (y1, y2 - thick + 1):
            _fill(draw, (start + shorter, top, end - shorter, top + thick - 1), shade)
    for start, end in _spans(y1 - shorter, y2 + shorter, dash):
        for left in (x1, x2 - thick + 1):
            _fill(draw, (left, start + shorter, left + thick - 1, end - shorter), shade)


def _fill(draw: ImageDraw.ImageDraw, xyxy: tuple[int, int, int, int], shade: Colour) -> None:
    # Pillow refuses a rectangle whose end lies before its start; a tiny box makes such dashes.
    if xyxy[0] <= xyxy[2] and xyxy[1] <= xyxy[3]:
        draw.rectangle(xyxy, fill=shade)


def _spans(start: int, end: int, dash: int) -> list[tuple[int, int]]:
    # An odd count of equal parts, drawn and left out in turn: a dash at either corner.
    parts = max(3, round((end - start) / dash) | 1)
    step = (end - start) / parts
    return [
        (round(start + step * part), round(start + step * (part + 1)))
        for part in range(0, parts, 2)
    ]


def badge(image: Image.Image, spot: Pixels, text: str) -> None:
    """A number on a light pill with a dark rim, filling `spot` (pixels)."""
    draw = ImageDraw.Draw(image)
    x1, y1, x2, y2 = spot
    height = y2 - y1
    draw.rounded_rectangle(
        spot, radius=height * 0.3, fill=PAPER, outline=CASING, width=max(2, round(height * 0.06))
    )
    draw.text(
        ((x1 + x2) / 2, (y1 + y2) / 2),
        text,
        font=font(round(height * 0.74)),
        fill=CASING,
        anchor="mm",
        # The font comes in one weight; the stroke makes it bold.
        stroke_width=max(1, round(height * 0.025)),
        stroke_fill=CASING,
    )


def badge_width(text: str, height: float) -> float:
    """How wide `badge` should be for `text`, in pixels."""
    return max(height, font(round(height * 0.74)).getlength(text) + height * 0.5)


def tag(image: Image.Image, spot: Pixels, text: str, colour: Colour) -> None:
    """A name on its class's colour, filling `spot` (pixels)."""
    draw = ImageDraw.Draw(image)
    height = spot[3] - spot[1]
    draw.rounded_rectangle(
        spot, radius=height * 0.22, fill=colour, outline=CASING, width=max(1, round(height * 0.07))
    )
    draw.text(
        ((spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2),
        text,
        font=font(round(height * 0.66)),
        fill=CASING,
        anchor="mm",
        stroke_width=max(0, round(height * 0.015)),
        stroke_fill=CASING,
    )


def tag_width(text: str, height: float) -> float:
    """How wide `tag` should be for `text`, in pixels."""
    return font(round(height * 0.66)).getlength(text) + height * 0.5


def note(image: Image.Image, text: str) -> None:
    """A quiet word in the middle of an empty picture."""
    ImageDraw.Draw(image).text(
        (image.width / 2, image.height / 2),
        text,
        font=font(max(14, image.width // 10)),
        fill=(150, 155, 165),
        anchor="mm",
    )


def overlap(one: Pixels, other: Pixels) -> float:
    """The area that two rectangles share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, high)


def covered(box: Pixels, by: Pixels) -> float:
    """The share of `box` that lies under `by`."""
    return overlap(box, by) / max(1.0, (box[2] - box[0]) * (box[3] - box[1]))
