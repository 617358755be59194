"""A video file, opened safely: its true length, its keyframes, its pictures in turn.

Headers lie about lengths and rates, so a walk over the packets (no decoding) finds them.
"""

import bisect
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipeline.errors import SourceError
from pipeline.sources.kinds import HEAD_BYTES, demuxer_of

DEFAULT_RATE = 25.0
MAX_FAULTS = 5_000
MAX_SECONDS = 7 * 86_400.0

BROKEN = "I can't read that video; it may be damaged or unfinished: send it again or another one."
NO_PICTURE = "That file has sound but no picture: send a video."


@dataclass(frozen=True)
class Facts:
    """What the walk over the packets found. Times are in seconds from the first picture."""

    seconds: float
    first: float
    rate: float
    keyframes: list[float]


def facts_of(path: Path) -> Facts:
    """Walk over the packets.

    Raises:
        SourceError: not a video, damaged, or without a picture.
    """
    # Eight bytes a packet: two hours have hundreds of thousands.
    times = array("d")
    keyframes: list[float] = []
    with open_video(path) as container:
        stream = picture_stream(container)
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
    seconds = max(t - first for t in times if t - first <= MAX_SECONDS)
    return Facts(
        seconds=seconds,
        first=first,
        rate=rate,
        keyframes=sorted(t - first for t in keyframes if t - first <= seconds),
    )


def open_video(path: Path) -> Any:
    """An av container, to be closed by `with`; playlists in disguise are refused.

    Raises:
        SourceError: not a video, or damaged.
    """
    with path.open("rb") as handle:
        demuxer = demuxer_of(handle.read(HEAD_BYTES))
    if demuxer is None:
        raise SourceError("That is not a video I know: send an mp4, mov, mkv or webm.")
    try:
        # Only this file, whatever it names inside.
        return av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SourceError(BROKEN) from error


def picture_stream(container: Any) -> Any:
    """The stream with the moving pictures, decoded on several threads.

    Raises:
        SourceError: there is none.
    """
    for stream in container.streams.video:
        # Cover art of a song is a video stream to FFmpeg.
        if not stream.disposition & av.stream.Disposition.attached_pic:
            stream.thread_type = "AUTO"
            return stream
    raise SourceError(NO_PICTURE)


def _rate(stream: Any) -> float:
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    return rate if 0.01 <= rate <= 1000 else DEFAULT_RATE


def keyframe_gap(facts: Facts) -> float | None:
    """Seconds between two keyframes, the median; None where there is one at most."""
    if len(facts.keyframes) < 2:
        return None
    return float(np.median(np.diff(facts.keyframes)))


def seek_before(container: Any, stream: Any, facts: Facts, target: float) -> float:
    """Go to the last keyframe before `target`; tells where that is, 0 where nothing was done."""
    if len(facts.keyframes) < 2 or target < facts.keyframes[1]:
        return 0.0
    near = facts.keyframes[bisect.bisect_right(facts.keyframes, target) - 1]
    return near if seek(container, stream, facts, near) else 0.0


def seek(container: Any, stream: Any, facts: Facts, seconds: float) -> bool:
    """Go to the keyframe at `seconds`; False where the file does not let itself be sought in."""
    try:
        container.seek(
            round((seconds + facts.first) / float(stream.time_base)), stream=stream, backward=True
        )
    except (av.FFmpegError, OSError):
        return False
    return True


def decoded(container: Any, stream: Any) -> Iterator[Any]:
    """Whole frames from here on; what is damaged is passed over."""
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


def seconds_of(frame: Any, facts: Facts, otherwise: float) -> float:
    """Where a frame lies in the video; `otherwise` where it bears no time."""
    return otherwise if frame.time is None else float(frame.time) - facts.first
