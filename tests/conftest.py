"""What tests of every kind share."""

import os
import signal
from pathlib import Path

import hypothesis
import pytest

from pipeline.chromium import SETTING, find

ROOT = Path(__file__).resolve().parent.parent

# A busy machine is no wrong result: how long an example takes is for the benches. To explain a
# failure line by line each example would be traced, which takes several times as long.
PHASES = tuple(phase for phase in hypothesis.Phase if phase is not hypothesis.Phase.explain)
hypothesis.settings.register_profile("taptrain", deadline=None, phases=PHASES)
hypothesis.settings.load_profile("taptrain")


def pytest_configure() -> None:
    """Let programs that tests start hear Ctrl+C and a closed terminal.

    Started in the background, pytest inherits these signals ignored, and hands that on.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real pictures, label sets and clips; they lie beside the repository, not in it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the data sets in ../shared/data")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium: the system's, else the one Playwright fetched."""
    found = find(os.environ.get(SETTING))
    if found is None:
        pytest.skip("needs a Chromium (make test says how to get one)")
    return found
