"""What a result names lies in the folder that its worker made files in, and nowhere else."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import WorkerError
from pipeline.jobs.spec import PredictResult
from pipeline.kinds.places import made


def result(picture: str) -> PredictResult:
    """A result that names a file."""
    return PredictResult(picture=picture, boxes=[], confidence=0.25, milliseconds=1)


@pytest.mark.parametrize("name", ["/etc/passwd", "../spec.json", "a/../../b", "", ".", ".."])
def test_a_name_that_leads_out_is_no_result(name: str) -> None:
    """An absolute name, or one that goes up, is refused before anyone reads it."""
    with pytest.raises(ValidationError, match="not a path below out/"):
        result(name)


def test_a_name_below_is_found(tmp_path: Path) -> None:
    """Files and folders below are what they are called."""
    (tmp_path / "out" / "plots").mkdir(parents=True)
    (tmp_path / "out" / "plots" / "a.jpg").write_text("picture")
    assert made(tmp_path, result("plots/a.jpg").picture).read_text() == "picture"
    assert made(tmp_path, "plots").is_dir()


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    """Neither a link itself nor a folder that has one in it is read."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "out" / "page").mkdir(parents=True)
    (tmp_path / "out" / "page" / "link.html").symlink_to(tmp_path / "secret")
    for name in ("page/link.html", "page"):
        with pytest.raises(WorkerError, match="leads out of its folder"):
            made(tmp_path, name)
