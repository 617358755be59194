"""Brings a database to the present tables; an up-to-date one costs a single query.

After a change of models.py, then HEAD here:
`alembic -c storage/migrations/alembic.ini revision --autogenerate -m "what changes"`
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0006"
"""The newest revision in migrations/versions."""

UNCOMPARED = frozenset({"ix_image_rank"})
"""Indexes with a descending column, which Alembic cannot compare with the database's."""

FOLDER = Path(__file__).parent / "migrations"


class DatabaseTooNew(Exception):
    """The database was written by a newer release: install that one, or restore a backup."""

    def __init__(self) -> None:
        super().__init__((type(self).__doc__ or "").strip())


def upgrade(engine: Engine) -> None:
    """Create or change tables until the database is at HEAD, in one transaction.

    Raises:
        DatabaseTooNew: the database is at a revision that this release does not know.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    # Here, not above: a start that has nothing to change must not pay for Alembic.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.begin() as connection:
        revision = _revision(connection)
        if revision is not None and revision not in known:
            raise DatabaseTooNew
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def compared(_item: Any, name: str | None, *_: Any) -> bool:
    """Alembic's `include_object`: whether to look for differences in what has this name."""
    return name not in UNCOMPARED


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
