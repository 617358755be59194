"""Who may see a model's page: whoever knows its own token, or that of a link that has not ended."""

import secrets

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.models import Model, Share, now


def new_token() -> str:
    """A name that nobody guesses, unlike any other one before."""
    return secrets.token_urlsafe(24)


def create(model: Model, token: str, *, member_id: int, session: Session) -> Share:
    """A new link to the model's page."""
    share = Share(
        project_id=model.project_id,
        model_id=model.id or 0,
        token=token,
        member_id=member_id,
    )
    session.add(share)
    session.flush()
    return share


def get(share_id: int, *, session: Session) -> Share:
    """The link.

    Raises:
        LookupError: there is none with this id.
    """
    share = session.get(Share, share_id)
    if share is None:
        raise LookupError(share_id)
    return share


def model_behind(token: str, *, session: Session) -> Model | None:
    """The model whose page a token opens now; None where it opens nothing (any more)."""
    own = session.exec(select(Model).where(Model.page_token == token).limit(1)).first()
    if own is not None:
        return own
    query = (
        select(Model)
        .join(Share, col(Share.model_id) == col(Model.id))
        .where(Share.token == token, col(Share.ended_at).is_(None))
    )
    return session.exec(query.limit(1)).first()


def open_of(project_id: int, model_id: int | None = None, *, session: Session) -> list[Share]:
    """The links of a project (of one model) that lead to a page, oldest first."""
    query = select(Share).where(Share.project_id == project_id, col(Share.ended_at).is_(None))
    if model_id is not None:
        query = query.where(Share.model_id == model_id)
    return list(session.exec(query.order_by(col(Share.id))))


def count_open(model: Model, *, session: Session) -> int:
    """How many links lead to the model's page."""
    query = select(func.count()).select_from(Share)
    return session.exec(
        query.where(Share.model_id == model.id, col(Share.ended_at).is_(None))
    ).one()


def end(share: Share, *, session: Session) -> None:
    """The link leads nowhere from now on."""
    if share.ended_at is None:
        share.ended_at = now()
        session.add(share)
