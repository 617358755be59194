"""Labelled photos as people send them: zips with YOLO labels, some of them wrong on purpose."""

import random
import zipfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bot.demo import clip
from bot.demo.scene import WHAT, Box, Clip, View, photo

CLIP_SECONDS = 12.0
CHECKED = 18
"""Photos whose labels the members check."""


@dataclass
class Luggage:
    """What the members bring along, and the truth about it: ducks by photo, and the clip's own."""

    trusted: Path
    checked: Path
    video: Path
    clip: Clip
    unseen: bytes
    ducks: dict[str, tuple[Box, ...]] = field(default_factory=dict)


def pack(folder: Path, *, photos: int, seed: int = 2026) -> Luggage:
    """Draw and pack everything into `folder`: `photos` trusted ones, CHECKED ones and a video.

    The same seed gives the same pictures.
    """
    rng = random.Random(seed)
    moving = Clip(seed, CLIP_SECONDS)
    luggage = Luggage(
        trusted=folder / "ducks.zip",
        checked=folder / "more-ducks.zip",
        video=folder / "bath.mp4",
        clip=moving,
        unseen=_crowded(seed).jpeg(),
    )
    clip.write(moving, luggage.video)
    first = seed * 10
    named = {f"bath-{number:03d}": photo(first + number) for number in range(1, photos + 1)}
    _zip(luggage.trusted, named, {name: list(view.ducks) for name, view in named.items()})
    phone = {f"phone-{number:02d}": photo(first - number) for number in range(1, CHECKED + 1)}
    _zip(luggage.checked, phone, _with_faults(phone, rng))
    luggage.ducks = {name: view.ducks for name, view in (named | phone).items()}
    return luggage


def _crowded(seed: int) -> View:
    """A photo worth trying a model on: several ducks among other toys."""
    views = (photo(seed + number) for number in count())
    return next(view for view in views if len(view.ducks) >= 3 and len(view.others) >= 2)


def _with_faults(views: dict[str, View], rng: random.Random) -> dict[str, list[Box]]:
    """Labels with what goes wrong in life: other toys called ducks, and a duck forgotten."""
    labels = {name: list(view.ducks) for name, view in views.items()}
    mixed_up = rng.sample([name for name, view in views.items() if view.others], 3)
    for name in mixed_up:
        labels[name].append(views[name].others[0])
    rest = [name for name in views if name not in mixed_up and len(labels[name]) > 1]
    labels[rng.choice(rest)].pop()
    return labels


def _zip(path: Path, views: dict[str, View], labels: dict[str, list[Box]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.yaml", f"names: [{WHAT}]\n")
        for name, view in views.items():
            archive.writestr(f"images/{name}.jpg", view.jpeg())
            rows = [_row(box) for box in labels[name]]
            archive.writestr(f"labels/{name}.txt", "".join(rows))


def _row(box: Box) -> str:
    x1, y1, x2, y2 = box
    return f"0 {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}\n"
