"""One operation of an ONNX graph, as those who put it into TensorFlow see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import NotPackable
from pipeline.worker.laid_out import Laid


@dataclass(frozen=True)
class Node:
    """One operation: what goes in (None where it is left out) and how it is set.

    `outputs`: how many answers it gives.
    """

    op: str
    inputs: list[Laid | None]
    attributes: Mapping[str, Any]
    outputs: int

    def __getitem__(self, number: int) -> Laid:
        given = self.inputs[number]
        if given is None:
            raise NotPackable
        return given

    def optional(self, number: int) -> Laid | None:
        """An input that may be left out."""
        return self.inputs[number] if number < len(self.inputs) else None

    def numbers(self, number: int, name: str = "") -> list[int] | None:
        """A list of whole numbers, an input since some version and an attribute before."""
        given = self.optional(number)
        if given is None:
            listed = self.attributes.get(name)
            return None if listed is None else [int(value) for value in listed]
        if not given.known:
            raise NotPackable
        return [int(value) for value in given.numbered().data.ravel()]


def tensor(data: Any) -> Any:
    """As TensorFlow takes it: TensorFlow.js knows neither int64 nor float64."""
    import tensorflow as tf

    if not isinstance(data, np.ndarray):
        return data
    narrower = {np.dtype(np.int64): np.int32, np.dtype(np.float64): np.float32}
    return tf.constant(data.astype(narrower.get(data.dtype, data.dtype)))


def word(value: Any) -> str:
    """An attribute's word, which ONNX keeps as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)
