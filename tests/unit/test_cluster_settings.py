"""Settings of a cluster: each one that is missing or wrong is named in one sentence."""

from pathlib import Path

import pytest

from bot import cluster
from bot.settings import Settings, SettingsError
from pipeline.kinds.places import Places
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
