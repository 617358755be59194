"""Settings of a cluster: each one that is missing or wrong is named in one sentence."""

from pathlib import Path

import pytest
from sqlmodel import Session

from bot import cluster
from bot.settings import Settings, SettingsError
from pipeline.kinds.places import Places
from storage import jobs
from storage.db import Database

TOKEN = "123456:" + "T" * 30


def settings(home: Path, **given: str) -> Settings:
    """Settings with a cluster."""
    return Settings(_env_file=None, token=TOKEN, home=home, executor="ray", **given)


def test_a_store_is_needed(db: Database, places: Places) -> None:
    """Without a place that all machines reach the start ends with what to set."""
    with pytest.raises(SettingsError, match="TAPTRAIN_STORE is missing"):
        cluster.build(settings(places.home), db, places, "http://127.0.0.1:1")


def test_workers_elsewhere_need_an_address(db: Database, places: Places) -> None:
    """A cluster on other machines cannot report to loopback; one on this machine can."""
    store = f"file://{places.home}/shared"
    far = settings(places.home, store=store, ray_address="http://10.0.0.9:8265")
    with pytest.raises(SettingsError, match="TAPTRAIN_EVENTS_URL is missing"):
        cluster.build(far, db, places, "http://127.0.0.1:1")
    built = cluster.build(settings(places.home, store=store), db, places, "http://127.0.0.1:1")
    assert next(route.path for route in built.routes) == "/attempts/{name}/spec"
    built.close()


def test_what_finished_jobs_left_in_the_store_is_removed(db: Database, places: Places) -> None:
    """Checkpoints and unfetched results go with their job; those of one that goes on stay."""

    def queue(session: Session) -> int:
        job = jobs.create(
            kind="train", project_id=None, chat_id=1, member_id=1, request={}, session=session
        )
        assert job.id is not None
        return job.id

    over, going = db.write_now(queue), db.write_now(queue)
    db.write_now(lambda session: jobs.request_cancel(over, session=session))
    built = cluster.build(
        settings(places.home, store=f"file://{places.home}/shared"),
        db,
        places,
        "http://127.0.0.1:1",
    )
    file = places.home / "best.pt"
    file.write_text("x")
    for number in (over, going):
        name = f"taptrain-{number}-1-0a1b2c3d"
        for place in (f"results/{name}", f"checkpoints/{number}/1-{name}"):
            built.shared.upload([(file, file.name)], place)
    built.clean(db)
    assert built.shared.names("checkpoints") == [str(going)]
    assert built.shared.names("results") == [f"taptrain-{going}-1-0a1b2c3d"]
    built.close()
