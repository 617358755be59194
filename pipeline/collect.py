"""Collect a source: fetch it, sample frames, read labels, screen, store, and tell what came of it.

Runs in a worker process. Nothing of it is kept before the screening is done, and every stored file
is whole: an attempt that dies leaves nothing that anybody could take for a result.
"""

import errno
import shutil
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel

from pipeline import known as known_images
from pipeline import provenance, shown, sifting
from pipeline.archive import printable
from pipeline.errors import AllHere, SourceError, WorkerError
from pipeline.filmed import frames_of
from pipeline.formats import Match
from pipeline.formats import report as reports
from pipeline.formats.base import Report
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import (
    BadRow,
    Choice,
    CollectResult,
    CollectSpec,
    ImageItem,
    KnownImage,
)
from pipeline.jobs.spec_video import MissedVideo, VideosResult
from pipeline.net import Policy, guard
from pipeline.returned import read_in
from pipeline.same_film import join_known
from pipeline.screen import evenly
from pipeline.shelf import shelve
from pipeline.shots import MAX_NAME, as_told, photo_shots
from pipeline.sources import fetch, secrets
from pipeline.sources.base import Fetched, Offer, Room
from pipeline.sources.inbox import Inbox, sort
from pipeline.sources.kept import kept
from pipeline.sources.mirrors import parse as parse_mirrors
from pipeline.stretch import OVERSAMPLE
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No room, no room for this user, no room for so large a file."""

TOLD_ROWS = 20


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
        if error.errno in FULL:
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
    keys = secrets.take(reporter.folder)
    policy = Policy.parse(spec.allow_private)
    reporter.progress(Progress(stage="fetch", done=0), important=True)
    with guard(policy) as guarded:
        sites = parse_mirrors(spec.mirrors)
        room = Room(work, policy, guarded, reporter, keys, sites, kept=downloads)
        try:
            fetched = fetch(spec, room)
        except AllHere:
            if not spec.again:
                raise
            # Whoever looks for news is not wrong to find none.
            return _without_pictures(reporter)
    if isinstance(fetched, Offer):
        title = printable(fetched.title, MAX_NAME)
        return _without_pictures(reporter, title, fetched.question, fetched.choices)

    def unpacked(done: int, total: int) -> None:
        reporter.progress(Progress(stage="fetch", done=done, total=total, note="unpacking"))

    inbox = sort(fetched.files, work / "unpacked", unpacked)
    known = _known(spec, reporter)
    labels, form, report, answers, whole, told = read_in(spec.classes, inbox, known, reporter)
    if inbox.trouble and not answers:
        raise inbox.trouble
    chosen, skipped = _choose(inbox, labels, spec)
    dropped: Counter[str] = Counter()
    dropped["over_max"] = skipped

    shots, seconds, missed = frames_of(inbox.videos, spec, work, reporter)
    photos, unreadable = photo_shots(
        {name: inbox.photos[name] for name in chosen},
        labels.boxes,
        prefix=spec.group,
        first=len(inbox.videos),
        work=work,
        reporter=reporter,
    )
    entries = {entry.sha256: entry for entry in told.entries} if told else {}
    shots += as_told(photos, entries, spec.source_id)
    for name, why in unreadable.items():
        report.add(name, None, why)
    dropped["unreadable"] = len(unreadable)
    if not shots and not answers:
        first = next(iter(missed.values()), None)
        raise SourceError(first.why if first else _unreadable_sentence(unreadable))

    store = FileStore(spec.store)
    verdict = sifting.judge(known, shots, store, reporter)
    dropped.update(verdict.dropped.values())
    join_known(shots, known, verdict)
    kept = sifting.thin(shots, verdict, spec.max_images)
    dropped["over_max"] += len(verdict.kept) - len(kept)
    items = sifting.store_kept(shots, kept, verdict, store, reporter)
    _write_lines(reporter.out / "items.jsonl", items)
    _write_lines(reporter.out / "answers.jsonl", answers)
    shelved = shelve(shots, verdict, store, reporter)
    _write_lines(reporter.out / "dropped.jsonl", shelved)
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
        notes=provenance.of_files(inbox.labels),
        report_file=reports.write(report, reporter.out),
        whole=whole,
        listed=told.classes if told else [],
        shelved=len(shelved),
        missed=missed,
    )


def _without_pictures(
    reporter: Reporter, title: str = "", question: str = "", choices: Sequence[Choice] = ()
) -> CollectResult:
    _write_lines(reporter.out / "items.jsonl", [])
    return CollectResult(
        title=title,
        items_file="items.jsonl",
        read=0,
        kept=0,
        question=question,
        choices=list(choices),
    )


def _known(spec: CollectSpec, reporter: Reporter) -> list[KnownImage]:
    if not spec.known_file:
        return []
    return known_images.read(reporter.folder / spec.known_file)


def _write_lines(path: Path, values: Iterable[BaseModel]) -> None:
    path.write_text("".join(value.model_dump_json() + "\n" for value in values))


def _choose(inbox: Inbox, labels: Match, spec: CollectSpec) -> tuple[list[str], int]:
    """Photos to look at, and how many are too many: labelled ones all, of the others a spread."""
    bare = [name for name in inbox.photos if name not in labels.boxes]
    some = evenly(range(len(bare)), spec.max_images * OVERSAMPLE)
    taken = {bare[index] for index in some} | labels.boxes.keys()
    return [name for name in inbox.photos if name in taken], len(bare) - len(some)


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
    notes: dict[str, str],
    report_file: str | None,
    whole: dict[str, str],
    listed: list[str],
    shelved: int,
    missed: dict[Path, MissedVideo],
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
        classes=list(dict.fromkeys([*listed, *counts])),
        unknown_classes=labels.unknown,
        bad_rows=[
            BadRow(file=row.file, line=row.line, why=row.why) for row in report.rows[:TOLD_ROWS]
        ],
        bad_row_count=report.count,
        report_file=report_file,
        whole=Counter(whole[item.name] for item in items if item.name in whole),
        montage=montage,
        seconds=seconds,
        # What an archive says of itself fills what its source does not know.
        provenance=provenance.normalised(
            {"title": fetched.title, **notes, **fetched.provenance, "labels": form}
        ),
        answers_file="answers.jsonl" if answered else None,
        answered=answered,
        dropped_file="dropped.jsonl" if shelved else None,
        shelved=shelved,
        videos=_videos(fetched, missed),
    )


def _videos(fetched: Fetched, unread: dict[Path, MissedVideo]) -> VideosResult:
    """What became of the videos; one that cannot be read is no more here than a missing one."""
    told = fetched.videos
    pairs = zip(told.keys, fetched.files, strict=False)
    keys = [key for key, file in pairs if Path(file.path) not in unread]
    return told.model_copy(update={"missed": [*told.missed, *unread.values()], "keys": keys})
