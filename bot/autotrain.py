"""Tells the chat that the first training began by itself, and how to stop that."""

from sqlmodel import Session

from bot.desk import card_key
from bot.messages import train as train_words
from bot.training import expected
from bot.turn import Turn
from pipeline.kinds import autotrain
from pipeline.kinds.places import Places
from storage import jobs, outbox
from storage.models import Project


def begin(project: Project, *, member_id: int, places: Places, session: Session) -> bool:
    """Train the project's first model if that is due; returns whether it began just now."""
    queued = autotrain.queue(project, member_id=member_id, files=places.files, session=session)
    if queued is None:
        return False
    job, choice, dataset = queued
    time = expected(dataset, choice, session=session)
    outbox.put(
        f"autotrain:{project.id}",
        project.chat_id,
        train_words.by_itself(project, job, dataset.summary["images"], time),
        session=session,
    )
    position = jobs.position(job, session=session)
    outbox.put(
        card_key(job),
        project.chat_id,
        train_words.queued(project, job, choice, position, time),
        session=session,
    )
    return True


def after(turn: Turn, project: Project) -> bool:
    """As `begin`, at the end of an answer that may have been the last one needed.

    Whoever answered in private reads there that their group goes on.
    """
    began = begin(
        project,
        member_id=turn.member.id,
        places=turn.services.places,
        session=turn.session,
    )
    if began and turn.chat.id != project.chat_id:
        turn.say(train_words.group_trains(project))
    return began
