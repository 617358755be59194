"""Who may do what, and when Telegram is asked about it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlmodel import Session
from telegram import Bot, ChatMemberLeft, ChatMemberMember, ChatMemberRestricted, User
from telegram.constants import ChatID
from telegram.error import BadRequest, TimedOut

from bot import access
from bot.groups import KNOWN_S, AskFirst, Groups, Question
from bot.services import Services
from bot.turn import NotInGroup, Turn
from pipeline.errors import UserError
from storage import chats, members, projects
from storage.db import Database
from storage.models import Project
from storage.settings import change
from tests.support.project import ANN, BEN, CHAT, make_project, make_source

CY, DI = 3, 4


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock to turn."""
    return Clock()


@pytest.fixture
def groups(clock: Clock) -> Groups:
    """What was heard of groups: Ann and Ben write in the chat, whose admins are known."""
    groups = Groups(clock)
    for member in (ANN, BEN):
        groups.saw(CHAT, member)
    groups._admins[CHAT] = clock()
    return groups


@pytest.fixture
def turn(session: Session, groups: Groups) -> Callable[..., Turn]:
    """Makes turns: who speaks, where (their private chat, or the group), and whether they tap."""

    def make(
        who: int,
        *,
        private: bool = False,
        tapped: bool = False,
        owners: frozenset[int] = frozenset(),
    ) -> Turn:
        type_ = "private" if private else "group"
        chat = chats.chat(who if private else CHAT, type_=type_, session=session)
        member = chats.member(who, name=f"M{who}", username=None, session=session)
        session.flush()
        parts = SimpleNamespace(settings=SimpleNamespace(owner_ids=owners), groups=groups)
        return Turn(
            session,
            cast(Services, parts),
            "msg:1",
            chat,
            member,
            None if tapped else 5,
            tapped=5 if tapped else None,
        )

    return make


Make = Callable[..., Turn]


def test_labellers_and_viewers(session: Session, turn: Make) -> None:
    """Whoever writes in the group may label, until an admin lets them only look."""
    project = make_project(session)
    access.check_may_vote(turn(BEN), project)
    access.check_may_vote(turn(BEN, tapped=True), project)
    members.set_role(project, BEN, members.VIEWER, by=ANN, session=session)
    for check in (access.check_may_vote, access.check_may_train, access.check_may_delete):
        with pytest.raises(access.ViewerLooks):
            check(turn(BEN), project)
    access.check_may_vote(turn(BEN, owners=frozenset({BEN})), project)


def test_what_a_project_keeps_to_its_admins(session: Session, turn: Make) -> None:
    """Training and taking out are everybody's or the admins', one's own may always go."""
    project = make_project(session)
    turn(ANN)
    access.check_may_train(turn(BEN), project)
    with pytest.raises(UserError, match="Only admins may take things out here: ask M1"):
        access.check_may_delete(turn(BEN), project)
    access.check_may_delete(turn(BEN), project, added_by=BEN)
    change(project, train="admins", delete="everyone")
    access.check_may_delete(turn(BEN), project)
    with pytest.raises(UserError, match="Only admins may train here"):
        access.check_may_train(turn(BEN), project)
    members.set_role(project, BEN, members.ADMIN, by=ANN, session=session)
    access.check_may_train(turn(BEN), project)


def test_the_groups_admins_are_asked_for(session: Session, turn: Make, clock: Clock) -> None:
    """A yes is believed for minutes, a no for seconds; then the question is raised once."""
    project = make_project(session)
    members.keep_admins(CHAT, [BEN], session=session)
    assert access.is_admin(turn(BEN), project)
    assert not access.is_admin(turn(CY), project)
    clock.now += access.UNLIKELY_S + 1
    assert access.is_admin(turn(BEN), project)
    with pytest.raises(AskFirst) as ask:
        access.is_admin(turn(CY), project)
    again = turn(CY)
    again.asked = frozenset({ask.value.question})
    # Telegram gave no answer: what is known stands.
    assert not access.is_admin(again, project)
    clock.now += access.LIKELY_S
    with pytest.raises(AskFirst):
        access.is_admin(turn(BEN), project)
    assert access.is_admin(turn(ANN), project)


def test_an_admin_without_a_name_is_one(session: Session, turn: Make) -> None:
    """Only a group's admins can write in its name."""
    project = make_project(session)
    assert access.is_admin(turn(int(ChatID.ANONYMOUS_ADMIN)), project)


def test_taps_from_outside_a_group(session: Session, turn: Make, groups: Groups) -> None:
    """Whoever is not known to be in the group is asked about, and refused if they are not."""
    project = make_project(session)
    with pytest.raises(AskFirst) as ask:
        access.check_may_vote(turn(CY, tapped=True), project)
    assert ask.value.question == Question(CHAT, CY)
    groups.lost(CHAT, CY)
    with pytest.raises(NotInGroup):
        access.check_may_vote(turn(CY, tapped=True), project)
    groups.saw(CHAT, CY)
    access.check_may_vote(turn(CY, tapped=True), project)


def test_private_chats_belong_to_members(
    session: Session, turn: Make, groups: Groups, clock: Clock
) -> None:
    """In private a group's project is open to those who joined it and are in the group still."""
    project = make_project(session)
    with pytest.raises(UserError, match="another chat"):
        access.check_may_vote(turn(BEN, private=True), project)
    turn(BEN, private=True)
    projects.join(BEN, project, session=session)
    access.check_may_vote(turn(BEN, private=True), project)
    assert turn(BEN, private=True).project is project
    clock.now += KNOWN_S + 1
    with pytest.raises(AskFirst):
        _ = turn(BEN, private=True).project
    groups.lost(CHAT, BEN)
    for look in (lambda: turn(BEN, private=True).project, lambda: vote(turn, project)):
        with pytest.raises(NotInGroup):
            look()
    assert turn(BEN, private=True).maybe_project is project


def vote(turn: Make, project: Project) -> None:
    """Ben's tap in private."""
    access.check_may_vote(turn(BEN, private=True, tapped=True), project)


def test_who_comes_in(session: Session, turn: Make) -> None:
    """With invite=admins the link lets in admins, whom they let in, and who took part before."""
    project = make_project(session)
    access.check_may_come(turn(BEN, private=True), project)
    change(project, invite="admins")
    with pytest.raises(access.LetInFirst):
        access.check_may_come(turn(BEN, private=True), project)
    access.check_may_come(turn(ANN, private=True), project)
    members.set_role(project, BEN, members.LABELLER, by=ANN, session=session)
    access.check_may_come(turn(BEN, private=True), project)
    access.check_may_come(turn(CY, private=True, owners=frozenset({CY})), project)
    make_source(session, project).created_by = DI
    session.flush()
    access.check_may_come(turn(DI, private=True), project)


class Telegram:
    """Answers questions about a group with what it was given, or raises it."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[str] = []

    async def get_chat_member(self, *_: Any, **__: Any) -> Any:
        """As telegram.Bot.get_chat_member."""
        return self._answer("member")

    async def get_chat_administrators(self, *_: Any, **__: Any) -> Any:
        """As telegram.Bot.get_chat_administrators."""
        return self._answer("admins")

    def _answer(self, name: str) -> Any:
        self.calls.append(name)
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


USER = User(CY, "Cy", is_bot=False)


def restricted(is_member: bool) -> ChatMemberRestricted:
    """Somebody who may not write, inside the group or outside it."""
    rights = dict.fromkeys(ChatMemberRestricted.__slots__, False)
    return ChatMemberRestricted(**{**rights, "user": USER, "is_member": is_member, "until_date": 0})


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (ChatMemberMember(USER), True),
        (ChatMemberLeft(USER), False),
        (restricted(is_member=True), True),
        (restricted(is_member=False), False),
        (BadRequest("PARTICIPANT_ID_INVALID"), False),
        (BadRequest("User not found"), False),
        (BadRequest("Member list is inaccessible"), None),
        (TimedOut(), None),
    ],
    ids=str,
)
async def test_what_telegram_says_of_a_member(db: Database, answer: object, known: bool) -> None:
    """In, out, or no answer: a group that hides its members does not make strangers of them."""
    groups, question = Groups(), Question(CHAT, CY)
    assert not groups.heard(question)
    await groups.ask(question, cast(Bot, Telegram(member=answer)), db)
    assert groups.heard(question)
    assert groups.is_in(question) is known


async def test_admins_are_kept_where_telegram_is_silent(db: Database) -> None:
    """What was told is kept with the names; a failing call changes nothing and is not repeated."""
    db.write_now(lambda s: make_project(s) and None)
    groups, question = Groups(), Question(CHAT)
    robot = User(9, "Robot", is_bot=True)
    told = [ChatMemberMember(USER), ChatMemberMember(robot)]
    await groups.ask(question, cast(Bot, Telegram(admins=told)), db)
    await groups.ask(question, cast(Bot, Telegram(admins=TimedOut())), db)

    def look(session: Session) -> tuple[bool, str]:
        project = session.get_one(Project, 1)
        return members.heads_group(project, CY, session=session), chats.name_of(CY, session=session)

    assert db.read_now(look) == (True, "Cy")
    assert groups.asked_admins(CHAT, 10)
