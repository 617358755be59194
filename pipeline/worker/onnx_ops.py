"""ONNX's operations in TensorFlow's: one small function each, named in `operations`.

Only what detectors are made of, on shapes that are known. An operation that TensorFlow.js cannot
run is no use here either, so each is put together from those that it can.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.errors import NotPackable
from pipeline.worker import onnx_sampling, onnx_shapes, onnx_windows
from pipeline.worker.laid_out import Laid
from pipeline.worker.onnx_node import Node, tensor


def _unary(compute: Callable[[Any], Any]) -> Callable[[Node], Laid]:
    return lambda node: Laid(compute(tensor(node[0].data)), node[0].order)


def _elementwise(compute: Callable[..., Any]) -> Callable[[Node], Laid]:
    """Operands are brought to the layout of the largest one that is computed, not known."""

    def build(node: Node) -> Laid:
        operands = [node[number] for number in range(len(node.inputs))]
        rank = max(operand.rank for operand in operands)
        ranked = [operand.ranked(rank) for operand in operands]
        best = max(ranked, key=lambda operand: (not operand.known, np.prod(operand.shape)))
        laid = [
            # A lone number needs no axes.
            operand.reshaped([]) if operand.known and operand.data.size == 1 else operand
            for operand in (operand.laid(best.order) for operand in ranked)
        ]
        return Laid(compute(*(tensor(operand.data) for operand in laid)), best.order)

    return build


def _divided(a: Any, b: Any) -> Any:
    import tensorflow as tf

    # Whole numbers are places in lists here, never negative.
    return tf.math.floordiv(a, b) if a.dtype.is_integer else tf.divide(a, b)


def _softmax(node: Node) -> Laid:
    import tensorflow as tf

    x = node[0]
    axis = int(node.attributes.get("axis", -1)) % x.rank
    if x.place(axis) != x.rank - 1:
        x = x.laid([*(other for other in range(x.rank) if other != axis), axis])
    return Laid(tf.nn.softmax(tensor(x.data)), x.order)


def _matmul(node: Node) -> Laid:
    import tensorflow as tf

    a, b = node[0], node[1]
    if a.rank < 2 or b.rank < 2:
        raise NotPackable
    if b.rank == 2 < a.rank:
        # Rows of all batches at once: one product of two matrices.
        *batch, rows, inner = a.shape
        flat = a.numbered().reshaped([int(np.prod(batch)) * rows, inner])
        product = Laid.plain(tf.matmul(tensor(flat.data), tensor(b.numbered().data)))
        return product.reshaped([*batch, rows, b.shape[1]])
    (left, turned_a), (right, turned_b) = _matrices(a), _matrices(b)
    return Laid.plain(tf.matmul(left, right, transpose_a=turned_a, transpose_b=turned_b))


def _matrices(x: Laid) -> tuple[Any, bool]:
    """Memory with the last two axes at the end, and whether those have changed places."""
    turned = (*range(x.rank - 2), x.rank - 1, x.rank - 2)
    if x.order == turned:
        return tensor(x.data), True
    return tensor(x.numbered().data), False


def _gemm(node: Node) -> Laid:
    import tensorflow as tf

    settings = node.attributes
    data = float(settings.get("alpha", 1.0)) * tf.matmul(
        tensor(node[0].numbered().data),
        tensor(node[1].numbered().data),
        transpose_a=bool(settings.get("transA", 0)),
        transpose_b=bool(settings.get("transB", 0)),
    )
    bias = node.optional(2)
    if bias is not None:
        data += float(settings.get("beta", 1.0)) * tensor(bias.numbered().data)
    return Laid.plain(data)


def _reduce(compute: Callable[..., Any]) -> Callable[[Node], Laid]:
    def build(node: Node) -> Laid:
        x = node[0]
        axes = node.numbers(1, "axes") or list(range(x.rank))
        keep = bool(node.attributes.get("keepdims", 1))
        data = compute(tensor(x.data), [x.place(axis) for axis in axes], keepdims=True)
        kept = Laid(data, x.order)
        if keep:
            return kept
        gone = {axis % x.rank for axis in axes}
        return kept.reshaped([size for axis, size in enumerate(x.shape) if axis not in gone])

    return build


def _error_function(x: Any) -> Any:
    """To 1.5e-7 by Abramowitz and Stegun's 7.1.26: LiteRT has no such operation."""
    import tensorflow as tf

    t = 1.0 / (1.0 + 0.3275911 * tf.abs(x))
    series: Any = 0.0
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + factor) * t
    return tf.sign(x) * (1.0 - series * tf.exp(-x * x))


def _clip(node: Node) -> Laid:
    import tensorflow as tf

    data = tensor(node[0].data)
    for number, name, compute in ((1, "min", tf.maximum), (2, "max", tf.minimum)):
        given = node.optional(number)
        limit = given.data if given is not None else node.attributes.get(name)
        if limit is not None:
            data = compute(data, tensor(np.asarray(limit, np.float32)))
    return Laid(data, node[0].order)


def _cast(node: Node) -> Laid:
    import tensorflow as tf
    from onnx.helper import tensor_dtype_to_np_dtype

    wanted = np.dtype(tensor_dtype_to_np_dtype(int(node.attributes["to"])))
    narrower = {"float64": "float32", "float16": "float32", "int64": "int32"}
    name = narrower.get(wanted.name, wanted.name)
    return Laid(tf.cast(tensor(node[0].data), name), node[0].order)


def _normalised(node: Node) -> Laid:
    """Layer normalisation over the last axis."""
    import tensorflow as tf

    if int(node.attributes.get("axis", -1)) % node[0].rank != node[0].rank - 1:
        raise NotPackable
    x = tensor(node[0].numbered().data)
    off = x - tf.reduce_mean(x, -1, keepdims=True)
    spread = tf.reduce_mean(off * off, -1, keepdims=True)
    data = off * tf.math.rsqrt(spread + float(node.attributes.get("epsilon", 1e-5)))
    data = data * tensor(node[1].numbered().data)
    bias = node.optional(2)
    return Laid.plain(data if bias is None else data + tensor(bias.numbered().data))


def operations() -> dict[str, Callable[[Node], Laid | list[Laid]]]:
    """Every operation that is known, by ONNX's name."""
    import tensorflow as tf

    return {
        **{
            name: _unary(compute)
            for name, compute in {
                "Identity": lambda x: x,
                "Sigmoid": tf.sigmoid,
                "Relu": tf.nn.relu,
                "Tanh": tf.tanh,
                "Exp": tf.exp,
                "Log": tf.math.log,
                "Sqrt": tf.sqrt,
                "Neg": tf.negative,
                "Abs": tf.abs,
                "Erf": _error_function,
                "Floor": tf.floor,
                "Reciprocal": tf.math.reciprocal,
                "Not": tf.logical_not,
                "Sin": tf.sin,
                "Cos": tf.cos,
            }.items()
        },
        **{
            name: _elementwise(compute)
            for name, compute in {
                "Add": tf.add,
                "Sub": tf.subtract,
                "Mul": tf.multiply,
                "Div": _divided,
                "Mod": tf.math.floormod,
                "Pow": tf.pow,
                "Max": tf.maximum,
                "Min": tf.minimum,
                "Where": tf.where,
                "Equal": tf.equal,
                "Less": tf.less,
                "Greater": tf.greater,
                "LessOrEqual": tf.less_equal,
                "GreaterOrEqual": tf.greater_equal,
                "And": tf.logical_and,
                "Or": tf.logical_or,
                # LiteRT has no operation of that name.
                "Xor": tf.not_equal,
            }.items()
        },
        "LeakyRelu": lambda node: Laid(
            tf.nn.leaky_relu(tensor(node[0].data), float(node.attributes.get("alpha", 0.01))),
            node[0].order,
        ),
        "ReduceMean": _reduce(tf.reduce_mean),
        "ReduceSum": _reduce(tf.reduce_sum),
        "ReduceMax": _reduce(tf.reduce_max),
        "ReduceMin": _reduce(tf.reduce_min),
        "Conv": onnx_windows.convolution,
        "ConvTranspose": onnx_windows.transposed_convolution,
        "MaxPool": onnx_windows.max_pool,
        "AveragePool": onnx_windows.average_pool,
        "GlobalAveragePool": onnx_windows.global_average,
        "Resize": onnx_windows.resize,
        "Concat": onnx_shapes.concat,
        "Split": onnx_shapes.split,
        "Slice": onnx_shapes.cut_out,
        "Reshape": onnx_shapes.reshape,
        "Flatten": onnx_shapes.flatten,
        "Unsqueeze": onnx_shapes.unsqueeze,
        "Squeeze": onnx_shapes.squeeze,
        "Transpose": onnx_shapes.transpose,
        "Softmax": _softmax,
        "MatMul": _matmul,
        "Gemm": _gemm,
        "Pad": onnx_shapes.pad,
        "Clip": _clip,
        "Cast": _cast,
        "LayerNormalization": _normalised,
        "Gather": onnx_sampling.gather,
        "GatherElements": onnx_sampling.gather_elements,
        "GridSample": onnx_sampling.grid_sample,
        "TopK": onnx_sampling.top_k,
        "Expand": onnx_shapes.expand,
        "Tile": onnx_shapes.tile,
    }
