"""Tracks: one object through the frames of a video."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from storage.models import Box, Image, Source, Track
from storage.votes import asked

ORIGIN = "track"
"""Of boxes that were carried from a confirmed one (see storage.models.Box)."""

LEAST = 3
"""Open boxes that make asking about a track quicker than asking about each."""


@dataclass(frozen=True)
class OpenTrack:
    """A track worth one question, and how many open boxes it answers."""

    id: int
    label: str
    boxes: int


def open_tracks(project_id: int, labels: Collection[str], *, session: Session) -> list[OpenTrack]:
    """Tracks with enough open boxes of these classes, the longest first."""
    # Most projects have none, and then no box needs to be looked at.
    known = select(Track.id).where(col(Track.project_id) == project_id).limit(1)
    if session.exec(known).first() is None:
        return []
    query = (
        columns(col(Track.id), col(Track.label), func.count())
        .join(Box, col(Box.track_id) == col(Track.id))
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Track.project_id) == project_id,
            col(Track.label).in_(labels),
            col(Box.verdict).is_(None),
            *asked(),
        )
        .group_by(col(Track.id), col(Track.label))
        .having(func.count() >= LEAST)
        .order_by(func.count().desc(), col(Track.id))
    )
    return [OpenTrack(*row) for row in session.execute(query)]


def are_open(track_ids: Collection[int], *, session: Session) -> bool:
    """Whether each of these tracks still has an open box."""
    query = columns(col(Box.track_id)).where(
        col(Box.track_id).in_(track_ids), col(Box.verdict).is_(None), col(Box.merged_id).is_(None)
    )
    return {track for (track,) in session.execute(query)} == set(track_ids)


def boxes(track_id: int, *, session: Session) -> list[int]:
    """The track's boxes in order of time."""
    return _in_time([track_id], session=session).get(track_id, [])


def shown(track_ids: Collection[int], *, session: Session) -> dict[int, list[int]]:
    """The boxes that stand for each track on a sheet: its first, middle and last open ones.

    Of a track on which everything is decided by now, those of all its boxes.
    """
    still_open = (col(Box.verdict).is_(None), col(Box.merged_id).is_(None))
    open_ones = _in_time(track_ids, *still_open, session=session)
    ways = _in_time(track_ids, session=session) | open_ones
    return {track_id: _ends_and_middle(way) for track_id, way in ways.items()}


def _ends_and_middle(way: list[int]) -> list[int]:
    places = sorted({0, len(way) // 2, len(way) - 1})
    return [way[place] for place in places]


def _in_time(
    track_ids: Collection[int], *where: ColumnElement[bool], session: Session
) -> dict[int, list[int]]:
    query = (
        columns(col(Box.track_id), col(Box.id))
        .join(Image, col(Image.id) == col(Box.image_id))
        .where(col(Box.track_id).in_(track_ids), *where)
        .order_by(col(Image.seconds), col(Box.id))
    )
    found: dict[int, list[int]] = defaultdict(list)
    for track_id, box_id in session.execute(query):
        found[track_id].append(box_id)
    return dict(found)


def create(tracks: Collection[Track], *, session: Session) -> list[int]:
    """Keep new tracks; their ids in the same order."""
    session.add_all(tracks)
    session.flush()
    return [track.id for track in tracks if track.id is not None]


def carried(parent_ids: Collection[int], *, session: Session) -> set[tuple[int, int]]:
    """`(box, image)`: which of these boxes were carried to which images before."""
    query = columns(col(Box.parent_id), col(Box.image_id)).where(
        col(Box.parent_id).in_(parent_ids), col(Box.origin) == ORIGIN
    )
    return {(parent, image) for parent, image in session.execute(query)}


@dataclass(frozen=True)
class Waiting:
    """Carried boxes of a source that wait for an answer: how many, on what, of how many objects."""

    boxes: int
    pictures: int
    objects: int


def waiting(source_id: int, *, session: Session) -> Waiting:
    """What was carried through a source and is not decided yet."""
    query = (
        columns(
            func.count(),
            func.count(func.distinct(col(Box.image_id))),
            func.count(func.distinct(col(Box.track_id))),
        )
        .select_from(Box)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Image.source_id) == source_id,
            col(Box.origin) == ORIGIN,
            col(Box.verdict).is_(None),
            *asked(),
        )
    )
    return Waiting(*session.execute(query).one())
