"""How a night's rehearsal is judged: what ended wrong, and what was told not at all or twice."""

from collections import Counter

from bench.night import Night, table

FINE = {"id": 1, "kind": "train", "state": "succeeded", "attempt": 2, "crashes": 1}
REST = {"minutes": 1.25, "cancel_requested_at": None, "error": None}


def job(number: int, state: str, **more: object) -> dict[str, object]:
    """A job's row."""
    return {**FINE, **REST, "id": number, "state": state, **more}


def test_only_done_or_stopped_as_asked_is_right() -> None:
    """What failed, still waits, or was stopped by nobody has ended wrong; the table says so."""
    jobs = [
        job(1, "succeeded"),
        job(2, "cancelled", cancel_requested_at="2026-01-01"),
        job(3, "cancelled"),
        job(4, "failed", error="The disk is full."),
        job(5, "queued", minutes=None),
    ]
    night = Night(jobs, {}, set(), Counter({1: 2}), bot_kills=3)
    assert [one["id"] for one in night.wrong()] == [3, 4, 5]
    lines = list(table(night))
    assert lines[1].split() == ["1", "train", "2", "1", "2", "succeeded", "1.2"]
    assert "WRONG: The disk is full." in lines[4]
    assert lines[-1] == "the bot was killed 3 times, workers 2 times"


def test_each_result_once() -> None:
    """One that is in no chat is lost, wherever else it may be; further ones are doubles."""
    due = {(1, "zip of v1"), (1, "zip of v2"), (2, "zip of v1")}
    night = Night([], {(1, "zip of v1"): 1, (1, "zip of v2"): 3}, due)
    assert (night.lost(), night.doubled()) == (1, 2)
