"""The frames that tell the most."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.frames import sample
from pipeline.moments import farthest, smart_times
from pipeline.video_file import Facts, facts_of
from tests.support.clips import Pixels, clip, picture


def chosen(path: Path, limit: int, first: float = 0.0, last: float | None = None) -> list[float]:
    """The times that are chosen in a video, or a stretch of it."""
    facts = facts_of(path)
    return smart_times(path, facts, limit, first, facts.seconds if last is None else last)


def passing(number: int) -> Pixels:
    """A still scene through which something small passes from frame 40 to 59."""
    pixels = picture(1).copy()
    if 40 <= number < 60:
        pixels[40:70, 7 * (number - 40) : 7 * (number - 40) + 25] = 255
    return pixels


def test_what_moves_is_chosen_and_what_stands_still_is_not(tmp_path: Path) -> None:
    """Of ten seconds, in two of which something passes, nearly all choices fall on those two."""
    times = chosen(clip(tmp_path / "a.mp4", (passing(number) for number in range(100))), 8)
    assert len(times) == 8
    assert sum(4 <= time < 6 for time in times) >= 6


def test_every_scene_is_chosen_and_one_that_comes_back_is_not_again(tmp_path: Path) -> None:
    """Three scenes, the first of them twice: three frames, though ten are allowed."""
    scenes = [1, 2, 1, 3]
    path = clip(tmp_path / "a.mp4", (picture(scenes[number // 20]) for number in range(80)))
    times = chosen(path, 10)
    assert len(times) == 3
    assert [int(time // 2) for time in times] in ([0, 1, 3], [1, 2, 3])


def test_only_the_stretch_is_chosen_from(tmp_path: Path) -> None:
    """Times outside are never chosen."""
    path = clip(tmp_path / "a.mp4", (picture(number // 5) for number in range(100)))
    times = chosen(path, 50, first=3.0, last=6.0)
    assert len(times) >= 6
    assert all(3 <= time <= 6 for time in times)


def test_keyframes_alone_are_enough_where_there_are_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many keyframes for each pick the choice falls on keyframes only."""
    path = clip(tmp_path / "a.mp4", (picture(number // 5) for number in range(100)), gop=4)
    facts = facts_of(path)
    times = chosen(path, len(facts.keyframes) // 4)
    assert len(times) == len(facts.keyframes) // 4
    assert all(min(abs(time - key) for key in facts.keyframes) < 0.01 for time in times)


def test_the_chosen_frames_can_be_taken(tmp_path: Path) -> None:
    """Each chosen time gives the frame of that time."""
    path = clip(tmp_path / "a.mp4", (picture(number // 5) for number in range(100)))
    times = chosen(path, 12)
    frames = list(sample(path, facts_of(path), times))
    assert [frame.seconds for frame in frames] == pytest.approx(times, abs=0.06)


def test_a_video_of_one_frame_gives_it(tmp_path: Path) -> None:
    """However little there is, it is chosen."""
    assert chosen(clip(tmp_path / "a.mp4", [picture(1)]), 5) == [0.0]


def test_brightness_as_a_whole_is_no_news() -> None:
    """The same picture in other light is not chosen again."""
    row = picture(1, (32, 18))[:, :, 0].reshape(-1) // 2
    assert farthest(np.stack([row, row + 60, row + 90]), 3) == [0]


def test_the_choice_agrees_with_plain_distances() -> None:
    """Each pick is the row whose distance to the nearest earlier pick is the largest."""
    rows = np.random.default_rng(3).integers(0, 256, (40, 576), dtype=np.uint8)
    values = rows - rows.mean(axis=1, keepdims=True)
    picks = farthest(rows, 10)
    for count in range(1, 10):
        away = [min(np.square(row - values[one]).mean() for one in picks[:count]) for row in values]
        assert away[picks[count]] == pytest.approx(max(away), rel=1e-4)


def test_nothing_that_decodes_still_gives_a_time(tmp_path: Path) -> None:
    """Where no glimpse can be had the beginning is looked at, and sampling tells what is wrong."""
    path = clip(tmp_path / "a.mp4", [picture(1)] * 10)
    facts = Facts(seconds=900.0, first=0.0, rate=10.0, keyframes=[0.0])
    assert smart_times(path, facts, 5, 800.0, 900.0) == [800.0]
