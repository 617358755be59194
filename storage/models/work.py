"""What is made of it: uploads, dataset versions, jobs and models."""

from datetime import datetime

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import Json, json_column, now, telegram_id


class Upload(SQLModel, table=True):
    """A file sent into a chat, kept before it is acknowledged; bursts become one source.

    `purpose`: add, predict or ink. `done`: it went where it was meant to go, or `error` says why
    not. `drawing_id` is the request that an ink upload answers, where a reply told.
    """

    id: int | None = Field(default=None, primary_key=True)
    chat_id: int = Field(sa_column=telegram_id(index=True))
    member_id: int = Field(sa_column=telegram_id())
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
    """An immutable dataset; `key` is its manifest's stored file, `digest` says what it holds.

    `form`: how the digest was made, 1 for releases before there were several (storage/datasets.py).
    """

    __table_args__ = (UniqueConstraint("project_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    number: int
    digest: str
    form: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    key: str
    summary: Json = Field(default_factory=dict, sa_column=json_column())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Job(SQLModel, table=True):
    """Work for a worker process.

    `kind`: one of those in pipeline/jobs/spec.py.

    `state`: see storage/jobs.py, which owns the transitions. `attempt` counts the starts and fences
    late events of an earlier one. `offset`: bytes of the attempt's events.jsonl already applied.
    `retry_at`: when a job in retry_wait is tried again. Of those that wait, a higher `priority`
    goes first, then a smaller `rank` (none: its number); one that is `paused` stays where it is.

    `lease_owner` works on it until `lease_until`, unless it renews. `checkpoint`: where a further
    attempt goes on, and `told`, which milestones the chat knows of.
    """

    __table_args__ = (
        Index("ix_job_state", "state", "id"),
        # Whose turn it is (storage/fair.py) is read from this index alone, whatever else waits.
        Index(
            "ix_job_turn", "state", "finished_at", "kind", "chat_id", "priority", "rank", "paused"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int | None = Field(default=None, index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=telegram_id(index=True))
    member_id: int = Field(sa_column=telegram_id())
    kind: str
    state: str = "queued"
    request: Json = Field(default_factory=dict, sa_column=json_column())
    attempt: int = 0
    pid: int | None = None
    offset: int = 0
    progress: Json = Field(default_factory=dict, sa_column=json_column())
    result: Json = Field(default_factory=dict, sa_column=json_column())
    error: str | None = None
    failures: int = 0
    crashes: int = 0
    cancel_requested_at: datetime | None = Field(default=None, sa_type=DateTime)
    retry_at: datetime | None = Field(default=None, sa_type=DateTime)
    idempotency_key: str | None = Field(default=None, unique=True)
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rank: float | None = None
    paused: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=DateTime)
    checkpoint: Json = Field(default_factory=dict, sa_column=json_column())
    told: Json = Field(default_factory=dict, sa_column=json_column())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
    started_at: datetime | None = Field(default=None, sa_type=DateTime)
    heartbeat_at: datetime | None = Field(default=None, sa_type=DateTime)
    finished_at: datetime | None = Field(default=None, sa_type=DateTime)


class Model(SQLModel, table=True):
    """A trained detector, version `number` of its project.

    `promoted`: the project works with it; one that is no better than the last is kept beside.
    """

    __table_args__ = (UniqueConstraint("project_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    number: int
    job_id: int = Field(unique=True, foreign_key="job.id")
    dataset_id: int = Field(foreign_key="datasetversion.id")
    architecture: str
    imgsz: int
    weights_key: str
    metrics: Json = Field(default_factory=dict, sa_column=json_column())
    details: Json = Field(default_factory=dict, sa_column=json_column())
    package_key: str | None = None
    promoted: bool = Field(default=True, sa_column_kwargs={"server_default": "1"})
    page_token: str = Field(index=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Schedule(SQLModel, table=True):
    """When a project trains by itself.

    `trigger`: nightly, labels or source; `request` holds its numbers and what to train with.
    `next_at`: when it is due (UTC; none while it waits for labels or films). `missed`: once or
    skip, for times that passed while the bot was off. One that is not `active` is history.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=telegram_id())
    member_id: int = Field(sa_column=telegram_id())
    trigger: str
    request: Json = Field(default_factory=dict, sa_column=json_column())
    missed: str = "once"
    active: bool = Field(default=True, index=True)
    next_at: datetime | None = Field(default=None, sa_type=DateTime)
    last_at: datetime | None = Field(default=None, sa_type=DateTime)
    last_job_id: int | None = None
    state: Json = Field(default_factory=dict, sa_column=json_column())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Watch(SQLModel, table=True):
    """A member wants to hear of a job in private, wherever it was asked for."""

    job_id: int = Field(primary_key=True, foreign_key="job.id")
    member_id: int = Field(sa_column=telegram_id(primary=True))
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
