"""Tensors that remember how their axes lie in memory.

ONNX speaks of pictures as [batch, channels, height, width]; TensorFlow computes with the channels
last. Here an axis keeps ONNX's number while the memory is laid out as the next operation likes it
best, so that hardly a transposition is left: what ONNX calls one is mostly just another numbering.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

CHANNELS_LAST = (0, 2, 3, 1)


@dataclass(frozen=True)
class Laid:
    """A tensor of static shape: `data` has logical axis `order[p]` at place p.

    `data` is a numpy array for what is known now (weights, shapes), else a TensorFlow tensor.
    """

    data: Any
    order: tuple[int, ...]

    @classmethod
    def plain(cls, data: Any) -> "Laid":
        """A tensor whose axes lie as they are numbered."""
        return cls(data, tuple(range(len(data.shape))))

    @property
    def known(self) -> bool:
        """Whether it is a constant."""
        return isinstance(self.data, np.ndarray)

    @property
    def rank(self) -> int:
        """How many axes it has."""
        return len(self.order)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the logical axes."""
        sizes = [int(size) for size in self.data.shape]
        return tuple(sizes[self.order.index(axis)] for axis in range(self.rank))

    def place(self, axis: int) -> int:
        """Where a logical axis (negative ones count from the end) lies."""
        return self.order.index(axis % self.rank)

    def laid(self, order: Sequence[int]) -> "Laid":
        """The same tensor with its axes laid in `order`."""
        if tuple(order) == self.order:
            return self
        return Laid(_transposed(self.data, [self.order.index(axis) for axis in order]), (*order,))

    def numbered(self) -> "Laid":
        """The same tensor with its axes laid as they are numbered."""
        return self.laid(range(self.rank))

    def renumbered(self, permutation: Sequence[int]) -> "Laid":
        """ONNX's Transpose: axis i of the answer is axis permutation[i] of this. Moves nothing."""
        permutation = [axis % self.rank for axis in permutation]
        return Laid(self.data, tuple(permutation.index(axis) for axis in self.order))

    def reshaped(self, shape: Sequence[int]) -> "Laid":
        """ONNX's Reshape to a shape of known sizes, without moving memory where that is possible.

        It is where axes are split, or where those that are joined lie side by side.
        """
        if not self.order:
            return Laid.plain(_reshaped(self.data, shape))
        groups = _groups(self.shape, shape)
        where = [sorted(self.place(axis) for axis in old) for old, _ in groups]
        together = all(
            [self.place(axis) for axis in old] == list(range(places[0], places[0] + len(places)))
            for (old, _), places in zip(groups, where, strict=True)
        )
        if not together:
            return Laid.plain(_reshaped(self.numbered().data, shape))
        lying = sorted(range(len(groups)), key=lambda index: where[index][0])
        order = [axis for index in lying for axis in groups[index][1]]
        return Laid(_reshaped(self.data, [shape[axis] for axis in order]), tuple(order))

    def ranked(self, rank: int) -> "Laid":
        """The same with axes of size 1 in front, as broadcasting has it."""
        more = rank - self.rank
        if more <= 0:
            return self
        order = (*range(more), *(axis + more for axis in self.order))
        return Laid(_reshaped(self.data, [1] * more + [int(s) for s in self.data.shape]), order)


def _groups(old: Sequence[int], new: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The shortest runs of old axes and of new ones that hold equally many numbers.

    Each run has at least one old axis; new axes of size 1 at the end join the last run.
    """
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(old):
        olds, news = [i], []
        i += 1
        if j < len(new):
            news.append(j)
            j += 1
        while prod(old[a] for a in olds) != prod(new[a] for a in news):
            if prod(old[a] for a in olds) < prod(new[a] for a in news):
                olds.append(i)
                i += 1
            else:
                news.append(j)
                j += 1
        groups.append((olds, news))
    if groups:
        groups[-1][1].extend(range(j, len(new)))
    return groups


def _transposed(data: Any, places: Sequence[int]) -> Any:
    if isinstance(data, np.ndarray):
        return np.ascontiguousarray(data.transpose(places))
    import tensorflow as tf

    return tf.transpose(data, places)


def _reshaped(data: Any, shape: Sequence[int]) -> Any:
    if isinstance(data, np.ndarray):
        return data.reshape(shape)
    if [int(size) for size in data.shape] == list(shape):
        return data
    import tensorflow as tf

    return tf.reshape(data, list(shape))
