"""Attempts that can't be handed in, or whose cluster is away, end all the same."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.jobs import crash, ray_executor
from pipeline.jobs import elsewhere as attempts
from pipeline.jobs.ray_api import Status
from pipeline.jobs.ray_executor import AGAIN_S, LOST_S, SEND_S
from storage.shared import SharedStore
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.queue import until
from tests.support.ray_double import RayDouble


@pytest.fixture
def cluster() -> Iterator[RayDouble]:
    """Ray's interface; the jobs are real processes."""
    with RayDouble() as double:
        yield double


@pytest.fixture
def time() -> list[float]:
    """The executor's clock, one number that a test sets."""
    return [1000.0]


@pytest.fixture
def place(cluster: RayDouble, tmp_path: Path, time: list[float]) -> Iterator[Elsewhere]:
    """The bot's part."""
    with elsewhere(tmp_path, cluster.address) as place:
        place.close()
        place.clock = lambda: time[0]
        place.open()
        yield place


def attempt(place: Elsewhere, **spec: Any) -> Path:
    """The folder of an attempt."""
    folder = place.jobs / "7" / "1"
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    return folder


@pytest.mark.parametrize("spec", [{"kind": "train", "resume": ["no", "dict"]}, {"kind": "propose"}])
async def test_what_cannot_be_handed_in_ends(
    place: Elsewhere, cluster: RayDouble, spec: dict[str, Any]
) -> None:
    """Whatever is wrong with a spec or its files, the attempt ends and is not tried for ever."""
    lost = place.files.put_bytes(b"picture", suffix=".jpg")
    place.files.path(lost).unlink()
    folder = attempt(place, **spec, pictures=[{"key": lost}])
    place.executor.start(folder)
    await until(lambda: not place.executor.alive(folder))
    assert cluster.submissions == 0


@pytest.mark.parametrize(("kind", "waits"), [("train", True), ("propose", False)])
async def test_only_a_training_waits_long_for_a_store(
    place: Elsewhere, tmp_path: Path, time: list[float], kind: str, waits: bool
) -> None:
    """While the shared store is away a training waits on, and a short work ends after a while."""
    (tmp_path / "file").write_text("")
    place.executor._shared = SharedStore(f"file://{tmp_path / 'file'}")
    key = place.files.put_bytes(b"picture", suffix=".jpg")
    folder = attempt(place, kind=kind, manifest=key)
    place.executor.start(folder)
    assert place.executor.alive(folder)
    time[0] += SEND_S
    await until(lambda: not place.executor._sending)
    assert place.executor.alive(folder) == waits


async def test_a_cancel_does_not_wait_for_a_cluster_that_is_away(
    place: Elsewhere, time: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many asks to end one goes out in AGAIN_S, and silence ends the attempt meanwhile."""
    asked: list[str] = []

    def stop(name: str) -> None:
        asked.append(name)
        raise ray_executor.RayUnreachable("away")

    def status(name: str) -> None:
        raise ray_executor.RayUnreachable("away")

    monkeypatch.setattr(place.api, "stop", stop)
    monkeypatch.setattr(place.api, "status", status)
    folder = attempt(place, kind="train")
    attempts.create(folder)
    attempts.change(folder, sent=True)
    place.executor.terminate(folder)
    for _ in range(5):
        place.executor.kill(folder)
    assert len(asked) == 1
    time[0] += AGAIN_S
    place.executor.kill(folder)
    assert len(asked) == 2
    assert place.executor.alive(folder)
    time[0] += LOST_S + 1
    assert not place.executor.alive(folder)


@pytest.mark.parametrize("heard", [True, False])
async def test_one_that_ray_sees_at_work_and_we_never_hear_has_lost_us(
    place: Elsewhere, time: list[float], monkeypatch: pytest.MonkeyPatch, heard: bool
) -> None:
    """It ends as one that gave up by itself, so that the cause names the way to us."""
    monkeypatch.setattr(place.api, "status", lambda _name: Status("RUNNING"))
    folder = attempt(place, kind="train")
    attempts.create(folder)
    attempts.change(folder, sent=True, **({"token": None} if heard else {}))
    assert place.executor.alive(folder)
    time[0] += LOST_S + 1
    assert not place.executor.alive(folder)
    assert place.reception.over(folder)
    assert crash.explain(folder, place.executor.exit_code(folder)).lost
