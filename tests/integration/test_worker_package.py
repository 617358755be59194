"""A trained model becomes a zip with a page that works, and is checked before it is called good."""

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from pipeline.browser import PAGE_FILES
from tests.support.scenes import CLASSES
from tests.support.trained import IMGSZ, Trained, trained_once, work

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The training and package that all tests share."""
    return trained_once(tmp_path_factory)


def test_the_zip_is_a_site(trained: Trained) -> None:
    """Everything lies at the zip's root, so that a host of static sites takes it as it is."""
    result = trained.package.result
    path = trained.package.out / result["package"]
    assert path.name == "fruit-v1-tfjs.zip"
    assert path.stat().st_size == result["size_bytes"] < 50_000_000
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        shards = json.loads(archive.read("model.json"))["weightsManifest"][0]["paths"]
    wanted = {
        "model.json",
        "metadata.json",
        "ATTRIBUTION.md",
        "selftest/expected.json",
        "selftest/picture.png",
    }
    assert wanted | set(PAGE_FILES) | set(shards) <= names
    assert "vendor/tfjs-backend-wasm-simd.wasm" in names


def test_the_zip_is_the_served_page_less_litert(trained: Trained) -> None:
    """A served page may choose between two kinds of model; the zip carries one, and says so."""
    result = trained.package.result
    page = trained.package.out / result["page"]
    with zipfile.ZipFile(trained.package.out / result["package"]) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    files = {p.relative_to(page).as_posix(): p.read_bytes() for p in page.rglob("*") if p.is_file()}
    more = set(files) - set(inside)
    assert "model.tflite" in more
    assert all("litert" in name for name in more - {"model.tflite"})
    served, sent = (json.loads(side.pop("metadata.json")) for side in (files, inside))
    assert {name: files[name] for name in inside} == inside
    assert (served.pop("runtimes"), sent.pop("runtimes")) == (["tfjs", "litert"], ["tfjs"])
    assert served.pop("litert") == "model.tflite"
    assert served == sent


def test_a_package_has_its_proof(trained: Trained) -> None:
    """What it finds on labelled pictures stands beside what PyTorch finds, in both places."""
    result = trained.package.result
    proof = result["proof"]
    page = trained.package.out / result["page"]
    assert json.loads((page / "metadata.json").read_text())["proof"] == proof
    assert proof["passed"]
    judged = [i for i in trained.manifest["images"] if i["part"] == proof["part"] != "train"]
    assert proof["pictures"] == len(judged) > 0
    assert proof["boxes"] == sum(len(image["boxes"]) for image in judged)
    if proof["where"] == "browser":
        assert proof["runtime"] == "wasm"
        assert proof["compared"] == result["selftest_boxes"]


def test_8_bits_are_measured_beside_it(trained: Trained) -> None:
    """The usual package tells how a smaller one would do, and what it would weigh."""
    result = trained.package.result
    assert result["smaller"]["pictures"] == result["proof"]["pictures"]
    assert 0 < result["smaller_bytes"] < result["size_bytes"] - 1_000_000


def test_without_a_browser_tensorflow_stands_in(trained: Trained, tmp_path: Path) -> None:
    """The proof says where it was made; a zip for LiteRT has nothing of TensorFlow.js."""
    attempt = work(
        tmp_path / "attempt",
        environment={"TAPTRAIN_CHROMIUM": "none"},
        kind="package",
        store=trained.store.root,
        weights=trained.weights,
        form="litert",
        imgsz=IMGSZ,
        file_name="fruit-v1-litert.zip",
        metadata={"classes": CLASSES},
        selftest_pictures=[image["key"] for image in trained.manifest["images"]],
        manifest=trained.manifest_key,
    )
    proof = attempt.result["proof"]
    assert (proof["where"], proof["runtime"], proof["passed"]) == ("tensorflow", "tensorflow", True)
    assert attempt.result["smaller"] is None
    with zipfile.ZipFile(attempt.out / attempt.result["package"]) as archive:
        names = archive.namelist()
        metadata = json.loads(archive.read("metadata.json"))
    assert "model.tflite" in names
    assert not [name for name in names if "tfjs" in name or name == "model.json"]
    assert metadata["runtimes"] == ["litert"]


def test_metadata_says_what_the_model_is(trained: Trained) -> None:
    """The bot's facts are kept, and what the page computes with stands beside them."""
    page = trained.package.out / trained.package.result["page"]
    metadata = json.loads((page / "metadata.json").read_text())
    assert metadata["project"] == "fruit <b>stand</b>"
    assert metadata["dataset"] == "digest"
    assert metadata["classes"] == CLASSES
    assert (metadata["imgsz"], metadata["precision"]) == (IMGSZ, "fp16")
    output = metadata["output"]
    assert (output["form"], output["layout"]) == ("raw", "[1, 4+classes, anchors]")
    assert output["boxes"] == "cxcywh input pixels"
    assert output["shape"][:2] == [1, 4 + len(CLASSES)]


def test_the_selftest_says_something(trained: Trained) -> None:
    """Five boxes or more, on a picture that is not square and larger than the input."""
    result = trained.package.result
    folder = trained.package.out / result["page"] / "selftest"
    expected = json.loads((folder / "expected.json").read_text())
    assert 5 <= len(expected["boxes"]) == result["selftest_boxes"]
    assert expected["threshold"] == result["selftest_threshold"] <= 0.25
    assert all(box["score"] >= expected["threshold"] for box in expected["boxes"])
    with Image.open(folder / expected["picture"]) as picture:
        assert picture.size == (expected["width"], expected["height"])
        assert picture.width != picture.height
        assert min(picture.size) > IMGSZ
    assert result["max_difference"] < 0.01


def test_without_a_picture_nothing_is_called_good(trained: Trained, tmp_path: Path) -> None:
    """A package that cannot be verified is not made."""
    attempt = work(
        tmp_path / "attempt",
        kind="package",
        store=trained.store.root,
        weights=trained.weights,
        imgsz=IMGSZ,
        file_name="x.zip",
        metadata={},
        selftest_pictures=[],
    )
    assert attempt.failure["code"] == "WorkerError"
    assert not list(attempt.out.glob("*.zip"))


def test_weights_that_are_none_are_refused(trained: Trained, tmp_path: Path) -> None:
    """A file that is no checkpoint ends in words, and is never unpickled freely."""
    key = trained.store.put_bytes(b"cos\nsystem\n(S'true'\ntR.", suffix=".pt")
    attempt = work(
        tmp_path / "attempt",
        kind="package",
        store=trained.store.root,
        weights=key,
        imgsz=IMGSZ,
        file_name="x.zip",
        metadata={},
        selftest_pictures=[],
    )
    assert attempt.failure["code"] == "WorkerError"
    assert "train it again" in attempt.failure["message"]
