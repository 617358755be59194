"""Pictures full of corners, as photos are."""

import io

import numpy as np
from PIL import Image, ImageDraw

Size = tuple[int, int]


def busy(seed: int, size: Size = (480, 360), things: int = 60) -> Image.Image:
    """A picture of overlapping shapes; those of different seeds have nothing in common."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(rng.integers(60, 200, 3).tolist()))
    pen = ImageDraw.Draw(image)
    for number in range(things):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        wide, high = rng.integers(12, 90, 2)
        colour = tuple(rng.integers(0, 256, 3).tolist())
        shape = pen.rectangle if number % 2 else pen.ellipse
        shape((int(x), int(y), int(x + wide), int(y + high)), fill=colour)
    return image


def written(image: Image.Image, quality: int = 60) -> Image.Image:
    """The picture after a JPEG."""
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def cut(image: Image.Image, share: float = 0.05) -> Image.Image:
    """The picture without this share of each side."""
    x, y = round(share * image.width), round(share * image.height)
    return image.crop((x, y, image.width - x, image.height - y))


def png(image: Image.Image) -> bytes:
    """The picture as a file."""
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()
