"""Pictures that visitors of a page sent back, until they are images of the project."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.models import HardExample, Json, Model, Source


def there(project_id: int, sha256: str, *, session: Session) -> bool:
    """Whether the project was sent this very picture before."""
    query = select(HardExample.id).where(
        HardExample.project_id == project_id, HardExample.sha256 == sha256
    )
    return session.exec(query.limit(1)).first() is not None


def add(model: Model, *, key: str, sha256: str, seen: Json, session: Session) -> bool:
    """Keep a picture; returns False where it was sent before."""
    if there(model.project_id, sha256, session=session):
        return False
    session.add(
        HardExample(
            project_id=model.project_id,
            model_id=model.id or 0,
            key=key,
            sha256=sha256,
            seen=seen,
        )
    )
    session.flush()
    return True


def count_since(model_id: int, since: datetime, *, session: Session) -> int:
    """How many came from the model's page since then (UTC, naive)."""
    query = select(func.count()).select_from(HardExample)
    return session.exec(
        query.where(HardExample.model_id == model_id, col(HardExample.created_at) >= since)
    ).one()


def waiting(*, session: Session) -> dict[int, list[HardExample]]:
    """Those that are part of no source yet, by model, in the order in which they came."""
    query = select(HardExample).where(col(HardExample.source_id).is_(None))
    found: dict[int, list[HardExample]] = defaultdict(list)
    for row in session.exec(query.order_by(col(HardExample.id))):
        found[row.model_id].append(row)
    return dict(found)


def of_source(source_id: int, *, session: Session) -> list[HardExample]:
    """Those that came in with a source."""
    query = select(HardExample).where(HardExample.source_id == source_id)
    return list(session.exec(query.order_by(col(HardExample.id))))


def release(source_id: int, *, session: Session) -> None:
    """Their source came to nothing: they wait for another one."""
    for row in of_source(source_id, session=session):
        row.source_id = None
        session.add(row)
    session.flush()


def last_taken(kind: str, what: str, *, session: Session) -> datetime | None:
    """When a source of that kind and name was last made (UTC, naive)."""
    query = select(func.max(Source.created_at)).where(Source.kind == kind, Source.what == what)
    return session.exec(query).one()
