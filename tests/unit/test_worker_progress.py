"""What a training tells while it runs."""

import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.jobs.events import Progress
from pipeline.worker.progress import FirstOnly, TrainingProgress
from pipeline.worker.reporter import FileReporter


class Told:
    """A reporter that remembers."""

    folder = out = Path()

    def __init__(self) -> None:
        self.all: list[Progress] = []

    def progress(self, progress: Progress, *, important: bool = False) -> None:
        """Remember."""
        self.all.append(progress)

    def saved(self, epoch: int, folder: str) -> None:
        """Nothing here saves."""
        raise AssertionError(epoch)


class Clock:
    """Time that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        """The time now."""
        return self.now


def trainer(**more: Any) -> Any:
    """A trainer of 4 batches, 40 images and 3 epochs."""

    class Loader(list[int]):
        dataset = range(40)

    return SimpleNamespace(
        **{
            "epoch": 0,
            "epochs": 3,
            "train_loader": Loader(range(4)),
            "tloss": {"box_loss": 1.5, "cls_loss": 2.5, "dfl_loss": 3.5},
            "metrics": {"metrics/mAP50(B)": 0.5, "metrics/mAP50-95(B)": 0.25},
            "stop": False,
            "batch_size": 10,
            "_get_memory": lambda: 0.0,
            **more,
        }
    )


@pytest.fixture
def told() -> Told:
    """What was told."""
    return Told()


def epoch(listener: TrainingProgress, clock: Clock, state: Any) -> None:
    """Play one epoch: four batches of 2 s, then 1 s of validation."""
    listener.epoch_starts(state)
    for _ in range(4):
        clock.now += 2
        listener.batch_ends(state)
    listener.batches_end(state)
    clock.now += 1
    listener.epoch_ends(state)


def test_an_epoch_is_told_with_its_figures(told: Told) -> None:
    """Losses, mAP, speed and the time left come after each epoch."""
    clock = Clock()
    listener = TrainingProgress(told, clock)
    epoch(listener, clock, trainer())
    last = told.all[-1]
    assert (last.done, last.total, last.seconds_left) == (1, 3, 18.0)
    assert last.figures.pop("ram") > 0
    assert last.figures == {
        "epoch": 1,
        "epochs": 3,
        "box_loss": 1.5,
        "cls_loss": 2.5,
        "dfl_loss": 3.5,
        "map50": 0.5,
        "map50_95": 0.25,
        "batch": 10.0,
        "images_per_s": 5.0,
        "gpu_mem": 0.0,
    }
    assert listener.epoch_seconds == [9.0]


def test_the_bar_moves_within_an_epoch(told: Told) -> None:
    """The share of an epoch that is done is told, its judging counted as one more batch."""
    clock = Clock()
    epoch(TrainingProgress(told, clock), clock, trainer())
    assert [p.done for p in told.all] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert told.all[1].seconds_left == 28.0


def test_batches_in_quick_succession_are_thinned(told: Told) -> None:
    """A thousand batches a second do not write a thousand lines."""
    clock = Clock()
    listener = TrainingProgress(told, clock)
    listener.epoch_starts(trainer())
    for _ in range(1000):
        clock.now += 0.001
        listener.batch_ends(trainer())
    assert len(told.all) <= 4


def test_a_loss_that_is_no_number_is_left_out(told: Told) -> None:
    """JSON has no NaN."""
    clock = Clock()
    epoch(TrainingProgress(told, clock), clock, trainer(tloss={"box_loss": float("nan")}))
    assert "box_loss" not in told.all[-1].figures


def test_the_last_evaluation_is_no_epoch(told: Told) -> None:
    """The library calls once more after its final evaluation; nobody is told of epoch 2 of 1."""
    clock = Clock()
    listener = TrainingProgress(told, clock)
    epoch(listener, clock, trainer(stop=True))
    before = len(told.all)
    listener.epoch_ends(trainer(stop=True, epoch=1))
    assert len(told.all) == before
    assert len(listener.epoch_seconds) == 1


def test_a_training_that_goes_on_begins_where_it_stopped(told: Told) -> None:
    """The bar of a resumed training does not start at nothing."""
    listener = TrainingProgress(told, Clock())
    listener.epoch_starts(trainer(epoch=2))
    assert (told.all[-1].done, told.all[-1].figures) == (2, {"batch": 10.0})


def test_judging_for_long_is_no_silence(told: Told) -> None:
    """While thousands of pictures are judged it is said twice a minute that the work goes on."""
    clock = Clock()
    listener = TrainingProgress(told, clock)
    epoch(listener, clock, trainer())
    before = len(told.all)
    for _ in range(60):
        clock.now += 1
        listener.judging(None)
    assert len(told.all) - before == 2
    assert told.all[-1] == told.all[before - 1]


def test_of_several_processes_the_first_tells(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """On several GPUs the library calls back in a process for each; one voice is enough."""
    heard: list[object] = []
    callback = FirstOnly(heard.append)
    for rank in ("1", "0"):
        monkeypatch.setenv("RANK", rank)
        callback(rank)
    assert heard == ["0"]


def test_it_travels_to_other_processes(tmp_path: Path) -> None:
    """The library pickles its callbacks for them; the copy tells into the same file."""
    listener = TrainingProgress(FileReporter(tmp_path))
    copy = pickle.loads(pickle.dumps(FirstOnly(listener.epoch_starts)))
    copy(trainer())
    assert '"stage":"epoch"' in (tmp_path / "events.jsonl").read_text()
