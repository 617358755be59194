"""What a chart over versions shows; apart from the drawing, which needs Pillow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A version's figures, 0..1; `aside`: it is not used; `current`: it is the one in use."""

    number: int
    map50: float
    map50_95: float
    aside: bool = False
    current: bool = False
