"""Joining the class names of a data set with those of a project."""

from dataclasses import dataclass, field

from pipeline.errors import LabelError
from pipeline.formats.base import Labels
from pipeline.jobs.spec import (
    BoxItem,
)

SHOWN = 6


@dataclass
class Match:
    """Boxes under the project's names. `unknown`: boxes left out, by their class."""

    boxes: dict[str, list[BoxItem]]
    classes: list[str]
    unknown: dict[str, int] = field(default_factory=dict)


def match(labels: Labels, wanted: list[str]) -> Match:
    """Keep the boxes whose class is `wanted`, compared without case; all where none is named.

    Raises:
        LabelError: there are boxes, and not one is of a wanted class.
    """
    spelling: dict[str, str] = {}
    for name in wanted or labels.classes:
        spelling.setdefault(_key(name), name)
    boxes: dict[str, list[BoxItem]] = {}
    unknown: dict[str, int] = {}
    used: set[str] = set()
    for image, rows in labels.boxes.items():
        kept = boxes[image] = []
        for row in rows:
            spelled = spelling.get(_key(row.label))
            if spelled is None:
                unknown[row.label] = unknown.get(row.label, 0) + 1
            else:
                used.add(spelled)
                kept.append(row.model_copy(update={"label": spelled}))
    if unknown and not used:
        raise LabelError(_sentence(sorted(unknown, key=lambda name: -unknown[name]), wanted))
    ordered = dict.fromkeys(spelling[_key(n)] for n in labels.classes if _key(n) in spelling)
    return Match(boxes, [name for name in ordered if name in used], unknown)


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _sentence(found: list[str], wanted: list[str]) -> str:
    names = ", ".join(found[:SHOWN]) + (" …" if len(found) > SHOWN else "")
    command = ", ".join([*wanted, *found[:SHOWN]])
    return (
        f"These labels name {names}; this project looks for {', '.join(wanted)}. "
        f"Add them with /classes {command}, then send it again."
    )
