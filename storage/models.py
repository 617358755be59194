"""The tables. Rows of facts (votes, boxes, dataset versions, models) are only ever added.

Boxes are normalised xyxy (0..1 of the image's width and height, origin top left). Times are UTC,
stored naive. JSON columns hold small values that no query looks into.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

Json = dict[str, Any]


def now() -> datetime:
    """The current time in UTC, naive, as every time column holds it."""
    return datetime.now(UTC).replace(tzinfo=None)


def _json(default: str = "{}") -> Any:
    # server_default keeps rows written by older releases readable after a column is added.
    return Column(JSON, nullable=False, server_default=default)


def _telegram_id(*, primary: bool = False, index: bool = False, null: bool = False) -> Any:
    # Telegram's ids pass 32 bits; Postgres needs to be told.
    return Column(BigInteger, primary_key=primary, index=index, nullable=null, autoincrement=False)


class Chat(SQLModel, table=True):
    """A Telegram chat that has spoken to the bot; `project_id` is the project its words mean."""

    id: int = Field(sa_column=_telegram_id(primary=True))
    type: str
    title: str = ""
    project_id: int | None = None
    reachable: bool = True
    last_message_id: int = 0


class Member(SQLModel, table=True):
    """A person, by Telegram's user id."""

    id: int = Field(sa_column=_telegram_id(primary=True))
    name: str
    username: str | None = None


class Project(SQLModel, table=True):
    """What a chat wants found: a name and its classes, in the order that models use."""

    id: int | None = Field(default=None, primary_key=True)
    chat_id: int = Field(sa_column=_telegram_id(index=True))
    name: str
    classes: list[str] = Field(default_factory=list, sa_column=_json("[]"))
    created_by: int = Field(sa_column=_telegram_id())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Joined(SQLModel, table=True):
    """A group's project that a member opened in private."""

    chat_id: int = Field(sa_column=_telegram_id(primary=True))
    project_id: int = Field(primary_key=True, foreign_key="project.id")


class Moved(SQLModel, table=True):
    """A group that became a supergroup: old links still lead to it."""

    old_id: int = Field(sa_column=_telegram_id(primary=True))
    new_id: int = Field(sa_column=_telegram_id())


class Source(SQLModel, table=True):
    """Where images came from.

    `state`: collecting, asking (waits for the trust answer), ready, failed, removed.
    `trust`: None (not asked), yes, sample, no. `kind`: link, upload.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    kind: str
    what: str
    title: str = ""
    state: str = "collecting"
    trust: str | None = None
    labelled: bool = False
    counts: Json = Field(default_factory=dict, sa_column=_json())
    provenance: Json = Field(default_factory=dict, sa_column=_json())
    created_by: int = Field(sa_column=_telegram_id())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Image(SQLModel, table=True):
    """A picture of a project; its bytes are the stored file `key`.

    `group_key`: images that share it stay on one side of a split. `seconds`: place in its video.
    `phash`: 64-bit perceptual hash, 16 hex digits. `part`: train, val, test or gap, assigned once.
    `proposed`: a model has looked at it, so having no box says something.
    """

    __table_args__ = (UniqueConstraint("project_id", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    source_id: int = Field(index=True, foreign_key="source.id")
    sha256: str
    key: str
    name: str = ""
    width: int
    height: int
    phash: str
    group_key: str = Field(index=True)
    seconds: float | None = None
    labelled: bool = False
    part: str | None = None
    proposed: bool = False
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Box(SQLModel, table=True):
    """A box somebody or something proposed. `origin`: import, model, coco or drawn.

    `source_id`: the source that an imported box came with; it counts while its image is that one's.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    image_id: int = Field(index=True, foreign_key="image.id")
    source_id: int | None = Field(default=None, foreign_key="source.id")
    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    origin: str
    score: float | None = None
    model_id: int | None = None
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Vote(SQLModel, table=True):
    """One answer of one member; never changed. A member's last row on a subject counts.

    `subject_kind`: image, box, track. `answer`: right, wrong, complete, incomplete, redrawn
    (somebody drew more, look again) or retract (takes the member's earlier answer back).
    """

    __table_args__ = (
        Index("ix_vote_subject", "project_id", "subject_kind", "subject_id", "member_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    member_id: int = Field(sa_column=_telegram_id(index=True))
    subject_kind: str
    subject_id: int
    answer: str
    sheet_id: int | None = None
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Sheet(SQLModel, table=True):
    """Up to nine numbered tiles on one picture.

    `kind`: box (is this box right?) or image (is nothing missing?). `tiles`: subject ids in order.
    `left`: sheets still to come when it was dealt, this one included.
    `state`: preparing, open, closed, skipped, aside (left by going back) or stopped. `member_id` 0:
    shared by the chat. `key` names the message that shows it (see Message).
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=_telegram_id(index=True))
    member_id: int = Field(default=0, sa_column=_telegram_id())
    kind: str
    label: str = ""
    tiles: list[int] = Field(default_factory=list, sa_column=_json("[]"))
    left: int = 1
    state: str = "preparing"
    picture: str | None = None
    key: str = ""
    previous_id: int | None = None
    opened_at: datetime | None = Field(default=None, sa_type=DateTime)
    shown_at: datetime | None = Field(default=None, sa_type=DateTime)
    closed_at: datetime | None = Field(default=None, sa_type=DateTime)


class Drawing(SQLModel, table=True):
    """A request to circle objects on one image, and what came back.

    `state`: preparing (its picture is being made), asked, understood (the answer's picture is being
    made), read (boxes wait for a yes), confirmed, nothing, skipped. `boxes`: normalised xyxy lists
    as the strokes were understood.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=_telegram_id(index=True))
    image_id: int = Field(foreign_key="image.id")
    label: str = ""
    state: str = "preparing"
    boxes: list[list[float]] = Field(default_factory=list, sa_column=_json("[]"))
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Upload(SQLModel, table=True):
    """A file sent into a chat, kept before it is acknowledged; bursts become one source.

    `purpose`: add, predict or ink. `done`: it went where it was meant to go, or `error` says why
    not. `drawing_id` is the request that an ink upload answers, where a reply told.
    """

    id: int | None = Field(default=None, primary_key=True)
    chat_id: int = Field(sa_column=_telegram_id(index=True))
    member_id: int = Field(sa_column=_telegram_id())
    message_id: int
    project_id: int | None = None
    source_id: int | None = None
    file_id: str
    name: str
    size: int = 0
    words: str = ""
    purpose: str = "add"
    drawing_id: int | None = None
    path: str | None = None
    error: str | None = None
    done: bool = Field(default=False, index=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class DatasetVersion(SQLModel, table=True):
    """An immutable dataset; `key` is its manifest's stored file, `digest` the manifest's sha256."""

    __table_args__ = (UniqueConstraint("project_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    number: int
    digest: str
    key: str
    summary: Json = Field(default_factory=dict, sa_column=_json())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Job(SQLModel, table=True):
    """Work for a worker process. `kind`: collect, propose, train, package, predict, measure.

    `state`: see storage/jobs.py, which owns the transitions. `attempt` counts the starts and fences
    late events of an earlier one. `offset`: bytes of the attempt's events.jsonl already applied.
    `retry_at`: when a job in retry_wait is tried again.
    """

    __table_args__ = (Index("ix_job_state", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int | None = Field(default=None, index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=_telegram_id(index=True))
    member_id: int = Field(sa_column=_telegram_id())
    kind: str
    state: str = "queued"
    request: Json = Field(default_factory=dict, sa_column=_json())
    attempt: int = 0
    pid: int | None = None
    offset: int = 0
    progress: Json = Field(default_factory=dict, sa_column=_json())
    result: Json = Field(default_factory=dict, sa_column=_json())
    error: str | None = None
    failures: int = 0
    crashes: int = 0
    cancel_requested_at: datetime | None = Field(default=None, sa_type=DateTime)
    retry_at: datetime | None = Field(default=None, sa_type=DateTime)
    idempotency_key: str | None = Field(default=None, unique=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
    started_at: datetime | None = Field(default=None, sa_type=DateTime)
    heartbeat_at: datetime | None = Field(default=None, sa_type=DateTime)
    finished_at: datetime | None = Field(default=None, sa_type=DateTime)


class Model(SQLModel, table=True):
    """A trained detector, version `number` of its project."""

    __table_args__ = (UniqueConstraint("project_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    number: int
    job_id: int = Field(unique=True, foreign_key="job.id")
    dataset_id: int = Field(foreign_key="datasetversion.id")
    architecture: str
    imgsz: int
    weights_key: str
    metrics: Json = Field(default_factory=dict, sa_column=_json())
    details: Json = Field(default_factory=dict, sa_column=_json())
    package_key: str | None = None
    page_token: str = Field(index=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Message(SQLModel, table=True):
    """The outbox: what a message should show, and what Telegram has.

    `payload` is the wish, `sent` what was accepted; an accepted `version` that is not the
    newest leaves the row waiting. A row with a `message_id` is edited, one without is sent.
    `priority`: 0 sheets and answers, 1 results, 2 progress. `state`: waiting, sent, failed.
    """

    __table_args__ = (Index("ix_message_state", "state", "priority", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    chat_id: int = Field(sa_column=_telegram_id(index=True))
    payload: Json = Field(default_factory=dict, sa_column=_json())
    priority: int = 0
    version: int = 1
    sent: Json = Field(default_factory=dict, sa_column=_json())
    message_id: int | None = None
    state: str = "waiting"
    not_before: datetime | None = Field(default=None, sa_type=DateTime)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
    sent_at: datetime | None = Field(default=None, sa_type=DateTime)


class Seen(SQLModel, table=True):
    """Updates already handled: Telegram repeats one when the bot died before it was confirmed."""

    key: str = Field(primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Setting(SQLModel, table=True):
    """Small facts of this installation (measured speed, ...)."""

    key: str = Field(primary_key=True)
    value: Json = Field(default_factory=dict, sa_column=_json())
