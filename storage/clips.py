"""Clips: the frames of one video, in order of time, and what each of them holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage import images
from storage.models import Box, Image, Source
from storage.votes import asked


class Frame(NamedTuple):
    """A frame of a video. `settled`: all of its objects are known, or said to be by its source."""

    id: int
    key: str
    name: str
    source_id: int
    group_key: str
    seconds: float
    settled: bool


class FrameBox(NamedTuple):
    """A box of a frame; `verdict` is right, wrong or None (open)."""

    id: int
    image_id: int
    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    verdict: str | None

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The corners, normalised."""
        return (self.x1, self.y1, self.x2, self.y2)


def clip_of(frame: Frame) -> tuple[int, str, str]:
    """What the frames of one video share: a source may hold several, even in one group."""
    return (frame.source_id, frame.group_key, frame.name.rpartition(" ")[0])


def of_sources(source_ids: Iterable[int], *, session: Session) -> list[list[Frame]]:
    """The clips of these sources, as far as they count."""
    query = (
        _frames()
        .where(col(Image.source_id).in_(list(source_ids)), images.live())
        .order_by(col(Image.seconds), col(Image.id))
    )
    clips: dict[tuple[int, str, str], list[Frame]] = defaultdict(list)
    for row in session.execute(query):
        frame = Frame(*row)
        clips[clip_of(frame)].append(frame)
    return list(clips.values())


def frames(image_ids: Collection[int], *, session: Session) -> dict[int, Frame]:
    """Those of these images that are frames of a video, by id."""
    return {
        row[0]: Frame(*row)
        for some in images.portions(sorted(image_ids))
        for row in session.execute(_frames().where(col(Image.id).in_(some)))
    }


def some_open(source_id: int, *, session: Session) -> bool:
    """Whether any frame of the source could take a box."""
    query = _frames().where(col(Image.source_id) == source_id, images.live(), ~_settled())
    return session.execute(query.limit(1)).first() is not None


def _frames() -> Select[Any]:
    wanted: tuple[Any, ...] = (
        col(Image.id),
        col(Image.key),
        col(Image.name),
        col(Image.source_id),
        col(Image.group_key),
        col(Image.seconds),
        _settled().label("settled"),
    )
    return (
        columns(*wanted)
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(col(Image.seconds).is_not(None))
    )


def _settled() -> ColumnElement[bool]:
    # What came with labels shows what those say: guesses stay idle there.
    return or_(col(Image.labelled), func.coalesce(col(Image.answer) == "complete", False))


def boxes(image_ids: Collection[int], *, session: Session) -> dict[int, list[FrameBox]]:
    """The boxes that count on these images, wrong ones included, by image."""
    found: dict[int, list[FrameBox]] = defaultdict(list)
    for some in images.portions(sorted(image_ids)):
        query = (
            columns(*(getattr(Box, name) for name in FrameBox._fields))
            .join(Image, col(Image.id) == col(Box.image_id))
            .join(Source, col(Source.id) == col(Image.source_id))
            .where(col(Box.image_id).in_(some), *asked())
            .order_by(col(Box.id))
        )
        for row in session.execute(query):
            box = FrameBox(*row)
            found[box.image_id].append(box)
    return dict(found)
