"""COCO-trained weights: kept in one folder, fetched once, never waited for."""

import contextlib
import uuid
import zipfile
from pathlib import Path

import httpx

from pipeline.worker.engine import check_architecture

RELEASE = "https://github.com/ultralytics/assets/releases/download/v8.4.0"
"""Where ultralytics publishes its checkpoints."""

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
# The largest of the family, yolov8x, has 137 MB.
_MAX_BYTES = 300 << 20


def pretrained(
    architecture: str, folder: Path, *, offline: bool, release: str = RELEASE
) -> Path | None:
    """The COCO checkpoint of `architecture`, from `folder` or downloaded into it.

    Args:
        architecture: a bare name such as `yolov8n`.
        folder: where checkpoints are kept as `NAME.pt`.
        offline: never try to download.
        release: the address that `NAME.pt` is appended to.

    Returns:
        Its path, or None where it cannot be had (no network, a damaged file).

    Raises:
        SpecError: `architecture` is no such name.
    """
    check_architecture(architecture)
    path = folder / f"{architecture}.pt"
    if path.is_file() and zipfile.is_zipfile(path):
        return path
    if offline:
        return None
    return _download(f"{release}/{path.name}", path)


def _download(url: str, path: Path) -> Path | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Another worker may fetch the same file: each writes its own, the rename is atomic.
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with httpx.stream("GET", url, timeout=_TIMEOUT, follow_redirects=True) as answer:
            answer.raise_for_status()
            with part.open("wb") as handle:
                for chunk in answer.iter_bytes():
                    handle.write(chunk)
                    if handle.tell() > _MAX_BYTES:
                        return None
        # A login page or a cut-off answer is no checkpoint.
        if not zipfile.is_zipfile(part):
            return None
        part.replace(path)
        return path
    except httpx.HTTPError as error:
        print(f"no {path.name}: {error!r}")
        return None
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
