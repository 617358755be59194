"""Our tables of models and settings beside those of the installed training library."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.families import ARCHITECTURES
from pipeline.tuning import ARGS, REFUSED, Number, Switch, Word
from tests.support.trained import ROOT

pytestmark = pytest.mark.slow

TELL = """
import json, sys
from pathlib import Path
from pipeline.worker import engine
engine.prepare(Path(sys.argv[1]))
from ultralytics import cfg
from ultralytics.utils import ROOT
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES
from pipeline.images import Unreadable, read_photo
broken = Path(sys.argv[1]) / "broken.jpg"
broken.write_bytes(b"no picture at all")
try:
    refusal = f"read: {read_photo(broken)}"
except Unreadable as error:
    refusal = str(error)
print(json.dumps({
    "root": str(ROOT),
    "refusal": refusal,
    "assets": sorted(GITHUB_ASSETS_NAMES),
    "defaults": cfg.DEFAULT_CFG_DICT,
    "whole": sorted(cfg.CFG_INT_KEYS),
    "share": sorted(cfg.CFG_FRACTION_KEYS),
    "number": sorted(cfg.CFG_FLOAT_KEYS),
    "switch": sorted(cfg.CFG_BOOL_KEYS),
    "text": sorted(cfg.CFG_STR_KEYS),
}))
"""
# Other tasks, and detectors without weights that nearly nobody asks for.
OTHERS = re.compile(r"-(cls|seg|pose|obb|sem|depth|world)|yoloe|-ghost|yolov8-|yolo26-p[26]")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the library says of itself, asked in a process of its own as a worker would be."""
    told = subprocess.run(
        [sys.executable, "-c", TELL, str(tmp_path_factory.mktemp("library"))],
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    answer: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="module")
def yamls(library: dict[str, Any]) -> dict[str, str]:
    """The detectors' yamls of the library, by stem."""
    return {
        path.stem: path.read_text()
        for path in Path(library["root"], "cfg/models").rglob("*.yaml")
        if not OTHERS.search(path.stem)
    }


def stem(name: str, yamls: dict[str, str]) -> str:
    """The yaml that a model is built from: its size may be a scale inside the file."""
    return name if name in yamls else re.sub(r"(\d+)[a-z](?=$|-)", r"\1", name)


def test_every_detector_of_the_library_is_a_model(yamls: dict[str, str]) -> None:
    """Each model has a yaml that knows its size; no yaml and no size of one is forgotten."""
    sizes: dict[str, set[str]] = {name: set() for name in yamls}
    for architecture in ARCHITECTURES.values():
        sizes[stem(architecture.name, yamls)].add(architecture.size)
    for name, content in yamls.items():
        scales = set(yaml.safe_load(content).get("scales") or {})
        assert sizes[name], name
        if len(scales) > 1:
            assert sizes[name] == scales, name


def test_costs_are_those_of_the_yamls(yamls: dict[str, str]) -> None:
    """Where a yaml tells a size's GFLOPs, ours are the same but for how a release counts."""
    compared = 0
    for architecture in ARCHITECTURES.values():
        content = yamls[stem(architecture.name, yamls)]
        found = re.search(
            rf"^(?:  {architecture.size}: \[|# \d).*?([\d.]+) GFLOPs", content, re.M | re.I
        )
        if found:
            compared += 1
            assert architecture.gflops == pytest.approx(float(found[1]), rel=0.15)
    assert compared >= 25


def test_weights_are_those_that_are_published(library: dict[str, Any]) -> None:
    """Each checkpoint has its name in the library's list, and none of a detector is forgotten."""
    wanted = {a.weights for a in ARCHITECTURES.values() if a.weights}
    assert wanted <= set(library["assets"])
    plain = re.compile(r"(yolov?\d+[a-z]6?u?|yolov3(-\w+)?u|rtdetr-[a-z])\.pt")
    assert wanted == {name for name in library["assets"] if plain.fullmatch(name)}


def test_freezing_leaves_something_to_learn(yamls: dict[str, str]) -> None:
    """The most layers that may be frozen are fewer than the smallest network has."""
    most = ARGS["freeze"]
    assert isinstance(most, Number)
    for content in yamls.values():
        network = yaml.safe_load(content)
        assert most.high < len(network["backbone"]) + len(network["head"])


def test_every_word_of_the_library_is_tuned_or_refused(library: dict[str, Any]) -> None:
    """A new release's new words are noticed; those with their own place in /train are neither."""
    own = {"model", "epochs", "imgsz"}
    assert not set(ARGS) & set(REFUSED)
    assert set(ARGS) | set(REFUSED) - {"label_smoothing"} | own == set(library["defaults"])
    assert "label_smoothing" not in library["defaults"]


def test_words_have_the_library_s_types_and_defaults(library: dict[str, Any]) -> None:
    """What is said is of the type that the library takes, and ranges lie within its own."""
    numbers = {*library["share"], *library["number"], *library["whole"], "scale", "freeze"}
    for name, argument in ARGS.items():
        default = library["defaults"][name]
        match argument:
            case Number():
                assert name in numbers, name
                assert argument.whole == (name in {*library["whole"], "freeze", "batch"}), name
                if name in library["share"]:
                    assert 0 <= argument.low < argument.high <= 1, name
                # Nothing is frozen unless somebody asks; ours is what is usually asked.
                assert default == argument.default or name == "freeze", name
            case Switch():
                assert name in {*library["switch"], "amp"}, name
                assert default == argument.default, name
            case Word():
                assert name in library["text"], name
                assert default == argument.default, name


def test_a_broken_picture_says_so_in_a_process_that_trains(library: dict[str, Any]) -> None:
    """The library opens pictures in Pillow's place once loaded; ours are still refused in words."""
    assert library["refusal"] == "not a picture I know"
