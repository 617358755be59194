"""TensorFlow.js graph models: written for the browser, and read back to be run here."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import NotPackable, WorkerError
from pipeline.jobs.spec_package import Precision
from pipeline.worker import lean
from pipeline.worker.runs import Array, Run

MODEL = "model.json"
_FUSED_DEPTHWISE = "FusedDepthwiseConv2dNative"


def write(function: Any, folder: Path, precision: Precision) -> None:
    """Write a concrete function as `model.json` and shards of weights.

    uint8 is for the large tensors, the convolutions' kernels: of a bias or a grid of anchors there
    is nothing to save, and a step of a 255th would be seen in every box.

    Raises:
        NotPackable: it has operations that TensorFlow.js does not run; the log says which.
        WorkerError: it cannot be written.
    """
    tf, convert = lean.tensorflow(), lean.converter()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # The library's own private step: with it no SavedModel is written and read in between.
        signature = convert._build_signature_def(function.graph, function.inputs, function.outputs)
        graph = convert.optimize_graph(function.graph, signature)
        weights = convert.extract_weights(graph)
        convert.write_artifacts(
            convert.MessageToDict(graph),
            weights,
            str(folder / MODEL),
            tf.__version__,
            signature,
            quantization_dtype_map=_stored(precision, weights[0]),
        )
    except ValueError as error:
        if "Unsupported Ops" in str(error):
            raise NotPackable from error
        raise _unwritten() from error
    except (RuntimeError, OSError, tf.errors.OpError) as error:
        raise _unwritten() from error


def _unwritten() -> WorkerError:
    return WorkerError(
        "The model could not be turned into a browser's form; the log has the cause."
    )


def _stored(
    precision: Precision, weights: Iterable[Mapping[str, Any]]
) -> dict[str, list[str]] | None:
    """Names of weights by how they are stored, None for all as they are."""
    if precision == "fp32":
        return None
    real = [entry for entry in weights if entry["data"].dtype == np.float32]
    kernels = {entry["name"] for entry in real if precision == "uint8" and _kernel(entry["data"])}
    rest = {entry["name"] for entry in real} - kernels
    # A name may hold what a pattern takes for a wildcard.
    named = {"uint8": kernels, "float16": rest}
    return {kind: [_literal(name) for name in names] for kind, names in named.items() if names}


def _kernel(data: Any) -> bool:
    return bool(data.ndim >= 2 and data.size >= 1024)


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def output_shape(folder: Path) -> tuple[int, int, int]:
    """Sizes of the model's only answer.

    Raises:
        NotPackable: it has several, or one of another form.
    """
    outputs = _content(folder)["signature"]["outputs"]
    try:
        (output,) = outputs.values()
        one, rows, anchors = (int(dim["size"]) for dim in output["tensorShape"]["dim"])
    except ValueError as error:
        raise NotPackable from error
    return one, rows, anchors


def read_back(folder: Path) -> Run:
    """Run the very bytes that are shipped: the graph of model.json with the shards' weights.

    Weights are widened to float32 as a browser does, so what differs from PyTorch here differs
    there.

    Raises:
        NotPackable: the browser's form has operations that nothing here runs, so nobody could say
            that it finds what PyTorch finds.
    """
    tf = lean.tensorflow()
    from google.protobuf import json_format  # type: ignore[import-untyped]  # ships no types

    model = _content(folder)
    graph = json_format.ParseDict(
        model["modelTopology"], tf.compat.v1.GraphDef(), ignore_unknown_fields=True
    )
    read = lean.weights_reader().read_weights
    weights = {
        entry["name"]: entry["data"]
        for entry in read(model["weightsManifest"], str(folder), flatten=True)
    }
    for node in graph.node:
        if node.op == "Const":
            # The converter narrows int64 to int32; the graph here still expects what it declares.
            declared = tf.as_dtype(node.attr["dtype"].type).as_numpy_dtype
            value = weights[node.name].astype(declared)
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    graph = _unfused(graph)
    signature = model["signature"]
    (feed,), (fetch,) = signature["inputs"].values(), signature["outputs"].values()
    try:
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.compat.v1.import_graph_def(graph, name=""), []
        )
    except (tf.errors.OpError, ValueError) as error:
        raise NotPackable from error
    function = wrapped.prune(feed["name"], fetch["name"])

    def run(batch: Array) -> Array:
        output: Array = function(tf.constant(batch)).numpy()
        return output

    return run


def _unfused(graph: Any) -> Any:
    """Depthwise convolutions that TensorFlow.js fuses, as the steps TensorFlow computes them in."""
    unfused = type(graph)(versions=graph.versions, library=graph.library)
    for node in graph.node:
        if node.op != _FUSED_DEPTHWISE:
            unfused.node.append(node)
            continue
        steps = [name.decode() for name in node.attr["fused_ops"].list.s]
        steps = [name for name in steps if name != "NoOp"]
        inputs = list(node.input)
        name = f"{node.name}/convolution" if steps else node.name
        step = unfused.node.add(name=name, op="DepthwiseConv2dNative", input=inputs[:2])
        for key in ("T", "strides", "padding", "dilations", "data_format", "explicit_paddings"):
            if key in node.attr:
                step.attr[key].CopyFrom(node.attr[key])
        for number, op in enumerate(steps, start=1):
            more = inputs[2:3] if op == "BiasAdd" else []
            inside = [name, *more]
            name = node.name if number == len(steps) else f"{node.name}/{op}"
            step = unfused.node.add(name=name, op=op, input=inside)
            step.attr["T"].CopyFrom(node.attr["T"])
            if op == "BiasAdd":
                step.attr["data_format"].CopyFrom(node.attr["data_format"])
    return unfused


def _content(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / MODEL).read_text())
    return content
