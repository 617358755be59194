"""A trained model's page, shared by the tests that open it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pipeline.worker import installable, single_file
from tests.support.model_page import Site, served
from tests.support.trained import Trained, trained_once

# On a busy machine a page takes its time; what comes is not late.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The training and package that all tests share."""
    return trained_once(tmp_path_factory)


@pytest.fixture(scope="session")
def page_folder(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package's page, as it is served."""
    folder = tmp_path_factory.mktemp("served") / "page"
    shutil.copytree(trained.package.out / trained.package.result["page"], folder)
    installable.write(folder)
    return folder


@pytest.fixture(scope="session")
def single_page(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as one file."""
    path = tmp_path_factory.mktemp("single") / "fruit-v1.html"
    single_file.write(page_folder, path)
    return path


@pytest.fixture
def site(page_folder: Path) -> Iterator[Site]:
    """The page on a server of its own."""
    with served(page_folder) as site:
        yield site


@pytest.fixture
def address(site: Site) -> str:
    """The page's address, with the runtime that every browser has."""
    return f"{site.address}?runtime=wasm"


@pytest.fixture
def photos(trained: Trained) -> list[Path]:
    """Pictures of what the model knows."""
    return [trained.store.path(image["key"]) for image in trained.manifest["images"]]
