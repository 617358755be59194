"""What screening left out: kept in rows, and brought back as ordinary images."""

from base64 import b64encode
from collections.abc import Sequence

from sqlmodel import Session

from pipeline.jobs.spec_collect import DroppedItem, ImageItem
from pipeline.kinds.arrivals import bring_in
from storage import dropped, images, sources
from storage.models import Dropped, Image


def keep(items: Sequence[DroppedItem], source_id: int, *, session: Session) -> None:
    """Keep what a collect job laid aside; doing it again changes nothing."""
    source = sources.get(source_id, session=session)
    there = dropped.there(source_id, [item.sha256 for item in items], session=session)
    for item in items:
        if item.sha256 not in there:
            session.add(
                Dropped(
                    project_id=source.project_id,
                    source_id=source_id,
                    group_key=item.group,
                    **item.model_dump(exclude={"group", "labelled", "boxes", "alike", "words"}),
                    words=item.words,
                )
            )
    session.flush()


def bring_back(rows: Sequence[Dropped], *, session: Session) -> None:
    """Make images of pictures of one source; each shares the group of what it looks like.

    They are known from then on: collecting the source again leaves them as they are.
    """
    if not rows:
        return
    project_id, source_id = rows[0].project_id, rows[0].source_id
    like = images.by_sha(project_id, [row.like for row in rows if row.like], session=session)
    bring_in([_item(row, like) for row in rows], source_id, session=session)
    now = images.by_sha(project_id, [row.sha256 for row in rows], session=session)
    for row in rows:
        row.image_id = now[row.sha256].id
        session.add(row)
    session.flush()


def _item(row: Dropped, like: dict[str, Image]) -> ImageItem:
    other = like.get(row.like)
    return ImageItem(
        key=row.key,
        sha256=row.sha256,
        name=row.name,
        width=row.width,
        height=row.height,
        phash=row.phash,
        group=row.group_key,
        seconds=row.seconds,
        alike=[other.group_key] if other is not None and other.group_key != row.group_key else [],
        words=b64encode(row.words),
    )
