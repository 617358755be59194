"""Reads what a worker has appended to its events file since the last look."""

import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.jobs.events import EVENT, Done, Failed, Progress, Saved

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """New events of an attempt. `offset`: bytes of the file that are used up with them.

    `progress` is the newest one; `final` ends the attempt, and nothing after it counts. `saved`:
    all checkpoints, oldest first. `any`: a line was read at all.
    """

    offset: int
    any: bool = False
    progress: Progress | None = None
    final: Done | Failed | None = None
    saved: tuple[Saved, ...] = ()


def read(folder: Path, offset: int) -> Batch:
    """The whole lines of `folder`/events.jsonl from `offset` on; a half-written one waits."""
    try:
        with (folder / "events.jsonl").open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return Batch(offset)
    whole = data[: data.rfind(b"\n") + 1]
    progress = None
    saved: list[Saved] = []
    for line in whole.splitlines():
        try:
            event = EVENT.validate_json(line)
        except ValidationError as error:
            log.warning("%s: a line is no event: %s", folder, error)
            continue
        if isinstance(event, Done | Failed):
            return Batch(offset + len(whole), True, progress, event, tuple(saved))
        if isinstance(event, Progress):
            progress = event
        elif isinstance(event, Saved):
            saved.append(event)
    return Batch(offset + len(whole), bool(whole), progress, saved=tuple(saved))
