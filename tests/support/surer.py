"""Makes a model that has hardly learned sure of its guesses, so that there are boxes to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def surer(
    model: Any, pictures: Sequence[Path], imgsz: int, *, threshold: float, candidates: int
) -> None:
    """Raise the scores of an ultralytics detector.

    Args:
        model: a `YOLO` of the YOLOv8 kind; its network is changed.
        pictures: what it looks at.
        imgsz: its input size in pixels.
        threshold: what the scores of that many candidates in each picture, in the mean, reach.
        candidates: how many; fewer are left once overlapping boxes are thinned.
    """
    import torch
    from ultralytics.data.augment import LetterBox
    from ultralytics.utils.patches import imread

    network = model.model.float().eval()
    wanted = torch.logit(torch.tensor(threshold))
    shifts = []
    for picture in pictures:
        boxed: Any = LetterBox((imgsz, imgsz), auto=False)(image=imread(str(picture)))
        pixels = torch.from_numpy(boxed[..., ::-1].copy()).permute(2, 0, 1)[None] / 255
        with torch.no_grad():
            scores = network(pixels)[0][0, 4:].amax(0).clamp(1e-7, 1 - 1e-7)
        shifts.append(wanted - torch.logit(scores.topk(candidates).values[-1]))
    with torch.no_grad():
        for branch in network.model[-1].cv3:
            branch[-1].bias += torch.stack(shifts).mean()
