"""The measure kind: a few real training steps, timed, so that minutes can be told beforehand."""

import time
from types import SimpleNamespace
from typing import Any

from pipeline import families
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import MeasureResult, MeasureSpec
from pipeline.worker import engine
from pipeline.worker.reporter import Reporter

BUDGET_S = 8.0
MAX_STEPS = 6
# Boxes a picture: the loss grows with them, though far less than the network costs.
_BOXES = 8


def run(spec: MeasureSpec, reporter: Reporter) -> MeasureResult:
    """Time steps of `spec` on this machine's best device.

    `startup_seconds` is what a training pays before its first step: importing and building.

    Raises:
        SpecError: an architecture that is not trained here.
    """
    start = time.monotonic()
    families.check(spec.architecture)
    reporter.progress(Progress(stage="load", done=0, total=1), important=True)
    engine.prepare(reporter.folder)
    device = engine.device()
    model = _model(spec.architecture, device)
    startup = time.monotonic() - start
    seconds = min(_steps(model, spec, device))
    return MeasureResult(
        device="cuda:0" if device == "cuda" else device,
        imgsz=spec.imgsz,
        seconds_per_image=round(seconds / spec.batch, 6),
        startup_seconds=round(startup, 3),
    )


def _model(architecture: str, device: str) -> Any:
    from ultralytics.cfg import get_cfg

    model = engine.load(f"{architecture}.yaml").model
    # The loss reads its gains from here.
    model.args = SimpleNamespace(**vars(get_cfg()))
    return model.to(device).train()


def _steps(model: Any, spec: MeasureSpec, device: str) -> list[float]:
    """Seconds of each step after the first, which also allocates."""
    import torch

    batch = _batch(spec, device)
    seconds: list[float] = []
    until = time.monotonic() + BUDGET_S
    while len(seconds) <= MAX_STEPS and (len(seconds) < 2 or time.monotonic() < until):
        begin = time.monotonic()
        loss, _ = model(batch)
        loss.sum().backward()
        model.zero_grad(set_to_none=True)
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        seconds.append(time.monotonic() - begin)
    return seconds[1:]


def _batch(spec: MeasureSpec, device: str) -> dict[str, Any]:
    """Random pictures with boxes, in the form of ultralytics' loader."""
    import torch

    torch.manual_seed(0)
    count = spec.batch * _BOXES
    centres = torch.rand(count, 2) * 0.6 + 0.2
    sizes = torch.rand(count, 2) * 0.3 + 0.05
    batch = {
        "img": torch.rand(spec.batch, 3, spec.imgsz, spec.imgsz),
        "cls": torch.randint(0, 80, (count, 1)).float(),
        "bboxes": torch.cat((centres, sizes), 1),
        "batch_idx": torch.arange(spec.batch).repeat_interleave(_BOXES).float(),
    }
    return {name: tensor.to(device) for name, tensor in batch.items()}
