"""What Telegram notes of a video: its size, its length and a first picture."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
from PIL import Image

from bot.sandbox.photos import Rendition, renditions


@dataclass(frozen=True)
class VideoFacts:
    """Frame size in pixels, duration in whole seconds, and a thumbnail of at most 320 pixels."""

    width: int
    height: int
    seconds: int
    thumbnail: Rendition


def probe(data: bytes) -> VideoFacts | None:
    """Read a video's facts, or None when the bytes are no video that decodes."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            frame = next(container.decode(stream))
            length = container.duration or 0
            picture = io.BytesIO()
            Image.fromarray(frame.to_ndarray(format="rgb24")).save(picture, "JPEG")
    except (av.FFmpegError, IndexError, StopIteration):
        return None
    sizes = [size for size in renditions(picture.getvalue()) if max(size.width, size.height) <= 320]
    seconds = max(1, round(length / av.time_base))
    return VideoFacts(frame.width, frame.height, seconds, sizes[-1])
