"""Pictures opened in the editor page: the unguessable names, and what comes before and after."""

import secrets
from datetime import timedelta

from sqlalchemy import select as columns
from sqlmodel import Session, col, delete, select

from storage import images, questions, votes
from storage.models import Box, EditorTask, Image, Project, Source, now
from storage.questions import Scope

KEEP = timedelta(days=7)
RENEW = timedelta(days=1)
"""A link that ends sooner than this is not handed out again."""

TOKEN_BYTES = 18
"""24 characters of A-Za-z0-9_-: a start parameter takes those, 64 at most."""


def open_task(
    project_id: int, image_id: int, chat_id: int, member_id: int, *, session: Session
) -> EditorTask:
    """The task of this picture, chat and member (0: whoever of the chat opens it).

    One that is good for another day is handed out again, so a message that shows its link need not
    change.
    """
    query = select(EditorTask).where(
        EditorTask.project_id == project_id,
        EditorTask.image_id == image_id,
        EditorTask.chat_id == chat_id,
        EditorTask.member_id == member_id,
        col(EditorTask.expires_at) > now() + RENEW,
    )
    task = session.exec(query.order_by(col(EditorTask.expires_at).desc()).limit(1)).first()
    if task is None:
        task = EditorTask(
            token=secrets.token_urlsafe(TOKEN_BYTES),
            project_id=project_id,
            image_id=image_id,
            chat_id=chat_id,
            member_id=member_id,
            expires_at=now() + KEEP,
        )
        session.add(task)
        session.flush()
    return task


def get(token: str, *, session: Session) -> EditorTask | None:
    """The task of this name, while it is good."""
    task = session.get(EditorTask, token)
    return task if task is not None and task.expires_at > now() else None


def forget_old(*, session: Session) -> None:
    """Drop tasks whose links are good no longer."""
    session.exec(delete(EditorTask).where(col(EditorTask.expires_at) < now()))


def live_image(task: EditorTask, *, session: Session) -> Image | None:
    """The task's picture, unless its source was removed meanwhile."""
    query = select(Image).join(Source, col(Source.id) == col(Image.source_id))
    return session.exec(query.where(Image.id == task.image_id, images.live())).first()


def frame_before(image: Image, *, session: Session) -> Image | None:
    """The frame that was kept last before this one in the same video."""
    if image.seconds is None:
        return None
    query = select(Image).where(
        Image.source_id == image.source_id,
        Image.group_key == image.group_key,
        col(Image.seconds) < image.seconds,
    )
    return session.exec(query.order_by(col(Image.seconds).desc()).limit(1)).first()


def boxes_of(image_id: int, *, session: Session) -> list[Box]:
    """The picture's boxes that say something of it, the wrong ones left out; oldest first."""
    query = (
        select(Box)
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            Box.image_id == image_id,
            *votes.asked(),
            col(Box.verdict).is_distinct_from("wrong"),
        )
        .order_by(col(Box.id))
    )
    return list(session.exec(query))


def waiting(project: Project, *, session: Session) -> tuple[list[int], list[int]]:
    """Ids of pictures that need a hand, and of those on which anything else is to be decided."""
    scope = Scope.of(project)
    draw = questions.to_draw(scope, session=session)
    confirm = questions.to_confirm(scope, limit=images.AT_ONCE, session=session)
    return draw, sorted({*confirm, *_undecided(scope, session)} - set(draw))


def _undecided(scope: Scope, session: Session) -> list[int]:
    query = (
        columns(col(Box.image_id))
        .join(Image, col(Image.id) == col(Box.image_id))
        .join(Source, col(Source.id) == col(Image.source_id))
        .where(
            col(Box.project_id) == scope.project_id,
            col(Box.verdict).is_(None),
            col(Box.gold).is_(None),
            col(Box.label).in_(scope.classes),
            *votes.asked(),
            # What came with labels waits for the answer about them all.
            col(Source.state) == "ready",
            col(Source.trust).is_distinct_from("sample"),
        )
    )
    return [image_id for (image_id,) in session.execute(query.distinct())]
