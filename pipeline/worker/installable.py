"""What makes a packaged page an app: its name on a home screen, and use without a connection."""

import hashlib
import json
from pathlib import Path

WORKER = "sw.js"
MANIFEST = "manifest.webmanifest"

_SHORT = 12
_LARGE = (".bin", ".tflite", ".wasm")
_FOLDERS = ("vendor/",)
# A server may answer feedback.json anew each time; the others are for people and programs.
_UNUSED = ("feedback.json", "README.md", "ATTRIBUTION.md", "detector.d.ts", "package.json")


def write(page: Path) -> None:
    """Fill in the manifest and the service worker of the laid out folder `page`.

    This goes last: the version under which a browser keeps the files is a digest of them all. What
    of them is later left out of a zip is never asked for, so the same worker serves there.
    """
    metadata = json.loads((page / "metadata.json").read_text())
    _name(page / MANIFEST, metadata)
    names = sorted(path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file())
    kept = [name for name in names if name != WORKER and name not in _UNUSED]
    digest = hashlib.sha256()
    for name in kept:
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256((page / name).read_bytes()).digest())
    shell = [name for name in kept if not name.endswith(_LARGE) and not name.startswith(_FOLDERS)]
    script = (page / WORKER).read_text()
    for constant, value in (
        ("VERSION", digest.hexdigest()[:16]),
        ("FILES", kept),
        ("SHELL", shell),
    ):
        script = _set(script, constant, value)
    (page / WORKER).write_text(script)


def _name(path: Path, metadata: dict[str, object]) -> None:
    project, version = metadata.get("project"), metadata.get("version")
    if not project:
        return
    name = f"{project} v{version}" if version is not None else str(project)
    manifest = json.loads(path.read_text())
    # A home screen has room for little.
    manifest |= {"name": name, "short_name": name if len(name) <= _SHORT else str(project)[:_SHORT]}
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")


def _set(script: str, constant: str, value: object) -> str:
    start = script.index(f"const {constant} = ")
    end = script.index(";\n", start)
    return f"{script[:start]}const {constant} = {json.dumps(value)}{script[end:]}"
