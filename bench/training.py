"""A training by our own worker, in a process of its own, for benches that need what it makes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class Failed(RuntimeError):
    """The worker made nothing; its words are the end of the log."""


def train(folder: Path, *, store: Path, manifest: str, **more: object) -> dict[str, Any]:
    """Train from nothing, offline; returns the result, whose files lie in folder/out.

    Args:
        folder: of the attempt; it is there.
        store: the root of the file store.
        manifest: the data set's key there.
        more: further parts of the spec.

    Raises:
        Failed: it did not end well.
    """
    spec = {
        "kind": "train",
        "store": str(store),
        "manifest": manifest,
        "start": "scratch",
        "weights_folder": str(folder.parent / "weights"),
        "offline": True,
        **more,
    }
    (folder / "spec.json").write_text(json.dumps(spec))
    with (folder / "log.txt").open("w") as log:
        command = [sys.executable, "-m", "pipeline.worker", str(folder)]
        subprocess.run(command, stdout=log, stderr=log, check=False)
    last = json.loads((folder / "events.jsonl").read_text().splitlines()[-1])
    if last["type"] != "done":
        raise Failed((folder / "log.txt").read_text()[-2000:])
    result: dict[str, Any] = last["result"]
    return result
