"""Who takes part: chats, members, their projects, what they may do and how they answer."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlmodel import Field, SQLModel

from storage.models.columns import Json, json_column, now, telegram_id


class Chat(SQLModel, table=True):
    """A Telegram chat that has spoken to the bot; `project_id` is the project its words mean.

    `people` (bots not counted) and `admins` are what Telegram said of a group at `asked_at`.
    """

    id: int = Field(sa_column=telegram_id(primary=True))
    type: str
    title: str = ""
    project_id: int | None = None
    people: int | None = None
    admins: list[int] = Field(default_factory=list, sa_column=json_column("[]"))
    asked_at: datetime | None = Field(default=None, sa_type=DateTime)
    reachable: bool = True
    last_message_id: int = 0


class Member(SQLModel, table=True):
    """A person, by Telegram's user id."""

    id: int = Field(sa_column=telegram_id(primary=True))
    name: str
    username: str | None = None


class Notices(SQLModel, table=True):
    """How a member wants to hear of jobs they asked for or watch.

    `place`: here, private or results. Quiet hours are minutes after midnight in `zone`.
    """

    member_id: int = Field(sa_column=telegram_id(primary=True))
    place: str = "here"
    quiet_from: int | None = None
    quiet_until: int | None = None
    zone: str = "UTC"


class Project(SQLModel, table=True):
    """What a chat wants found: a name and its classes, in the order that models use.

    `settings`: what was chosen otherwise than by default (see storage/settings.py). `restored_id`:
    the dataset version that the next training takes instead of what is there now.
    """

    id: int | None = Field(default=None, primary_key=True)
    chat_id: int = Field(sa_column=telegram_id(index=True))
    name: str
    classes: list[str] = Field(default_factory=list, sa_column=json_column("[]"))
    settings: Json = Field(default_factory=dict, sa_column=json_column())
    restored_id: int | None = None
    created_by: int = Field(sa_column=telegram_id())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Joined(SQLModel, table=True):
    """A group's project that a member opened in private."""

    chat_id: int = Field(sa_column=telegram_id(primary=True))
    project_id: int = Field(primary_key=True, foreign_key="project.id")


class Moved(SQLModel, table=True):
    """A group that became a supergroup: old links still lead to it."""

    old_id: int = Field(sa_column=telegram_id(primary=True))
    new_id: int = Field(sa_column=telegram_id())


class Membership(SQLModel, table=True):
    """What a member may do in a project, and whether their votes count.

    `role`: owner, admin, labeller or viewer; None: as the group says (its admins are admins, the
    others labellers). `counts` false: an admin discarded their votes.
    """

    project_id: int = Field(primary_key=True, foreign_key="project.id")
    member_id: int = Field(sa_column=telegram_id(primary=True))
    role: str | None = None
    counts: bool = True
    changed_by: int = Field(default=0, sa_column=telegram_id())
    changed_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Skill(SQLModel, table=True):
    """How a member answers on one kind of subject, counted softly where the truth is known.

    `yes_yes`: said yes where yes is true; `yes_no`: said no where yes is true; `no_yes`, `no_no`
    likewise. `planted` of the no's were planted boxes, `caught` of those were called wrong.
    `updated_at`: their last answer among them.
    """

    project_id: int = Field(primary_key=True, foreign_key="project.id")
    member_id: int = Field(sa_column=telegram_id(primary=True))
    kind: str = Field(primary_key=True)
    yes_yes: float = 0.0
    yes_no: float = 0.0
    no_yes: float = 0.0
    no_no: float = 0.0
    planted: int = 0
    caught: int = 0
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime)
