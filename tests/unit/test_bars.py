"""Black bars of films are found and cut; darkness is no bar."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.bars import Bars, find_bars
from pipeline.shots import video_shots
from pipeline.stretch import Look
from pipeline.worker.reporter import FileReporter
from tests.support.busy import busy, written
from tests.support.clips import clip

SIZE = (320, 240)


def boxed(seed: int, top: int = 0, left: int = 0, size: tuple[int, int] = SIZE) -> Image.Image:
    """A frame with bars, as a film's compression leaves it."""
    frame = Image.new("RGB", size)
    inner = size[0] - 2 * left, size[1] - 2 * top
    frame.paste(busy(seed, inner), (left, top))
    return written(frame, 80)


@pytest.mark.parametrize(("top", "left"), [(30, 0), (0, 40), (20, 24)])
def test_bars_are_found(top: int, left: int) -> None:
    """Above and below, at the sides, or all round; fades to black do not matter."""
    frames = [boxed(seed, top, left) for seed in range(6)]
    bars = find_bars([Image.new("RGB", SIZE), *frames])
    assert bars is not None
    found = (bars.top, bars.low, bars.left, bars.right)
    assert np.abs(np.subtract(found, (top, top, left, left))).max() <= 2
    whole = bars.cut(frames[0])
    assert np.asarray(whole.convert("L")).max(axis=1).min() > 40
    assert bars.cut(Image.new("RGB", (64, 64))).size == (64, 64)


def night(at: int) -> Image.Image:
    """A dark scene: a lamp somewhere in the middle."""
    frame = Image.new("RGB", SIZE, (6, 6, 8))
    frame.paste(Image.new("RGB", (60, 50), (250, 240, 190)), (60 + 20 * at, 70 + 9 * at))
    return frame


def sky(seed: int) -> Image.Image:
    """Night above a lit street, seen by a camera that stands still: black at one side only."""
    frame = Image.new("RGB", SIZE)
    frame.paste(busy(seed, (320, 160)), (0, 80))
    return frame


@pytest.mark.parametrize(
    "frames",
    [
        [busy(seed, SIZE) for seed in range(6)],
        [night(at) for at in range(6)],
        [sky(seed) for seed in range(6)],
        [Image.new("RGB", SIZE)] * 6,
        [boxed(1, 30), boxed(2, 30)],
        [*(boxed(seed, 30) for seed in range(2)), *(busy(seed, SIZE) for seed in range(4))],
        [],
    ],
    ids=["lit", "night", "sky", "black", "too few", "some scenes only", "none"],
)
def test_what_is_no_bar_is_not_cut(frames: list[Image.Image]) -> None:
    """Dark scenes, one dark side, black films, and bars that some scenes have alone."""
    assert find_bars(frames) is None


def test_all_frames_of_a_film_are_cut_alike(tmp_path: Path) -> None:
    """Whatever a single frame shows, a film's frames keep one size."""
    frames = [np.asarray(boxed(at, 30)) for at in range(5)]
    frames += [np.asarray(Image.new("RGB", SIZE)), np.asarray(boxed(9, 60))]
    film = clip(tmp_path / "film.mp4", (frame for frame in frames for _ in range(10)))
    look = Look(every_s=1.0, limit=99)
    shots, seconds = video_shots(
        film, "film", "g", look=look, work=tmp_path, reporter=FileReporter(tmp_path)
    )
    assert len(shots) == 7
    assert seconds == pytest.approx(6.9)
    assert {shot.width for shot in shots} == {320}
    (height,) = {shot.height for shot in shots}
    assert 176 <= height <= 180
    for shot in shots:
        with Image.open(shot.path) as image:
            assert image.size == (320, height)


def test_bars_know_their_frame() -> None:
    """Each side is cut by itself."""
    frame = busy(1, SIZE)
    assert Bars(SIZE, left=1, top=2, right=3, low=4).cut(frame).size == (316, 234)
