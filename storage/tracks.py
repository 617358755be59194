"""Tracks: one object through the frames of a video."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage.models import Box, Image, Source, Track
from storage.votes import asked

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
        col(Box.track_id).in_(track_ids), col(Box.verdict).is_(None)
    )
    return {track for (track,) in session.execute(query)} == set(track_ids)


def boxes(track_id: int, *, session: Session) -> list[int]:
    """The track's boxes in order of time."""
    query = (
        columns(col(Box.id))
        .join(Image, col(Image.id) == col(Box.image_id))
        .where(col(Box.track_id) == track_id)
        .order_by(col(Image.seconds), col(Box.id))
    )
    return [box_id for (box_id,) in session.execute(query)]
