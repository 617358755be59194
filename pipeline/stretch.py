"""Which frames of a video are looked at: the stretch, and how often in it."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.frames import sample_times
from pipeline.jobs.spec_collect import CollectSpec
from pipeline.moments import smart_times
from pipeline.video_file import Facts

OVERSAMPLE = 3
"""Unlabelled images looked at for each that may be kept: screening drops many."""


@dataclass(frozen=True)
class Look:
    """How each of some videos is looked at. `limit`: frames of one, before they are screened."""

    every_s: float
    limit: int
    from_s: float = 0.0
    to_s: float | None = None
    smart: bool = False

    @classmethod
    def of(cls, spec: CollectSpec, videos: int) -> "Look":
        """As `spec` wants it, where there are so many videos."""
        wanted = spec.videos
        # Frames that were chosen to differ need no spare ones.
        each = spec.max_images * (1 if wanted.smart else OVERSAMPLE)
        return cls(
            every_s=spec.every_s,
            limit=max(1, each // max(1, videos)),
            from_s=wanted.from_s,
            to_s=wanted.to_s,
            smart=wanted.smart,
        )

    def stretch(self, seconds: float) -> tuple[float, float]:
        """Begin and end, in seconds, in a video of `seconds`.

        Raises:
            SourceError: it ends before.
        """
        if self.from_s > seconds:
            raise SourceError(f"That video is only {clock(seconds)} long: choose a time within it.")
        return self.from_s, min(seconds, self.to_s if self.to_s is not None else seconds)

    def times(self, path: Path, facts: Facts, stretch: tuple[float, float]) -> list[float]:
        """When to look, in seconds, rising."""
        first, last = stretch
        if self.smart:
            return smart_times(path, facts, self.limit, first, last)
        return sample_times(last, self.every_s, self.limit, first)


def clock(seconds: float) -> str:
    """A time as players show it: `1:40`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
