"""Roboflow's interface, asked as it wants to be asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import LinkRefused, SourceError
from pipeline.jobs.spec_collect import CollectSpec
from pipeline.net import Guard, Policy
from pipeline.sources import roboflow
from pipeline.sources.base import Fetched, Room
from pipeline.sources.secrets import Secrets
from tests.support.roboflow import KEY, Project, Roboflow
from tests.support.sources import Ears, Errand, errand
from tests.support.www import Www, serving

TAGGED = {"ETag": '"one"'}
OURS = Secrets(roboflow=KEY)


@pytest.fixture
def www() -> Iterator[Www]:
    """Where the exports lie."""
    with serving() as running:
        yield running


@pytest.fixture
def service(www: Www, monkeypatch: pytest.MonkeyPatch) -> Iterator[Roboflow]:
    """A Roboflow with a project of one version."""
    monkeypatch.setattr(roboflow, "POLL_S", 0.001)
    service = Roboflow()
    service.projects["ann/cats"] = Project(www.put("/cats.zip", b"PK" * 2000, headers=TAGGED))
    with service.serving():
        yield service


@pytest.fixture
def out(tmp_path: Path, www: Www, service: Roboflow) -> Errand:
    """Errands to it."""
    return errand(tmp_path / "errand", www, roboflow=service.url)


@pytest.mark.parametrize(
    "what",
    [
        "roboflow:ann/cats/1",
        "roboflow:ann/cats",
        "https://universe.roboflow.com/ann/cats/dataset/1",
        "https://universe.roboflow.com/ann/cats/model/1?tab=x",
        "https://app.roboflow.com/ann/cats/1",
        "https://universe.roboflow.com/ann/cats/browse",
    ],
)
def test_a_version_comes_as_its_export(out: Errand, service: Roboflow, what: str) -> None:
    """By name or link; an export in the making is waited for, and its progress told."""
    service.projects["ann/cats"].waits = 2
    fetched = out.fetch(what, OURS)
    assert isinstance(fetched, Fetched)
    assert Path(fetched.files[0].path).read_bytes() == b"PK" * 2000
    assert fetched.provenance == {
        "source": "roboflow",
        "link": "https://universe.roboflow.com/ann/cats/dataset/1",
        "title": "All cats",
        "author": "ann",
        "license": "CC BY 4.0",
        "version": "1",
    }
    assert [news.done for news in out.heard if news.stage == "export"] == [40, 40]
    assert service.calls[-1].path == "/ann/cats/1/yolov8"


def test_versions_are_offered(out: Errand, service: Roboflow) -> None:
    """Without a number the versions are shown, the newest first; one alone needs no question."""
    service.projects["ann/cats"].versions = {number: 8 * number for number in range(1, 12)}
    offer = out.offer("roboflow:ann/cats", OURS)
    assert len(offer.choices) == roboflow.MOST
    assert offer.choices[0].label == "v11 · try 11 · 88 pictures"
    assert offer.choices[0].what == "roboflow:ann/cats/11"


def test_pictures_without_boxes_come_as_they_are(out: Errand, service: Roboflow) -> None:
    """A project that only sorts pictures has no export with boxes."""
    service.projects["ann/cats"].type = "single-label-classification"
    out.fetch("roboflow:ann/cats/1", OURS)
    assert service.calls[-1].path == "/ann/cats/1/folder"


@pytest.mark.parametrize(
    ("what", "key", "said"),
    [
        ("roboflow:ann/cats/1", "", "/settings roboflow=KEY"),
        ("roboflow:ann/cats/1", "rfWRONG0123456", "(401)"),
        ("roboflow:ann/dogs/1", KEY, "(404)"),
        ("roboflow:ann/cats/9", KEY, "(404)"),
        ("roboflow:ann", KEY, "roboflow:workspace/project/1"),
        ("https://universe.roboflow.com/ann", KEY, "roboflow:workspace/project/1"),
    ],
)
def test_a_refusal_says_what_to_do(out: Errand, what: str, key: str, said: str) -> None:
    """What Roboflow does not give is one sentence, without the key."""
    with pytest.raises(SourceError) as refusal:
        out.fetch(what, Secrets(roboflow=key))
    assert said in refusal.value.user_message
    assert not key or key not in refusal.value.user_message


def test_a_project_without_versions(out: Errand, service: Roboflow) -> None:
    """There is nothing to export yet: it says where to make some."""
    service.projects["ann/cats"].versions = {}
    with pytest.raises(SourceError, match="no version yet"):
        out.fetch("roboflow:ann/cats", OURS)


def test_an_export_that_is_never_done(
    out: Errand, service: Roboflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience ends, with a sentence."""
    monkeypatch.setattr(roboflow, "PATIENCE_S", 0.0)
    with pytest.raises(SourceError, match="not done with that export"):
        out.fetch("roboflow:ann/cats/1", OURS)


def test_a_download_that_breaks_off_goes_on(out: Errand, www: Www) -> None:
    """The zip comes whole, or not at all."""
    whole = b"PK" + bytes(range(256)) * 40
    www.put("/cats.zip", whole, headers=TAGGED, cut=4000)
    assert out.files("roboflow:ann/cats/1", OURS)["cats.zip"].read_bytes() == whole
    www.put("/cats.zip", whole, cut=4000)
    with pytest.raises(SourceError, match="broke off in the middle"):
        out.fetch("roboflow:ann/cats/1", OURS)


def test_the_key_goes_to_the_service_alone(out: Errand, service: Roboflow, www: Www) -> None:
    """Where the export lies nobody learns it, and no link inside is followed."""
    out.fetch("roboflow:ann/cats/1", OURS)
    assert all(call.query == {"api_key": KEY} for call in service.calls)
    assert www.asked == ["/cats.zip"]
    with serving() as inside:
        service.projects["ann/cats"].archive = inside.put("/secret", b"secret")
        with pytest.raises(LinkRefused):
            out.fetch("roboflow:ann/cats/1", OURS)
        assert inside.asked == []


def test_other_links_are_left_to_others(out: Errand) -> None:
    """A link to an exported zip leads straight to a file, and other sites have pages of theirs."""
    work = out.folder / "room"
    work.mkdir()
    room = Room(work, Policy(), Guard(), Ears(work))
    for link in (
        "https://app.roboflow.com/ds/abc123?key=hush",
        "https://blog.roboflow.com/ann/cats",
        "https://example.org/ann/cats/1",
    ):
        spec = CollectSpec(store="", source_id=1, what=link)
        assert not roboflow.RoboflowSource().matches(spec, room)
