"""Photos and frames, read, measured and laid ready on disk: memory holds figures only."""

import os
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.bars import Bars, find_bars
from pipeline.features import AskedWords, Words
from pipeline.formats.bundle import Entry
from pipeline.frames import JPEG_QUALITY, MAX_SIDE, sample
from pipeline.images import Measures, Picture, Unreadable, encode, opened, read_photo
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import BoxItem
from pipeline.screen import evenly
from pipeline.stretch import Look
from pipeline.video_file import facts_of
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

THREADS = 4
AUGMENTED = "rf:"
CHUNK = 32
MAX_NAME = 200
BARS_IN = 12
"""Frames that are searched for black bars."""


@dataclass(frozen=True)
class Shot:
    """An image as it will be stored, lying at `path`. `boxes` is None where nobody labelled it.

    `series`: images whose sharpness can be compared. `seconds`: place in its video. `part`: the
    part of a dataset that it was in before.
    """

    path: Path
    suffix: str
    sha256: str
    width: int
    height: int
    measures: Measures
    name: str
    group: str
    series: str
    seconds: float | None = None
    boxes: list[BoxItem] | None = None
    part: str | None = None
    words: AskedWords | None = None


def as_told(shots: list[Shot], told: Mapping[str, Entry], source_id: int) -> list[Shot]:
    """Give pictures of an export of ours their names, groups, places in videos and parts back.

    `told`: what taptrain.json says, by digest.
    """
    return [
        replace(
            shot,
            name=entry.name or shot.name,
            group=_old_group(entry.group, source_id) or shot.group,
            seconds=entry.seconds,
            part=entry.part,
        )
        if (entry := told.get(shot.sha256)) is not None
        else shot
        for shot in shots
    ]


def _old_group(group: str, source_id: int) -> str:
    # Numbers of sources are this installation's own; a photo's augmentations are the same anywhere.
    return group if not group or group.startswith(AUGMENTED) else f"source:{source_id}:{group}"


def video_shots(
    path: Path,
    name: str,
    group: str,
    *,
    look: Look,
    work: Path,
    reporter: Reporter,
) -> tuple[list[Shot], float]:
    """Frames of a video without its black bars, one group all together, and its length in seconds.

    Raises:
        SourceError: it cannot be read, or ends before the stretch that is to be looked at.
    """
    clock = _Clock("frames", reporter)
    clock.tell(0, None, important=True)
    facts = facts_of(path)
    stretch = look.stretch(facts.seconds)
    times = look.times(path, facts, stretch)
    folder = work / f"frames-{group.replace(':', '-')}"

    def taken(bars: Bars | None) -> list[Shot]:
        # What a first round left is written over: the same frames, one by one.
        folder.mkdir(exist_ok=True)
        shots = []
        for number, frame in enumerate(sample(path, facts, times, stretch)):
            image = bars.cut(frame.image) if bars else frame.image
            picture = encode(image, quality=JPEG_QUALITY, max_side=MAX_SIDE)
            file = folder / f"{number:06d}.jpg"
            file.write_bytes(picture.data)
            label = f"{name} {frame.seconds:.2f}s"
            shots.append(_shot(picture, file, label, group, group, seconds=frame.seconds))
            clock.tell(number + 1, max(len(times), number + 1))
        return shots

    shots = taken(None)
    some = [shots[at].path for at in evenly(range(len(shots)), BARS_IN)]
    bars = find_bars([image for file in some if (image := opened(file.read_bytes()))])
    # Few films have any; these are read twice rather than written twice.
    return taken(bars) if bars else shots, stretch[1] - stretch[0]


def photo_shots(
    photos: Mapping[str, Path],
    boxes: Mapping[str, list[BoxItem]],
    *,
    prefix: str,
    first: int,
    work: Path,
    reporter: Reporter,
) -> tuple[list[Shot], dict[str, str]]:
    """Photos by name, and why some cannot be read. `first`: the first free number for a group."""
    if not photos:
        return [], {}
    folder = work / "photos"
    folder.mkdir()
    clock = _Clock("screen", reporter)
    shots: list[Shot] = []
    unreadable: dict[str, str] = {}
    for number, (name, read) in enumerate(_read_all(photos)):
        clock.tell(number + 1, len(photos))
        if isinstance(read, str):
            unreadable[name] = read
            continue
        path = photos[name]
        if read.rewritten:
            path = folder / f"{number:06d}{read.suffix}"
            path.write_bytes(read.data)
        group = _group(name, prefix, first + number)
        shots.append(_shot(read, path, name, group, f"{prefix}:photos", boxes=boxes.get(name)))
    return shots, unreadable


def item_fields(shot: Shot, words: Words | None, store: FileStore) -> dict[str, Any]:
    """What an ImageItem says of a shot, which is put into the store."""
    return {
        "key": store.put_file(shot.path, suffix=shot.suffix),
        "sha256": shot.sha256,
        "name": shot.name[-MAX_NAME:],
        "width": shot.width,
        "height": shot.height,
        "phash": shot.measures.phash,
        "group": shot.group,
        "seconds": shot.seconds,
        "words": b"" if words is None else b64encode(words.astype("<u4").tobytes()),
    }


def _shot(
    picture: Picture,
    path: Path,
    name: str,
    group: str,
    series: str,
    *,
    seconds: float | None = None,
    boxes: list[BoxItem] | None = None,
) -> Shot:
    return Shot(
        path=path,
        suffix=picture.suffix,
        sha256=picture.sha256,
        width=picture.width,
        height=picture.height,
        measures=picture.measures,
        name=name,
        group=group,
        series=series,
        seconds=seconds,
        boxes=boxes,
        words=picture.words,
    )


def _group(name: str, prefix: str, number: int) -> str:
    """One group an image, but for Roboflow's augmentations (NAME.rf.HASH.jpg) of one photo.

    Those share a group across sources: the next export of the same set holds the same photos.
    """
    base, mark, _ = PurePosixPath(name).name.partition(".rf.")
    return f"{AUGMENTED}{base[:100]}" if mark and base else f"{prefix}:{number}"


def _read_all(photos: Mapping[str, Path]) -> Iterator[tuple[str, Picture | str]]:
    """Decode on some threads (Pillow lets go of the interpreter), a bounded number at a time."""
    names = iter(photos)
    with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        while chunk := list(islice(names, CHUNK)):
            yield from zip(chunk, pool.map(lambda name: _read(photos[name]), chunk), strict=True)


def _read(path: Path) -> Picture | str:
    try:
        return read_photo(path)
    except Unreadable as error:
        return error.user_message


class _Clock:
    """Progress with the time that is left, from the pace so far."""

    def __init__(self, stage: str, reporter: Reporter) -> None:
        self._stage = stage
        self._reporter = reporter
        self._began = time.monotonic()

    def tell(self, done: int, total: int | None, *, important: bool = False) -> None:
        elapsed = time.monotonic() - self._began
        left = (total - done) * elapsed / done if total and done and elapsed > 1 else None
        self._reporter.progress(
            Progress(stage=self._stage, done=done, total=total, seconds_left=left),
            important=important,
        )
