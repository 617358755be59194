"""Reads what a worker has appended to its events file since the last look."""

import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.jobs.events import EVENT, Done, Failed, Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """New events of an attempt. `offset`: bytes of the file that are used up with them.

    `progress` is the newest one; `final` ends the attempt, and nothing after it counts. `any`: a
    line was read at all.
    """

    offset: int
    any: bool = False
    progress: Progress | None = None
    final: Done | Failed | None = None


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
    for line in whole.splitlines():
        try:
            event = EVENT.validate_json(line)
        except ValidationError as error:
            log.warning("%s: a line is no event: %s", folder, error)
            continue
        if isinstance(event, Done | Failed):
            return Batch(offset + len(whole), True, progress, event)
        if isinstance(event, Progress):
            progress = event
    return Batch(offset + len(whole), bool(whole), progress)
