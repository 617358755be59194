"""Alembic's entry: on the connection that migrate.py hands over, or on the ini file's address."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection
from sqlmodel import AutoString, SQLModel

from storage import models
from storage.db import make_engine
from storage.migrate import compared

# The import above is what fills the metadata.
assert models.Job.metadata is SQLModel.metadata


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    # Revisions are history: they must not depend on what SQLModel's types become.
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_item=render_item,
        include_object=compared,
        # SQLite changes a column only by copying its table.
        render_as_batch=True,
        # Our SQLite connections begin explicitly, so its DDL is rolled back like anything else.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    with make_engine(context.config.get_main_option("sqlalchemy.url") or "").begin() as own:
        run(own)
