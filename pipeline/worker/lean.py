"""TensorFlow and the parts of tensorflowjs that are used here, without what they drag in.

Imported as they come, they load Keras with pandas, scikit-learn and matplotlib, JAX, TensorFlow Hub
and Decision Forests: nine of thirteen seconds, for nothing that a detector's graph needs.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

# TensorFlow does without them, each of its imports of them is guarded.
_LEFT_OUT = ("jax", "keras", "tf_keras")
# The converter imports these for models that are no detectors, and asks nothing of them.
_UNUSED = ("tensorflow_decision_forests", "tensorflow_hub")
# The packages' own __init__ would import every converter there is.
_SHELLS = ("tensorflowjs", "tensorflowjs.converters")
_CONVERTER = "tensorflowjs.converters.tf_saved_model_conversion_v2"


def tensorflow() -> Any:
    """The `tensorflow` module; it leaves the GPU alone, and its lite part is loaded too."""
    with _standing_in(dict.fromkeys(_LEFT_OUT)):
        import tensorflow as tf

        # It would be loaded at its first use.
        _ = tf.lite.TFLiteConverter
    tf.config.set_visible_devices([], "GPU")
    return tf


def converter() -> Any:
    """The converter of tensorflowjs, which optimises graphs and writes them for the browser."""
    tensorflow()
    shells = {name: _shell(name) for name in _SHELLS}
    with _standing_in({**shells, **{name: ModuleType(name) for name in _UNUSED}}):
        return importlib.import_module(_CONVERTER)


def weights_reader() -> Any:
    """The module of tensorflowjs that reads the weights of a model as a browser does."""
    tensorflow()
    with _standing_in({_SHELLS[0]: _shell(_SHELLS[0])}):
        return importlib.import_module("tensorflowjs.read_weights")


@contextmanager
def _standing_in(modules: dict[str, ModuleType | None]) -> Iterator[None]:
    """Let imports find these, None meaning that there is none, unless the real ones are loaded."""
    new = {name: module for name, module in modules.items() if name not in sys.modules}
    # Annotated as modules only, yet the import system knows None as "not to be had".
    sys.modules.update(new)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in new:
            del sys.modules[name]


def _shell(name: str) -> ModuleType:
    """A package in which submodules are found, its own __init__ not run."""
    shell = ModuleType(name)
    shell.__path__ = [*_places(name)]
    return shell


def _places(name: str) -> Sequence[str]:
    top, *rest = name.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No module named {top!r}", name=top)
    return ["/".join([place, *rest]) for place in spec.submodule_search_locations]
