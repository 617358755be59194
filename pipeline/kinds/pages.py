"""Model pages as they are served: a folder each, whole in itself.

Most of a page are the scripts of its runtimes, and most pages have the same. Each such file is on
the disk once, by what is in it, and every page that has it holds a hard link to it: a newer model
with newer scripts changes nothing for an older one, and what the last page lets go of is free.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path

SCRIPTS = "vendor"
"""The folder of a page that has them."""

SHARED = ".shared"
"""Beside the pages: the scripts that some page holds, called by their sha256."""

SHARED_SMALL = ".shared.packed"
"""And their compressed forms, as they were asked for."""


def serve(unpacked: Path, page: Path) -> None:
    """Let the folder `page` have what is in `unpacked`; one that is there already stays."""
    if page.exists():
        return
    half = page.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    shared = page.parent / SHARED
    shutil.copytree(unpacked, half, copy_function=partial(_put, shared=shared))
    half.rename(page)


def _put(source: str, target: str, *, shared: Path) -> None:
    file, put = Path(source), Path(target)
    if file.parent.name != SCRIPTS:
        shutil.copy2(file, put)
        return
    shared.mkdir(exist_ok=True)
    with file.open("rb") as handle:
        once = shared / f"{hashlib.file_digest(handle, 'sha256').hexdigest()}{file.suffix}"
    with suppress(OSError):
        if once.stat().st_size == file.stat().st_size:
            put.hardlink_to(once)
            return
        # Cut short, by a restored backup say: the next page shall not have it too.
        once.unlink()
    # The first of its kind; or a disk without links, where each page has its own.
    shutil.copyfile(file, put)
    with put.open("rb+") as written:
        # Others will rely on it: it must be whole after a power cut.
        os.fsync(written.fileno())
    # Written to by hand it would change for all of them.
    put.chmod(0o444)
    with suppress(OSError):
        once.hardlink_to(put)


def small_form(file: Path, page: Path) -> Path:
    """Where the compressed form of a file below the folder `page` is kept.

    The name tells what was compressed: a file that was replaced is compressed anew.
    """
    about = file.stat()
    stamp = f"{about.st_mtime_ns:x}-{about.st_size:x}.gz"
    if about.st_nlink > 1:
        return page.with_name(SHARED_SMALL) / f"{about.st_ino:x}-{stamp}"
    name = "_".join(file.relative_to(page).parts)
    return page.with_name(f"{page.name}.packed") / f"{name}-{stamp}"


def sweep(pages: Path) -> None:
    """Free the scripts that no page holds any more. Blocks: run it in a thread."""
    held = set()
    for file in (pages / SHARED).glob("*"):
        about = file.stat()
        if about.st_nlink > 1:
            held.add(f"{about.st_ino:x}")
        else:
            _free(file)
    for small in (pages / SHARED_SMALL).glob("*"):
        if small.name.partition("-")[0] not in held:
            _free(small)


def _free(file: Path) -> None:
    # Network disks put folders of their own between, and hold on to files in use.
    with suppress(OSError):
        file.unlink()
