"""Files sent into chats, kept until they went where they were meant to go."""

from sqlmodel import Session, col, select

from storage.models import Upload


def get(upload_id: int, *, session: Session) -> Upload:
    """The upload.

    Raises:
        LookupError: there is none with this id.
    """
    row = session.get(Upload, upload_id)
    if row is None:
        raise LookupError(upload_id)
    return row


def waiting(*, session: Session) -> list[Upload]:
    """Uploads that did not reach their purpose yet, in order."""
    query = select(Upload).where(col(Upload.done).is_(False)).order_by(col(Upload.id))
    return list(session.exec(query))


def fetched(upload_id: int, path: str, *, session: Session) -> None:
    """The file is on this machine."""
    row = session.get(Upload, upload_id)
    if row is not None:
        row.path = path


def failed(upload_id: int, sentence: str, *, session: Session) -> None:
    """The file cannot be had; `sentence` says why."""
    row = session.get(Upload, upload_id)
    if row is not None:
        row.error = sentence


def settle(upload_ids: list[int], *, source_id: int | None = None, session: Session) -> None:
    """They went where they were meant to go."""
    for row in session.exec(select(Upload).where(col(Upload.id).in_(upload_ids))):
        row.done, row.source_id = True, source_id
        session.add(row)
