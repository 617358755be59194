"""Labels from a crowd: how right they are and how many votes they take, beside Dawid-Skene on all.

Seven simulated members (three right at 95 %, two at 80 %, one who taps ✅ always, one at random)
answer for 1,200 tiles of real boxes, half of them spoilt. The bot's own dealing, settling and
learning asks them until every tile is decided, in two ways: `assigned`, the bot chooses whom it
asks, and `equal pace`, all seven tap all the time. Votes on gold are counted as spent. The others
see the same answers: the majority of three random votes, and crowd-kit's Dawid-Skene on those and
on all.

The constants in pipeline/labelling were tuned on seeds 100 to 119; these rows are of seeds 0 to 19.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean

from bench import Row
from bench.simulated import MEMBERS, NEEDED, answer, play
from pipeline.formats import read_labels
from pipeline.jobs.spec_labels import Method
from pipeline.labelling.gold import APART, spoil
from pipeline.tracking.overlap import Box, iou
from pipeline.worker.consensus import aggregate

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDERS = ("bccd", "apple_coco/train", "garbage_yolo")
TILES = 1200
SEEDS = range(20)

BEHIND = 0.2
"""Points of accuracy that ours may lie behind Dawid-Skene on all votes."""
SPENT = {"assigned": 50.0, "equal pace": 65.0}
"""Percent of all votes that ours may take."""

Truth = Sequence[bool]
Said = Sequence[Mapping[int, bool]]


@dataclass(frozen=True)
class Object:
    """A labelled object of a real picture, with the picture's other boxes and its set's classes."""

    box: Box
    label: str
    others: tuple[Box, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """Percent of tiles that came out right and of all votes spent, by way of deciding."""

    right: dict[str, float]
    spent: dict[str, float]


def run() -> Iterator[Row]:
    """Rows of accuracy and votes, means over SEEDS."""
    with ProcessPoolExecutor(max_workers=2) as workers:
        runs = list(workers.map(one, SEEDS))

    def average(figure: str, name: str) -> float:
        return float(mean(getattr(one, figure)[name] for one in runs))

    all_right = average("right", "Dawid-Skene on 7")
    for name in ("majority of 3", "Dawid-Skene on 3", "Dawid-Skene on 7"):
        yield _told(f"{name}: right", average("right", name), all_right)
        yield _told(f"{name}: votes", average("spent", name), 100.0)
    for name, limit in SPENT.items():
        right = average("right", name)
        yield Row(
            f"{name}: right",
            right,
            all_right,
            "%",
            right / all_right,
            f"≥ the other - {BEHIND}",
            right >= all_right - BEHIND,
        )
        yield Row.at_most(
            f"{name}: votes", ours=average("spent", name), other=100.0, unit="%", limit=limit
        )


def one(seed: int) -> Run:
    """One crowd on one choice of tiles, every way of deciding on the same answers."""
    rng = random.Random(seed)
    truth = tiles(rng)
    said = [{member: answer(member, right, rng) for member in MEMBERS} for right in truth]
    three = [{member: row[member] for member in rng.sample(list(row), NEEDED)} for row in said]
    everybody = len(MEMBERS) * len(truth)
    right = {
        "majority of 3": _right(_decide(three, "majority"), truth),
        "Dawid-Skene on 3": _right(_decide(three, "dawid-skene"), truth),
        "Dawid-Skene on 7": _right(_decide(said, "dawid-skene"), truth),
    }
    few = 100 * NEEDED / len(MEMBERS)
    spent = {"majority of 3": few, "Dawid-Skene on 3": few, "Dawid-Skene on 7": 100.0}
    for name in SPENT:
        ours = play(truth, said, rng, wait=name == "assigned")
        right[name] = _right(ours.decided, truth)
        spent[name] = 100 * ours.votes / everybody
    return Run(right, spent)


def tiles(rng: random.Random, count: int = TILES) -> list[bool]:
    """Draw real boxes and spoil every other one; gives which of them are still right."""
    drawn = rng.sample(objects(), count)
    truth = [number % 2 == 0 for number in range(count)]
    rng.shuffle(truth)
    for thing, right in zip(drawn, truth, strict=True):
        if not right:
            box, label = spoil(thing.box, thing.label, thing.classes, rng, others=thing.others)
            assert label != thing.label or iou(box, thing.box) < APART, "this one is not spoilt"
    return truth


@cache
def objects() -> tuple[Object, ...]:
    """Every labelled object of the real data sets."""
    return tuple(found for folder in FOLDERS for found in _objects(DATA / folder))


def _objects(folder: Path) -> Iterator[Object]:
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.*"))}
    if not files:
        raise FileNotFoundError(f"this bench needs the boxes in {folder}")
    pictures = [name for name in files if name.endswith(".jpg")]
    labels = read_labels(files, pictures, lambda _: None)
    for rows in labels.boxes.values():
        for row in rows:
            others = tuple(other.xyxy for other in rows if other is not row)
            yield Object(row.xyxy, row.label, others, tuple(labels.classes))


def _decide(said: Said, method: Method) -> list[bool]:
    votes = [(tile, member, yes) for tile, row in enumerate(said) for member, yes in row.items()]
    answers = aggregate(votes, {}, method=method).answers
    return [answers[tile] > 0.5 for tile in range(len(said))]


def _right(decided: Sequence[bool], truth: Truth) -> float:
    return 100 * mean(said == is_so for said, is_so in zip(decided, truth, strict=True))


def _told(name: str, ours: float, other: float) -> Row:
    return Row(name, ours, other, "%", ours / other, "for comparison", True)
