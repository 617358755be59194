"""A cluster loses a machine, or is away: the work is done all the same."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.jobs.elsewhere import load
from tests.support.cluster import ROOT
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.queue import until
from tests.support.ray_double import RayDouble

EPOCHS = 5
SLOW_S = 60


@pytest.fixture
def cluster() -> Iterator[RayDouble]:
    """Ray's interface; the jobs are real processes."""
    with RayDouble() as double:
        yield double


@pytest.fixture
def place(cluster: RayDouble, tmp_path: Path) -> Iterator[Elsewhere]:
    """The bot's part, with workers that count epochs."""
    (tmp_path / "pace").write_text("0")
    with elsewhere(tmp_path, cluster.address) as place:
        yield place


def attempt(place: Elsewhere, number: int, **spec: Any) -> Path:
    """The folder of an attempt at a training of EPOCHS epochs."""
    folder = place.jobs / "7" / str(number)
    folder.mkdir(parents=True)
    whole = {"kind": "train", "store": place.files.root, "epochs": EPOCHS, **spec}
    (folder / "spec.json").write_text(json.dumps(whole))
    return folder


def name_of(folder: Path) -> str:
    """The attempt's name on the cluster."""
    remote = load(folder)
    assert remote is not None
    return remote.id


def told(folder: Path, kind: str) -> list[dict[str, Any]]:
    """The events of a kind so far."""
    file = folder / "events.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [event for event in map(json.loads, lines) if event["type"] == kind]


async def test_a_machine_dies_and_the_training_goes_on(
    place: Elsewhere, cluster: RayDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine is powered off amid a training: another goes on from the last checkpoint."""
    pace = place.home / "pace"
    pace.write_text("1")
    place.worker = ("/usr/bin/env", f"PYTHONPATH={ROOT}", *python(), str(pace))
    place.close()
    place.open()
    executor = place.executor
    first = attempt(place, 1)
    executor.start(first)
    await until(lambda: len(told(first, "saved")) >= 2, seconds=SLOW_S)
    cluster.power_off(name_of(first))
    died = time.monotonic()
    pids = [event["pid"] for event in told(first, "started")]
    await until(lambda: not executor.alive(first), seconds=SLOW_S)
    noticed = time.monotonic() - died
    kept = told(first, "saved")[-1]
    pace.write_text("0")
    second = attempt(place, 2, resume={"epoch": kept["epoch"], "folder": kept["folder"]})
    executor.start(second)
    await until(lambda: bool(told(second, "done")), seconds=SLOW_S)
    epochs = [event["epoch"] for event in told(second, "saved")]
    assert epochs == list(range(kept["epoch"] + 1, EPOCHS + 1))
    assert told(second, "started")[0]["pid"] not in pids
    assert (second / "out" / "best.pt").read_bytes() == b"weights"
    kept_now = {name.partition("-")[0] for name in place.shared.names("checkpoints/7")}
    assert {str(kept["epoch"]), str(EPOCHS)} <= kept_now
    assert place.shared.names(f"results/{name_of(second)}") == []
    with capsys.disabled():
        whole = time.monotonic() - died
        print(
            f"\nnoticed after {noticed:.1f} s, resumed at epoch {epochs[0]}, "
            f"finished {whole:.1f} s after the machine died"
        )


async def test_a_data_set_is_fetched_once(place: Elsewhere) -> None:
    """What a machine has fetched it has; a second training on the same version fetches nothing."""
    pace = place.home / "pace"
    place.worker = ("/usr/bin/env", f"PYTHONPATH={ROOT}", *python(), str(pace))
    place.close()
    place.open()
    pictures = [place.files.put_bytes(bytes([n]) * 50, suffix=".jpg") for n in range(20)]
    manifest = {"classes": ["a"], "images": [{"key": key} for key in pictures]}
    key = place.files.put_bytes(json.dumps(manifest).encode(), suffix=".json")
    for number in (1, 2):
        folder = attempt(place, number, manifest=key)
        place.executor.start(folder)
        await until(lambda folder=folder: not place.executor.alive(folder), seconds=SLOW_S)
        assert told(folder, "done")
        fetched = 20 if number == 1 else 0  # the manifest came before, to be read
        assert f"{fetched} of 21 files fetched" in (folder / "log.txt").read_text()


async def test_a_cluster_that_is_away_is_waited_for(place: Elsewhere, cluster: RayDouble) -> None:
    """While nobody answers everything of the cluster's waits; what was begun is handed in later."""
    assert not place.executor.full()
    cluster.close()
    folder = attempt(place, 1)
    place.executor.start(folder)
    await until(lambda: "train" in place.executor.full(), seconds=SLOW_S)
    assert place.executor.alive(folder)
    cluster.open()
    await until(lambda: place.executor.alive(folder) and bool(told(folder, "started")), seconds=60)
    assert cluster.submissions == 1
    cluster.cpus = 0
    await until(lambda: "train" in place.executor.full(), seconds=SLOW_S)


def python() -> tuple[str, ...]:
    """The command of the worker that counts."""
    return (sys.executable, "-m", "tests.support.epochs_double")
