"""The outbox and small facts of the installation."""

from datetime import datetime

from sqlalchemy import DateTime, Index
from sqlmodel import Field, SQLModel

from storage.models.columns import Json, json_column, now, telegram_id


class Message(SQLModel, table=True):
    """The outbox: what a message should show, and what Telegram has.

    `payload` is the wish, `sent` what was accepted; an accepted `version` that is not the
    newest leaves the row waiting. A row with a `message_id` is edited, one without is sent.
    `priority`: 0 sheets and answers, 1 results, 2 progress. `state`: waiting, sent, failed.
    """

    __table_args__ = (Index("ix_message_state", "state", "priority", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    chat_id: int = Field(sa_column=telegram_id(index=True))
    payload: Json = Field(default_factory=dict, sa_column=json_column())
    priority: int = 0
    version: int = 1
    sent: Json = Field(default_factory=dict, sa_column=json_column())
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
    value: Json = Field(default_factory=dict, sa_column=json_column())
