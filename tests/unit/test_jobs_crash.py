"""What a person is told of a worker that ended without a word."""

import signal
from pathlib import Path

import pytest

from pipeline.jobs.crash import explain
from pipeline.jobs.elsewhere import GIVEN_UP

TRACEBACK = 'Traceback (most recent call last):\n  File "/home/somebody/x.py", line 1\n'


@pytest.mark.parametrize(
    ("log", "exit_code", "words", "passing"),
    [
        ("", -signal.SIGKILL, "perhaps for lack of memory", True),
        ("Epoch 3/25\n", -signal.SIGSEGV, "crashed (Segmentation fault)", True),
        ("", -signal.SIGTERM, "stopped from outside", True),
        ("", 143, "vanished", True),
        ("", None, "vanished", True),
        ("Epoch 3/25\n\n", None, "vanished", True),
        ("Error while decoding a frame\n", None, "vanished", True),
        ("", 3, "stopped with error 3", False),
        (TRACEBACK + "MemoryError\n", 1, "ran out of memory", True),
        (
            TRACEBACK + "torch.OutOfMemoryError: CUDA out of memory. Tried 20 MiB\n",
            1,
            "ran out of memory",
            True,
        ),
        ("terminate called\n  what():  std::bad_alloc\n", -signal.SIGABRT, "memory", True),
        (
            TRACEBACK + "OSError: [Errno 28] No space left on device: '/x'\n",
            1,
            "disk is full",
            False,
        ),
        (
            TRACEBACK + "ModuleNotFoundError: No module named 'torch'\n",
            1,
            "not installed on this machine (torch)",
            False,
        ),
        ("/usr/bin/python: No module named pipeline\n", 1, "(pipeline)", False),
        (TRACEBACK + "ValueError: /secret/path\n", None, "unexpected ValueError", False),
        (TRACEBACK + "a.b.CustomError: x\n", 1, "unexpected CustomError", False),
    ],
)
def test_the_cause_in_words(
    tmp_path: Path, log: str, exit_code: int | None, words: str, passing: bool
) -> None:
    """Exit code and last line become one sentence without paths, and a verdict on trying again."""
    (tmp_path / "log.txt").write_text(log)
    cause = explain(tmp_path, exit_code)
    assert words in cause.sentence
    assert cause.passing == passing
    assert "/" not in cause.sentence
    assert cause.sentence.endswith(".")


def test_no_log_at_all(tmp_path: Path) -> None:
    """A worker that never wrote anything has vanished, no more."""
    assert "vanished" in explain(tmp_path, None).sentence


def test_a_worker_that_could_not_reach_the_bot(tmp_path: Path) -> None:
    """Whatever its log ends with, the way was lost: it is tried again, and told where to look."""
    (tmp_path / "log.txt").write_text(TRACEBACK + "MemoryError\n")
    cause = explain(tmp_path, GIVEN_UP)
    assert (cause.passing, cause.lost, cause.memory) == (True, True, "no")
    assert "TAPTRAIN_EVENTS_URL" in cause.advice


def test_a_worker_that_was_heard_had_the_right_address(tmp_path: Path) -> None:
    """Nobody is sent to look at a setting that led to us before."""
    (tmp_path / "events.jsonl").write_text("{}\n")
    cause = explain(tmp_path, GIVEN_UP)
    assert cause.lost
    assert "the network between" in cause.advice
    assert "TAPTRAIN_EVENTS_URL" not in cause.advice
