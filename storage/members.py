"""Members of a project: what they may do there, and whether their votes count."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from storage.models import Chat, Joined, Member, Membership, Project, Source, Vote, now

OWNER, ADMIN, LABELLER, VIEWER = "owner", "admin", "labeller", "viewer"
GIVEN = (ADMIN, LABELLER, VIEWER)
"""Roles that an admin can give."""


def role_of(
    project: Project, member_id: int, *, owners: Collection[int] = (), session: Session
) -> str:
    """What a member of the project's chat may do: owner, admin, labeller or viewer.

    Whoever made the project owns it; admins of its group are admins; the others are what an admin
    made them, else labellers.

    Args:
        owners: of the whole installation.
    """
    if member_id in (project.created_by, project.chat_id) or member_id in owners:
        return OWNER
    if heads_group(project, member_id, session=session):
        return ADMIN
    row = get(project, member_id, session=session)
    return row.role if row is not None and row.role else LABELLER


def heads_group(project: Project, member_id: int, *, session: Session) -> bool:
    """Whether the member is an admin of the project's group, as far as Telegram told."""
    group = session.get(Chat, project.chat_id)
    return group is not None and member_id in group.admins


def keep_admins(chat_id: int, admins: list[int], *, session: Session) -> None:
    """Remember who the group's admins are."""
    group = session.get(Chat, chat_id)
    if group is not None:
        group.admins = admins
        session.add(group)


def get(project: Project, member_id: int, *, session: Session) -> Membership | None:
    """What was decided about a member, if anything was."""
    return session.get(Membership, (project.id, member_id))


def set_role(
    project: Project, member_id: int, role: str | None, *, by: int, session: Session
) -> str | None:
    """Make a member an admin, a labeller or a viewer; returns what they were made before.

    Args:
        role: None takes back what anybody decided.
    """
    row = _row(project, member_id, by=by, session=session)
    before, row.role = row.role, role
    return before


def set_counts(
    project: Project, member_id: int, counts: bool, *, by: int, session: Session
) -> None:
    """Leave a member's votes out, or let them count again; what they decide is derived after it."""
    _row(project, member_id, by=by, session=session).counts = counts


def _row(project: Project, member_id: int, *, by: int, session: Session) -> Membership:
    row = get(project, member_id, session=session)
    if row is None:
        assert project.id is not None
        row = Membership(project_id=project.id, member_id=member_id)
    row.changed_by, row.changed_at = by, now()
    session.add(row)
    return row


def took_part(project: Project, member_id: int, *, session: Session) -> bool:
    """Whether the member was in the project before: let in, or with an answer or a source in it."""
    joined = session.get(Joined, (member_id, project.id)) is not None
    row = get(project, member_id, session=session)
    if joined or (row is not None and row.role is not None):
        return True
    voted = select(Vote.id).where(Vote.project_id == project.id, Vote.member_id == member_id)
    added = select(Source.id).where(Source.project_id == project.id, Source.created_by == member_id)
    return any(session.exec(query.limit(1)).first() is not None for query in (voted, added))


def named(project: Project, name: str, *, session: Session) -> list[Member]:
    """Whom a name may mean: by user name, else by first name among those who took part."""
    wanted = name.removeprefix("@").casefold()
    everybody = session.exec(select(Member).order_by(col(Member.id))).all()
    by_user_name = [one for one in everybody if (one.username or "").casefold() == wanted]
    if by_user_name:
        return by_user_name
    return [
        one
        for one in everybody
        if one.name.casefold() == wanted and took_part(project, one.id, session=session)
    ]


def admin_names(project: Project, *, session: Session) -> list[str]:
    """Whom to ask: the names of those who may decide here, the group's admins first."""
    group = session.get(Chat, project.chat_id)
    ids = [*(group.admins if group is not None else []), project.created_by]
    given = select(Membership.member_id).where(
        Membership.project_id == project.id, Membership.role == ADMIN
    )
    ids += session.exec(given)
    rows = [session.get(Member, member_id) for member_id in dict.fromkeys(ids)]
    return [row.name for row in rows if row is not None]
