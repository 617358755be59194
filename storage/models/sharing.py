"""What goes out to strangers and what comes back from them: links to pages, hard examples."""

from datetime import datetime

from sqlalchemy import DateTime, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import Json, json_column, now, telegram_id


class Share(SQLModel, table=True):
    """A link to a model's page that its project gave out; whoever knows `token` sees the page.

    A model may have several. `ended_at`: from then on the link leads nowhere, for good.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    model_id: int = Field(index=True, foreign_key="model.id")
    token: str = Field(unique=True)
    member_id: int = Field(sa_column=telegram_id())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
    ended_at: datetime | None = Field(default=None, sa_type=DateTime)


class HardExample(SQLModel, table=True):
    """A picture on which a visitor of a model's page saw the model go wrong.

    `key`: its stored file, `sha256` that file's digest; a project takes a picture once. `seen`:
    what the model found, `{"boxes": [{"label", "score", "xyxy"}]}`, corners as shares of the
    picture. `source_id`: the source that it became, with others that came about the same time.
    """

    __table_args__ = (UniqueConstraint("project_id", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    model_id: int = Field(index=True, foreign_key="model.id")
    key: str
    sha256: str
    seen: Json = Field(default_factory=dict, sa_column=json_column())
    source_id: int | None = Field(default=None, index=True, foreign_key="source.id")
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
