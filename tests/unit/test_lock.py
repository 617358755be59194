"""One bot a database, from whatever homes; a bot that crashed starts again at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql

from storage.db import DatabaseUrlError
from storage.lock import APP, TRY, DatabaseInUse, DatabaseLock, lock_file

HOLD = (
    "import sys, time; from storage.lock import DatabaseLock; "
    "lock = DatabaseLock(sys.argv[1]); print('held', flush=True); time.sleep(600)"
)


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    """Another process holds it, by another name of the same file; kill -9 gives it back at once."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, f"sqlite:///{tmp_path / 'real' / 'a.db'}"],
        stdout=subprocess.PIPE,
    )
    assert first.stdout is not None
    url = f"sqlite:///{tmp_path / 'link' / 'a.db'}"
    try:
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(DatabaseInUse, match="Another bot uses this database"):
            DatabaseLock(url)
        DatabaseLock(f"sqlite:///{tmp_path / 'b.db'}").release()
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
        first.stdout.close()
    lock = DatabaseLock(url)
    lock.release()
    lock.release()
    DatabaseLock(url).release()


def test_a_database_in_memory_is_nobody_elses() -> None:
    """It needs no lock."""
    assert lock_file("sqlite://") is None
    assert lock_file("sqlite:///:memory:") is None
    DatabaseLock("sqlite://").release()


@pytest.mark.parametrize("url", ["no address", "sqlite:////nowhere/at/all.db"])
def test_an_address_that_cannot_be_used(url: str) -> None:
    """It is refused as the database itself would be."""
    with pytest.raises(DatabaseUrlError):
        DatabaseLock(url)


def test_the_lock_of_postgres() -> None:
    """It is the server's own, tried without waiting, for this database and this program."""
    assert lock_file("postgresql+psycopg://localhost/tap") is None
    said = str(TRY.bindparams(app=APP).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # no types
    assert said.startswith("SELECT pg_try_advisory_lock(hashtext(current_database()), ")
