"""Writes a moving bath as a video file."""

from fractions import Fraction
from pathlib import Path

import av

from bot.demo.scene import HEIGHT, WIDTH, Clip

RATE = 8


def write(clip: Clip, path: Path) -> None:
    """Encode `clip` as H.264 in an MP4, RATE pictures a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for number in range(round(clip.seconds * RATE)):
            pixels = clip.at(number / RATE).pixels
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
