"""Migrations: they end in what the models say, come twice without harm, and go back to nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from storage import migrate
from storage.db import make_engine


def scripts() -> ScriptDirectory:
    """The revisions as they lie beside the code."""
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    return ScriptDirectory.from_config(config)


def test_the_migrated_tables_are_the_models(tmp_path: Path) -> None:
    """After all migrations nothing is left to change; a second upgrade changes nothing."""
    engine = make_engine(f"sqlite:///{tmp_path / 'db.sqlite'}")
    migrate.upgrade(engine)
    migrate.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_object": migrate.compared}
        )
        assert compare_metadata(context, SQLModel.metadata) == []
        there = {index["name"] for index in inspect(connection).get_indexes("image")}
        assert there >= migrate.UNCOMPARED
    engine.dispose()


def test_head_is_the_newest_revision() -> None:
    """The constant that spares a start from loading Alembic is right, and history is one line."""
    assert scripts().get_heads() == [migrate.HEAD]


def test_an_upgrade_of_an_up_to_date_database_does_not_load_alembic(tmp_path: Path) -> None:
    """The usual start costs a query, not an import."""
    url = f"sqlite:///{tmp_path / 'db.sqlite'}"
    code = (
        "import sys; from storage import migrate; from storage.db import make_engine;"
        f"migrate.upgrade(make_engine({url!r})); print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in said] == ["True", "False"]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A database of a release to come is left alone, with a sentence that says what to do."""
    engine = make_engine(f"sqlite:///{tmp_path / 'db.sqlite'}")
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(migrate.DatabaseTooNew, match="newer release: install that one"):
        migrate.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).one() == (
            "later",
        )
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Tables are made in one transaction: half a database is never left behind."""
    engine = make_engine(f"sqlite:///{tmp_path / 'db.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE drawing (id INTEGER)"))
    with pytest.raises(OperationalError, match="already exists"):
        migrate.upgrade(engine)
    assert inspect(engine).get_table_names() == ["drawing"]
    engine.dispose()


def test_down_again(tmp_path: Path) -> None:
    """Every revision can be taken back."""
    engine = make_engine(f"sqlite:///{tmp_path / 'db.sqlite'}")
    migrate.upgrade(engine)
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with Operations.context(operations.migration_context):
            for script in scripts().walk_revisions():
                script.module.downgrade()
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_the_tables_can_be_made_on_postgres(capsys: pytest.CaptureFixture[str]) -> None:
    """Every revision renders as Postgres' SQL, with ids wide enough for Telegram's."""
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True})
    with Operations.context(context):
        for script in reversed(list(scripts().walk_revisions())):
            script.module.upgrade()
    said = capsys.readouterr().out
    for table in SQLModel.metadata.tables:
        assert f"CREATE TABLE {table} (" in said or f'CREATE TABLE "{table}" (' in said
    assert "chat_id BIGINT" in said
