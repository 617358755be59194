"""The page as one file: what is inside, and that nothing of it can be markup."""

import base64
import gzip
import json
import re
from pathlib import Path

import pytest

from pipeline.browser import HERE, VENDOR, style, vendor
from pipeline.errors import WorkerError
from pipeline.worker import installable, single_file

EVIL = "</script><script>alert(1)</script>'\"&🍎"
FILE = re.compile(r'<script type="text/plain" data-file="([^"]+)">([^<]*)</script>')


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A laid out page with a model of a few bytes."""
    folder = tmp_path / "page"
    (folder / "selftest").mkdir(parents=True)
    for name in ("index.html", "icon.svg", "manifest.webmanifest", "sw.js"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    (folder / "style.css").write_text(style())
    metadata = {"project": EVIL, "version": 3, "classes": [EVIL], "runtimes": ["tfjs", "litert"]}
    (folder / "metadata.json").write_text(json.dumps(metadata | {"litert": "model.tflite"}))
    (folder / "model.json").write_text(json.dumps({"weightsManifest": [{"paths": ["a.bin"]}]}))
    (folder / "a.bin").write_bytes(b"weights" * 99)
    (folder / "model.tflite").write_bytes(b"other weights")
    (folder / "selftest/expected.json").write_text("{}")
    return folder


@pytest.fixture
def _bundled() -> None:
    if not (VENDOR / vendor.PAGE).is_file():
        pytest.skip("needs the page's scripts (python -m pipeline.browser)")


@pytest.mark.usefixtures("_bundled")
def test_everything_is_inside(page: Path, tmp_path: Path) -> None:
    """Weights, metadata, the self-test and scripts; only TensorFlow.js, and no address at all."""
    target = tmp_path / "one.html"
    size = single_file.write(page, target)
    document = target.read_text()
    inside = {
        name: gzip.decompress(base64.b64decode(content)) for name, content in FILE.findall(document)
    }
    assert size == target.stat().st_size
    assert inside["a.bin"] == b"weights" * 99
    assert {"model.json", "selftest/expected.json", "vendor/tfjs-wasm.js"} <= set(inside)
    assert "model.tflite" not in inside
    metadata = json.loads(inside["metadata.json"])
    assert metadata["classes"] == [EVIL]
    assert metadata["runtimes"] == ["tfjs"]
    assert "litert" not in metadata
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="(?!data:)', document)


@pytest.mark.usefixtures("_bundled")
def test_names_are_never_markup(page: Path, tmp_path: Path) -> None:
    """The project's name stands escaped in the title, and nowhere else in words."""
    single_file.write(page, tmp_path / "one.html")
    document = (tmp_path / "one.html").read_text()
    assert "alert(1)" in document
    assert "<script>alert" not in document
    assert document.count("alert(1)") == 1
    assert document.count("</script>") == len(FILE.findall(document)) + 2


def test_scripts_cannot_end_their_element() -> None:
    """What would close a script or open a comment is escaped."""
    safe = single_file._safe("a = '</SCRIPT><!-- </style>'")
    assert safe == "a = '\\x3c/SCRIPT>\\x3c!-- \\x3c/style>'"


def test_a_page_without_tensorflow_is_told(page: Path, tmp_path: Path) -> None:
    """A .tflite alone can't be one file, and none is left half-written."""
    (page / "model.json").unlink()
    with pytest.raises(WorkerError, match="Only a page with TensorFlow"):
        single_file.write(page, tmp_path / "one.html")
    assert not (tmp_path / "one.html").exists()


def test_an_app_is_named_and_versioned(page: Path) -> None:
    """The manifest has the model's name; the worker names all files, and changes with them."""
    installable.write(page)
    first = (page / "sw.js").read_text()
    manifest = json.loads((page / "manifest.webmanifest").read_text())
    installable.write(page)
    again = (page / "sw.js").read_text()
    (page / "a.bin").write_bytes(b"newer")
    installable.write(page)
    newer = (page / "sw.js").read_text()
    assert manifest["name"] == f"{EVIL} v3"
    assert len(manifest["short_name"]) <= 12
    assert again == first != newer
    files = json.loads(first.split("const FILES = ")[1].split(";\n")[0])
    shell = json.loads(first.split("const SHELL = ")[1].split(";\n")[0])
    assert {"a.bin", "model.tflite", "index.html"} <= set(files)
    assert "index.html" in shell
    assert "a.bin" not in shell
    assert "sw.js" not in files


def test_a_model_without_a_name_is_a_detector(page: Path) -> None:
    """The manifest keeps its general name."""
    (page / "metadata.json").write_text("{}")
    installable.write(page)
    assert json.loads((page / "manifest.webmanifest").read_text())["name"] == "Detector"
