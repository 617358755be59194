"""The JavaScript program that YouTube's pages need: Deno's, which PyPI's `deno` brings along."""

import shutil
from pathlib import Path


def deno() -> str | None:
    """The path of Deno's program: the package's, else the one on PATH; None where neither is."""
    try:
        from deno import find_deno_bin

        found = str(find_deno_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("deno")
    return found if Path(found).is_file() else shutil.which("deno")
