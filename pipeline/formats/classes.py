"""Joining the class names of a data set with those of a project."""

from dataclasses import dataclass, field

from pipeline.errors import LabelError
from pipeline.formats.base import Labels
from pipeline.jobs.spec import BoxItem

SHOWN = 6


@dataclass
class Match:
    """Boxes under the project's names, others under their own.

    `classes`: those of the project's that are used. `unknown`: boxes of other names, by name.
    """

    boxes: dict[str, list[BoxItem]]
    classes: list[str]
    unknown: dict[str, int] = field(default_factory=dict)


def match(labels: Labels, wanted: list[str]) -> Match:
    """Spell classes as the project does, which are compared without case; all where none is."""
    spelling: dict[str, str] = {}
    for name in wanted or labels.classes:
        spelling.setdefault(_key(name), name)
    boxes: dict[str, list[BoxItem]] = {}
    unknown: dict[str, int] = {}
    used: set[str] = set()
    others: dict[str, str] = {}
    for image, rows in labels.boxes.items():
        kept = boxes[image] = []
        for row in rows:
            key = _key(row.label)
            label = spelling.get(key)
            if label is None:
                # One spelling each for these as well.
                label = others.setdefault(key, row.label)
                unknown[label] = unknown.get(label, 0) + 1
            else:
                used.add(label)
            kept.append(row.model_copy(update={"label": label}))
    ordered = dict.fromkeys(spelling[_key(n)] for n in labels.classes if _key(n) in spelling)
    return Match(boxes, [name for name in ordered if name in used], unknown)


def no_class_in_common(found: Match, wanted: list[str]) -> LabelError:
    """What to say where labels about pictures that went out name other classes only."""
    names = sorted(found.unknown, key=lambda name: -found.unknown[name])
    shown = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
    command = ", ".join([*wanted, *names[:SHOWN]])
    return LabelError(
        f"These labels name {shown}; this project looks for {', '.join(wanted)}. "
        f"Add them with /classes {command}, then send it again."
    )


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
