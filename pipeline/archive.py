"""Zips from strangers: everything is checked before anything is written.

Files come out under generated names, one flat folder; what they were called stays as a label, since
label formats join pictures and rows by name. Limits are declared sizes first, then real bytes.
"""

import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath

from pipeline.errors import ArchiveRefused

MAX_ENTRIES = 200_000
MAX_TOTAL = 8 << 30
MAX_RATIO = 200
RATIO_FREE = 50 << 20
"""Below this many bytes a high ratio is no bomb but a blank picture."""

MAX_DEPTH = 3
"""Levels of zips inside a zip that are opened."""

MAX_NAME = 4096
MAX_DIRECTORY = 128 << 20
CHUNK = 1 << 20

IMAGES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
IMAGES |= {".heic", ".heif", ".avif"}
FILMS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".flv", ".wmv", ".mpg", ".mpeg", ".ts"}
LABELS = {".xml", ".txt", ".json", ".yaml", ".yml", ".names", ".labels", ".csv", ".tsv"}
WANTED = IMAGES | FILMS | LABELS | {".zip"}

NO_ZIP = "That is not a zip I can open; it may be damaged: pack it again and send it."


@dataclass
class Budget:
    """What may still be written; shared by a zip and the zips inside it."""

    entries: int = MAX_ENTRIES
    total: int = MAX_TOTAL
    numbers: Iterator[int] = field(default_factory=count)


@dataclass(frozen=True)
class Member:
    """A file that came out: where it lies, and its name within the archive, with `/`."""

    path: Path
    name: str


@dataclass
class _Plan:
    """What comes out of one zip, and the zips inside it that were looked into."""

    archive: Path
    prefix: str
    entries: list[tuple[zipfile.ZipInfo, str]] = field(default_factory=list)
    inner: list["_Plan"] = field(default_factory=list)
    declared: int = 0

    @property
    def total(self) -> int:
        """Bytes that come out of this zip and of those inside."""
        own = sum(info.file_size for info, _ in self.entries)
        return own + sum(plan.total for plan in self.inner)


def unpack(
    archive: Path,
    folder: Path,
    *,
    budget: Budget | None = None,
    progress: Callable[[int, int], None] | None = None,
    prefix: str = "",
    depth: int = MAX_DEPTH,
) -> list[Member]:
    """Extract pictures, films and label files into `folder`, out of zips inside as well.

    `progress` gets bytes done and declared in all. `prefix` goes before every member's name. Zips
    more than `depth` levels down come out as they are.

    Raises:
        ArchiveRefused: broken, encrypted, a bomb, or an entry that points outside, however deep;
            nothing has been written then, but where only the bytes themselves gave the lie away.
    """
    budget = budget or Budget()
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Zips inside are laid aside and looked through, all of them, before anything comes out.
        with tempfile.TemporaryDirectory(prefix="zips-", dir=folder.parent) as aside:
            plan = _look(archive, Path(aside), budget, prefix, depth)
            return list(_extract(plan, folder, _counter(progress, plan.total)))
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError) as error:
        raise ArchiveRefused(NO_ZIP) from error
    except NotImplementedError as error:
        raise ArchiveRefused(
            "That zip is packed in a way I can't open: pack it again as a plain zip."
        ) from error


def _look(archive: Path, aside: Path, budget: Budget, prefix: str, depth: int) -> _Plan:
    """Check a zip and the zips inside it, which are copied into the folder `aside`."""
    _check_directory(archive, budget)
    with zipfile.ZipFile(archive) as opened:
        plan = _plan(opened, archive, budget, prefix)
        budget.entries -= len(opened.infolist())
        budget.total -= plan.declared
        zips = [one for one in plan.entries if one[1].lower().endswith(".zip")] if depth else []
        plan.entries = [one for one in plan.entries if one not in zips]
        for info, name in zips:
            path = aside / f"{next(budget.numbers)}.zip"
            _copy(opened, info, path, lambda _: None)
            inside = f"{prefix}{name[: -len('.zip')]}/"
            plan.inner.append(_look(path, aside, budget, inside, depth - 1))
    return plan


def _check_directory(archive: Path, budget: Budget) -> None:
    """Count entries before zipfile makes an object of each.

    Layout: APPNOTE.TXT 4.3.12 (central header), 4.3.14-16 (end records).
    """
    size = archive.stat().st_size
    with archive.open("rb") as handle:
        tail_size = min(size, 22 + 65_535 + 20 + 56)
        handle.seek(size - tail_size)
        tail = handle.read(tail_size)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            raise ArchiveRefused(NO_ZIP)
        length = struct.unpack_from("<I", tail, at + 12)[0]
        end = size - tail_size + at
        if length == 0xFFFFFFFF:
            at64 = tail.rfind(b"PK\x06\x06", 0, at)
            if at64 < 0 or len(tail) < at64 + 56:
                raise ArchiveRefused(NO_ZIP)
            length = struct.unpack_from("<Q", tail, at64 + 40)[0]
            end = size - tail_size + at64
        if length > min(MAX_DIRECTORY, end):
            raise ArchiveRefused(NO_ZIP if length > end else _too_many())
        handle.seek(end - length)
        directory = handle.read(length)
    count, offset = 0, 0
    while directory.startswith(b"PK\x01\x02", offset) and offset + 46 <= length:
        count += 1
        if count > budget.entries:
            raise ArchiveRefused(_too_many())
        name, extra, comment = struct.unpack_from("<HHH", directory, offset + 28)
        offset += 46 + name + extra + comment


def _too_many() -> str:
    return f"That zip holds more than {MAX_ENTRIES:,} files: send it in parts."


def _plan(opened: zipfile.ZipFile, archive: Path, budget: Budget, prefix: str) -> _Plan:
    plan = _Plan(archive, prefix)
    packed = archive.stat().st_size
    for info in opened.infolist():
        name = _safe_name(info)
        if info.is_dir():
            continue
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise ArchiveRefused(
                "That zip holds a link or a device in place of a file: pack plain files and resend."
            )
        if info.flag_bits & 0x1:
            raise ArchiveRefused("That zip is locked with a password: send it without one.")
        plan.declared += info.file_size
        if info.file_size > RATIO_FREE and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise ArchiveRefused(_bomb())
        if _wanted(name):
            plan.entries.append((info, name))
    if plan.declared > budget.total:
        raise ArchiveRefused(
            f"That zip unpacks to more than {MAX_TOTAL >> 30} GB: send it in parts."
        )
    if plan.declared > RATIO_FREE and plan.declared > MAX_RATIO * max(packed, 1):
        raise ArchiveRefused(_bomb())
    return plan


def _bomb() -> str:
    return "That zip unpacks to far more than it holds, like a zip bomb: I leave it closed."


def _safe_name(info: zipfile.ZipInfo) -> str:
    """The entry's name with `/`, printable, or a refusal when it points outside its folder."""
    # orig_filename: zipfile cuts `filename` at a NUL, which hides what follows.
    raw = info.orig_filename.replace("\\", "/")
    parts = PurePosixPath(raw.split("\x00")[0]).parts
    if raw.startswith("/") or ".." in parts or (parts and parts[0][1:2] == ":"):
        raise ArchiveRefused("A file in that zip points outside its folder: I leave it closed.")
    return printable("/".join(parts), MAX_NAME)


def printable(text: str, limit: int) -> str:
    """`text` without control and direction characters, at most `limit` long (its end is kept)."""
    kept = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return kept if len(kept) <= limit else kept[-limit:]


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    if path.suffix.lower() not in WANTED:
        return False
    # Finder's shadow files (__MACOSX/._a.jpg) carry the names of pictures and hold none.
    return not any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _counter(progress: Callable[[int, int], None] | None, total: int) -> Callable[[int], None]:
    done = 0

    def add(written: int) -> None:
        nonlocal done
        done += written
        if progress:
            progress(done, total)

    return add


def _extract(plan: _Plan, folder: Path, tell: Callable[[int], None]) -> Iterator[Member]:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(plan.archive) as opened:
        for number, (info, name) in enumerate(plan.entries):
            path = folder / f"{number:06d}{PurePosixPath(name).suffix.lower()}"
            _copy(opened, info, path, tell)
            yield Member(path, plan.prefix + name)
    for number, inner in enumerate(plan.inner):
        yield from _extract(inner, folder / f"zip{number:06d}", tell)


def _copy(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, tell: Callable[[int], None]
) -> None:
    written = 0
    with opened.open(info) as source, path.open("xb") as target:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            # Declared sizes may lie; zipfile stops at them today, this does not rely on it.
            if written > info.file_size:
                raise ArchiveRefused(_bomb())
            target.write(chunk)
    tell(written)
