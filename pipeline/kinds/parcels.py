"""Files that are too large for one message: zips of some files each, to be unpacked together."""

import zipfile
from pathlib import Path

from storage.files import FileStore
from storage.models import Json

LIMIT = 49_000_000
"""Bytes of a file that a bot may send: Telegram's 50 MB less what a form around it takes."""

AN_ENTRY = 120
"""Bytes that an entry takes in a zip beside its content and twice its name."""


def put(path: Path, name: str, files: FileStore, *, limit: int | None = None) -> list[Json]:
    """Store a file that was made; a zip over the limit becomes several, unpacked into one folder.

    What cannot be parted so (no zip, or one file in it is over the limit by itself) stays whole.

    Returns:
        For each file: its `key`, the `name` it is sent under, and `size_bytes`.
    """
    limit = limit or LIMIT
    parts: list[Path] = []
    if path.suffix == ".zip" and path.stat().st_size > limit:
        parts = split_zip(path, path.parent, limit)
    stem, dot, ending = name.rpartition(".")
    return [
        {
            "key": files.put_file(part, suffix=f".{ending}"),
            "name": f"{stem}-{number}of{len(parts)}{dot}{ending}" if parts else name,
            "size_bytes": part.stat().st_size,
        }
        for number, part in enumerate(parts or [path], start=1)
    ]


def split_zip(path: Path, folder: Path, limit: int) -> list[Path]:
    """Write the files of a zip into several of at most `limit` bytes; the same again is the same.

    Small files come first, so that the first zip holds the page and the last ones the weights.

    Returns:
        The zips in `folder`; none where one file is over the limit by itself.
    """
    with zipfile.ZipFile(path) as whole:
        entries = sorted(whole.infolist(), key=lambda entry: (entry.compress_size, entry.filename))
        portions = _portions(entries, limit - AN_ENTRY)
        parts = [folder / f"{path.stem}.part{number}.zip" for number in range(1, len(portions) + 1)]
        for part, portion in zip(parts, portions, strict=True):
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                for entry in portion:
                    archive.writestr(entry, whole.read(entry))
    return parts


def _portions(entries: list[zipfile.ZipInfo], limit: int) -> list[list[zipfile.ZipInfo]]:
    found: list[list[zipfile.ZipInfo]] = []
    room = 0
    for entry in entries:
        size = entry.compress_size + AN_ENTRY + 2 * len(entry.filename.encode())
        if size > limit:
            return []
        if size > room:
            found.append([])
            room = limit
        found[-1].append(entry)
        room -= size
    return found
