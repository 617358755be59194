"""COCO-trained weights: kept in one folder, fetched once, never waited for."""

import contextlib
import uuid
import zipfile
from pathlib import Path

import httpx

from pipeline import families
from pipeline.errors import WorkerError
from pipeline.jobs.spec import TrainSpec
from storage.files import FileStore

RELEASE = "https://github.com/ultralytics/assets/releases/download/v8.4.0"
"""Where ultralytics publishes its checkpoints."""

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
# The largest, yolov5x6u, has about 300 MB.
_MAX_BYTES = 600 << 20


def pretrained(
    architecture: str, folder: Path, *, offline: bool, release: str = RELEASE
) -> Path | None:
    """The COCO checkpoint of `architecture`, from `folder` or downloaded into it.

    Args:
        architecture: a bare name such as `yolov8n`.
        folder: where checkpoints are kept under their published names (`yolov8n.pt`).
        offline: never try to download.
        release: the address that the file's name is appended to.

    Returns:
        Its path, or None where it cannot be had (none published, no network, a damaged file).

    Raises:
        SpecError: `architecture` is no such name.
    """
    name = families.check(architecture).weights
    if name is None:
        return None
    path = folder / name
    if path.is_file() and zipfile.is_zipfile(path):
        return path
    if offline:
        return None
    return _download(f"{release}/{path.name}", path)


def stored(key: str, store: FileStore, folder: Path) -> Path:
    """A copy of a stored model's weights in the attempt's folder.

    Raises:
        WorkerError: they are missing from the store.
    """
    path = folder.resolve() / "weights.pt"
    try:
        path.write_bytes(store.read(key))
    except FileNotFoundError as error:
        raise WorkerError("The weights of this model are missing from the store.") from error
    return path


def starting_weights(spec: TrainSpec, store: FileStore, folder: Path) -> Path | None:
    """The checkpoint that a training starts from; None when it starts from nothing.

    Args:
        spec: its `start` says which.
        store: where the project's models are kept.
        folder: the attempt's folder, which gets a copy of such a model.

    Raises:
        WorkerError: the model that it should start from is missing from the store.
    """
    if spec.start == "scratch":
        return None
    if spec.start == "auto":
        kept = Path(spec.weights_folder).resolve()
        return pretrained(spec.architecture, kept, offline=spec.offline)
    path = folder.resolve() / "start.pt"
    try:
        path.write_bytes(store.read(spec.start_key))
    except FileNotFoundError as error:
        raise WorkerError(
            f"The weights of {spec.start_name} are missing from the store; please train with "
            "start=coco."
        ) from error
    return path


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
