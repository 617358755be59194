"""How urgent a message is while its content changes."""

from sqlmodel import Session

from storage import outbox
from tests.support.project import CHAT


def test_news_of_a_message_nobody_saw_leaves_it_urgent(session: Session) -> None:
    """The card of a training is an answer until it was sent once; after that it is progress."""
    card = outbox.put("job:1", CHAT, {"text": "queued"}, session=session)
    outbox.put("job:1", CHAT, {"text": "1/25"}, priority=outbox.PROGRESS, session=session)
    assert card.priority == outbox.ANSWER
    outbox.accepted(card.id or 0, version=2, sent=card.payload, message_id=5, session=session)
    outbox.put("job:1", CHAT, {"text": "2/25"}, priority=outbox.PROGRESS, session=session)
    assert card.priority == outbox.PROGRESS
    outbox.put("job:1", CHAT, {"text": "done"}, priority=outbox.RESULT, session=session)
    assert card.priority == outbox.RESULT
