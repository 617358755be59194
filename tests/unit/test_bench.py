"""The bench runner lists, runs, and says whether goals hold."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

import bench
from bench import BENCHES, Bench, Row
from bench.__main__ import main

ROWS = [
    Row.at_most("memory", ours=90.0, other=450.0, unit="MB", limit=250),
    Row.ratio_at_most("epoch", ours=11.0, other=10.0, unit="s", limit=1.05),
]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bench named example, one of whose two rows misses its goal."""
    module = ModuleType("bench.example")
    module.run = lambda: iter(ROWS)  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "bench.example", module)
    monkeypatch.setattr("bench.__main__.BENCHES", (Bench("example", "an example"),))


def test_without_a_name_the_benches_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each: name and words."""
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [entry.name for entry in BENCHES]


def test_every_listed_bench_is_a_module() -> None:
    """What the list names can be run."""
    folder = Path(bench.__file__).parent
    assert all((folder / f"{entry.name}.py").is_file() for entry in BENCHES)


@pytest.mark.usefixtures("example")
def test_json_has_one_object_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is one JSON object with name, ours, other, unit, ratio, goal and holds."""
    assert main(["example", "--json"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        {
            "name": "memory",
            "ours": 90.0,
            "other": 450.0,
            "unit": "MB",
            "ratio": 0.2,
            "goal": "≤ 250 MB",
            "holds": True,
        },
        {
            "name": "epoch",
            "ours": 11.0,
            "other": 10.0,
            "unit": "s",
            "ratio": 1.1,
            "goal": "≤ 1.05 × the other",
            "holds": False,
        },
    ]


@pytest.mark.usefixtures("example")
def test_a_missed_goal_is_said_to_a_person_and_to_a_script(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The text says holds or MISSED, and the exit code is 1."""
    assert main(["example"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("holds")
    assert second.endswith("MISSED")


def test_nothing_to_compare_with_is_an_error() -> None:
    """A ratio needs another side."""
    with pytest.raises(ValueError, match="epoch: nothing to compare with"):
        Row.ratio_at_most("epoch", ours=1.0, other=0.0, unit="s", limit=1.05)


def test_a_figure_may_have_to_be_large() -> None:
    """A goal that ours may not fall below is missed from below."""
    row = Row.at_least("overlap", ours=0.97, other=0.5, unit="IoU", limit=0.92)
    assert row.holds
    assert row.goal == "≥ 0.92 IoU"
    assert not Row.at_least("overlap", ours=0.9, other=None, unit="IoU", limit=0.92).holds
