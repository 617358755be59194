"""Reading a worker's events: whole lines only, the newest progress, the first end."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.jobs import feed
from pipeline.jobs.events import Failed, Saved

STARTED = b'{"type": "started", "pid": 1}\n'
FAILED = b'{"type": "failed", "code": "X", "message": "m"}\n'


def progress(done: int) -> bytes:
    """A progress event's line."""
    return json.dumps({"type": "progress", "stage": "epoch", "done": done}).encode() + b"\n"


def test_nothing_yet(tmp_path: Path) -> None:
    """A worker that has not written is no error."""
    assert feed.read(tmp_path, 7) == feed.Batch(7)


def test_only_what_is_new(tmp_path: Path) -> None:
    """Reading goes on where it stopped, and a half-written line waits for its end."""
    events = tmp_path / "events.jsonl"
    events.write_bytes(STARTED + progress(1) + progress(2)[:-9])
    first = feed.read(tmp_path, 0)
    assert first.progress is not None
    assert first.progress.done == 1
    assert first.offset == len(STARTED + progress(1))
    events.write_bytes(STARTED + progress(1) + progress(2))
    second = feed.read(tmp_path, first.offset)
    assert second.progress is not None
    assert second.progress.done == 2
    assert feed.read(tmp_path, second.offset) == feed.Batch(second.offset)


def test_the_first_end_counts(tmp_path: Path) -> None:
    """What follows an end is not looked at, but used up with it."""
    data = progress(1) + FAILED + progress(2) + FAILED.replace(b'"m"', b'"later"')
    (tmp_path / "events.jsonl").write_bytes(data)
    batch = feed.read(tmp_path, 0)
    assert isinstance(batch.final, Failed)
    assert batch.final.message == "m"
    assert batch.progress is not None
    assert batch.progress.done == 1
    assert batch.offset == len(data)


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"?")), max_size=5))
def test_any_garbage_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    """Whatever stands between them, events are found."""
    folder = tmp_path_factory.mktemp("feed")
    data = b"".join(line + b"\n" for line in lines) + progress(3) + FAILED
    (folder / "events.jsonl").write_bytes(data)
    batch = feed.read(folder, 0)
    assert batch.offset == len(data)
    assert batch.progress is not None
    assert batch.progress.done == 3
    assert isinstance(batch.final, Failed)


def test_no_checkpoint_is_left_out(tmp_path: Path) -> None:
    """All checkpoints of a batch are read, in order: the one before the newest counts as well."""
    lines = [Saved(epoch=epoch, folder=f"/c/{epoch}").model_dump_json() for epoch in (3, 4, 5)]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n")
    assert [saved.epoch for saved in feed.read(tmp_path, 0).saved] == [3, 4, 5]
