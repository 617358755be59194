"""A model's look at new pictures, asked for by what somebody said or tapped."""

from bot.turn import Turn
from pipeline.kinds import propose
from storage.models import Job, Project


def look(turn: Turn, project: Project, after: str) -> Job | None:
    """As `propose.queue`, told to the chat where it was asked for."""
    return propose.queue(
        project,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        after=after,
        session=turn.session,
    )
