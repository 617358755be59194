"""The set-up does nothing twice, survives a kill, and installs what was tested together."""

import importlib.util
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / ".ci"
# They differ by machine (CPU, CUDA, macOS), so pyproject.toml's range stands.
BY_MACHINE = {"torch", "torchvision"}


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The set-up program, working in an empty folder."""
    spec = importlib.util.spec_from_file_location("taptrain_setup", CI / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    places = {
        "ROOT": tmp_path,
        "VENV": venv,
        "BIN": venv / "bin",
        "PYTHON": str(venv / "bin" / "python"),
        "STAMPS": venv / ".setup",
        "LOG": venv / ".setup" / "log.txt",
        "UNFINISHED": venv / ".setup" / "packages.unfinished",
    }
    for name, value in places.items():
        monkeypatch.setattr(module, name, value)
    return module


def test_a_finished_step_is_not_done_again(setup: ModuleType) -> None:
    """A step runs once for a key, and again when what it depends on has changed."""
    setup.STAMPS.mkdir(parents=True)
    done: list[str] = []

    def work() -> bool:
        done.append("work")
        return True

    for key in ("a", "a", "b"):
        setup.once("step", setup.digest(key), work)
    assert len(done) == 2


def test_an_unfinished_step_leaves_no_stamp(setup: ModuleType) -> None:
    """A step that was killed or could not finish is done again at the next start."""
    setup.STAMPS.mkdir(parents=True)

    def killed() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setup.once("step", "key", killed)
    setup.once("step", "key", lambda: False)
    assert not (setup.STAMPS / "step").exists()


def test_an_interrupted_installation_starts_afresh(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """What pip may have left half-written is thrown away, with a word about it."""
    setup.make_venv()
    assert Path(setup.PYTHON).exists()
    rubble = setup.VENV / "half-written"
    rubble.touch()
    setup.make_venv()
    assert rubble.exists()
    setup.UNFINISHED.touch()
    setup.make_venv()
    assert not rubble.exists()
    assert Path(setup.PYTHON).exists()
    assert "interrupted" in capsys.readouterr().out


def test_a_failing_program_stops_with_one_sentence_and_its_last_words(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of the log is shown, then a sentence that says what to do."""
    setup.STAMPS.mkdir(parents=True)
    command = (sys.executable, "-c", "print('no space left'); raise SystemExit(1)")
    with pytest.raises(SystemExit, match=r"^setup: free some space .*log\.txt"):
        setup.must(*command, words="working", otherwise="free some space and start again")
    assert "no space left" in capsys.readouterr().out


def test_the_tested_versions_fit_what_the_project_asks_for() -> None:
    """Each dependency has a tested version, and the version lies in pyproject.toml's range."""
    lines = (CI / "constraints.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    tested = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for text in [*project["dependencies"], *(name for extra in extras for name in extra)]:
        wanted = Requirement(text)
        name = canonicalize_name(wanted.name)
        if name not in BY_MACHINE:
            assert wanted.specifier.contains(tested[name]), text


def test_the_tested_versions_suit_any_machine() -> None:
    """The list holds plain versions: no path, no address, no build for one kind of machine."""
    lines = (CI / "constraints.txt").read_text().splitlines()
    for line in lines:
        if not line.startswith("#"):
            assert not set("@+/;") & set(line), line
            assert not line.startswith(("nvidia-", "cuda-", "triton")), line


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are handed over on Linux only")
def test_ci_leaves_no_process_behind(tmp_path: Path) -> None:
    """A process that a command left running in a session of its own is ended with it."""
    note = tmp_path / "pid"
    left = "import os, time; open({!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    starter = (
        "import pathlib, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {left.format(str(note))!r}],"
        " start_new_session=True)\n"
        f"while not pathlib.Path({str(note)!r}).exists(): pass\n"
        "sys.exit(3)\n"
    )
    command = [sys.executable, str(CI / "reap.py"), sys.executable, "-c", starter]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 3
    pid = note.read_text()
    assert pid in run.stdout
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are handed over on Linux only")
def test_ci_buries_orphans_while_it_runs(tmp_path: Path) -> None:
    """A process whose parent ended before it is gone once it ends, not only when all is over."""
    note = tmp_path / "pid"
    script = (
        f"(sleep 0.2 & echo $! > {note}); pid=$(cat {note}); i=0;"
        " while kill -0 $pid 2>/dev/null; do sleep 0.1; i=$((i+1)); [ $i -lt 100 ] || exit 9; done"
    )
    command = [sys.executable, str(CI / "reap.py"), "sh", "-c", script]
    assert subprocess.run(command, check=False).returncode == 0
