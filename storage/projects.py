"""Projects and their classes."""

import re

from sqlmodel import Session, col, select

from storage.models import Chat, Joined, Project, Setting

MAX_NAME = 40
MAX_CLASSES = 80


def create(
    *, chat_id: int, name: str, classes: list[str], created_by: int, session: Session
) -> Project:
    """A new project, which becomes the one its chat means."""
    project = Project(chat_id=chat_id, name=name, classes=classes, created_by=created_by)
    session.add(project)
    session.flush()
    select_for(chat_id, project, session=session)
    return project


def get(project_id: int, *, session: Session) -> Project:
    """The project.

    Raises:
        LookupError: there is none with this id.
    """
    project = session.get(Project, project_id)
    if project is None:
        raise LookupError(project_id)
    return project


def current(chat_id: int, *, session: Session) -> Project | None:
    """The project that unnamed words in this chat mean."""
    chat = session.get(Chat, chat_id)
    if chat is None or chat.project_id is None:
        return None
    return session.get(Project, chat.project_id)


def select_for(chat_id: int, project: Project, *, session: Session) -> None:
    """From now on the chat means this project."""
    chat = session.get(Chat, chat_id)
    if chat is not None:
        chat.project_id = project.id


def of_chat(chat_id: int, *, session: Session) -> list[Project]:
    """The chat's projects and those of groups that it joined, newest first."""
    joined = select(Joined.project_id).where(Joined.chat_id == chat_id)
    query = select(Project).where((col(Project.chat_id) == chat_id) | col(Project.id).in_(joined))
    return list(session.exec(query.order_by(col(Project.id).desc())))


def join(chat_id: int, project: Project, *, session: Session) -> None:
    """A private chat works on a group's project from now on."""
    let_in(chat_id, project, session=session)
    select_for(chat_id, project, session=session)


def let_in(chat_id: int, project: Project, *, session: Session) -> None:
    """A private chat may work on a group's project; what it works on now stays."""
    if not is_joined(chat_id, project, session=session) and project.id is not None:
        session.add(Joined(chat_id=chat_id, project_id=project.id))


def is_joined(chat_id: int, project: Project, *, session: Session) -> bool:
    """Whether a private chat was let into a group's project."""
    return session.get(Joined, (chat_id, project.id)) is not None


def file_name(project: Project) -> str:
    """The project's name as the stem of a file: letters, digits, dashes; never empty."""
    stem = re.sub(r"[^\w-]+", "-", project.name, flags=re.UNICODE).strip("-_")
    return stem[:MAX_NAME] or "project"


def keep_wanted_classes(project: Project, names: list[str], *, session: Session) -> None:
    """Remember classes that somebody asked for until they are confirmed."""
    value = {"names": names, "were": project.classes}
    session.merge(Setting(key=f"classes:{project.id}", value=value))


def wanted_classes(project: Project, *, session: Session) -> list[str] | None:
    """The classes that wait for a yes, taken out; None when there are none.

    None as well where the project's classes are others by now: nobody saw what that would lose.
    """
    row = session.get(Setting, f"classes:{project.id}")
    if row is None:
        return None
    session.delete(row)
    names: list[str] = row.value["names"]
    return names if row.value.get("were", project.classes) == project.classes else None
