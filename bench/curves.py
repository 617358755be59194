"""Learning curves: how well a model does after so many labelled pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

INK, MUTED = "#1f2430", "#6b7280"
COLOURS = ("#d9480f", "#4263eb")


@dataclass
class Curve:
    """Figures of one run, a point a round."""

    labelled: list[int] = field(default_factory=list)
    boxes: list[int] = field(default_factory=list)
    map50: list[float] = field(default_factory=list)

    def add(self, photos: Sequence[Mapping[str, Any]], map50: float) -> None:
        """A model trained on these photos did so well."""
        self.labelled.append(len(photos))
        self.boxes.append(sum(len(photo["boxes"]) for photo in photos))
        self.map50.append(map50)

    def __str__(self) -> str:
        return ", ".join(
            f"{count} photos {score:.3f}"
            for count, score in zip(self.labelled, self.map50, strict=True)
        )


def plot(path: Path, sides: Mapping[str, Sequence[Curve]], *, title: str) -> None:
    """Draw the mean curve of each side, and each run behind it, as a PNG."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), dpi=150, layout="constrained")
    # The figures at the end stand apart even where the curves meet.
    best = max(sides, key=lambda name: mean(curve.map50[-1] for curve in sides[name]))
    for (name, curves), colour in zip(sides.items(), COLOURS, strict=True):
        counts = curves[0].labelled
        for curve in curves:
            axes.plot(counts, curve.map50, color=colour, alpha=0.3, linewidth=1)
        means = [mean(values) for values in zip(*(c.map50 for c in curves), strict=True)]
        axes.plot(counts, means, color=colour, linewidth=2.5, marker="o", label=name)
        axes.annotate(
            f"{means[-1]:.3f}",
            (counts[-1], means[-1]),
            xytext=(8, 0),
            textcoords="offset points",
            va="bottom" if name == best else "top",
            color=colour,
        )
    axes.set_xticks(counts)
    axes.margins(x=0.12)
    axes.set_xlabel("labelled photos", color=INK)
    axes.set_ylabel("mAP50", color=INK)
    axes.set_title(title, loc="left", color=INK, fontsize=11)
    axes.grid(axis="y", color="#e5e7eb")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=MUTED)
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(path)
    plt.close(figure)
