"""What screening left out for its looks, laid aside in the store for a person to bring back."""

from collections import defaultdict
from collections.abc import Sequence

from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import DroppedItem
from pipeline.screen import Verdict, evenly
from pipeline.shots import Shot, item_fields
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

REASONS = ("near_duplicate", "dark", "blurred", "tiny")
"""A byte for byte copy of what stayed has nothing to bring back."""

MOST = 200
"""Of one film, or of a source's photos, for one reason; spread evenly."""


def shelve(
    shots: Sequence[Shot], verdict: Verdict, store: FileStore, reporter: Reporter
) -> list[DroppedItem]:
    """Store some of what was dropped; what the store has already costs nothing."""
    by_reason: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, reason in sorted(verdict.dropped.items()):
        if reason in REASONS:
            by_reason[shots[index].series, reason].append(index)
    chosen = sorted(index for some in by_reason.values() for index in evenly(some, MOST))
    items: dict[str, DroppedItem] = {}
    for number, index in enumerate(chosen):
        shot = shots[index]
        items[shot.sha256] = DroppedItem(
            **item_fields(shot, shot.words.stored if shot.words else None, store),
            reason=verdict.dropped[index],
            like=verdict.like.get(index, ""),
        )
        reporter.progress(Progress(stage="screen", done=number, total=len(chosen), note="storing"))
    return list(items.values())
