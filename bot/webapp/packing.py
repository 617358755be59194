"""Files compressed once, for everybody who asks for them: scripts and wasm halve and more.

Weights do not shrink and go as they are.
"""

import gzip
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from pipeline.kinds import pages

WORTH_IT = frozenset({".css", ".html", ".js", ".json", ".md", ".mjs", ".svg", ".wasm"}) | {
    ".webmanifest"
}
LEVEL = 6
LEAST_BYTES = 1024
"""Below that the file fits one packet anyway."""


def is_accepted(header: str) -> bool:
    """Whether a browser with this Accept-Encoding takes gzip."""
    for word in header.lower().split(","):
        name, _, rest = word.partition(";")
        if name.strip() in ("gzip", "*"):
            return rest.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def packed(file: Path, page: Path) -> Path | None:
    """A file below the folder `page` compressed, kept beside the pages for the next time.

    None where it is not worth it, and where the disk takes no more. Blocks: run it in a thread.
    """
    if file.stat().st_size < LEAST_BYTES:
        return None
    target = pages.small_form(file, page)
    if target.is_file():
        return target
    half = target.with_name(f".{uuid.uuid4().hex}")
    try:
        target.parent.mkdir(exist_ok=True)
        with file.open("rb") as plain, gzip.open(half, "wb", LEVEL) as out:
            shutil.copyfileobj(plain, out)
        half.replace(target)
    except OSError:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        return None
    return target
