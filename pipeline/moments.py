"""The frames of a video that tell the most: no two alike, whatever happens kept.

While the video is decoded once, small grey glimpses of it are kept (a bounded number, whatever its
length). Of these each next pick is the one that is least like all picks before (farthest-point
sampling; Gonzalez 1985, "Clustering to minimize the maximum intercluster distance"): cuts, things
that move and a camera that pans all lie far from what was picked, a scene that stands still or
comes back does not. A detector of cuts alone gives a camera on a pole one scene and so one frame;
docs/discussion/smart-frames.md has the figures.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.images import Gray
from pipeline.video_file import (
    Facts,
    decoded,
    open_video,
    picture_stream,
    seconds_of,
    seek_before,
)

GLIMPSE = (18, 32)
"""Height and width of a glimpse: coarse enough that noise is gone, fine enough for a hand."""

MOST = 4000
"""Glimpses kept of one video: 5 MB."""

SOONEST_S = 0.1
KEYFRAMES_A_PICK = 4
"""With so many keyframes for each pick these are choice enough, and no others are decoded."""

QUIET = 1.5
"""Root mean square of grey levels (of 255) below which two glimpses show the same."""


def smart_times(path: Path, facts: Facts, limit: int, first: float, last: float) -> list[float]:
    """When to look between `first` and `last` seconds, rising: at most `limit` times.

    Fewer where the rest shows nothing new.
    """
    times: list[float] = []
    rows: list[Gray] = []
    within = sum(first <= keyframe <= last for keyframe in facts.keyframes)
    glimpses = _glimpses(
        path,
        facts,
        first=first,
        last=last,
        every_s=max(SOONEST_S, (last - first) / MOST),
        keyframes=within >= KEYFRAMES_A_PICK * limit,
    )
    for seconds, glimpse in glimpses:
        times.append(seconds)
        rows.append(glimpse.reshape(-1))
    if not times:
        return [first]
    return [times[pick] for pick in sorted(farthest(np.stack(rows), limit))]


def farthest(rows: Gray, limit: int) -> list[int]:
    """Indexes of at most `limit` rows (glimpses, flattened), each the least like those before.

    Brightness as a whole does not count: a cloud before the sun is no news.
    """
    values: NDArray[np.float32] = rows.astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    power = np.einsum("ij,ij->i", values, values) / values.shape[1]
    picks = [0]
    away = np.full(len(rows), np.inf, dtype=np.float32)
    while True:
        # |a - b|² = |a|² + |b|² - 2ab, which needs no second array of their size.
        product = values @ values[picks[-1]] / values.shape[1]
        np.minimum(away, power + power[picks[-1]] - 2 * product, out=away)
        pick = int(away.argmax())
        if len(picks) >= limit or away[pick] < QUIET**2:
            return picks
        picks.append(pick)


def _glimpses(
    path: Path, facts: Facts, *, first: float, last: float, every_s: float, keyframes: bool
) -> Iterator[tuple[float, Gray]]:
    """Small grey pictures from `first` to `last` seconds, at least `every_s` apart."""
    with open_video(path) as container:
        stream = picture_stream(container)
        if keyframes:
            stream.codec_context.skip_frame = "NONKEY"
        near = seek_before(container, stream, facts, first)
        due = first
        for index, frame in enumerate(decoded(container, stream)):
            seconds = seconds_of(frame, facts, near + index / facts.rate)
            if seconds > last:
                return
            if seconds < due:
                continue
            due = seconds + every_s
            try:
                small = frame.reformat(
                    width=GLIMPSE[1], height=GLIMPSE[0], format="gray", interpolation="AREA"
                )
                yield seconds, small.to_ndarray()
            except (av.FFmpegError, ValueError, MemoryError):
                # An absurd frame is none to choose.
                continue
