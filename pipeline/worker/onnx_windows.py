"""ONNX's operations on windows of a picture: convolutions, pools, and maps that are grown."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.errors import NotPackable
from pipeline.worker.laid_out import CHANNELS_LAST, Laid
from pipeline.worker.onnx_node import Node, tensor, word

LOWEST = float(np.finfo(np.float32).min)
"""In place of infinity, which TensorFlow.js' operations do not read."""


def convolution(node: Node) -> Laid:
    """Convolution, of all channels, of groups, or of each for itself."""
    import tensorflow as tf

    weights, bias = node[1], node.optional(2)
    if weights.rank != 4 or not weights.known:
        raise NotPackable
    kernel = weights.numbered().data
    x = _channels_last(node[0], any_side=kernel.shape[2:] == (1, 1))
    groups = int(node.attributes.get("group", 1))
    strides, dilations = _pair(node, "strides"), _pair(node, "dilations")
    padding = _padding(node, kernel.shape[2:])
    channels = node[0].shape[1]
    if groups == channels > 1:
        # [channels × multiplier, 1, h, w] to [h, w, channels, multiplier]
        shape = (channels, -1, *kernel.shape[2:])
        filters = tensor(kernel.reshape(shape).transpose(2, 3, 0, 1))
        x, padding = _padded(x, padding)
        # TensorFlow wants its strides alike, as detectors have them.
        data = tf.nn.depthwise_conv2d(x, filters, [1, *strides, 1], padding, dilations=dilations)
    else:
        parts = tf.split(x, groups, axis=3) if groups > 1 else [x]
        kernels = np.split(kernel, groups)
        convolved = [
            tf.nn.conv2d(part, tensor(k.transpose(2, 3, 1, 0)), strides, padding, "NHWC", dilations)
            for part, k in zip(parts, kernels, strict=True)
        ]
        data = tf.concat(convolved, axis=3) if groups > 1 else convolved[0]
    if bias is not None:
        data = tf.nn.bias_add(data, tensor(bias.data))
    return Laid(data, _order_like(node[0], any_side=kernel.shape[2:] == (1, 1)))


def _order_like(x: Laid, *, any_side: bool) -> tuple[int, ...]:
    # Where every pixel is for itself, height and width may as well change places.
    return (0, 3, 2, 1) if any_side and x.order == (0, 3, 2, 1) else CHANNELS_LAST


def _channels_last(x: Laid, *, any_side: bool = False) -> Any:
    return tensor(x.laid(_order_like(x, any_side=any_side)).data)


def _pair(node: Node, name: str) -> list[int]:
    return [int(value) for value in node.attributes.get(name, (1, 1))]


def _padding(node: Node, kernel: Sequence[int]) -> Any:
    """TensorFlow's word for the node's padding, else the explicit amounts."""
    if word(node.attributes.get("auto_pad", "NOTSET")) not in {"NOTSET", "VALID"}:
        raise NotPackable
    top, left, bottom, right = (int(pad) for pad in node.attributes.get("pads", (0, 0, 0, 0)))
    if not any((top, left, bottom, right)):
        return "VALID"
    reach = [
        dilation * (size - 1)
        for size, dilation in zip(kernel, _pair(node, "dilations"), strict=True)
    ]
    around = [top + bottom, left + right] == reach and (top, left) == (bottom, right)
    if around and _pair(node, "strides") == [1, 1]:
        return "SAME"
    return [[0, 0], [top, bottom], [left, right], [0, 0]]


def _padded(x: Any, padding: Any, value: float = 0.0) -> tuple[Any, Any]:
    """For operations that take no explicit padding: the padded tensor, and the word for none."""
    import tensorflow as tf

    if isinstance(padding, str):
        return x, padding
    return tf.pad(x, padding, constant_values=value), "VALID"


def transposed_convolution(node: Node) -> Laid:
    """Convolution backwards, as maps are grown by it."""
    import tensorflow as tf

    kernel, bias = node[1].numbered().data, node.optional(2)
    plain = _padding(node, kernel.shape[2:]) == "VALID" and _pair(node, "dilations") == [1, 1]
    if not plain or int(node.attributes.get("group", 1)) != 1:
        raise NotPackable
    strides = _pair(node, "strides")
    batch, _, *sides = node[0].shape
    grown = [
        (side - 1) * stride + size
        for side, stride, size in zip(sides, strides, kernel.shape[2:], strict=True)
    ]
    data = tf.nn.conv2d_transpose(
        _channels_last(node[0]),
        tensor(kernel.transpose(2, 3, 1, 0)),
        [batch, *grown, kernel.shape[1]],
        strides,
        "VALID",
    )
    if bias is not None:
        data = tf.nn.bias_add(data, tensor(bias.data))
    return Laid(data, CHANNELS_LAST)


def max_pool(node: Node) -> Laid:
    """The largest of each window."""
    import tensorflow as tf

    kernel = _pair(node, "kernel_shape")
    _refuse_rounding_up(node, kernel)
    x, padding = _padded(_channels_last(node[0]), _padding(node, kernel), LOWEST)
    return Laid(tf.nn.max_pool2d(x, kernel, _pair(node, "strides"), padding), CHANNELS_LAST)


def average_pool(node: Node) -> Laid:
    """The mean of each window."""
    import tensorflow as tf

    kernel = _pair(node, "kernel_shape")
    _refuse_rounding_up(node, kernel)
    padding = _padding(node, kernel)
    if padding != "VALID" and not node.attributes.get("count_include_pad", 0):
        raise NotPackable
    pads = node.attributes.get("pads", (0, 0, 0, 0))
    amounts = [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]]
    x, padding = _padded(_channels_last(node[0]), padding if padding == "VALID" else amounts)
    return Laid(tf.nn.avg_pool2d(x, kernel, _pair(node, "strides"), padding), CHANNELS_LAST)


def _refuse_rounding_up(node: Node, kernel: Sequence[int]) -> None:
    if not node.attributes.get("ceil_mode", 0):
        return
    pads = node.attributes.get("pads", (0, 0, 0, 0))
    fits = all(
        (side + pads[at] + pads[at + 2] - size) % stride == 0
        for at, (side, size, stride) in enumerate(
            zip(node[0].shape[2:], kernel, _pair(node, "strides"), strict=True)
        )
    )
    if not fits:
        raise NotPackable


def global_average(node: Node) -> Laid:
    """The mean of all pixels."""
    import tensorflow as tf

    return Laid(tf.reduce_mean(_channels_last(node[0]), [1, 2], keepdims=True), CHANNELS_LAST)


def resize(node: Node) -> Laid:
    """Nearest neighbours, by whole factors as detectors grow their maps."""
    import tensorflow as tf

    scales, sizes = node.optional(2), node.numbers(3)
    shape = node[0].shape
    if sizes is None:
        if scales is None or not scales.known:
            raise NotPackable
        sizes = [int(size * scale) for size, scale in zip(shape, scales.data, strict=True)]
    whole = sizes[:2] == list(shape[:2]) and all(
        size % side == 0 for size, side in zip(sizes, shape, strict=True)
    )
    if not whole or word(node.attributes.get("mode", "nearest")) != "nearest":
        raise NotPackable
    data = tf.raw_ops.ResizeNearestNeighbor(images=_channels_last(node[0]), size=sizes[2:])
    return Laid(data, CHANNELS_LAST)
