"""Circles around things, as a finger draws them in a chat's photo editor."""

import io
import math
import random
from collections.abc import Iterable

from PIL import Image, ImageDraw

from bot.demo.scene import Box

_INK = (255, 45, 85)
_STEPS = 72


def circle(photo: bytes, boxes: Iterable[Box], *, seed: int) -> bytes:
    """The photo with a wobbly closed line around each box (normalised xyxy), as a JPEG."""
    rng = random.Random(seed)
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    draw = ImageDraw.Draw(image)
    pen = max(4, max(image.size) // 110)
    for x1, y1, x2, y2 in boxes:
        middle = ((x1 + x2) / 2 * image.width, (y1 + y2) / 2 * image.height)
        reach = ((x2 - x1) / 2 * image.width + pen, (y2 - y1) / 2 * image.height + pen)
        start, wobble = rng.uniform(0, math.tau), rng.uniform(0, math.tau)
        line = []
        for step in range(_STEPS + 4):
            angle = start + math.tau * step / _STEPS
            out = 1.06 + 0.03 * math.sin(3 * angle + wobble)
            x = middle[0] + reach[0] * out * math.cos(angle)
            y = middle[1] + reach[1] * out * math.sin(angle)
            line.append((_within(x, image.width, pen), _within(y, image.height, pen)))
        draw.line(line, fill=_INK, width=pen, joint="curve")
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88)
    return data.getvalue()


def _within(value: float, size: int, pen: int) -> float:
    return min(max(value, pen), size - pen)
