"""Who may do what in a project.

Viewers look; labellers add, draw and vote as well; admins decide about people, and about what the
project keeps to them (see storage/settings.py). Whoever made a project owns it, and so do the
owners of the installation.
"""

from telegram.constants import ChatID

from bot.messages.common import listed
from bot.turn import NotInGroup, Turn
from pipeline.errors import UserError
from storage import members, settings
from storage.models import Project

LIKELY_S = 600.0
"""For so long somebody who was an admin is taken for one."""
UNLIKELY_S = 2.0
"""Before somebody is refused, the group's admins are asked for again if they were not just now."""


class ViewerLooks(UserError):
    """You can look around here, but not change anything: ask an admin to make you a labeller."""


class LetInFirst(UserError):
    """Ask an admin to let you in: they reply to you in the group with /settings role=labeller."""


def role(turn: Turn, project: Project) -> str:
    """What whoever speaks may do: owner, admin, labeller or viewer (see storage.members).

    Raises:
        UserError: they are no member of the project's chat.
    """
    check_member(turn, project)
    owners = turn.services.settings.owner_ids
    return members.role_of(project, turn.member.id, owners=owners, session=turn.session)


def check_member(turn: Turn, project: Project) -> None:
    """Let only members of the project's chat through, and the owners of the installation.

    Raises:
        UserError: somebody else speaks.
    """
    if turn.member.id in turn.services.settings.owner_ids:
        return
    if project.chat_id != turn.chat.id:
        turn.check_own(project)
    elif turn.tapped and not turn.private and turn.in_group(project.chat_id) is False:
        # Whoever looks at a public group from outside sees its buttons.
        raise NotInGroup


def is_admin(turn: Turn, project: Project) -> bool:
    """Whether whoever speaks decides about people: an owner or an admin.

    Raises:
        UserError: they are no member of the project's chat.
    """
    found = role(turn, project)
    if found == members.OWNER or (project.chat_id == turn.chat.id and _anonymous(turn)):
        return True
    row = members.get(project, turn.member.id, session=turn.session)
    if row is not None and row.role == members.ADMIN:
        return True
    if project.chat_id > 0:
        return False
    likely = found == members.ADMIN
    turn.know_admins(project.chat_id, LIKELY_S if likely else UNLIKELY_S)
    return likely


def _anonymous(turn: Turn) -> bool:
    """Only a group's admins can write in its name."""
    return turn.member.id == ChatID.ANONYMOUS_ADMIN


def check_admin(turn: Turn, project: Project, to: str) -> None:
    """Let only admins through.

    Args:
        to: what they may do: `change settings`.

    Raises:
        UserError: somebody else asks.
    """
    if is_admin(turn, project):
        return
    names = members.admin_names(project, session=turn.session)
    ask = f": ask {listed(names[:3])}." if names else "."
    raise UserError(f"Only admins may {to} here{ask}")


def check_may_label(turn: Turn, project: Project) -> None:
    """Let whoever adds, draws, or decides through.

    Raises:
        UserError: a viewer, or somebody from outside.
    """
    check_member(turn, project)
    # Asked at every tap: the most frequent answer takes one look.
    row = members.get(project, turn.member.id, session=turn.session)
    viewer = row is not None and row.role == members.VIEWER
    if viewer and role(turn, project) == members.VIEWER and not is_admin(turn, project):
        raise ViewerLooks


check_may_vote = check_may_label
"""Votes ask for the same."""


def check_may_train(turn: Turn, project: Project) -> None:
    """Let whoever may train through.

    Raises:
        UserError: a viewer; or anybody but admins where the project keeps it to them.
    """
    check_may_label(turn, project)
    if settings.of(project).train == settings.ADMINS:
        check_admin(turn, project, "train")


def check_may_delete(turn: Turn, project: Project, *, added_by: int | None = None) -> None:
    """Let whoever may take things out of the project through, and put them back.

    Args:
        added_by: whose it is; one's own may always go.

    Raises:
        UserError: a viewer; or anybody but admins where the project keeps it to them.
    """
    check_may_label(turn, project)
    if settings.of(project).delete == settings.ADMINS and turn.member.id != added_by:
        check_admin(turn, project, "take things out")


def check_may_come(turn: Turn, project: Project) -> None:
    """Let those into a group's project who followed its link.

    Raises:
        LetInFirst: the project's admins choose who takes part.
    """
    if settings.of(project).invite != settings.ADMINS:
        return
    if members.took_part(project, turn.member.id, session=turn.session):
        return
    owners = turn.services.settings.owner_ids
    found = members.role_of(project, turn.member.id, owners=owners, session=turn.session)
    if found in (members.OWNER, members.ADMIN):
        return
    turn.know_admins(project.chat_id, UNLIKELY_S)
    raise LetInFirst
