"""What was fetched, sorted by what it is: photos, videos and label files, out of zips as well."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pipeline import archive
from pipeline.errors import ArchiveRefused, SourceError
from pipeline.formats.base import Report
from pipeline.jobs.spec_collect import InputFile
from pipeline.sources.kinds import kind_of_file
from pipeline.video_file import BROKEN

ALONE = {".json", ".xml", ".csv", ".tsv"}
"""Endings of label files that can be about pictures which are here already."""


@dataclass
class Inbox:
    """Files by their names; a name that occurs twice gets a number. `report`: what is no use.

    `trouble`: why there is no picture in it, where there are labels only.
    """

    photos: dict[str, Path] = field(default_factory=dict)
    videos: dict[str, Path] = field(default_factory=dict)
    labels: dict[str, Path] = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    trouble: SourceError | None = None


def sort(
    files: list[InputFile], folder: Path, progress: Callable[[int, int], None] | None = None
) -> Inbox:
    """Sort `files`, unpacking zips into `folder`; `progress` gets unpacked and declared bytes.

    Raises:
        ArchiveRefused: a zip that must not or cannot be opened.
        SourceError: there is nothing to look at in all of them; the sentence is about the last.
    """
    inbox = Inbox()
    trouble: SourceError | None = None
    for number, file in enumerate(files):
        name = archive.printable(file.name, archive.MAX_NAME) or f"file {number + 1}"
        path = Path(file.path)
        kind = kind_of_file(path)
        if kind == "zip":
            before = len(inbox.photos) + len(inbox.videos)
            prefix = f"{number}/" if len(files) > 1 else ""
            for member in archive.unpack(
                path, folder / f"zip{number}", progress=progress, prefix=prefix
            ):
                _sort_member(inbox, member)
            if len(inbox.photos) + len(inbox.videos) == before:
                trouble = SourceError(
                    "There are no pictures in that zip: "
                    "pack the photos, with their labels beside them, and send it again."
                )
        elif kind == "image":
            _put(inbox.photos, name, path)
        elif kind == "video":
            _put(inbox.videos, name, path)
        elif PurePosixPath(name).suffix.lower() in (archive.LABELS if len(files) > 1 else ALONE):
            _put(inbox.labels, name, path)
            trouble = trouble or _alone(name)
        else:
            trouble = _useless(name, kind)
            inbox.report.add(name, None, "not a photo, a video or a zip that I can read")
    if not inbox.photos and not inbox.videos:
        inbox.trouble = trouble or SourceError(
            "There is nothing in it: send a photo, a video or a zip."
        )
        if not inbox.labels:
            raise inbox.trouble
    return inbox


def _alone(name: str) -> SourceError:
    return SourceError(
        f"{PurePosixPath(name).name[-60:]} is about no picture that I sent out: "
        "pack the photos and their labels into one zip."
    )


def _sort_member(inbox: Inbox, member: archive.Member) -> None:
    suffix = member.path.suffix
    if suffix in archive.LABELS:
        _put(inbox.labels, member.name, member.path)
        return
    if suffix == ".zip":
        why = f"packed more than {archive.MAX_DEPTH} zips deep: pack it anew, flatter"
        inbox.report.add(member.name, None, why)
        return
    kind = kind_of_file(member.path)
    if kind == "video":
        _put(inbox.videos, member.name, member.path)
    elif kind == "image" or suffix in archive.IMAGES:
        # What is called a photo and is none is told as unreadable later, with its labels.
        _put(inbox.photos, member.name, member.path)
    else:
        inbox.report.add(member.name, None, "not a video that I can read")


def _put(files: dict[str, Path], name: str, path: Path) -> None:
    unique, number = name, 1
    while unique in files:
        number += 1
        # In front, so that the ending still says what it is.
        parent, _, base = name.rpartition("/")
        unique = f"{parent}/({number}) {base}" if parent else f"({number}) {base}"
    files[unique] = path


def _useless(name: str, kind: str) -> SourceError:
    suffix = PurePosixPath(name).suffix.lower()
    if kind == "archive":
        return ArchiveRefused("I can only open zip archives: pack it as a .zip and send that.")
    if suffix == ".zip":
        return ArchiveRefused(archive.NO_ZIP)
    if suffix in archive.IMAGES:
        return SourceError("I can't read that photo; it may be damaged: send it again.")
    if suffix in archive.FILMS:
        return SourceError(BROKEN)
    return SourceError("I can use photos, videos and zips, and that is none of them.")
