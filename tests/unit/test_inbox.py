"""What arrived, sorted by what it is."""

from pathlib import Path

from pipeline.jobs.spec_collect import InputFile
from pipeline.sources.inbox import sort
from tests.support.clips import photo, zipped


def test_what_is_packed_too_deep_is_told(tmp_path: Path) -> None:
    """Pictures three zips down come in; a zip below that is reported with what to do."""
    data = zipped(tmp_path / "0.zip", {"deep.jpg": photo(9)}).read_bytes()
    for level in range(1, 5):
        beside = {f"{level}.jpg": photo(level), f"{level}.zip": data}
        data = zipped(tmp_path / f"{level}.zip", beside).read_bytes()
    inbox = sort([InputFile(path=str(tmp_path / "4.zip"), name="all.zip")], tmp_path / "out")
    assert list(inbox.photos) == ["4.jpg", "4/3.jpg", "4/3/2.jpg", "4/3/2/1.jpg"]
    assert [(row.file, row.why) for row in inbox.report.rows] == [
        ("4/3/2/1.zip", "packed more than 3 zips deep: pack it anew, flatter")
    ]


def test_tables_are_labels(tmp_path: Path) -> None:
    """A CSV beside pictures is one of the label files, in a zip or sent along with photos."""
    path = zipped(tmp_path / "a.zip", {"a.jpg": photo(1), "boxes.CSV": "x", "b.tsv": "y"})
    assert sorted(sort([InputFile(path=str(path), name="a.zip")], tmp_path / "o").labels) == [
        "b.tsv",
        "boxes.CSV",
    ]
    (tmp_path / "a.jpg").write_bytes(photo(1))
    (tmp_path / "boxes.csv").write_text("x")
    files = [InputFile(path=str(tmp_path / name), name=name) for name in ("a.jpg", "boxes.csv")]
    inbox = sort(files, tmp_path / "o2")
    assert (list(inbox.photos), list(inbox.labels)) == (["a.jpg"], ["boxes.csv"])
