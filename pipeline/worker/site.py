"""The files of a packaged page: laid out in a folder, zipped for others."""

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import attribution
from pipeline.browser import HERE, PAGE_FILES, STYLE, VENDOR, style, vendor
from pipeline.errors import WorkerError
from pipeline.worker import engine, matching
from pipeline.worker.answers import USUAL
from pipeline.worker.selftest import SelfTest

METADATA = "metadata.json"


def copy_page(page: Path, runtimes: Iterable[str] = ("tfjs",)) -> None:
    """Put the page's own files, and the scripts that `runtimes` need, into `page`.

    Raises:
        WorkerError: the scripts were never fetched on this machine.
    """
    if not VENDOR.is_dir():
        raise WorkerError("The page's scripts are missing here: run `python -m pipeline.browser`.")
    for name in PAGE_FILES:
        shutil.copyfile(HERE / name, page / name)
    (page / STYLE).write_text(style())
    # Node.js asks the nearest of these; `npm init` calls a program's own scripts no modules.
    (page / "package.json").write_bytes(as_json({"type": "module"}))
    scripts = page / "vendor"
    scripts.mkdir(exist_ok=True)
    for name in vendor.files(runtimes):
        shutil.copy(VENDOR / name, scripts)


def only_for(runtime: str, others: Iterable[str]) -> set[str]:
    """Paths in a page's folder of scripts that `runtime` needs and the `others` do not."""
    return {f"vendor/{name}" for name in {*vendor.files((runtime,))} - {*vendor.files(others)}}


def zip_folder(
    folder: Path,
    target: Path,
    without: Collection[str] = (),
    instead: Mapping[str, bytes] | None = None,
) -> None:
    """Zip the content of `folder` (not the folder itself), so that hosts take it as a site.

    Args:
        folder: what is zipped.
        target: the zip.
        without: files to leave out, by their path below `folder`.
        instead: other content for some of the files.
    """
    other = instead or {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if not path.is_file() or name in without:
                continue
            if name in other:
                archive.writestr(name, other[name], zipfile.ZIP_DEFLATED, 6)
            else:
                archive.write(path, name)


def write_metadata(page: Path, metadata: Mapping[str, object]) -> None:
    """What the page computes with, and what its visitors may know of the model."""
    (page / METADATA).write_bytes(as_json(metadata))


def as_json(content: Mapping[str, object]) -> bytes:
    """JSON for people too."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def write_attribution(page: Path, metadata: Mapping[str, object]) -> None:
    """Whose pictures the model learned from, for people."""
    sources = metadata.get("attribution")
    name = f"{metadata.get('project', 'the model')} v{metadata.get('version', 1)}"
    words = attribution.markdown(name, sources if isinstance(sources, list) else [])
    (page / attribution.FILE).write_text(words)


def write_selftest(test: SelfTest, classes: list[str], page: Path) -> None:
    """The picture, and what a browser has to find on it."""
    folder = page / "selftest"
    folder.mkdir(exist_ok=True)
    (folder / "picture.png").write_bytes(test.png())
    expected = {
        "picture": "picture.png",
        "width": test.picture.width,
        "height": test.picture.height,
        "threshold": test.threshold,
        **dataclasses.asdict(test.suppression),
        "tolerance": {"iou": matching.MIN_IOU, "score": matching.MAX_SCORE_DIFFERENCE},
        "boxes": [
            {"class": classes[box.index], "index": box.index, "score": box.score, "box": box.xyxy}
            for box in test.boxes
        ],
    }
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


def metadata(
    told: Mapping[str, object], own: Mapping[str, object], test: SelfTest
) -> dict[str, Any]:
    """All of metadata.json but its proof.

    Args:
        told: what was passed in (project, version, metrics ...).
        own: what the page computes with (classes, imgsz, output, precision, runtimes).
        test: the self-test of the package.
    """
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **told,
        # The page's own needs go last: nothing that was passed in may change what it computes.
        **own,
        "nms": dataclasses.asdict(USUAL),
        "threshold": matching.USUAL_THRESHOLD,
        "selftest": {
            "folder": "selftest",
            "boxes": len(test.boxes),
            "threshold": test.threshold,
            "max_difference": test.max_difference,
        },
        "versions": engine.versions(),
    }
