"""Who hears of a job: its chat, who asked for it, who watches it; how loudly.

A member chooses with /notices (storage/notices.py). Where the bot may not write to them in private
their group is told instead, and why, once.
"""

from sqlmodel import Session

from bot.desk import Desk, hushed
from bot.messages import news as words
from bot.wishes import Wish
from pipeline.kinds import autotrain, package
from storage import chats, jobs, members, notices, outbox, projects, settings
from storage.models import Job, Message, Model, Project

INSTEAD = "instead"
"""In the wish of a private message: the chat that is told where this one turns out to be closed."""


def _asked(job: Job, *, session: Session) -> bool:
    """Whether the job is somebody's own: not what a group's schedule or the bot began by itself.

    Nor is it that of somebody who left the group since. A training's packaging is whose that is.
    """
    if job.kind == "package" and (model := session.get(Model, job.request["model_id"])):
        training = jobs.get(model.job_id, session=session)
        if training is not None and job.idempotency_key == package.first_key(model):
            job = training
    alone = (job.idempotency_key or "").startswith(autotrain.KEY)
    by_itself = alone or "schedule" in job.request
    return not by_itself and notices.LEFT not in job.told


def wants_little(job: Job, *, session: Session) -> bool:
    """Whether who asked for the job wants to hear nothing but its end."""
    if not _asked(job, session=session):
        return False
    return notices.of(job.member_id, session=session).place == notices.RESULTS


def in_private(job: Job, desk: Desk) -> bool:
    """Whether what the job brought goes to its asker's private chat.

    Where they want that and can't be reached there, their group is told so.
    """
    chosen = notices.of(job.member_id, session=desk.session)
    if job.chat_id > 0 or chosen.place != notices.PRIVATE:
        return False
    if not _asked(job, session=desk.session):
        return False
    if notices.open_in_private(job.member_id, session=desk.session):
        return True
    say_closed(job.chat_id, job.member_id, session=desk.session)
    return False


def deliver(job: Job, wish: Wish, key: str, desk: Desk) -> None:
    """What the job brought: to its chat, or whole to the private chat of who asked for it."""
    if not in_private(job, desk):
        desk.tell(job, wish, key=key)
        return
    if not _may_steer(desk.project(job), job.member_id, session=desk.session):
        # Buttons of the project's would be refused there; addresses are not.
        links = [[b for b in row if "url" in b] for row in wish.get("keyboard", [])]
        wish = {**wish, "keyboard": [row for row in links if row]}
    _write(job, job.member_id, wish, key, desk, whole=True)


def spread(job: Job, wish: Wish, what: str, desk: Desk, *, end: bool = False) -> None:
    """News for those who want them in private.

    Args:
        what: names the news; each is told once.
        end: the job is over; its asker gets what it brought instead.
    """
    watching = notices.watchers(job.id or 0, session=desk.session)
    asker = job.member_id if in_private(job, desk) else None
    hearers = watching if end or asker is None else [asker, *watching]
    for member_id in dict.fromkeys(hearers):
        if member_id == job.chat_id or (end and member_id == asker):
            continue
        chosen = notices.of(member_id, session=desk.session)
        if end or chosen.place != notices.RESULTS:
            shown = wish if member_id in watching else _of_ones_own(wish)
            _write(job, member_id, shown, f"news:{job.id}:{member_id}:{what}", desk, whole=False)


def _of_ones_own(wish: Wish) -> Wish:
    """The news for who asked for the job: there is no watching to end."""
    rows = [[b for b in row if ":unwatch:" not in b.get("data", "")] for row in wish["keyboard"]]
    return {**wish, "keyboard": [row for row in rows if row]}


def _write(job: Job, member_id: int, wish: Wish, key: str, desk: Desk, *, whole: bool) -> None:
    wish = hushed(wish, member_id, session=desk.session) | {
        INSTEAD: {"chat": job.chat_id, "whole": whole, "job": job.id}
    }
    outbox.put(key, member_id, wish, priority=outbox.RESULT, session=desk.session)


def _may_steer(project: Project, member_id: int, *, session: Session) -> bool:
    """Whether the project's buttons work in the member's private chat; opened to them if it may."""
    if projects.is_joined(member_id, project, session=session):
        return True
    closed = settings.of(project).invite == settings.ADMINS
    if closed and not members.took_part(project, member_id, session=session):
        return False
    projects.let_in(member_id, project, session=session)
    return True


def undelivered(row: Message, *, session: Session) -> None:
    """The chat of a message is closed: a job's group gets what was private, and reads why, once."""
    instead = row.payload.get(INSTEAD)
    if instead is None:
        return
    chat_id = chats.now_at(instead["chat"], session=session)
    # A row of an earlier release names no job.
    job_id = instead.get("job")
    if not instead["whole"]:
        # A watcher who shut the door: the group hears of the job as it is.
        if job_id is not None:
            notices.unwatch(job_id, row.chat_id, session=session)
        wish = words.closed_to_watcher(chats.name_of(row.chat_id, session=session))
        outbox.put(
            f"closed:{chat_id}:{row.chat_id}:watch",
            chat_id,
            wish,
            priority=outbox.RESULT,
            session=session,
        )
        return
    if (line := outbox.get(f"elsewhere:{job_id}", session=session)) is not None:
        # It says that somebody has the rest, who has not.
        wish = {**line.payload, "text": words.here_after_all(line.payload["text"])}
        outbox.put(line.key, chat_id, wish, priority=outbox.RESULT, session=session)
    wish = {name: value for name, value in row.payload.items() if name != INSTEAD}
    outbox.put(f"{row.key}:here", chat_id, wish, priority=row.priority, session=session)
    say_closed(chat_id, row.chat_id, session=session)


def say_closed(chat_id: int, member_id: int, *, session: Session) -> None:
    """Tell the group that its member can't be reached; a second time changes nothing."""
    wish = words.closed(chats.name_of(member_id, session=session))
    key = f"closed:{chat_id}:{member_id}"
    outbox.put(key, chat_id, wish, priority=outbox.RESULT, session=session)
