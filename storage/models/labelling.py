"""How it is labelled: votes, rounds, sheets, drawings and the editor."""

from datetime import datetime

from sqlalchemy import DateTime, Index
from sqlmodel import Field, SQLModel

from storage.models.columns import Json, json_column, now, telegram_id


class Vote(SQLModel, table=True):
    """One answer of one member; never changed. A member's last row on a subject counts.

    `subject_kind`: image, box, track, fix (what a wrong box is instead) or source. `answer`: right,
    wrong, complete, incomplete, redrawn (somebody drew more, look again), `class:NAME`, off,
    nothing, or retract (takes the member's earlier answer back). An admin's reopen takes all
    earlier answers on the subject back, and their restore brings them in again.
    """

    __table_args__ = (
        Index("ix_vote_subject", "project_id", "subject_kind", "subject_id", "member_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    member_id: int = Field(sa_column=telegram_id(index=True))
    subject_kind: str
    subject_id: int
    answer: str
    sheet_id: int | None = None
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Round(SQLModel, table=True):
    """A group labels together for a while, everybody on sheets of their own.

    `state`: waiting, running, paused or ended. `left_s`: seconds left while it is paused.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=telegram_id(index=True))
    started_by: int = Field(sa_column=telegram_id())
    state: str = "waiting"
    ends_at: datetime | None = Field(default=None, sa_type=DateTime)
    left_s: float | None = None
    told: Json = Field(default_factory=dict, sa_column=json_column())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Sheet(SQLModel, table=True):
    """Up to nine numbered tiles on one picture.

    `kind`: box (is this box right?), track (is this object's track right?), frame (is
    everything on this picture right?), image (is nothing missing?) or fix (what is this box
    instead?). `tiles`: subject ids in order. `left`: sheets still to come when it was dealt,
    this one included; `goal`: how many the member wanted to do. `state`: preparing, ready
    (painted ahead, not shown yet), open, closed, skipped, aside (left by going back) or
    stopped. `ahead`: it waits behind another sheet of its round. `member_id` 0: shared by the
    chat. `key` names the message that shows it and is the same for all sheets of a round (see
    Message).
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=telegram_id(index=True))
    member_id: int = Field(default=0, sa_column=telegram_id())
    kind: str
    label: str = ""
    tiles: list[int] = Field(default_factory=list, sa_column=json_column("[]"))
    left: int = 1
    goal: int | None = None
    state: str = Field(default="preparing", index=True)
    ahead: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    bulk_id: int | None = None
    picture: str | None = None
    key: str = Field(default="", index=True)
    previous_id: int | None = None
    opened_at: datetime | None = Field(default=None, sa_type=DateTime)
    shown_at: datetime | None = Field(default=None, sa_type=DateTime)
    closed_at: datetime | None = Field(default=None, sa_type=DateTime)


class Drawing(SQLModel, table=True):
    """A request to circle objects on one image, and what came back.

    `state`: preparing (its picture is being made), asked, gridding (the lettered grid's picture is
    being made), gridded (the grid waits for taps), understood (the answer's picture is being
    made), read (boxes wait for a yes), confirmed, nothing, skipped. `boxes`: normalised
    xyxy lists as the strokes were understood; `labels`: their classes (empty where nobody
    said). `member_id` 0: asked of the whole chat. `taps`: what was tapped so far on the lettered
    grid (see pipeline/labelling/twotaps.py).
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=telegram_id(index=True))
    image_id: int = Field(foreign_key="image.id")
    member_id: int = Field(default=0, sa_column=telegram_id(default="0"))
    label: str = ""
    state: str = "preparing"
    boxes: list[list[float]] = Field(default_factory=list, sa_column=json_column("[]"))
    labels: list[str] = Field(default_factory=list, sa_column=json_column("[]"))
    taps: Json = Field(default_factory=dict, sa_column=json_column())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class EditorTask(SQLModel, table=True):
    """A picture opened in the editor page, under an unguessable name.

    `member_id` 0: whoever of the chat opens it. `chat_id`: where the link was given. `made`: the
    box that each edit made, 0 where it made none, so that an edit sent twice changes nothing.
    """

    token: str = Field(primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    image_id: int = Field(foreign_key="image.id")
    chat_id: int = Field(sa_column=telegram_id())
    member_id: int = Field(default=0, sa_column=telegram_id())
    made: Json = Field(default_factory=dict, sa_column=json_column())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
    expires_at: datetime = Field(sa_type=DateTime)
