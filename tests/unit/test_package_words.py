"""A model's files in the chat: what is too large for one message, and how each was proven."""

import random
import zipfile
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.messages import packages as words
from bot.messages.models import history
from pipeline import dataset
from pipeline.kinds import package, parcels
from pipeline.kinds.places import Places
from storage.models import Model, Project
from tests.support.training import labelled_project, make_model


@pytest.fixture
def model(session: Session, places: Places) -> Model:
    """Version 3 of a project of cats."""
    project = labelled_project(session, 12)
    version = dataset.build(project, files=places.files, session=session)
    return make_model(session, project, version, 3)


def zip_of(path: Path, **sizes: int) -> Path:
    """A zip of files that do not compress."""
    noise = random.Random(1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in sizes.items():
            archive.writestr(name, noise.randbytes(size))
    return path


def test_a_zip_that_is_too_large_becomes_several(tmp_path: Path, places: Places) -> None:
    """Each part is below the limit, and unpacked into one folder they are the whole."""
    path = zip_of(tmp_path / "a.zip", shard1=4000, shard2=4000, shard3=3000, page=500)
    parts = parcels.put(path, "cats-v3-tfjs.zip", places.files, limit=5000)
    assert [part["name"] for part in parts] == [f"cats-v3-tfjs-{n}of3.zip" for n in (1, 2, 3)]
    assert all(part["size_bytes"] <= 5000 for part in parts)
    for part in parts:
        with zipfile.ZipFile(places.files.path(part["key"])) as archive:
            archive.extractall(tmp_path / "all")
    with zipfile.ZipFile(path) as whole:
        for name in whole.namelist():
            assert (tmp_path / "all" / name).read_bytes() == whole.read(name)
    again = parcels.put(path, "cats-v3-tfjs.zip", places.files, limit=5000)
    assert again == parts
    (alone,) = parcels.put(path, "cats-v3-tfjs.zip", places.files, limit=3500)
    assert alone["size_bytes"] == path.stat().st_size


def test_parts_say_how_they_belong_together(session: Session, model: Model) -> None:
    """Each says which it is and that all go into one folder; an address is told as well."""
    project = session.get_one(Project, model.project_id)
    model.package_key = "aa/whole.zip"
    files = [{"key": f"aa/{n}.zip", "name": f"{n}.zip", "size_bytes": 40_000_000} for n in (1, 2)]
    model.details = {"package": {"size_bytes": 80_000_000, "files": files}}
    wishes = words.package(project, model, page="https://cats.example/m/x/")
    assert [wish["name"] for wish in wishes] == ["1.zip", "2.zip"]
    for number, wish in enumerate(wishes, start=1):
        assert "80.0 MB, too large for one message, so it comes in 2 zips" in wish["text"]
        assert f"into one folder. This is {number}. It is also served here: https" in wish["text"]


PROOF = {
    "where": "browser",
    "runtime": "wasm",
    "part": "test",
    "pictures": 28,
    "boxes": 300,
    "map50": 0.725,
    "map50_95": 0.43,
    "trained_map50": 0.726,
    "trained_map50_95": 0.43,
    "passed": True,
}


@pytest.mark.parametrize(
    ("proof", "begins"),
    [
        ({}, "✔ Same in the browser: 0.726 / 0.725 ("),
        ({"where": "tensorflow"}, "✔ Checked here without a browser: 0.726 / 0.725 ("),
        ({"map50": 0.0, "trained_map50": 0.0, "compared": 9}, "✔ Same in the browser: 9 boxes ("),
        ({"passed": False, "map50": 0.6}, "⚠️ Not the same in the browser: 0.726 / 0.600 ("),
    ],
)
def test_how_it_was_proven(proof: dict[str, object], begins: str) -> None:
    """Both figures side by side, and where the second one was measured."""
    assert words.proven({"proof": PROOF | proof}).startswith(begins)
    assert words.proven({}) == ""


def test_a_package_of_an_earlier_release_still_reads(session: Session, model: Model) -> None:
    """Without a proof, a single file or parts there is the zip, and a menu without them."""
    project = session.get_one(Project, model.project_id)
    model.package_key = "aa/a.zip"
    model.details = {"classes": ["cat"], "package": {"size_bytes": 6_200_000}}
    (wish,) = words.package(project, model)
    assert (wish["name"], wish["file"]) == (package.file_name(project, model), "aa/a.zip")
    assert "6.2 MB. Unzip it" in wish["text"]
    menu = words.menu(project, model)
    data = [button["data"] for row in menu["keyboard"] for button in row]
    assert data[0].endswith(":3:tfjs")
    assert not any("html" in one or "uint8" in one for one in data)


@pytest.mark.parametrize(
    ("proof", "line"),
    [
        (None, "📦 6.2 MB"),
        (PROOF, "📦 6.2 MB, same in the browser (mAP50 0.725)"),
        (PROOF | {"where": "tensorflow"}, "📦 6.2 MB, checked without a browser (mAP50 0.725)"),
        (PROOF | {"passed": False}, "📦 6.2 MB, ⚠️ not the same in the browser (mAP50 0.725)"),
    ],
)
def test_the_history_says_where_each_was_proven(
    session: Session, model: Model, proof: dict[str, object] | None, line: str
) -> None:
    """Size and figure of the package; nothing where there is none."""
    project = session.get_one(Project, model.project_id)
    model.details = {"epochs": 9, "package": {"size_bytes": 6_200_000, "proof": proof}}
    assert "📦" not in history(project, [model])["text"]
    model.package_key = "aa/a.zip"
    assert history(project, [model])["text"].split("\n")[-1].strip() == line


def test_the_smaller_one_is_offered_where_it_was_measured(session: Session, model: Model) -> None:
    """Its size and figure stand on the button, which asks for uint8."""
    project = session.get_one(Project, model.project_id)
    model.package_key = "aa/a.zip"
    smaller = {"smaller": PROOF | {"map50": 0.718}, "smaller_bytes": 3_200_000}
    model.details = {"package": {"size_bytes": 6_200_000, **smaller}}
    first, other = words.offers(project, model)
    assert first["text"] == "🪶 Smaller: 3.2 MB, mAP50 0.72"
    assert first["data"] == f"v1:ex@{project.id}:3:tfjs:uint8"
    assert other["data"] == f"v1:ex@{project.id}:3"
    worse = {**model.details["package"], "smaller": PROOF | {"passed": False}}
    model.details = {"package": worse}
    assert words.offers(project, model) == [other]
