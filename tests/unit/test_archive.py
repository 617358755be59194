"""Zips from strangers."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from pipeline import archive
from pipeline.archive import Budget, unpack
from pipeline.errors import ArchiveRefused
from tests.support.clips import photo, zipped

BLANK = b"\0" * (1 << 20)


def refused(path: Path, folder: Path, match: str, **how: object) -> None:
    """The zip is refused in one sentence and nothing is written."""
    with pytest.raises(ArchiveRefused, match=match) as caught:
        unpack(path, folder, **how)  # type: ignore[arg-type]
    assert "\n" not in caught.value.user_message
    assert not folder.exists() or not any(folder.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "../a.jpg",
        "a/../../b.jpg",
        "/etc/a.jpg",
        "C:\\a.jpg",
        "C:/a.jpg",
        "..\\a.jpg",
        "\\\\h\\a.jpg",
    ],
)
def test_entries_that_point_outside_are_refused(tmp_path: Path, name: str) -> None:
    """A zip slip is refused as a whole, before anything is written."""
    path = zipped(tmp_path / "a.zip", {"fine.jpg": photo(1), name: photo(2)})
    refused(path, tmp_path / "out", "points outside its folder")


def test_links_are_refused(tmp_path: Path) -> None:
    """A symlink in a zip is refused."""
    info = zipfile.ZipInfo("a.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(info, "/etc/passwd")
    refused(tmp_path / "a.zip", tmp_path / "out", "a link or a device")


def test_locked_zips_are_refused(tmp_path: Path) -> None:
    """A zip with a password is told so."""
    path = zipped(tmp_path / "a.zip", {"a.jpg": photo(1)})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    path.write_bytes(data)
    refused(path, tmp_path / "out", "locked with a password")


def test_bombs_are_refused(tmp_path: Path) -> None:
    """A zip that unpacks to 1,000 times its size is left closed; a small blank file is none."""
    path = zipped(tmp_path / "a.zip", {"a.jpg": BLANK * 60})
    refused(path, tmp_path / "out", "bomb")
    path = zipped(tmp_path / "b.zip", {f"{i}.jpg": BLANK for i in range(60)})
    refused(path, tmp_path / "out", "bomb")
    path = zipped(tmp_path / "c.zip", {"a.jpg": BLANK})
    assert len(unpack(path, tmp_path / "out")) == 1


def test_too_large_and_too_many_are_refused(tmp_path: Path) -> None:
    """Limits on the sum and on the number of files hold before anything is written."""
    path = zipped(tmp_path / "a.zip", {f"{i}.jpg": photo(i) for i in range(5)})
    refused(path, tmp_path / "out", "more than 8 GB", budget=Budget(total=100))
    refused(path, tmp_path / "out", "holds more than", budget=Budget(entries=4))


def test_a_lying_size_is_caught(tmp_path: Path) -> None:
    """An entry that holds more than it declares is stopped while it is read."""
    path = zipped(tmp_path / "a.zip", {"a.jpg": BLANK}, packed=False)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    for offset in (at + 24, 22):
        struct.pack_into("<I", data, offset, 1000)
    path.write_bytes(data)
    with pytest.raises(ArchiveRefused):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_what_is_no_zip_is_told(tmp_path: Path, cut: int) -> None:
    """Random bytes, an empty file and a zip that was cut off are one sentence."""
    path = zipped(tmp_path / "a.zip", {"a.jpg": photo(1)})
    path.write_bytes(path.read_bytes()[:cut])
    refused(path, tmp_path / "out", "not a zip I can open")


def test_a_damaged_entry_is_told(tmp_path: Path) -> None:
    """A wrong checksum refuses the zip."""
    path = zipped(tmp_path / "a.zip", {"a.jpg": photo(1)}, packed=False)
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ArchiveRefused, match="not a zip I can open"):
        unpack(path, tmp_path / "out")


def test_a_directory_that_lies_about_its_size_is_told(tmp_path: Path) -> None:
    """An end record that points before the file is no crash."""
    path = zipped(tmp_path / "a.zip", {"a.jpg": photo(1)})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    struct.pack_into("<I", data, at + 12, 0x7FFFFFFF)
    path.write_bytes(data)
    with pytest.raises(ArchiveRefused):
        unpack(path, tmp_path / "out")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_absurd_names_come_out_safe(tmp_path: Path) -> None:
    """Names become labels only: files lie flat under generated names, also for doubles."""
    names = [
        "CON.jpg",
        "-rf.jpg",
        "a.jpg",
        "A.JPG",
        "x" * 300 + ".jpg",
        "\u202egpj.exe.jpg",
        "a?*.jpg",
    ]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        for name in [*names, "a.jpg"]:
            opened.writestr(name, photo(1))
    members = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert [member.path.name for member in members] == [f"{i:06d}.jpg" for i in range(8)]
    assert members[5].name == "gpj.exe.jpg"
    assert all(member.path.parent == tmp_path / "out" for member in members)


def test_only_what_is_used_comes_out(tmp_path: Path) -> None:
    """Weights, caches and Finder's shadow files stay inside."""
    path = zipped(
        tmp_path / "a.zip",
        {"a.jpg": photo(1), "best.pt": b"x", "__MACOSX/._a.jpg": b"x", "labels.cache": b"x"},
    )
    assert [member.name for member in unpack(path, tmp_path / "out")] == ["a.jpg"]


def nest(tmp_path: Path, depth: int, files: dict[str, bytes | str]) -> bytes:
    """A zip of `files` inside so many zips, each with a photo beside the next."""
    data = zipped(tmp_path / "0.zip", files).read_bytes()
    for level in range(1, depth + 1):
        beside = {f"{level}.jpg": photo(level), f"in/{level}.ZIP": data}
        data = zipped(tmp_path / f"{level}.zip", beside).read_bytes()
    return data


def test_zips_inside_are_opened_to_a_depth(tmp_path: Path) -> None:
    """Three levels of zips in a zip are opened; what lies deeper comes out closed."""
    path = tmp_path / "all.zip"
    path.write_bytes(nest(tmp_path, 4, {"deep.jpg": photo(9)}))
    members = unpack(path, tmp_path / "out")
    assert [member.name for member in members] == [
        "4.jpg",
        "in/4/3.jpg",
        "in/4/in/3/2.jpg",
        "in/4/in/3/in/2/1.jpg",
        "in/4/in/3/in/2/in/1.ZIP",
    ]
    assert [member.path.read_bytes() for member in members[:4]] == [
        photo(number) for number in (4, 3, 2, 1)
    ]
    assert {entry.name for entry in tmp_path.iterdir() if entry.is_dir()} == {"out"}


def test_progress_counts_what_lies_inside(tmp_path: Path) -> None:
    """Done grows to the sum of all that comes out."""
    path = tmp_path / "all.zip"
    path.write_bytes(nest(tmp_path, 2, {"a.txt": "12345"}))
    told: list[tuple[int, int]] = []
    members = unpack(path, tmp_path / "out", progress=lambda *now: told.append(now))
    out = sum(member.path.stat().st_size for member in members)
    assert told[-1] == (out, out)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(
    ("files", "match"),
    [({"a.jpg": BLANK * 60}, "bomb"), ({"../a.jpg": b"x"}, "points outside")],
)
def test_what_hides_inside_is_refused_first(
    tmp_path: Path, depth: int, files: dict[str, bytes | str], match: str
) -> None:
    """A bomb or a zip slip in an inner zip refuses all, before anything is written."""
    path = tmp_path / "all.zip"
    path.write_bytes(nest(tmp_path, depth, files))
    refused(path, tmp_path / "out", match)


def test_limits_hold_for_all_zips_together(tmp_path: Path) -> None:
    """The sum and the number of files are counted over all levels."""
    path = tmp_path / "all.zip"
    path.write_bytes(nest(tmp_path, 2, {"a.txt": "x" * 100_000, "b.txt": "y" * 100_000}))
    refused(path, tmp_path / "out", "unpacks to more", budget=Budget(total=150_000))
    refused(path, tmp_path / "out", "holds more than", budget=Budget(entries=5))
    assert len(unpack(path, tmp_path / "out", budget=Budget(entries=6, total=300_000))) == 4


def test_a_prefix_before_the_zip_is_no_matter(tmp_path: Path) -> None:
    """A zip behind other bytes (a self-extracting one) is read as zipfile reads it."""
    data = zipped(tmp_path / "a.zip", {"a.jpg": photo(1)}).read_bytes()
    (tmp_path / "b.zip").write_bytes(b"MZ" + b"x" * 1000 + data)
    assert len(unpack(tmp_path / "b.zip", tmp_path / "out")) == 1


def test_entries_are_counted_before_they_become_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory of very many entries is refused without loading it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as opened:
        for number in range(50):
            opened.writestr(f"{number}.jpg", b"")
    (tmp_path / "a.zip").write_bytes(data.getvalue())

    def never(*_: object) -> None:
        raise AssertionError("zipfile was asked")

    monkeypatch.setattr(archive.zipfile, "ZipFile", never)
    with pytest.raises(ArchiveRefused, match="holds more than"):
        unpack(tmp_path / "a.zip", tmp_path / "out", budget=Budget(entries=49))
