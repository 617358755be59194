"""A set that is too large to come whole: its folders and files, to choose one of."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

from pipeline.archive import FILMS, IMAGES, LABELS
from pipeline.errors import SourceError
from pipeline.jobs.spec import Choice
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


def within(files: Mapping[str, int], part: str) -> dict[str, int]:
    """Those of the files that belong to a part and may be of use.

    Raises:
        SourceError: there are none, or too many.
    """
    found = {
        name: size
        for name, size in files.items()
        if (name == part or part == "" or (part.endswith("/") and name.startswith(part)))
        and PurePosixPath(name).suffix.lower() in USEFUL
    }
    if not found:
        raise SourceError("There are no pictures, films or zips in it: choose another one.")
    if len(found) > MAX_FILES:
        raise SourceError(
            f"It has {len(found):,} files, too many to fetch one by one: "
            "download it yourself and send it as a zip."
        )
    return found


def _parts(files: Mapping[str, int]) -> dict[str, int]:
    """Folders at the top and useful files beside them, the largest first, with their bytes."""
    sizes: defaultdict[str, int] = defaultdict(int)
    counts: defaultdict[str, int] = defaultdict(int)
    for name, size in files.items():
        if PurePosixPath(name).suffix.lower() in USEFUL:
            top, slash, _ = name.partition("/")
            sizes[top + slash] += size
            counts[top + slash] += 1
    few = [part for part in sizes if counts[part] <= MAX_FILES]
    return {part: sizes[part] for part in sorted(few, key=lambda part: -sizes[part])}
