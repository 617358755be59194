"""`/settings`: one menu, changed by tapping or by words."""

from telegram import Message, MessageEntity, Update, User

from bot import access, choices, keys
from bot.choices import Wanted
from bot.messages import keys as key_words
from bot.messages import settings as words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import refresh as sources_anew
from pipeline.kinds import schedules
from pipeline.labelling import refresh
from storage import chats, members, settings
from storage import keys as member_keys
from storage.models import Member, Project, now

WHOM = "Whom? Reply to a message of theirs, or send it so: /settings role @name viewer"


class MenuOld(UserError):
    """The classes changed meanwhile. /settings shows them as they are."""


async def settings_(update: Update, context: Context) -> None:
    """`/settings`, `/settings votes=3`, `/settings role=viewer` as a reply."""
    said = " ".join(context.args or [])
    message = update.effective_message
    person = _person(message) if message is not None else None
    if keys.are_meant(said):
        await keys.take(update, context, said)
        return

    def work(turn: Turn) -> None:
        project = turn.project
        if not said:
            _show(turn, project)
            return
        access.check_admin(turn, project, "change settings")
        wanted = choices.parse(said, project.classes)
        if wanted.role is not None:
            _give(turn, project, _member(turn, project, wanted, person), wanted.role)
        if wanted.values or wanted.votes_by_class:
            notes = _change(turn, project, wanted)
            _show(turn, project, notes)

    await act(update, context, work)


def _person(message: Message) -> User | None:
    """Whom the message means: somebody named in it, or whom it answers."""
    named = message.parse_entities([MessageEntity.TEXT_MENTION])
    users = [entity.user for entity in named if entity.user is not None]
    if not users and message.reply_to_message is not None:
        author = message.reply_to_message.from_user
        users = [author] if author is not None else []
    return next((user for user in users if not user.is_bot), None)


def _show(turn: Turn, project: Project, notes: list[str] | None = None) -> None:
    may_change = access.is_admin(turn, project)
    wish = _menu(turn, project, may_change=may_change, notes=notes)
    # One menu a chat: an older one loses its buttons.
    key = f"settings:{project.id}:{turn.chat.id}" if may_change else None
    turn.say(wish, key=key, fresh=may_change)


def _menu(
    turn: Turn, project: Project, *, may_change: bool = True, notes: list[str] | None = None
) -> dict[str, object]:
    people = 1 if project.chat_id > 0 else turn.chat.people if not turn.private else None
    # Whose keys are here is nobody's business in a group.
    own = member_keys.of_member(turn.member.id, session=turn.session) if turn.private else ()
    return words.menu(
        project,
        settings.of(project),
        may_change=may_change,
        people=people,
        keys=key_words.is_set(own),
        notes=notes or [],
    )


def _change(turn: Turn, project: Project, wanted: Wanted) -> list[str]:
    """Keep what was chosen; returns what else is to be said."""
    before = settings.of(project)
    values = dict(wanted.values)
    if wanted.votes_by_class:
        own = {**before.votes_by_class, **wanted.votes_by_class}
        values["votes_by_class"] = {name: n for name, n in own.items() if n is not None}
    after = settings.change(project, **values)
    turn.session.add(project)
    turn.session.flush()
    if after.zone != before.zone:
        sources_anew.set_clock(project, session=turn.session)
        schedules.set_clock(project, at=now(), session=turn.session)
    assert project.id is not None
    if (after.votes, after.votes_by_class) == (before.votes, before.votes_by_class):
        return []
    done = refresh.begin(project.id, session=turn.session)
    return [] if done else [words.COUNTING]


def _member(turn: Turn, project: Project, wanted: Wanted, person: User | None) -> Member:
    """Whose role is meant.

    Raises:
        UserError: nobody's, or more than one could be.
    """
    if person is not None:
        return chats.member(
            person.id, name=person.first_name, username=person.username, session=turn.session
        )
    if wanted.who is None:
        raise UserError(WHOM)
    found = members.named(project, wanted.who, session=turn.session)
    if len(found) != 1:
        many = "I know more than one" if found else "I don't know any"
        raise UserError(f"{many} “{wanted.who[:40]}”. Reply to a message of theirs instead.")
    return found[0]


def _give(turn: Turn, project: Project, member: Member, role: str) -> None:
    check_may_be_changed(turn, project, member)
    before = members.set_role(project, member.id, role, by=turn.member.id, session=turn.session)
    turn.say(words.role_given(project, member.name, role, member.id, before))


def check_may_be_changed(turn: Turn, project: Project, member: Member) -> None:
    """Nobody takes a project from its owner, or overrules Telegram.

    Raises:
        UserError: the member's role is not an admin's to give.
    """
    owners = turn.services.settings.owner_ids
    now = members.role_of(project, member.id, owners=owners, session=turn.session)
    if now == members.OWNER:
        raise UserError(f"{member.name} owns this project.")
    if members.heads_group(project, member.id, session=turn.session):
        raise UserError(f"{member.name} is an admin of the group: that is set in Telegram.")


def tap_set(turn: Turn, args: list[str]) -> str:
    """A button of the menu, or the undoing of a role."""
    project, what, rest = turn.project, args[0], args[1:]
    access.check_admin(turn, project, "change settings")
    match what:
        case "menu":
            turn.rewrite(_menu(turn, project))
            return ""
        case "zones":
            turn.rewrite(words.zones(project, settings.of(project)))
            return ""
        case "classes":
            turn.rewrite(words.by_class(project, settings.of(project), int(rest[0])))
            return ""
        case "class":
            return _tap_class(turn, project, int(rest[0]), rest[1], int(rest[2]))
        case "role":
            return _undo_role(turn, project, int(rest[0]), rest[1])
    wanted = choices.parse(f"{what}={rest[0]}", project.classes)
    turn.rewrite(_menu(turn, project, notes=_change(turn, project, wanted)))
    return f"{what}: {rest[0]}"


def _tap_class(turn: Turn, project: Project, index: int, seen: str, page: int) -> str:
    if not 0 <= index < len(project.classes):
        raise MenuOld
    name = project.classes[index]
    if words.fingerprint(name) != seen:
        raise MenuOld
    number = words.following(settings.of(project).votes_by_class.get(name))
    _change(turn, project, Wanted(votes_by_class={name: number}))
    turn.rewrite(words.by_class(project, settings.of(project), page))
    return f"{name[:40]}: {number or 'as all'}"


def _undo_role(turn: Turn, project: Project, member_id: int, before: str) -> str:
    if before not in (*members.GIVEN, "-"):
        raise UserError("I don't know this button. /team shows the roles.")
    role = None if before == "-" else before
    members.set_role(project, member_id, role, by=turn.member.id, session=turn.session)
    name = chats.name_of(member_id, session=turn.session)
    turn.rewrite(words.role_undone(project, name))
    return "Undone"
