"""Which pictures of an archive went out from here before: by name and digest, or by their looks.

A picture's name tells its id (see pipeline/formats/bundle.py), and it is believed only where the
rest agrees: what it was called, its bytes or, where a tool wrote it anew, its hash and shape. An
archive may also hold labels alone, whose pictures stayed here.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.formats import Match, bundle, folders, match, read_labels
from pipeline.formats.base import SAME_ASPECT, Files, Report
from pipeline.formats.classes import no_class_in_common
from pipeline.images import read_photo, size_of
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import BoxItem
from pipeline.jobs.spec_collect import KnownImage
from pipeline.jobs.spec_export import AnswerItem
from pipeline.sources.inbox import Inbox
from pipeline.worker.reporter import Reporter

LIKE_BITS = 10
"""Hamming distance of 64-bit pHashes up to which a picture of the same name was merely written
anew; unrelated pictures lie within it once in thousands, and bear another name."""


class ReadIn(NamedTuple):
    """What the label files of an arrival say: of new pictures, and of those that went out.

    `whole`: what is on a picture, where nothing says in which place. `told`: what an export of ours
    tells, for a project that has no picture yet.
    """

    labels: Match
    form: str
    report: Report
    answers: list[AnswerItem]
    whole: dict[str, str]
    told: bundle.Manifest | None = None


def read_in(
    classes: list[str], inbox: Inbox, known: list[KnownImage], reporter: Reporter
) -> ReadIn:
    """Read the labels in `inbox`; photos that they answer for are taken out of it.

    Args:
        classes: the project's; empty takes all.
        known: the project's pictures.

    Raises:
        LabelError: labels are there but cannot be understood at all, or those of pictures that
            went out have no class in common with the project.
    """
    if not inbox.labels:
        whole = folders.classes_of(inbox.photos, classes)
        return ReadIn(Match({}, []), "", inbox.report, [], whole)
    returned = Returned(known, inbox.labels)
    besides = returned.besides(inbox.photos)
    if not inbox.photos and not besides:
        return ReadIn(Match({}, []), "", inbox.report, [], {})
    reporter.progress(Progress(stage="labels", done=0, total=len(inbox.labels)), important=True)
    sizes: dict[str, tuple[int, int] | None] = {
        name: (image.width, image.height) for name, image in besides.items()
    }

    def size(name: str) -> tuple[int, int] | None:
        if name not in sizes:
            sizes[name] = size_of(inbox.photos[name])
        return sizes[name]

    labels = read_labels(inbox.labels, {**inbox.photos, **besides}, size)
    labels.report.merge(inbox.report)
    matched = match(labels, classes)
    answered = {}
    for name, boxes in list(matched.boxes.items()):
        picture = returned.picture(name, inbox.photos.get(name))
        if picture is not None:
            # What is no class of the project is asked about with new pictures only.
            answered[name] = picture, [box for box in boxes if box.label in matched.classes]
            del matched.boxes[name]
            # A picture that was here needs no look; its labels are what is new.
            inbox.photos.pop(name, None)
    if answered and matched.unknown and not matched.classes:
        raise no_class_in_common(matched, classes)
    whole = labels.whole or (folders.classes_of(inbox.photos, classes) if not labels.boxes else {})
    told = None if known else returned.told
    return ReadIn(matched, labels.form, labels.report, returned.answers(answered), whole, told)


class Returned:
    """The project's pictures as they went out, and what the archive's taptrain.json says."""

    def __init__(self, known: Iterable[KnownImage], files: Files) -> None:
        self._known = {image.id: image for image in known if image.id}
        self._by_sha = {image.sha256: image for image in self._known.values()}
        manifests = self._manifests = bundle.read_manifests(files)
        self._told = {
            bundle.stem_of(entry.file): entry for one in manifests for entry in one.entries
        }
        self._shas = {entry.sha256 for one in manifests for entry in one.entries}
        # Several parts of one export are of one moment; of several the last word is the oldest's.
        self._newest = min(
            (one.newest_box for one in manifests if one.newest_box is not None), default=None
        )

    @property
    def told(self) -> bundle.Manifest | None:
        """Everything that exports of ours tell, as if by one; None where there is none."""
        if not self._manifests:
            return None
        classes = dict.fromkeys(label for one in self._manifests for label in one.classes)
        entries = [entry for one in self._manifests for entry in one.entries]
        return bundle.Manifest(list(classes), self._newest, entries)

    def besides(self, photos: Collection[str]) -> dict[str, KnownImage]:
        """Pictures that labels may mean although they are not in the archive, by their names."""
        here = {bundle.stem_of(name) for name in photos}
        return {
            image.file: image
            for image in self._known.values()
            if image.file and bundle.stem_of(image.file) not in here
        }

    def picture(self, name: str, path: Path | None) -> KnownImage | None:
        """The picture that an archive's one is; None for one that never went out.

        Args:
            path: its bytes; None where the archive has the labels alone.
        """
        number = bundle.image_id(name)
        known = self._known.get(number) if number is not None else None
        if known is not None and bundle.stem_of(known.file) != bundle.stem_of(name):
            known = None
        told = self._told.get(bundle.stem_of(name))
        if known is not None and told is not None and told.sha256 != known.sha256:
            # Another installation counts its pictures from 1 as well.
            return None
        if path is None or (known is None and not self._shas):
            return known
        with path.open("rb") as handle:
            sha = hashlib.file_digest(handle, "sha256").hexdigest()
        if known is None:
            # Under another name, but it went out: the archive says so.
            return self._by_sha.get(sha) if sha in self._shas else None
        return known if sha == known.sha256 or _alike(path, known) else None

    def answers(self, labelled: Mapping[str, tuple[KnownImage, list[BoxItem]]]) -> list[AnswerItem]:
        """What an archive says of pictures that went out; each is answered once."""
        found = {
            known.id: AnswerItem(image_id=known.id, boxes=boxes, newest_box=self._newest)
            for known, boxes in labelled.values()
        }
        return list(found.values())


def _alike(path: Path, known: KnownImage) -> bool:
    try:
        picture = read_photo(path)
    except SourceError:
        return False
    bits = (int(picture.measures.phash, 16) ^ int(known.phash, 16)).bit_count()
    shape = (picture.width / picture.height) / (known.width / known.height)
    return bits <= LIKE_BITS and abs(shape - 1) <= SAME_ASPECT
