"""Work on other machines: from handing an attempt in until its worker's first line is here.

The other side is a bare Ray Job with the same program as its entry point, which writes the line
itself; ours brings the spec and the data there and the line back. In turns, on a Ray cluster of
three machines that are simulated on this one.
"""

import json
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from bench import Row
from pipeline.jobs.ray_api import OVER, Ask
from tests.support.cluster import Cluster, installed
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.queue import DOUBLE

TIMES = 7
RATIO_LIMIT = 1.5
PATIENCE_S = 120
LOOK_S = 0.005


def run() -> Iterator[Row]:
    """One row of seconds: the medians of both sides."""
    if not installed():
        sys.exit("bench: needs Ray in .venv-ray; python3 .ci/setup.py test installs it")
    ours: list[float] = []
    other: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home,
        Cluster() as cluster,
        elsewhere(Path(home), cluster.address) as place,
    ):
        _bare(place, 0)  # a machine's first job starts more than itself
        _ours(place, 0)
        for number in range(1, TIMES + 1):
            ours.append(_ours(place, number))
            other.append(_bare(place, number))
    yield Row.ratio_at_most(
        "seconds until the first line",
        ours=median(ours),
        other=median(other),
        unit="s",
        limit=RATIO_LIMIT,
    )


def _ours(place: Elsewhere, number: int) -> float:
    folder = _attempt(place.jobs / "1" / str(number))
    began = perf_counter()
    place.executor.start(folder)
    seconds = _said(folder, began)
    _wait(lambda: not place.executor.alive(folder), LOOK_S)
    return seconds


def _bare(place: Elsewhere, number: int) -> float:
    folder = _attempt(place.home / "bare" / str(number))
    name = f"bare-{number}"
    command = shlex.join([sys.executable, str(DOUBLE), str(folder)])
    began = perf_counter()
    place.api.submit(name, command, ask=Ask(1, 0), environment={})
    seconds = _said(folder, began)
    _wait(lambda: place.api.status(name).state in OVER, 0.1)
    return seconds


def _attempt(folder: Path) -> Path:
    """A folder whose worker says that it lives, and ends."""
    folder.mkdir(parents=True)
    spec = {"kind": "predict", "picture": json.dumps([[["done"]]])}
    (folder / "spec.json").write_text(json.dumps(spec))
    return folder


def _said(folder: Path, began: float) -> float:
    """Seconds until the worker's first line is in the folder."""
    events = folder / "events.jsonl"
    _wait(lambda: events.exists() and b"\n" in events.read_bytes(), LOOK_S)
    return perf_counter() - began


def _wait(condition: Callable[[], bool], every: float) -> None:
    end = perf_counter() + PATIENCE_S
    while not condition():
        if perf_counter() > end:
            raise TimeoutError(f"nothing happened within {PATIENCE_S} s")
        sleep(every)
