"""Cutting a video into blocks of time, for when there is nothing else to judge a model by.

Neighbouring frames look alike, so a split frame by frame tests on what was learned. Blocks with
gaps between them leave only the likeness of one place and one camera, which the result tells.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

from pipeline.parts import GAP, TRAIN, SplitImage, by_group

BLOCKS = 10
GAP_S = 2.0
GAP_SHARE = 0.2
"""Of a video's frames, the most that gaps may take."""


def is_video(images: Sequence[SplitImage]) -> bool:
    """Whether these images have an order in time."""
    return len(images) > 1 and all(image.seconds is not None for image in images)


def in_time(frames: Iterable[SplitImage]) -> list[SplitImage]:
    """The frames in order of time."""
    return sorted(frames, key=lambda frame: (_when(frame), frame.id))


def cut(frames: Sequence[SplitImage], count: int) -> list[list[SplitImage]]:
    """At most `count` blocks of time, each with about as many frames that have boxes.

    Frames without boxes go with their neighbours: by themselves they judge little.
    """
    order = in_time(frames)
    marks = [place for place, frame in enumerate(order) if frame.boxes] or list(range(len(order)))
    count = min(count, len(marks))
    starts = [0, *(marks[round(len(marks) * block / count)] for block in range(1, count))]
    return [order[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def gaps(frames: Sequence[SplitImage], parts: Mapping[int, str]) -> set[int]:
    """The ids to leave out, where a block of one part ends and one of another begins.

    At each such place the frames within two seconds go (at least one), from the training side where
    there is one; in all at most a fifth of the frames.

    Args:
        frames: of one video.
        parts: the part of each by id.
    """
    runs = [list(run) for _, run in groupby(in_time(frames), key=lambda frame: parts[frame.id])]
    budget = int(len(frames) * GAP_SHARE)
    dropped: set[int] = set()
    for place, (before, after) in enumerate(pairwise(runs)):
        share = -(-(budget - len(dropped)) // (len(runs) - 1 - place))
        if _later_gives(before, after, parts):
            giving, edge = after, before[-1]
        else:
            giving, edge = before[::-1], after[0]
        giving = [frame for frame in giving if frame.id not in dropped]
        if not giving:
            continue  # a short run that an earlier gap took whole
        # A part to judge by may shrink but not vanish.
        spare = len(giving) - (parts[giving[0].id] != TRAIN)
        near = sum(abs(_when(frame) - _when(edge)) <= GAP_S for frame in giving)
        dropped.update(frame.id for frame in giving[: min(max(1, near), share, spare)])
    return dropped


def part_between(frame: SplitImage, settled: Sequence[tuple[float, str]]) -> str:
    """The part of a frame that came later: that of both its neighbours in time, else the gap.

    Args:
        frame: the new one.
        settled: place in seconds and part of the video's known frames, in order of time.
    """
    if frame.seconds is None or not settled:
        return GAP
    place = bisect_left(settled, (frame.seconds, ""))
    around = {part for _, part in settled[max(0, place - 1) : place + 1]}
    return around.pop() if len(around) == 1 else GAP


def block_groups(images: Iterable[SplitImage], parts: Mapping[int, str]) -> set[str]:
    """The videos that stand in several parts, in no more runs than cutting makes."""
    return {
        key
        for key, group in by_group(images).items()
        if is_video(group) and 0 < _changes(group, parts) < BLOCKS
    }


def _changes(frames: Sequence[SplitImage], parts: Mapping[int, str]) -> int:
    order = [parts[frame.id] for frame in in_time(frames) if parts[frame.id] != GAP]
    return sum(one != other for one, other in pairwise(order))


def _later_gives(
    before: list[SplitImage], after: list[SplitImage], parts: Mapping[int, str]
) -> bool:
    if TRAIN in (parts[before[0].id], parts[after[0].id]):
        return parts[after[0].id] == TRAIN
    return len(after) > len(before)


def _when(frame: SplitImage) -> float:
    return frame.seconds or 0.0
