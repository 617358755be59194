"""A packaged page as one HTML file that needs no server: scripts and weights are inside."""

import base64
import gzip
import hashlib
import html
import json
import re
from pathlib import Path

from pipeline.browser import HERE, VENDOR, vendor
from pipeline.errors import WorkerError

# A graphics card, else a processor of the last years, else any; more would only make it larger.
SCRIPTS = (
    "vendor/tfjs-webgl.js",
    "vendor/tfjs-wasm.js",
    "vendor/tfjs-cpu.js",
    "vendor/tfjs-backend-wasm-simd.wasm",
)

_STYLE = '<link rel="stylesheet" href="style.css" />'
_WORDS = '<script src="words.js" defer></script>'
_SERVED = '<script src="served.js" defer></script>'
_APP = '<script type="module" src="app.js"></script>'
_ICON = '<link rel="icon" href="icon.svg" type="image/svg+xml" />'
_ALONE = (
    '<link rel="apple-touch-icon" href="icon.png" />',
    '<link rel="manifest" href="manifest.webmanifest" />',
)
_CHARSET = '<meta charset="utf-8" />'
_CLOSING = re.compile(r"</(?=script|style)|<!--", re.IGNORECASE)


def write(page: Path, target: Path) -> int:
    """Write the page of the folder `page`, which has TensorFlow.js' model, to the file `target`.

    Its policy lets it load nothing at all: whatever is looked at stays on the device. All that is
    the model's own (names, figures, weights) is inside as base64, so nothing of it can be markup.

    Returns:
        The file's size in bytes.

    Raises:
        WorkerError: the page has no such model, or its scripts were never bundled on this machine.
    """
    if not (page / "model.json").is_file():
        raise WorkerError("Only a page with TensorFlow.js can be one file.")
    if not (VENDOR / vendor.PAGE).is_file():
        raise WorkerError("The page's scripts are missing here: run `python -m pipeline.browser`.")
    words = _script((HERE / "words.js").read_text())
    app = _script((VENDOR / vendor.PAGE).read_text())
    style = _safe((page / "style.css").read_text())
    icon = base64.b64encode((page / "icon.svg").read_bytes()).decode()
    document = (page / "index.html").read_text()
    for old, new in (
        (_CHARSET, f"{_CHARSET}\n    {_policy(words, app)}"),
        (_ICON, f'<link rel="icon" href="data:image/svg+xml;base64,{icon}" />'),
        (_STYLE, f"<style>{style}</style>"),
        *((link, "") for link in (*_ALONE, _WORDS, _SERVED, _APP)),
        ("<title>Detector</title>", f"<title>{html.escape(_title(page))}</title>"),
        ("</body>", f"{_files(page)}\n<script>{words}</script>\n<script>{app}</script>\n</body>"),
    ):
        if document.count(old) != 1:
            raise WorkerError(f"The page has no {old}, so it can't be made one file.")
        document = document.replace(old, new)
    target.write_text(document, encoding="utf-8", newline="\n")
    return target.stat().st_size


def _files(page: Path) -> str:
    """Each file that the page reads as an element of its own."""
    metadata = _metadata(page)
    metadata.pop("litert", None)
    contents = {"metadata.json": json.dumps(metadata | {"runtimes": ["tfjs"]}).encode()}
    model = json.loads((page / "model.json").read_text())
    shards = [name for group in model["weightsManifest"] for name in group["paths"]]
    tests = [f"selftest/{path.name}" for path in sorted((page / "selftest").glob("*"))]
    for name in ("model.json", *shards, *tests):
        contents[name] = (page / name).read_bytes()
    for name in SCRIPTS:
        contents[name] = (VENDOR.parent / name).read_bytes()
    return "\n".join(
        f'<script type="text/plain" data-file="{html.escape(name)}">{_packed(content)}</script>'
        for name, content in contents.items()
    )


def _packed(content: bytes) -> str:
    # Without a time in it equal packages are equal files.
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _metadata(page: Path) -> dict[str, object]:
    metadata: dict[str, object] = json.loads((page / "metadata.json").read_text())
    return metadata


def _title(page: Path) -> str:
    metadata = _metadata(page)
    if not metadata.get("project"):
        return "Detector"
    return f"{metadata['project']} v{metadata.get('version', 1)}"


def _policy(*scripts: str) -> str:
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {hashes} 'wasm-unsafe-eval' blob:; worker-src blob:; "
        "style-src 'unsafe-inline'; img-src blob: data:; media-src blob:"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}" />'


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _script(content: str) -> str:
    # A document has no other line ends, and the policy's digest is over what it has.
    return _safe(content.replace("\r\n", "\n"))


def _safe(content: str) -> str:
    """`content` without what would end its element; in strings these escapes say the same."""
    return _CLOSING.sub(lambda found: "\\x3c" + found[0][1:], content)
