"""A detector's ONNX graph as a TensorFlow function, operation by operation (see onnx_ops.py).

What is known beforehand, such as shapes and grids of anchors, is computed now and stands in the
graph as a constant; the rest takes and gives static shapes.
"""

from typing import Any

import numpy as np

from pipeline.errors import NotPackable
from pipeline.worker import lean
from pipeline.worker.laid_out import CHANNELS_LAST, Laid
from pipeline.worker.onnx_node import Node, tensor
from pipeline.worker.onnx_ops import operations
from pipeline.worker.runs import Array


def to_function(model: Any, factors: Array | None = None) -> Any:
    """A concrete TensorFlow function that computes what the ONNX model does.

    Args:
        model: an `onnx.ModelProto` with one input [1, 3, height, width] and one output.
        factors: what that output is multiplied by in the end.

    Returns:
        From [1, height, width, 3] to the model's output, its axes as ONNX has them.

    Raises:
        NotPackable: it has an operation that is not known here; the log says which.
    """
    tf = lean.tensorflow()
    (given,) = model.graph.input
    _, channels, height, width = (dim.dim_value for dim in given.type.tensor_type.shape.dim)
    picture = tf.TensorSpec([1, height, width, channels], tf.float32, "images")
    build = tf.function(
        lambda images: _compute(model, images, factors), input_signature=[picture], autograph=False
    )
    return build.get_concrete_function()


def _compute(model: Any, images: Any, factors: Array | None) -> Any:
    from onnx import helper, numpy_helper

    graph = model.graph
    values = {
        weights.name: Laid.plain(numpy_helper.to_array(weights)) for weights in graph.initializer
    }
    values[graph.input[0].name] = Laid(images, CHANNELS_LAST)
    table = operations()
    for proto in graph.node:
        inputs = [values[name] if name else None for name in proto.input]
        attributes = {a.name: helper.get_attribute_value(a) for a in proto.attribute}
        node = Node(proto.op_type, inputs, attributes, len(proto.output))
        if proto.op_type == "Shape":
            answers = [Laid.plain(np.array(node[0].shape, np.int64))]
        elif all(value is None or value.known for value in inputs):
            answers = _known(proto, inputs, model)
        elif proto.op_type in table:
            answer = table[proto.op_type](node)
            answers = answer if isinstance(answer, list) else [answer]
        else:
            print(f"conversion: {proto.op_type} ({proto.name}) is not known here")
            raise NotPackable
        values |= dict(zip(proto.output, answers, strict=False))
    answer = tensor(values[graph.output[0].name].numbered().data)
    return answer if factors is None else answer * tensor(factors)


def _known(proto: Any, inputs: list[Laid | None], model: Any) -> list[Laid]:
    """The answers of an operation on nothing but constants, as ONNX's own reference has them."""
    from onnx import helper, numpy_helper
    from onnx.reference import ReferenceEvaluator

    if proto.op_type == "Constant":
        value = helper.get_attribute_value(proto.attribute[0])
        known = numpy_helper.to_array(value) if hasattr(value, "raw_data") else np.array(value)
        return [Laid.plain(known)]
    feeds = {
        name: value.numbered().data
        for name, value in zip(proto.input, inputs, strict=True)
        if value is not None
    }
    graph = helper.make_graph(
        [proto],
        "known",
        [helper.make_empty_tensor_value_info(name) for name in feeds],
        [helper.make_empty_tensor_value_info(name) for name in proto.output],
    )
    alone = helper.make_model(graph, opset_imports=model.opset_import)
    return [Laid.plain(np.asarray(answer)) for answer in ReferenceEvaluator(alone).run(None, feeds)]
