"""ONNX's operations that pick: the best of a list, by number, and between pixels (RT-DETR's).

TensorFlow.js has none that samples between pixels; here it is four pixels and their weights.
"""

from typing import Any

import numpy as np

from pipeline.errors import NotPackable
from pipeline.worker.laid_out import CHANNELS_LAST, Laid
from pipeline.worker.onnx_node import Node, tensor, word


def top_k(node: Node) -> list[Laid]:
    """The largest of the last axis and their numbers, the largest first."""
    import tensorflow as tf

    x, count = node[0], node.numbers(1, "k")
    last = int(node.attributes.get("axis", -1)) % x.rank == x.rank - 1
    if not last or not node.attributes.get("largest", 1) or count is None:
        raise NotPackable
    best = tf.math.top_k(tensor(x.numbered().data), count[0], sorted=True)
    return [Laid.plain(best.values), Laid.plain(best.indices)]


def gather(node: Node) -> Laid:
    """Slices by their numbers on one axis."""
    import tensorflow as tf

    x, where = node[0].numbered(), node[1].numbered()
    axis = int(node.attributes.get("axis", 0)) % x.rank
    return Laid.plain(tf.gather(tensor(x.data), tensor(where.data), axis=axis))


def gather_elements(node: Node) -> Laid:
    """Single numbers by their place on one axis, all other places being their own."""
    import tensorflow as tf

    x, where = node[0].numbered(), node[1].numbered()
    axis = int(node.attributes.get("axis", 0)) % x.rank
    steps = np.cumprod([1, *x.shape[:0:-1]])[::-1]
    own = np.zeros(where.shape, np.int32)
    for other, places in enumerate(np.indices(where.shape, np.int32, sparse=True)):
        own = own + (places * steps[other] if other != axis else 0)
    flat = tensor(where.data) * int(steps[axis]) + tensor(own.astype(np.int32))
    return Laid.plain(tf.gather(tf.reshape(tensor(x.data), [-1]), flat))


def grid_sample(node: Node) -> Laid:
    """Bilinear samples of [n, channels, height, width] at [n, rows, columns, (x, y)] of -1..1.

    What lies outside is 0.
    """
    import tensorflow as tf

    mode = word(node.attributes.get("mode", "linear"))
    plain = word(node.attributes.get("padding_mode", "zeros")) == "zeros"
    if mode not in {"linear", "bilinear"} or not plain or node[0].rank != 4:
        raise NotPackable
    images, _, height, width = node[0].shape
    channels = node[0].shape[1]
    _, rows, columns, _ = node[1].shape
    pixels = tf.reshape(tensor(node[0].laid(CHANNELS_LAST).data), [-1, channels])
    grid = tensor(node[1].numbered().data)
    # -1 and 1 are the outer pixels' centres, or else the picture's edges.
    inner = 1 if node.attributes.get("align_corners", 0) else 0
    sides = tensor(np.array([width, height], np.float32) - inner)
    at = (grid + 1.0) * (sides * 0.5) - (0.0 if inner else 0.5)
    first = tf.floor(at)
    share = at - first
    begin = tensor(np.arange(images, dtype=np.int32).reshape(-1, 1, 1) * height * width)
    total: Any = 0.0
    for right in (0, 1):
        for down in (0, 1):
            x, y = first[..., 0] + right, first[..., 1] + down
            inside_x, inside_y = _within(x, width), _within(y, height)
            column = tf.clip_by_value(x, 0.0, width - 1.0)
            row = tf.clip_by_value(y, 0.0, height - 1.0)
            number = tf.cast(row * float(width) + column, tf.int32) + begin
            across = share[..., 0] if right else 1.0 - share[..., 0]
            along = share[..., 1] if down else 1.0 - share[..., 1]
            weight = across * along * inside_x * inside_y
            total = total + tf.gather(pixels, number) * weight[..., None]
    data = tf.reshape(total, [images, rows, columns, channels])
    return Laid(data, CHANNELS_LAST)


def _within(place: Any, size: int) -> Any:
    """1 where a whole number is 0..size - 1, else 0."""
    import tensorflow as tf

    reached = tf.clip_by_value(place, 0.0, size - 1.0)
    return tf.cast(tf.equal(place, reached), tf.float32)
