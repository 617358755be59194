"""LiteRT models (.tflite): written from a TensorFlow function, and read back to be run here."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import NotPackable, WorkerError
from pipeline.jobs.spec_package import Precision
from pipeline.worker import lean
from pipeline.worker.runs import Array, Run


def write(function: Any, path: Path, precision: Precision) -> None:
    """Write a concrete function as a .tflite that takes and gives float32.

    uint8 stands for the format's own way of it: kernels in 8 bits, a scale for each channel.

    Raises:
        NotPackable: it has operations that LiteRT does not have.
        WorkerError: it cannot be written.
    """
    tf = lean.tensorflow()
    from tensorflow.lite.python.convert_phase import ConverterError

    # Nothing is stored outside of the function, yet the library asks who keeps it.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    try:
        content = converter.convert()
        path.write_bytes(content)
    except (ConverterError, RuntimeError, ValueError) as error:
        raise NotPackable from error
    except OSError as error:
        raise WorkerError("The model could not be written; the log has the cause.") from error


def read_back(path: Path) -> Run:
    """Run a .tflite with LiteRT's own interpreter, as one thread that leaves no delegate out."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    (given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(batch: Array) -> Array:
        interpreter.set_tensor(given["index"], batch)
        interpreter.invoke()
        output: Array = np.array(interpreter.get_tensor(answer["index"]), np.float32)
        return output

    return run
