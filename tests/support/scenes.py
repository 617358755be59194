"""Small learnable scenes, drawn by code: fruit on a table, with their boxes."""

import io
import json
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from storage.files import FileStore

CLASSES = ["apple", "lemon"]
SIZE = (240, 180)

Row = list[float]


def scene(seed: int, size: tuple[int, int] = SIZE) -> tuple[bytes, list[Row]]:
    """A JPEG of a scene and its rows `[class, x1, y1, x2, y2]`, normalised."""
    rng = random.Random(seed)
    width, height = size
    shade = rng.randint(60, 120)
    image = Image.new("RGB", size, (shade, shade - 15, shade - 30))
    draw = ImageDraw.Draw(image)
    for y in range(0, height, 9):
        draw.line((0, y, width, y + rng.randint(-4, 4)), fill=(shade - 12, shade - 26, shade - 40))
    rows: list[Row] = []
    cells = [(c, r) for c in range(3) for r in range(2)]
    for column, row in rng.sample(cells, rng.randint(2, 5)):
        cell_w, cell_h = width / 3, height / 2
        radius = min(cell_w, cell_h) * rng.uniform(0.28, 0.42)
        x = column * cell_w + cell_w / 2 + rng.uniform(-4, 4)
        y = row * cell_h + cell_h / 2 + rng.uniform(-4, 4)
        index = rng.randint(0, 1)
        wide = radius * (1.0 if index == 0 else 1.25)
        tall = radius * (1.0 if index == 0 else 0.75)
        box = (
            max(x - wide, 0.0),
            max(y - tall, 0.0),
            min(x + wide, width - 1.0),
            min(y + tall, height - 1.0),
        )
        draw.ellipse(box, fill=(210, 40, 45) if index == 0 else (235, 210, 60))
        draw.ellipse((x - wide * 0.5, y - tall * 0.6, x, y - tall * 0.1), fill=(255, 245, 230))
        rows.append([index, box[0] / width, box[1] / height, box[2] / width, box[3] / height])
    data = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(0.6)).save(data, "JPEG", quality=90)
    return data.getvalue(), rows


def store_dataset(
    root: Path, *, train: int = 12, val: int = 4, test: int = 3, size: tuple[int, int] = SIZE
) -> tuple[FileStore, str, dict[str, Any]]:
    """A store with scenes and their manifest; returns it, the manifest's key and content."""
    store = FileStore(root)
    images = []
    parts = ["train"] * train + ["val"] * val + ["test"] * test
    for number, part in enumerate(parts, start=1):
        data, rows = scene(number, size)
        images.append(
            {
                "id": number,
                "key": store.put_bytes(data, suffix=".jpg"),
                "name": f"scene {number}.jpg",
                "width": size[0],
                "height": size[1],
                "part": part,
                "group": f"group-{number}",
                "boxes": rows,
            }
        )
    manifest = {"project": "fruit", "version": 1, "classes": CLASSES, "images": images}
    key = store.put_bytes(json.dumps(manifest).encode(), suffix=".json")
    return store, key, manifest
