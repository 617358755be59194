"""`/team`: who did what; in private admins decide about members."""

from telegram import Update

from bot import access
from bot.handlers.settings import check_may_be_changed
from bot.messages import team as words
from bot.turn import Context, NotInGroup, Turn, act, services_of
from pipeline.errors import UserError
from pipeline.labelling import refresh
from storage import chats, members, notices, projects, team
from storage.models import Member, Project
from storage.team import Share


class MemberGone(UserError):
    """I don't know that member. /team shows everybody."""


async def team_(update: Update, context: Context) -> None:
    """`/team`."""
    await act(update, context, lambda turn: show(turn, turn.project))


async def left(update: Update, context: Context) -> None:
    """Somebody left a group: from now on they are not in it, whatever was known."""
    message = update.effective_message
    if message is not None and message.left_chat_member is not None:
        services, who = services_of(context), message.left_chat_member.id
        services.groups.lost(message.chat_id, who)
        await services.write(lambda s: notices.left(message.chat_id, who, session=s))


async def come(update: Update, context: Context, project_id: int) -> None:
    """`/start tPROJECT`: from a group's team to what admins see of it in private."""

    def enter(turn: Turn) -> None:
        try:
            project = projects.get(project_id, session=turn.session)
        except LookupError:
            raise UserError("That project is gone.") from None
        if project.chat_id != turn.chat.id:
            if not turn.in_group(project.chat_id):
                raise NotInGroup
            access.check_may_come(turn, project)
            projects.join(turn.chat.id, project, session=turn.session)
        show(turn, project)

    await act(update, context, enter)


def show(turn: Turn, project: Project) -> None:
    """Who did what; to an admin in private also how, with a button a member."""
    if turn.private and project.chat_id < 0 and access.is_admin(turn, project):
        turn.say(words.for_admins(project, _shares(turn, project)))
    else:
        turn.say(_for_all(turn, project))


def _shares(turn: Turn, project: Project) -> list[Share]:
    assert project.id is not None
    return team.of_project(project.id, session=turn.session)


def _for_all(turn: Turn, project: Project) -> dict[str, object]:
    assert project.id is not None
    streak = team.days_in_a_row(project.id, session=turn.session)
    username = "" if turn.private else turn.services.username
    return words.team(project, _shares(turn, project), streak, username=username)


def tap_team(turn: Turn, args: list[str]) -> str:
    """👥, or a button of what admins see."""
    project = turn.project
    if not args:
        show(turn, project)
        return ""
    access.check_admin(turn, project, "decide about members")
    if not turn.private:
        # What admins know of members is not for the group.
        raise UserError("That opens in private: tap 🔧 under /team.")
    if args[0] == "all":
        turn.rewrite(words.for_admins(project, _shares(turn, project)))
        return ""
    member = turn.session.get(Member, int(args[1]))
    if member is None:
        raise MemberGone
    match args[0]:
        case "m":
            _show_member(turn, project, member)
            return ""
        case "role" if args[2] in members.GIVEN:
            check_may_be_changed(turn, project, member)
            members.set_role(project, member.id, args[2], by=turn.member.id, session=turn.session)
            turn.session.flush()
            _show_member(turn, project, member)
            return f"{member.name[:40]}: {args[2]}"
        case "out" | "in":
            return _count(turn, project, member, counts=args[0] == "in")
    raise UserError("I don't know this button. /team shows everybody.")


def _show_member(turn: Turn, project: Project, member: Member) -> None:
    fixed = None
    try:
        check_may_be_changed(turn, project, member)
    except UserError as why:
        fixed = why.user_message
    turn.rewrite(words.member(project, _share(turn, project, member), fixed=fixed))


def _share(turn: Turn, project: Project, member: Member) -> Share:
    found = {share.member_id: share for share in _shares(turn, project)}
    return found.get(member.id) or Share(member.id, chats.name_of(member.id, session=turn.session))


def _count(turn: Turn, project: Project, member: Member, *, counts: bool) -> str:
    """Leave a member's answers out, or let them count again."""
    members.set_counts(project, member.id, counts, by=turn.member.id, session=turn.session)
    turn.session.flush()
    assert project.id is not None
    done = refresh.begin(project.id, member_id=member.id, session=turn.session)
    share = _share(turn, project, member)
    tell = words.back_in if counts else words.left_out
    turn.rewrite(tell(project, share, counting=not done))
    return "They count" if counts else "Left out"
