"""Parts of a conversion that need no TensorFlow, and what it relies on in its libraries."""

import ast
import importlib.metadata
import importlib.util
import inspect
import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from pipeline.errors import WorkerError
from pipeline.worker import network, tfjs_model
from pipeline.worker.runs import LIMITS, difference

ROOT = Path(__file__).resolve().parents[2]
RELIED_ON = ("ultralytics", "tensorflow", "tensorflowjs", "onnx", "ai-edge-litert", "protobuf")


def _converter() -> ast.Module:
    # Found as a file: importing it would load TensorFlow into the tests.
    spec = importlib.util.find_spec("tensorflowjs")
    assert spec is not None
    (place,) = spec.submodule_search_locations or []
    path = Path(place) / "converters" / "tf_saved_model_conversion_v2.py"
    return ast.parse(path.read_text())


def test_the_converter_has_what_is_used_of_it() -> None:
    """Its steps are called one by one, two of them private: a release without them is noticed."""
    functions = {
        node.name: [argument.arg for argument in node.args.args]
        for node in _converter().body
        if isinstance(node, ast.FunctionDef)
    }
    assert functions["_build_signature_def"][:3] == ["frozen_graph", "input_nodes", "output_nodes"]
    assert functions["optimize_graph"][:2] == ["graph", "signature_def"]
    assert functions["extract_weights"][:1] == ["graph_def"]
    wanted = ["topology", "weights", "output_graph", "tf_version", "signature_def"]
    assert functions["write_artifacts"][:6] == [*wanted, "quantization_dtype_map"]


@pytest.mark.parametrize("name", RELIED_ON)
def test_what_a_conversion_relies_on_is_pinned_to_what_was_tested(name: str) -> None:
    """The set-up installs the versions of .ci/constraints.txt, within pyproject.toml's ranges."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = [Requirement(line) for line in project["optional-dependencies"]["train"]]
    (allowed,) = [entry.specifier for entry in ranges if entry.name == name]
    pinned = dict(
        line.lower().replace("_", "-").split("==")
        for line in (ROOT / ".ci/constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )
    assert importlib.metadata.version(name) == pinned[name]
    assert allowed.contains(pinned[name])


@pytest.mark.parametrize("size", [100, (96, 100), (0, 96), -32])
def test_sides_that_do_not_fit_are_told_with_one_that_does(size: int | tuple[int, int]) -> None:
    """The library would take another size in silence, and every box would be off."""
    with pytest.raises(WorkerError, match=r"multiples of 32: \d+ instead of -?\d+ would do\.$"):
        network._size(size, 32)


def test_a_size_is_square_unless_two_sides_are_given() -> None:
    """Height comes first, as in metadata.json."""
    assert network._size(96, 32) == (96, 96)
    assert network._size((96, 160), 32) == (96, 160)


def test_raw_answers_are_compared_in_shares_of_the_input() -> None:
    """A pixel of 100 is a hundredth, and a score is as it is."""
    ours = np.zeros((1, 6, 3), np.float32)
    theirs = ours.copy()
    theirs[0, 1, 2] = 2.0
    assert difference(ours, theirs, "raw", (200, 100)) == pytest.approx(0.01)
    theirs[0, 5, 0] = 0.5
    assert difference(ours, theirs, "raw", (200, 100)) == pytest.approx(0.5)


def test_near_equal_queries_may_change_places() -> None:
    """Their order is chance; a query that is nowhere on the other side is not."""
    rng = np.random.default_rng(0)
    ours = rng.random((1, 50, 6), dtype=np.float32)
    assert difference(ours, ours[:, ::-1], "queries", (96, 96)) == 0.0
    theirs = ours.copy()
    theirs[0, :10] += 1.0
    assert difference(ours, theirs, "queries", (96, 96)) > 0.1


@pytest.mark.parametrize("form", ["raw", "queries"])
def test_what_is_no_number_is_no_small_difference(form: str) -> None:
    """Nor is an answer of another shape."""
    ours = np.zeros((1, 6, 6), np.float32)
    broken = np.full_like(ours, np.nan)
    assert difference(ours, broken, form, (96, 96)) == float("inf")
    assert difference(ours, ours[:, :5], form, (96, 96)) == float("inf")


def test_eight_bits_are_for_large_tensors_only() -> None:
    """Biases and grids of anchors keep 16: nothing is saved there, and every box would move."""
    weights = [
        {"name": "kernel[1]", "data": np.zeros((3, 3, 16, 32), np.float32)},
        {"name": "bias", "data": np.zeros(4096, np.float32)},
        {"name": "axis", "data": np.zeros(2, np.int32)},
    ]
    stored = tfjs_model._stored("uint8", weights)
    assert stored == {"uint8": ["kernel[[]1]"], "float16": ["bias"]}
    assert tfjs_model._stored("fp16", weights) == {"float16": stored_names(weights)}
    assert tfjs_model._stored("fp32", weights) is None
    assert LIMITS["fp32"] == 1e-3


def stored_names(weights: list[dict[str, object]]) -> list[str]:
    """Names of the real numbers in the order that a set of them has."""
    real = {entry["name"] for entry in weights if entry["name"] != "axis"}
    return [tfjs_model._literal(str(name)) for name in real]


def test_the_bot_can_name_the_room_without_loading_it() -> None:
    """A bare file is a kind of work, and its module imports no heavy library at the top."""
    from pipeline.worker import model_file
    from pipeline.worker.__main__ import ROOMS

    assert ROOMS["model_file"] == model_file.__name__
    heads = [
        line
        for line in inspect.getsource(model_file).splitlines()
        if line.startswith(("import ", "from "))
    ]
    assert not [line for line in heads if "onnx" in line or "tensorflow" in line]
