"""Whether an attempt that ended early is followed by another, and with what.

- What cannot pass (a spec that makes no sense, no labels, a full disk) ends the job at once.
- What can pass is tried again after a growing delay, as often as there are delays. Only attempts in
  a row count: one that got further than all before it (a later epoch in its checkpoint) begins a
  new row, so that a long training arrives even on a shaky machine. It cannot go on for ever, for
  each such attempt is an epoch ahead.
- An attempt elsewhere that lost the way to us is none of these tries: it may be us who were away.
  Such attempts have a row of their own, with waits that outlast a night's small troubles, and an
  end, for the address that its machine was given may be wrong.
- A training that ran out of memory takes half as many pictures at a time, down to MIN_BATCH. That
  ends by itself, so it does not count; without room below, the job fails at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.jobs.crash import Cause
from storage.models import Job

LOST_DELAYS = (5.0, 30.0, 120.0, 600.0, 600.0)
"""Seconds before each further try of a job whose workers elsewhere cannot reach us."""

MIN_BATCH = 2
"""Below this batch normalisation has next to nothing to go by."""


@dataclass(frozen=True)
class Again:
    """Another attempt is due `after` this; `sentence` says why."""

    after: timedelta
    sentence: str


def judge(row: Job, cause: Cause, delays: Sequence[float], *, crashed: bool) -> Again | None:
    """Count an attempt that ended early by `cause`; None when there shall be no other.

    `crashed`: its worker ended without a word. Changes `row`'s counters and its checkpoint, which
    names the batch of the next attempt where that is a smaller one.
    """
    epoch = row.checkpoint.get("epoch", 0)
    if epoch > row.checkpoint.get("furthest", 0):
        row.checkpoint = row.checkpoint | {"furthest": epoch, "lost": 0}
        row.failures = row.crashes = 0
    if cause.lost:
        return _lost(row, cause)
    lacking = row.kind == "train" and (
        cause.memory == "yes" or (cause.memory == "perhaps" and row.crashes > 0)
    )
    batch = _batch(row)
    if lacking and batch is not None:
        smaller = max(batch // 2, MIN_BATCH)
        if smaller < min(batch, row.checkpoint.get("batch", batch)):
            row.checkpoint = row.checkpoint | {"batch": smaller}
            words = f"Not enough memory for {batch} pictures at a time, so I take {smaller}."
            return Again(timedelta(seconds=delays[0] if delays else 0), words)
    if crashed:
        row.crashes += 1
    else:
        row.failures += 1
    times = row.crashes if crashed else row.failures
    hopeless = lacking and batch is not None and cause.memory == "yes"
    if not cause.passing or hopeless or times > len(delays):
        return None
    return Again(timedelta(seconds=delays[times - 1]), cause.sentence)


def tries(row: Job) -> int:
    """How many attempts in a row came to nothing, for whatever cause that counts."""
    return row.failures + row.crashes + int(row.checkpoint.get("lost", 0))


def _lost(row: Job, cause: Cause) -> Again | None:
    lost = row.checkpoint.get("lost", 0) + 1
    row.checkpoint = row.checkpoint | {"lost": lost}
    if lost > len(LOST_DELAYS):
        return None
    # Once may be our own absence; what comes again wants somebody to look.
    words = cause.sentence if lost == 1 else f"{cause.sentence} {cause.advice}".strip()
    return Again(timedelta(seconds=LOST_DELAYS[lost - 1]), words)


def _batch(row: Job) -> int | None:
    """How many pictures the attempt took at a time, once it told."""
    batch = row.progress.get("figures", {}).get("batch")
    return int(batch) if batch else None
