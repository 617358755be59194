"""ONNX's operations that move numbers about without changing them, in TensorFlow's."""

from collections.abc import Sequence

import numpy as np

from pipeline.errors import NotPackable
from pipeline.worker.laid_out import Laid
from pipeline.worker.onnx_node import Node, tensor, word
from pipeline.worker.onnx_windows import LOWEST


def concat(node: Node) -> Laid:
    """Join along an axis."""
    import tensorflow as tf

    parts = [node[number] for number in range(len(node.inputs))]
    order = max(parts, key=lambda part: (not part.known, np.prod(part.shape))).order
    laid = [part.laid(order) for part in parts]
    axis = laid[0].place(int(node.attributes["axis"]))
    return Laid(tf.concat([tensor(part.data) for part in laid], axis), order)


def split(node: Node) -> list[Laid]:
    """Into parts along an axis."""
    import tensorflow as tf

    x = node[0]
    axis = int(node.attributes.get("axis", 0)) % x.rank
    sizes = node.numbers(1, "split")
    if sizes is None:
        share = -(-x.shape[axis] // node.outputs)
        starts = range(0, x.shape[axis], share)
        sizes = [min(share, x.shape[axis] - start) for start in starts]
    parts = tf.split(tensor(x.data), sizes, x.place(axis))
    return [Laid(part, x.order) for part in parts]


def cut_out(node: Node) -> Laid:
    """From starts to ends, in steps."""
    import tensorflow as tf

    x = node[0]
    starts, ends = node.numbers(1, "starts"), node.numbers(2, "ends")
    if starts is None or ends is None:
        raise NotPackable
    axes = node.numbers(3, "axes") or list(range(len(starts)))
    steps = node.numbers(4) or [1] * len(starts)
    cuts = [slice(0, int(size), 1) for size in x.data.shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = x.place(axis)
        cuts[place] = slice(*slice(start, end, step).indices(int(x.data.shape[place])))
    if any(one.step != 1 for one in cuts):
        return Laid(tensor(x.data)[tuple(cuts)], x.order)
    begin, size = [one.start for one in cuts], [one.stop - one.start for one in cuts]
    return Laid(tf.slice(tensor(x.data), begin, size), x.order)


def reshape(node: Node) -> Laid:
    """Other sizes, the same numbers."""
    wanted = node.numbers(1, "shape")
    if wanted is None:
        raise NotPackable
    shape = node[0].shape
    if not node.attributes.get("allowzero", 0):
        wanted = [size or shape[axis] for axis, size in enumerate(wanted)]
    return _computed(node[0]).reshaped(_filled(wanted, int(np.prod(shape))))


def _filled(wanted: Sequence[int], count: int) -> list[int]:
    rest = int(np.prod([size for size in wanted if size != -1]))
    return [count // rest if size == -1 else size for size in wanted]


def flatten(node: Node) -> Laid:
    """Two axes: those before the given one, and the rest."""
    axis, shape = int(node.attributes.get("axis", 1)), node[0].shape
    return _computed(node[0]).reshaped([int(np.prod(shape[:axis])), int(np.prod(shape[axis:]))])


def unsqueeze(node: Node) -> Laid:
    """More axes of size one."""
    axes, shape = node.numbers(1, "axes") or [], list(node[0].shape)
    rank = len(shape) + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        shape.insert(axis, 1)
    return _computed(node[0]).reshaped(shape)


def squeeze(node: Node) -> Laid:
    """Fewer axes of size one."""
    x, axes = node[0], node.numbers(1, "axes")
    gone = (
        {axis % x.rank for axis in axes} if axes else {a for a, s in enumerate(x.shape) if s == 1}
    )
    return _computed(x).reshaped([size for axis, size in enumerate(x.shape) if axis not in gone])


def _computed(x: Laid) -> Laid:
    return Laid(tensor(x.data), x.order)


def transpose(node: Node) -> Laid:
    """Axes in another order."""
    permutation = node.attributes.get("perm") or list(range(node[0].rank))[::-1]
    return node[0].renumbered([int(axis) for axis in permutation])


def pad(node: Node) -> Laid:
    """A constant around."""
    import tensorflow as tf

    x, pads, value = node[0], node.numbers(1, "pads"), node.optional(2)
    if pads is None or word(node.attributes.get("mode", "constant")) != "constant":
        raise NotPackable
    amounts = [[pads[axis], pads[axis + x.rank]] for axis in x.order]
    filling = float(value.data) if value is not None else 0.0
    # TensorFlow.js' convolutions read no infinity.
    filling = max(filling, LOWEST)
    return Laid(tf.pad(tensor(x.data), amounts, constant_values=filling), x.order)


def expand(node: Node) -> Laid:
    """Repeated along axes of size one."""
    import tensorflow as tf

    wanted = node.numbers(1)
    if wanted is None:
        raise NotPackable
    x = node[0].ranked(len(wanted)).numbered()
    shape = np.broadcast_shapes(x.shape, (1,) * (x.rank - len(wanted)) + tuple(wanted))
    return Laid.plain(tf.broadcast_to(tensor(x.data), shape))


def tile(node: Node) -> Laid:
    """Repeated along each axis."""
    import tensorflow as tf

    times = node.numbers(1)
    if times is None:
        raise NotPackable
    return Laid(
        tf.tile(tensor(node[0].data), [times[axis] for axis in node[0].order]), node[0].order
    )
