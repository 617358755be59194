"""Frames of a video, evenly spread, through PyAV.

Either every frame is decoded in turn, or, where samples lie far apart, each is the keyframe nearest
to its time, so that an hour of video costs seconds.
"""

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from pipeline.errors import SourceError
from pipeline.images import MAX_PIXELS
from pipeline.video_file import (
    BROKEN,
    Facts,
    decoded,
    keyframe_gap,
    open_video,
    picture_stream,
    seconds_of,
    seek,
    seek_before,
)

JPEG_QUALITY = 92
MAX_SIDE = 1920
KEYFRAMES_FROM = 2.0
"""Samples this many keyframe gaps apart take keyframes instead of decoding all between."""

LEAP_FROM = 2.0
"""Keyframe gaps between two targets from which on the second is sought."""


@dataclass(frozen=True)
class Frame:
    """One upright RGB frame and its place in the video."""

    image: Image.Image
    seconds: float


def sample(
    path: Path, facts: Facts, times: Sequence[float], stretch: tuple[float, float] | None = None
) -> Iterator[Frame]:
    """Frames at about `times`, which rise; each is there once, and within `stretch` (seconds).

    Raises:
        SourceError: nothing in it decodes.
    """
    gap = keyframe_gap(facts)
    step = min((b - a for a, b in itertools.pairwise(times)), default=facts.seconds)
    count = 0
    with open_video(path) as container:
        if gap is not None and step >= KEYFRAMES_FROM * gap:
            frames = _by_keyframe(container, facts, times, stretch)
        else:
            frames = _in_turn(container, facts, times, gap)
        for frame in frames:
            count += 1
            yield frame
    if count == 0:
        raise SourceError(BROKEN)


def sample_times(seconds: float, every_s: float, limit: int, first: float = 0.0) -> list[float]:
    """When to look: `first` and every `every_s` after it, up to `seconds`.

    Spread over that whole stretch when these were more than `limit`.
    """
    length = seconds - first
    count = math.floor(length / every_s) + 1
    if count <= limit:
        return [first + index * every_s for index in range(count)]
    return [first + index * length / limit for index in range(limit)]


def _aspect(stream: Any) -> float:
    """Width of a pixel by its height; DVDs and old phones have oblong ones."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 0.25 <= aspect <= 4.0 else 1.0


def _in_turn(
    container: Any, facts: Facts, times: Sequence[float], gap: float | None
) -> Iterator[Frame]:
    half = 0.5 / facts.rate
    stream = picture_stream(container)
    aspect = _aspect(stream)
    wanted = iter(times)
    target = next(wanted, None)
    while target is not None:
        # What lies between two far targets is passed over, not decoded.
        near = seek_before(container, stream, facts, target)
        leap = None
        for index, frame in enumerate(decoded(container, stream)):
            seconds = seconds_of(frame, facts, near + index / facts.rate)
            if seconds + half < target:
                continue
            image = _image(frame, aspect)
            if image is not None:
                yield Frame(image, max(seconds, 0.0))
            while target is not None and target <= seconds + half:
                target = next(wanted, None)
            if target is None:
                return
            if gap is not None and target - seconds > LEAP_FROM * gap:
                leap = target
                break
        if leap is None:
            return


def _by_keyframe(
    container: Any, facts: Facts, times: Sequence[float], stretch: tuple[float, float] | None
) -> Iterator[Frame]:
    keyframes = facts.keyframes
    if stretch is not None:
        first, last = stretch
        keyframes = [at for at in keyframes if first <= at <= last] or keyframes
    stream = picture_stream(container)
    stream.codec_context.skip_frame = "NONKEY"
    aspect = _aspect(stream)
    taken: set[float] = set()
    for target in times:
        near = _nearest(keyframes, target)
        if near in taken:
            continue
        taken.add(near)
        if not seek(container, stream, facts, near):
            # One place that cannot be reached is one frame less, not the end.
            continue
        for frame in decoded(container, stream):
            image = _image(frame, aspect)
            if image is not None:
                yield Frame(image, max(seconds_of(frame, facts, near), 0.0))
            break


def _nearest(keyframes: list[float], target: float) -> float:
    at = bisect.bisect_left(keyframes, target)
    return min(keyframes[max(at - 1, 0) : at + 1], key=lambda time: abs(time - target))


def _image(frame: Any, aspect: float) -> Image.Image | None:
    """The frame upright, in square pixels; None when it is absurd or does not convert."""
    if not 0 < frame.width * frame.height <= MAX_PIXELS:
        return None
    scale = min(1.0, MAX_SIDE / max(frame.width, frame.height))
    width, height = frame.width * scale, frame.height * scale
    width *= aspect
    try:
        pixels = frame.reformat(
            width=max(2, round(width)),
            height=max(2, round(height)),
            format="rgb24",
            # Fine patterns flicker when a large frame is only sampled.
            interpolation="AREA" if scale < 1 else "BILINEAR",
        ).to_ndarray()
    except (av.FFmpegError, ValueError, MemoryError):
        return None
    turns = round(frame.rotation / 90) % 4
    return Image.fromarray(np.ascontiguousarray(np.rot90(pixels, turns)))
