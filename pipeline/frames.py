"""Frames of a video, evenly spread, through PyAV.

A first walk over the packets (no decoding) finds the true length and where keyframes lie, since
headers lie about both. Then either every frame is decoded in turn, or, where samples lie far apart,
each is the keyframe nearest to its time, so that an hour of video costs seconds.
"""

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from pipeline.errors import SourceError
from pipeline.images import MAX_PIXELS
from pipeline.sources.kinds import HEAD_BYTES, demuxer_of

JPEG_QUALITY = 92
MAX_SIDE = 1920
DEFAULT_RATE = 25.0
KEYFRAMES_FROM = 2.0
"""Samples this many keyframe gaps apart take keyframes instead of decoding all between."""

MAX_FAULTS = 5_000
MAX_SECONDS = 7 * 86_400.0

BROKEN = "I can't read that video; it may be damaged or unfinished: send it again or another one."
NO_PICTURE = "That file has sound but no picture: send a video."


@dataclass(frozen=True)
class Frame:
    """One upright RGB frame and its place in the video."""

    image: Image.Image
    seconds: float


@dataclass(frozen=True)
class Facts:
    """What the walk over the packets found. Times are in seconds from the first picture."""

    seconds: float
    first: float
    rate: float
    keyframes: list[float]


def sample(path: Path, facts: Facts, every_s: float, limit: int) -> Iterator[Frame]:
    """Frames every `every_s` seconds, wider apart where these would be more than `limit`.

    Raises:
        SourceError: nothing in it decodes.
    """
    times = sample_times(facts.seconds, every_s, limit)
    step = times[1] - times[0] if len(times) > 1 else facts.seconds
    gap = _keyframe_gap(facts)
    count = 0
    with _open(path) as container:
        if gap is not None and step >= KEYFRAMES_FROM * gap:
            frames = _by_keyframe(container, facts, times)
        else:
            frames = _in_turn(container, facts, times)
        for frame in frames:
            count += 1
            yield frame
    if count == 0:
        raise SourceError(BROKEN)


def sample_times(seconds: float, every_s: float, limit: int) -> list[float]:
    """When to look: 0, every_s, …; spread over the whole video when that is over `limit`."""
    count = math.floor(seconds / every_s) + 1
    if count <= limit:
        return [index * every_s for index in range(count)]
    return [index * seconds / limit for index in range(limit)]


def facts_of(path: Path) -> Facts:
    """Walk over the packets.

    Raises:
        SourceError: not a video, damaged, or without a picture.
    """
    times: list[float] = []
    keyframes: list[float] = []
    with _open(path) as container:
        stream = _stream(container)
        rate = _rate(stream)
        try:
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                at = packet.pts if packet.pts is not None else packet.dts
                time = len(times) / rate if at is None else float(at * packet.time_base)
                times.append(time)
                if packet.is_keyframe:
                    keyframes.append(time)
        except (av.FFmpegError, OSError, ValueError) as error:
            # A cut-off file is read as far as it goes.
            if not times:
                raise SourceError(BROKEN) from error
    if not times:
        raise SourceError(BROKEN)
    first = min(times)
    within = sorted(t - first for t in times if t - first <= MAX_SECONDS)
    return Facts(
        seconds=within[-1],
        first=first,
        rate=rate,
        keyframes=sorted(t - first for t in keyframes if t - first <= within[-1]),
    )


def _open(path: Path) -> Any:
    with path.open("rb") as handle:
        demuxer = demuxer_of(handle.read(HEAD_BYTES))
    if demuxer is None:
        raise SourceError("That is not a video I know: send an mp4, mov, mkv or webm.")
    try:
        # Only this file, whatever it names inside.
        return av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SourceError(BROKEN) from error


def _stream(container: Any) -> Any:
    for stream in container.streams.video:
        # Cover art of a song is a video stream to FFmpeg.
        if not stream.disposition & av.stream.Disposition.attached_pic:
            stream.thread_type = "AUTO"
            return stream
    raise SourceError(NO_PICTURE)


def _rate(stream: Any) -> float:
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    return rate if 0.01 <= rate <= 1000 else DEFAULT_RATE


def _aspect(stream: Any) -> float:
    """Width of a pixel by its height; DVDs and old phones have oblong ones."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 0.25 <= aspect <= 4.0 else 1.0


def _keyframe_gap(facts: Facts) -> float | None:
    if len(facts.keyframes) < 2:
        return None
    return float(np.median(np.diff(facts.keyframes)))


def _in_turn(container: Any, facts: Facts, times: list[float]) -> Iterator[Frame]:
    half = 0.5 / facts.rate
    stream = _stream(container)
    aspect = _aspect(stream)
    wanted = iter(times)
    target = next(wanted, None)
    for index, frame in enumerate(_decode(container, stream)):
        seconds = _seconds(frame, facts, index / facts.rate)
        if target is None:
            return
        if seconds + half < target:
            continue
        image = _image(frame, aspect)
        if image is not None:
            yield Frame(image, max(seconds, 0.0))
        while target is not None and target <= seconds + half:
            target = next(wanted, None)


def _by_keyframe(container: Any, facts: Facts, times: list[float]) -> Iterator[Frame]:
    stream = _stream(container)
    stream.codec_context.skip_frame = "NONKEY"
    aspect = _aspect(stream)
    taken: set[float] = set()
    for target in times:
        near = _nearest(facts.keyframes, target)
        if near in taken:
            continue
        taken.add(near)
        try:
            container.seek(
                round((near + facts.first) / float(stream.time_base)), stream=stream, backward=True
            )
        except (av.FFmpegError, OSError):
            # One place that cannot be reached is one frame less, not the end.
            continue
        for frame in _decode(container, stream):
            image = _image(frame, aspect)
            if image is not None:
                yield Frame(image, max(_seconds(frame, facts, near), 0.0))
            break


def _nearest(keyframes: list[float], target: float) -> float:
    at = bisect.bisect_left(keyframes, target)
    return min(keyframes[max(at - 1, 0) : at + 1], key=lambda time: abs(time - target))


def _decode(container: Any, stream: Any) -> Iterator[Any]:
    faults = 0
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                # Damaged packets are common in downloads; the next ones are fine.
                faults += 1
                if faults > MAX_FAULTS:
                    return
                continue
            yield from (frame for frame in frames if not frame.is_corrupt)
    except (av.FFmpegError, OSError):
        # The file ends before its header says so.
        return


def _seconds(frame: Any, facts: Facts, otherwise: float) -> float:
    return otherwise if frame.time is None else float(frame.time) - facts.first


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
