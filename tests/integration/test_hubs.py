"""Data sets by name, in the worker's own process: keys on their way, choices, a kill half-way."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.jobs.spec_collect import CollectResult, CollectSpec
from pipeline.sources import secrets
from tests.support.clips import photo, zipped
from tests.support.huggingface import HubSet, HuggingFace, table
from tests.support.kaggle import TOKEN, DataSet, Kaggle
from tests.support.roboflow import KEY, Project, Roboflow
from tests.support.www import Www, serving

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"kaggle": TOKEN, "roboflow": KEY}


@pytest.fixture
def www() -> Iterator[Www]:
    """Where the zips lie."""
    with serving() as running:
        yield running


@pytest.fixture
def archive(www: Www, tmp_path: Path) -> str:
    """A labelled zip of three pictures."""
    files: dict[str, bytes | str] = {"data.yaml": "names: [cat]"}
    for number in range(3):
        files[f"images/{number}.jpg"] = photo(number)
        files[f"labels/{number}.txt"] = "0 0.5 0.5 0.5 0.5"
    data = zipped(tmp_path / "set.zip", files).read_bytes()
    return www.put("/set.zip", data, headers={"ETag": '"one"'})


@pytest.fixture
def kaggle(www: Www, archive: str) -> Iterator[Kaggle]:
    """A Kaggle with a private set."""
    service = Kaggle(www)
    service.sets["ann/cats"] = DataSet(archive, private=True)
    with service.serving():
        yield service


def prepare(folder: Path, what: str, mirrors: str) -> Path:
    """An attempt's folder with its spec and keys."""
    attempt = folder / "attempt"
    attempt.mkdir()
    spec = CollectSpec(
        store=str(folder / "store"),
        source_id=1,
        what=what,
        # Everything on loopback is a stand-in of this test.
        allow_private="127.0.0.1",
        mirrors=mirrors,
    )
    (attempt / "spec.json").write_text(spec.model_dump_json())
    secrets.hand_over(KEYS, attempt)
    return attempt


def start(attempt: Path) -> subprocess.Popen[bytes]:
    """A worker on it, its words in log.txt as the bot has them."""
    with (attempt / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.worker", str(attempt)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )


def events(attempt: Path) -> list[dict[str, Any]]:
    """What it told."""
    lines = (attempt / "events.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def result(attempt: Path) -> CollectResult:
    """What came of it."""
    last = events(attempt)[-1]
    assert last["type"] == "done", last
    return CollectResult.model_validate(last["result"])


def keeps_the_keys(folder: Path) -> None:
    """No file that a worker left holds a key."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [key for key in KEYS.values() if key.encode() in data], path


def test_a_private_set_of_kaggle(tmp_path: Path, kaggle: Kaggle) -> None:
    """It comes with its labels and its licence; the key is in nothing that is left."""
    attempt = prepare(tmp_path, "kaggle:ann/cats", f"kaggle={kaggle.url}")
    assert start(attempt).wait(120) == 0
    came = result(attempt)
    assert (came.title, came.kept, came.boxes) == ("All cats", 3, {"cat": 3})
    assert came.provenance["licence"] == "CC0-1.0"
    assert not (attempt / secrets.FILE).exists()
    keeps_the_keys(tmp_path)


def test_a_set_of_roboflow(tmp_path: Path, www: Www, archive: str) -> None:
    """Its versions are the result where several could be meant; one of them comes whole."""
    service = Roboflow()
    service.projects["ann/cats"] = Project(archive, {1: 3, 2: 3})
    with service.serving():
        mirrors = f"roboflow={service.url}"
        (tmp_path / "a").mkdir()
        attempt = prepare(tmp_path / "a", "roboflow:ann/cats", mirrors)
        assert start(attempt).wait(120) == 0
        offered = result(attempt)
        assert [choice.what for choice in offered.choices] == [
            "roboflow:ann/cats/2",
            "roboflow:ann/cats/1",
        ]
        assert (offered.kept, offered.question) == (0, "Which version?")
        (tmp_path / "b").mkdir()
        attempt = prepare(tmp_path / "b", offered.choices[0].what, mirrors)
        assert start(attempt).wait(120) == 0
        assert result(attempt).boxes == {"cat": 3}
    keeps_the_keys(tmp_path)


def test_a_set_of_hugging_face(tmp_path: Path, www: Www) -> None:
    """Rows of a table come in as labelled pictures, by the ordinary way."""
    rows = [
        {
            "image": {"bytes": photo(number), "path": f"{number}.jpg"},
            "objects": {"bbox": [[16, 12, 64, 60]], "category": ["cat"]},
        }
        for number in range(3)
    ]
    service = HuggingFace(www)
    service.sets["ann/cats"] = HubSet({"data/train.parquet": table(rows)})
    with service.serving():
        attempt = prepare(tmp_path, "hf:ann/cats", f"huggingface={service.url}")
        (attempt / secrets.FILE).unlink()
        assert start(attempt).wait(120) == 0
    came = result(attempt)
    assert (came.kept, came.labelled, came.boxes) == (3, 3, {"cat": 3})


def test_a_refusal_names_no_key(tmp_path: Path, kaggle: Kaggle) -> None:
    """A failure's sentence, traceback and log hold nothing of the keys."""
    attempt = prepare(tmp_path, "roboflow:ann/cats", "roboflow=http://127.0.0.1:9")
    assert start(attempt).wait(120) == 1
    assert "can't reach 127.0.0.1" in events(attempt)[-1]["message"]
    assert "Traceback" in (attempt / "log.txt").read_text()
    keeps_the_keys(tmp_path)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)])
def test_a_download_is_stopped_half_way(
    tmp_path: Path, www: Www, kaggle: Kaggle, how: signal.Signals, code: int
) -> None:
    """A worker that is cancelled or killed leaves no key, no result and no stored file."""
    www.answers["/set.zip"].hold = True
    attempt = prepare(tmp_path, "kaggle:ann/cats", f"kaggle={kaggle.url}")
    worker = start(attempt)
    # Once by Kaggle's client, which follows to the file, and once to fetch it.
    while not ((attempt / "work" / "kaggle0").exists() and www.asked.count("/set.zip") == 2):
        assert worker.poll() is None
        time.sleep(0.02)
    worker.send_signal(how)
    assert worker.wait(30) == code
    assert not {"done", "failed"} & {event["type"] for event in events(attempt)}
    assert not (attempt / "out" / "items.jsonl").exists()
    assert not (tmp_path / "store").exists()
    keeps_the_keys(tmp_path)
