"""Collect a source: fetch it, sample frames, read labels, screen, store, and tell what came of it.

Runs in a worker process. Nothing of it is kept before the screening is done, and every stored file
is whole: an attempt that dies leaves nothing that anybody could take for a result.
"""

import errno
import shutil
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from pipeline import shown
from pipeline.archive import printable
from pipeline.errors import SourceError, WorkerError
from pipeline.filmed import frames_of
from pipeline.formats import Match
from pipeline.formats.base import Report
from pipeline.images import Gray, thumb_of
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import (
    CollectResult,
    CollectSpec,
    ImageItem,
    KnownImage,
)
from pipeline.jobs.spec_video import MissedVideo
from pipeline.net import Policy, guard
from pipeline.returned import read_in
from pipeline.screen import Candidate, Verdict, evenly, screen
from pipeline.shots import Shot, photo_shots
from pipeline.sources import fetch
from pipeline.sources.base import Fetched, Room
from pipeline.sources.inbox import Inbox, sort
from pipeline.sources.kept import kept
from pipeline.stretch import OVERSAMPLE
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

MAX_NAME = 200


def run(spec: CollectSpec, reporter: Reporter) -> CollectResult:
    """Do a collect job; see CollectSpec and CollectResult.

    Raises:
        SourceError, LinkRefused, ArchiveRefused, LabelError: the source cannot be used.
        WorkerError: the disk is full.
    """
    work = reporter.folder / "work"
    work.mkdir(exist_ok=True)
    try:
        # Pillow warns of odd but readable photos; ours are the limits that count.
        with warnings.catch_warnings(action="ignore"):
            return _collect(spec, reporter, work)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WorkerError(
                "The disk of this machine is full: remove something and try again."
            ) from error
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _collect(spec: CollectSpec, reporter: Reporter, work: Path) -> CollectResult:
    with kept(spec.videos.kept_folder) as downloads:
        return _gather(spec, reporter, work, downloads)


def _gather(
    spec: CollectSpec, reporter: Reporter, work: Path, downloads: Path | None
) -> CollectResult:
    policy = Policy.parse(spec.allow_private)
    reporter.progress(Progress(stage="fetch", done=0), important=True)
    with guard(policy) as guarded:
        fetched = fetch(spec, Room(work, policy, guarded, reporter, kept=downloads))

    def unpacked(done: int, total: int) -> None:
        reporter.progress(Progress(stage="fetch", done=done, total=total, note="unpacking"))

    inbox = sort(fetched.files, work / "unpacked", unpacked)
    known = _known(spec, reporter)
    labels, form, report, answers = read_in(spec.classes, inbox, known, reporter)
    if inbox.trouble and not answers:
        raise inbox.trouble
    chosen, skipped = _choose(inbox, labels, spec)
    dropped: Counter[str] = Counter()
    dropped["over_max"] = skipped

    shots, seconds, missed = frames_of(inbox.videos, spec, work, reporter)
    photos, unreadable = photo_shots(
        {name: inbox.photos[name] for name in chosen},
        labels.boxes,
        prefix=f"source:{spec.source_id}",
        first=len(inbox.videos),
        work=work,
        reporter=reporter,
    )
    shots += photos
    for name, why in unreadable.items():
        report.add(name, None, why)
    dropped["unreadable"] = len(unreadable)
    if not shots and not answers:
        raise SourceError(missed[0].why if missed else _unreadable_sentence(unreadable))

    store = FileStore(spec.store)
    verdict = _screen(known, shots, store, reporter)
    dropped.update(verdict.dropped.values())
    kept = _thin(shots, verdict, spec.max_images)
    dropped["over_max"] += len(verdict.kept) - len(kept)
    items = _store(shots, kept, verdict, store, reporter)
    _write_lines(reporter.out / "items.jsonl", items)
    _write_lines(reporter.out / "answers.jsonl", answers)
    return _result(
        spec,
        fetched,
        form,
        labels,
        items,
        report,
        dropped,
        read=len(shots) + len(unreadable) + skipped + len(answers),
        seconds=seconds or None,
        montage=shown.montage(spec, items, answers, known, labels.classes, store, reporter.out),
        answered=len(answers),
        missed=missed,
    )


def _known(spec: CollectSpec, reporter: Reporter) -> list[KnownImage]:
    if not spec.known_file:
        return []
    text = (reporter.folder / spec.known_file).read_text()
    return TypeAdapter(list[KnownImage]).validate_json(text)


def _write_lines(path: Path, values: Iterable[BaseModel]) -> None:
    path.write_text("".join(value.model_dump_json() + "\n" for value in values))


def _choose(inbox: Inbox, labels: Match, spec: CollectSpec) -> tuple[list[str], int]:
    """Photos to look at, and how many are too many: labelled ones all, of the others a spread."""
    bare = [name for name in inbox.photos if name not in labels.boxes]
    some = evenly(range(len(bare)), spec.max_images * OVERSAMPLE)
    taken = {bare[index] for index in some} | labels.boxes.keys()
    return [name for name in inbox.photos if name in taken], len(bare) - len(some)


def _screen(
    known: list[KnownImage], shots: list[Shot], store: FileStore, reporter: Reporter
) -> Verdict:
    def known_thumb(sha256: str) -> Gray | None:
        image = shown.stored(store, sha256)
        # Without it the hash alone must do.
        return thumb_of(image) if image is not None else None

    def tick(done: int) -> None:
        reporter.progress(Progress(stage="screen", done=done, total=len(shots)))

    candidates = [
        Candidate(
            sha256=shot.sha256,
            measures=shot.measures,
            group=shot.group,
            series=shot.series,
            labelled=shot.boxes is not None,
            boxes=len(shot.boxes or []),
        )
        for shot in shots
    ]
    return screen(candidates, known, known_thumb, tick)


def _thin(shots: list[Shot], verdict: Verdict, limit: int) -> list[int]:
    """What stays: all that is labelled, and an even spread of the rest."""
    bare = [index for index in verdict.kept if shots[index].boxes is None]
    spread = set(evenly(bare, limit))
    return [i for i in verdict.kept if shots[i].boxes is not None or i in spread]


def _store(
    shots: list[Shot], kept: list[int], verdict: Verdict, store: FileStore, reporter: Reporter
) -> list[ImageItem]:
    items = []
    for number, index in enumerate(kept):
        shot = shots[index]
        items.append(
            ImageItem(
                key=store.put_file(shot.path, suffix=shot.suffix),
                sha256=shot.sha256,
                name=shot.name[-MAX_NAME:],
                width=shot.width,
                height=shot.height,
                phash=shot.measures.phash,
                group=shot.group,
                seconds=shot.seconds,
                labelled=shot.boxes is not None,
                boxes=shot.boxes or [],
                alike=verdict.alike.get(index, []),
            )
        )
        reporter.progress(Progress(stage="screen", done=number, total=len(kept), note="storing"))
    return items


def _unreadable_sentence(unreadable: dict[str, str]) -> str:
    if len(unreadable) == 1:
        return f"I can't read that photo ({next(iter(unreadable.values()))}): send another one."
    return f"None of the {len(unreadable)} photos can be read: send them again, as JPEG or PNG."


def _result(
    spec: CollectSpec,
    fetched: Fetched,
    form: str,
    labels: Match,
    items: list[ImageItem],
    report: Report,
    dropped: Counter[str],
    *,
    read: int,
    seconds: float | None,
    montage: str | None,
    answered: int,
    missed: list[MissedVideo],
) -> CollectResult:
    counts = shown.counts(items, labels.classes)
    return CollectResult(
        title=printable(fetched.title, len(fetched.title))[:MAX_NAME],
        items_file="items.jsonl",
        read=read,
        kept=len(items),
        dropped={reason: count for reason, count in dropped.items() if count},
        labelled=sum(item.labelled for item in items),
        boxes=counts,
        classes=list(counts),
        unknown_classes=labels.unknown,
        bad_rows=report.rows,
        bad_row_count=report.count,
        montage=montage,
        seconds=seconds,
        provenance={**fetched.provenance, **({"labels": form} if form else {})},
        answers_file="answers.jsonl" if answered else None,
        answered=answered,
        videos=fetched.videos.model_copy(update={"missed": [*fetched.videos.missed, *missed]}),
    )
