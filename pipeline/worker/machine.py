"""How a training uses this machine: on which device, how many pictures at a time, how many loaders.

Without a GPU nothing but the batch is set, so that times and results compare with ultralytics' own.
"""

import importlib.util
import os
from dataclasses import dataclass
from typing import Any

DEFAULT_BATCH = 16
"""Ultralytics' own; on one GPU it measures how many fit instead."""

AUTO_BATCH = -1
LOADERS = 8
"""Most processes that load pictures for one GPU, as ultralytics has it."""


@dataclass(frozen=True)
class Machine:
    """What we may use; `gpus` are NVIDIA's, for a Mac's the library does not take by itself.

    `spread`: whether one training may run on several GPUs.
    """

    gpus: int = 0
    cpus: int = 1
    spread: bool = False


def found() -> Machine:
    """This machine, as torch and CUDA_VISIBLE_DEVICES have it."""
    import torch

    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if torch.cuda.is_available():
        # The library hands its trainer to the processes of the other GPUs by cloudpickle.
        spread = importlib.util.find_spec("cloudpickle") is not None
        return Machine(torch.cuda.device_count(), cpus or 1, spread)
    return Machine(cpus=cpus or 1)


def arguments(
    machine: Machine, batch: int | None, *, pictures: int, resumed: bool = False
) -> dict[str, Any]:
    """Arguments for ultralytics' `train`.

    Args:
        machine: what there is.
        batch: pictures at a time, None to leave it to the machine.
        pictures: how many there are to learn from.
        resumed: the checkpoint knows its own batch, which stands unless `batch` is given.
    """
    known = {} if batch is None and resumed else {"batch": batch or DEFAULT_BATCH}
    if machine.gpus == 0:
        return known
    # With few pictures the GPUs would wait for one another rather than work.
    gpus = machine.gpus if machine.spread and pictures >= machine.gpus * DEFAULT_BATCH else 1
    loaders = {"workers": min(LOADERS, max(machine.cpus // gpus - 1, 1))}
    if gpus == 1:
        if batch is None and not resumed:
            known = {"batch": AUTO_BATCH}
        return {"device": 0, **loaders, **known}
    if known:
        # Each GPU takes the same share; a batch that is measured is for one GPU only.
        share = batch // gpus if batch else DEFAULT_BATCH
        known = {"batch": max(share, 1) * gpus}
    return {"device": list(range(gpus)), **loaders, **known}
