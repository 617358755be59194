"""Has all that a spec names where the other machines can fetch it."""

import logging
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from pipeline import families
from storage.files import FileStore
from storage.shared import SharedStore, keys_in

log = logging.getLogger(__name__)


def bring(folder: Path, files: FileStore, shared: SharedStore) -> str:
    """Copy what the spec in `folder` names from `files` to `shared`; returns the spec's kind.

    A checkpoint of this machine goes along, and the spec names its new place.

    Raises:
        NotThere: a file that it names is gone.
        SharedStoreError: the shared store is away.
    """
    spec = from_json((folder / "spec.json").read_bytes())
    if spec.get("resume"):
        spec["resume"] = _checkpoint(spec["resume"], folder.parent, shared)
    (folder / "spec.json").write_bytes(to_json(spec))
    keys = keys_in(str(spec), files)
    brought = shared.carry(keys, files, shared.files)
    log.info("%d of %d files brought to the shared store", brought, len(keys))
    name = pretrained(spec)
    weights = Path(spec.get("weights_folder") or "") / (name or "")
    if name and weights.is_file() and not shared.has(f"weights/{name}", weights.stat().st_size):
        shared.upload([(weights, name)], "weights")
    return str(spec["kind"])


def pretrained(spec: dict[str, Any]) -> str | None:
    """The file of COCO's weights that work by `spec` may want, where there are any."""
    if not spec.get("weights_folder"):
        return None
    weights = spec.get("weights")
    named = weights.get("architecture") if isinstance(weights, dict) else None
    architecture = families.ARCHITECTURES.get(spec.get("architecture") or named or "")
    return architecture.weights if architecture else None


def _checkpoint(
    resume: dict[str, Any] | None, job_folder: Path, shared: SharedStore
) -> dict[str, Any] | None:
    """The checkpoint and those before it, as far as they can be had on another machine."""
    if not resume:
        return None
    before = _checkpoint(resume.get("before"), job_folder, shared)
    kept, job = Path(resume["folder"]), job_folder.name
    if kept.is_dir() and kept.resolve().is_relative_to(job_folder.resolve()):
        # It was kept by a worker of this machine.
        place = f"checkpoints/{job}/{resume['epoch']}-local"
        plain = [path for path in kept.iterdir() if path.is_file() and not path.is_symlink()]
        shared.upload([(path, path.name) for path in plain], place)
        return resume | {"folder": f"{shared.root}/{place}", "before": before}
    if shared.holds(resume["folder"]):
        return resume | {"before": before}
    log.warning("job %s: no other machine can fetch the checkpoint in %s", job, kept)
    return before
