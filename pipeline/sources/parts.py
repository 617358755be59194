"""A set that is too large to come whole: its folders and files, to choose one of."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from pipeline.archive import FILMS, IMAGES, LABELS
from pipeline.errors import SourceError
from pipeline.jobs.spec_collect import Choice
from pipeline.sources.base import Offer

ASK_BYTES = 1 << 30
"""A set beyond this is fetched whole only if somebody says so."""

MOST = 8
MAX_FILES = 1000
"""Files of one part: each is a request of its own."""

USEFUL = IMAGES | FILMS | LABELS | {".zip", ".parquet"}


def megabytes(size: int) -> str:
    """`3 MB`, `1.2 GB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"


def offer(title: str, what: str, files: Mapping[str, int], total: int, max_bytes: int) -> Offer:
    """Ask which part of a set is wanted.

    Args:
        title: the set's.
        what: its name for `/add`; a part is `what#folder/` or `what#file`, all of it `what#`.
        files: size in bytes by path.
        total: bytes of the whole set.
        max_bytes: what may be fetched at once.

    Raises:
        SourceError: no part of it is small enough.
    """
    choices = [
        Choice(label=f"📁 {name[-60:]} · {megabytes(size)}", what=f"{what}#{name}")
        for name, size in _parts(files).items()
        if size <= max_bytes
    ][:MOST]
    if total <= max_bytes:
        choices.append(Choice(label=f"All of it · {megabytes(total)}", what=f"{what}#"))
    if not choices:
        raise SourceError(
            f"That set has {megabytes(total)}, more than I may fetch ({megabytes(max_bytes)}): "
            "download a part of it yourself and send it as a zip."
        )
    return Offer(title, f"That is a large set, {megabytes(total)}. Which part of it?", choices)


def within(files: Mapping[str, int], part: str, also: Sequence[str] = ()) -> dict[str, int]:
    """Those of the files that belong to a part and may be of use.

    Args:
        files: size in bytes by path.
        part: `folder/`, a file's path, or nothing for all of them.
        also: names of files that are of use whatever their ending.

    Raises:
        SourceError: there are none.
    """
    found = {
        name: size
        for name, size in files.items()
        if (name == part or part == "" or (part.endswith("/") and name.startswith(part)))
        and (_useful(name) or PurePosixPath(name).name in also)
    }
    if not any(_useful(name) for name in found):
        raise SourceError("There are no pictures, films or zips in it: choose another one.")
    return found


def check_count(files: Mapping[str, int]) -> None:
    """Refuse what would take too many requests.

    Raises:
        SourceError: there are too many files.
    """
    if len(files) > MAX_FILES:
        raise SourceError(
            f"It has {len(files):,} files, too many to fetch one by one: "
            "download it yourself and send it as a zip."
        )


def _useful(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in USEFUL


def _parts(files: Mapping[str, int]) -> dict[str, int]:
    """Folders and useful files beside them, the largest first, with their bytes.

    Where all lies in one folder, what is in it is meant.
    """
    inside = [name for name in files if _useful(name)]
    above = f"{'/'.join(_shared(inside))}/".lstrip("/")
    sizes: defaultdict[str, int] = defaultdict(int)
    counts: defaultdict[str, int] = defaultdict(int)
    for name in inside:
        top, slash, _ = name[len(above) :].partition("/")
        sizes[above + top + slash] += files[name]
        counts[above + top + slash] += 1
    few = [part for part in sizes if counts[part] <= MAX_FILES]
    return {part: sizes[part] for part in sorted(few, key=lambda part: -sizes[part])}


def _shared(names: list[str]) -> list[str]:
    """The folders in which all of the files lie."""
    folders = [PurePosixPath(name).parent.parts for name in names]
    shared = []
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return shared
