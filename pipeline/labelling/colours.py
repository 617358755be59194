"""Colours that tell classes apart, also for people who see fewer of them.

Okabe and Ito's palette (2008), made brighter: every colour is drawn with a dark casing, so that the
bright ones stand out on any ground.
"""

import zlib
from collections.abc import Iterable, Sequence

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

PALETTE: tuple[Colour, ...] = (
    (240, 228, 66),
    (86, 180, 233),
    (245, 110, 40),
    (0, 200, 140),
    (224, 140, 190),
    (230, 159, 0),
    (60, 130, 220),
    (255, 255, 255),
)


def colour(which: int | str) -> Colour:
    """The colour of a class by its place in the project's list, or, without one, by its name."""
    place = which if isinstance(which, int) else zlib.crc32(which.encode())
    return PALETTE[place % len(PALETTE)]


def colours(labels: Iterable[str], classes: Sequence[str] = ()) -> dict[str, Colour]:
    """A colour for each label.

    Args:
        labels: the labels to show together.
        classes: the project's classes in order; they keep their colours from picture to picture.
            A label outside of them gets a colour by its name, moved on while another one has it.
    """
    order = {label: place for place, label in enumerate(classes)}
    chosen: dict[str, Colour] = {}
    for label in sorted(set(labels), key=lambda label: (order.get(label, len(order)), label)):
        place = order.get(label, zlib.crc32(label.encode()))
        if label not in order:
            for _ in PALETTE:
                if colour(place) not in chosen.values():
                    break
                place += 1
        chosen[label] = colour(place)
    return chosen
