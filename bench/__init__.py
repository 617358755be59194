"""Measurements beside the obvious alternative, run by `python -m bench`.

A bench is a module with `run() -> Iterator[Row]`, and where it has options `arguments(parser)`,
whose names are those of `run`; it is named in BENCHES and measures both sides in the same run, so
that a busy or a slow machine changes the figures but not their ratio.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One figure of ours beside another's; `ratio` is ours / other, None without an alternative.

    `goal` is words for a person, `holds` whether ours keeps it.
    """

    name: str
    ours: float
    other: float | None
    unit: str
    ratio: float | None
    goal: str
    holds: bool

    @classmethod
    def at_most(
        cls, name: str, *, ours: float, other: float | None, unit: str, limit: float
    ) -> "Row":
        """A row whose goal is a figure that ours may not pass."""
        return cls(
            name, ours, other, unit, _ratio(ours, other), f"≤ {limit:g} {unit}", ours <= limit
        )

    @classmethod
    def at_least(
        cls, name: str, *, ours: float, other: float | None, unit: str, limit: float
    ) -> "Row":
        """A row whose goal is a figure that ours may not miss."""
        return cls(
            name, ours, other, unit, _ratio(ours, other), f"≥ {limit:g} {unit}", ours >= limit
        )

    @classmethod
    def ratio_at_most(
        cls, name: str, *, ours: float, other: float, unit: str, limit: float
    ) -> "Row":
        """A row whose goal is a ratio to the other side that ours may not pass.

        Raises:
            ValueError: the other side is 0, so nothing can be compared.
        """
        ratio = _ratio(ours, other)
        if ratio is None:
            raise ValueError(f"{name}: nothing to compare with")
        return cls(name, ours, other, unit, ratio, f"≤ {limit:g} × the other", ratio <= limit)

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON holds it."""
        return asdict(self)


def _ratio(ours: float, other: float | None) -> float | None:
    return ours / other if other else None


@dataclass(frozen=True)
class Bench:
    """A bench by name; its module is imported only when it runs."""

    name: str
    words: str

    @property
    def module(self) -> str:
        """Where its `run` is."""
        return f"bench.{self.name}"


BENCHES: tuple[Bench, ...] = (
    Bench("active", "mAP after so many labelled photos, asked in our order and in any (an hour)"),
    Bench("browser", "a frame in Chromium, beside TensorFlow.js and NMS as written by hand"),
    Bench("cluster", "from handing in to the worker's first line on Ray, beside a bare Ray Job"),
    Bench("conversions", "the smallest of each family for the browser: how far from PyTorch"),
    Bench("crowd", "labels from seven simulated members: how right, for how many votes"),
    Bench("dedup", "copies found among real photos, beside pHash alone; one more among 100,000"),
    Bench("families", "the smallest model of each family trained from its yaml: seconds an epoch"),
    Bench("frames", "frames out of a video, beside PyAV alone; memory of a long one; which ones"),
    Bench("idle", "memory, libraries and start of an idle bot, beside one with ultralytics"),
    Bench("ink", "boxes read from drawn loops, beside a plain difference and threshold"),
    Bench("night", "trainings while workers and the bot are killed at random (an hour)"),
    Bench("overhead", "time of a training epoch in our worker, beside the plain yolo command"),
    Bench("package", "a conversion for the browser, beside the export ultralytics dropped; sizes"),
    Bench("proof", "mAP in a real browser by runtime and precision, beside PyTorch's, on BCCD"),
    Bench("queue", "/queue and claims with 10,000 jobs, beside loading all, and read-then-write"),
    Bench("tracks", "boxes carried from frame to frame, beside copying them as they are"),
    Bench("votes", "taps of fifty members at once, beside a bot that only answers them"),
)
