"""What unit tests of tables and of what follows from them share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from pipeline.kinds.places import Places
from storage.db import Database
from storage.files import FileStore
from tests.support.project import open_database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database in a file, with its tables."""
    database = open_database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    """A session on it."""
    with Session(db.engine) as session:
        yield session


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A home of its own, without a network."""
    return Places(home=tmp_path, files=FileStore(tmp_path / "files"), offline=True)
