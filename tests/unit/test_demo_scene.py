"""The demo's bath: what is drawn, and what is said to be there."""

import numpy as np
import pytest

from bot.demo.scene import HEIGHT, WIDTH, Clip, photo
from bot.demo.toys import KINDS, SIZE, toy


def yellow(pixels: np.ndarray) -> np.ndarray:
    """Where a picture has a duck's colour: much red and green, little blue."""
    red, green, blue = (pixels[..., at].astype(int) for at in range(3))
    return (red > blue + 70) & (green > blue + 45)


@pytest.mark.parametrize("seed", range(12))
def test_every_duck_has_a_box_around_it_and_nothing_else_has(seed):
    """Yellow lies within the ducks' boxes, fills much of each, and each touches the picture."""
    view = photo(seed)
    there = yellow(view.pixels)
    inside = np.zeros_like(there)
    assert 1 <= len(view.ducks) <= 4
    for x1, y1, x2, y2 in view.ducks:
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        part = np.s_[round(y1 * HEIGHT) : round(y2 * HEIGHT), round(x1 * WIDTH) : round(x2 * WIDTH)]
        assert there[part].mean() > 0.25
        inside[part] = True
    # Some stars are nearly as yellow.
    for x1, y1, x2, y2 in view.others:
        inside[round(y1 * HEIGHT) : round(y2 * HEIGHT), round(x1 * WIDTH) : round(x2 * WIDTH)] = (
            True
        )
    assert there[~inside].mean() < 0.002


def test_a_seed_names_a_picture():
    """The same seed gives the same bytes, another seed another picture."""
    assert photo(3).jpeg() == photo(3).jpeg()
    assert photo(3).jpeg() != photo(4).jpeg()


def test_the_truth_of_a_clip_moves_with_its_ducks():
    """At two moments the ducks are elsewhere, and each time within their boxes."""
    clip = Clip(5, 12.0)
    early, late = clip.at(0.0), clip.at(3.0)
    assert early.ducks != late.ducks
    for view in (early, late):
        for x1, y1, x2, y2 in view.ducks:
            part = view.pixels[
                round(y1 * HEIGHT) : round(y2 * HEIGHT), round(x1 * WIDTH) : round(x2 * WIDTH)
            ]
            assert yellow(part).mean() > 0.25


@pytest.mark.parametrize("kind", KINDS)
def test_a_toy_is_drawn_on_nothing(kind):
    """A toy fills part of its square and leaves its corners see-through."""
    picture = toy(kind, 1)
    assert picture.size == (SIZE, SIZE)
    alpha = np.asarray(picture.getchannel("A"))
    assert alpha[0, 0] == alpha[-1, -1] == 0
    assert 0.2 < (alpha == 255).mean() < 0.8
