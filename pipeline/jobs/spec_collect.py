"""Collecting a source: what is asked of a worker, and what it found."""

from typing import Literal, NamedTuple

from pydantic import Base64Bytes, Field

from pipeline.jobs.part import BoxItem, OutPath, Part
from pipeline.jobs.spec_video import VideosResult, VideosSpec


class ImageItem(Part):
    """An image a collect job kept (already in the file store).

    `group`: images that share it stay on one side of a split. `alike`: group keys, known or of this
    same result, that this image is a near duplicate of. `part`: the part of a dataset that it was
    in before, where an export of ours says so. `words`: its corners' (see pipeline/features.py), in
    base64.
    """

    key: str
    sha256: str
    name: str
    width: int
    height: int
    phash: str
    group: str
    seconds: float | None = None
    labelled: bool = False
    boxes: list[BoxItem] = []
    alike: list[str] = []
    part: str | None = None
    words: Base64Bytes = b""


class DroppedItem(ImageItem):
    """An image that screening left out, kept (in the file store) for a person to bring back.

    `reason`: near_duplicate, dark, blurred or tiny. `like`: the sha256 of the picture that stayed
    for it.
    """

    reason: str
    like: str = ""


class KnownImage(NamedTuple):
    """An image the project already has, so that duplicates are seen across sources.

    `labelled`: it came with labels. Where it did not, the same picture with labels is kept. `id`
    and `file`: its row, and what it is called when it goes out to another tool. `words`: its
    corners' (see pipeline/features.py), four bytes each.
    """

    sha256: str
    phash: str
    group: str
    labelled: bool = True
    id: int = 0
    file: str = ""
    width: int = 0
    height: int = 0
    words: bytes = b""


class InputFile(Part):
    """A file that was sent into the chat, already on this machine."""

    path: str
    name: str


class CollectSpec(Part):
    """Fetch a source, sample frames, screen them, read labels.

    `what` is a link or a data set's name, or empty when `files` came by chat or `folder` lies on
    this machine. `again`: the number of the job that fetches a source anew, 0 for the first time.
    `known_file` holds every KnownImage (see pipeline/known.py), relative to the attempt's folder.
    `allow_private`: "0", "1" or comma-parted hosts. `mirrors`: addresses of services, see
    pipeline/sources/mirrors.py.
    """

    kind: Literal["collect"] = "collect"
    store: str
    source_id: int
    again: int = 0
    what: str = ""
    folder: str = ""
    files: list[InputFile] = []
    every_s: float = Field(default=1.0, gt=0, le=86_400)
    max_images: int = Field(default=300, gt=0, le=100_000)
    classes: list[str] = []
    known_file: str | None = None
    allow_private: str = "0"
    mirrors: str = ""
    max_bytes: int = 4 << 30
    videos: VideosSpec = VideosSpec()

    @property
    def group(self) -> str:
        """What the group keys of this fetch begin with."""
        return f"source:{self.source_id}" + (f":again{self.again}" if self.again else "")


class BadRow(Part):
    """Something that was left out of an import, and why."""

    file: str
    line: int | None = None
    why: str


class Choice(Part):
    """Something that can be added: what its button says, and what `/add` would get."""

    label: str
    what: str


class CollectResult(Part):
    """What a collect job found. `items_file`: JSON lines of ImageItem. `montage`: a JPEG.

    `dropped` counts by reason: duplicate, near_duplicate, dark, blurred, tiny, unreadable,
    over_max. `classes`: every label that the kept boxes use, in the source's own order, and those
    that an export of ours lists. `answers_file`: JSON lines of AnswerItem about the `answered`
    pictures that had gone out to another tool. `bad_rows` are the first of what `report_file`, a
    CSV, lists. `whole` counts kept pictures by what is on them where nothing says in which place.
    `dropped_file`: JSON lines of DroppedItem, `shelved` of what was dropped. `choices`: what to add
    instead, where the source has several things to offer; `question` asks which.
    """

    kind: Literal["collect"] = "collect"
    title: str
    items_file: OutPath
    read: int
    kept: int
    dropped: dict[str, int] = {}
    labelled: int = 0
    boxes: dict[str, int] = {}
    classes: list[str] = []
    unknown_classes: dict[str, int] = {}
    bad_rows: list[BadRow] = []
    bad_row_count: int = 0
    report_file: OutPath | None = None
    whole: dict[str, int] = {}
    montage: OutPath | None = None
    seconds: float | None = None
    provenance: dict[str, str] = {}
    answers_file: OutPath | None = None
    answered: int = 0
    dropped_file: OutPath | None = None
    shelved: int = 0
    question: str = ""
    choices: list[Choice] = []
    videos: VideosResult = VideosResult()
