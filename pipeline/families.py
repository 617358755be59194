"""The detectors that can be trained: every family of ultralytics, with sizes, costs and weights.

The bot reads this, so nothing here imports ultralytics; a test holds the table against the yaml
files of the installed one. Costs are GFLOPs of one 640-pixel picture with 80 classes, as
`ultralytics.utils.torch_utils.get_flops` counts them; for YOLOv8, v9 they are those in its yamls.
Which checkpoints exist: `GITHUB_ASSETS_NAMES` in `ultralytics.utils.downloads`.
"""

import difflib
import re
from dataclasses import dataclass

from pipeline.errors import SpecError


@dataclass(frozen=True)
class Architecture:
    """One model that can be trained.

    `name` is the stem of its yaml in ultralytics, `weights` the file of its COCO checkpoint or None
    where nobody published one. `stride`: picture sizes are multiples of it; `smallest`: the least.
    """

    name: str
    family: str
    size: str
    gflops: float
    weights: str | None
    stride: int = 32
    smallest: int = 64


def _sizes(
    family: str,
    name: str,
    costs: dict[str, float],
    weights: str | None,
    *,
    stride: int = 32,
    smallest: int = 64,
) -> tuple[Architecture, ...]:
    """A family whose members differ in one word of their name; `{}` stands for that."""
    return tuple(
        Architecture(
            name.format(size),
            family,
            size.strip("-"),
            cost,
            weights and weights.format(size),
            stride,
            smallest,
        )
        for size, cost in costs.items()
    )


# Under 64 pixels batch normalisation can meet a single value per channel (stride 64: under 128);
# RT-DETR picks 300 places of a picture, and under 128 pixels there are fewer.
_TABLE = (
    *_sizes("YOLOv3", "yolov3{}", {"-tiny": 19.1, "": 283.3, "-spp": 284.2}, "yolov3{}u.pt"),
    *_sizes(
        "YOLOv5",
        "yolov5{}",
        {"n": 7.8, "s": 24.2, "m": 64.6, "l": 135.6, "x": 247.3},
        "yolov5{}u.pt",
    ),
    *_sizes(
        "YOLOv5-P6",
        "yolov5{}-p6",
        {"n": 8.0, "s": 24.6, "m": 65.7, "l": 138.0, "x": 251.6},
        "yolov5{}6u.pt",
        stride=64,
        smallest=128,
    ),
    *_sizes("YOLOv6", "yolov6{}", {"n": 13.0, "s": 44.6, "m": 161.0, "l": 390.8, "x": 609.4}, None),
    *_sizes(
        "YOLOv8",
        "yolov8{}",
        {"n": 8.9, "s": 28.8, "m": 79.3, "l": 165.7, "x": 258.5},
        "yolov8{}.pt",
    ),
    *_sizes(
        "YOLOv9",
        "yolov9{}",
        {"t": 8.5, "s": 27.6, "m": 77.9, "c": 104.0, "e": 193.0},
        "yolov9{}.pt",
    ),
    *_sizes(
        "YOLOv10",
        "yolov10{}",
        {"n": 8.8, "s": 25.2, "m": 64.6, "b": 99.5, "l": 128.0, "x": 172.0},
        "yolov10{}.pt",
    ),
    *_sizes(
        "YOLO11",
        "yolo11{}",
        {"n": 6.7, "s": 21.8, "m": 68.6, "l": 87.9, "x": 196.3},
        "yolo11{}.pt",
    ),
    *_sizes(
        "YOLO12",
        "yolo12{}",
        {"n": 7.6, "s": 23.7, "m": 71.3, "l": 96.3, "x": 210.1},
        "yolo12{}.pt",
    ),
    *_sizes(
        "YOLO26",
        "yolo26{}",
        {"n": 6.2, "s": 23.1, "m": 75.6, "l": 94.2, "x": 210.1},
        "yolo26{}.pt",
    ),
    *_sizes("RT-DETR", "rtdetr-{}", {"l": 110.2, "x": 234.9}, "rtdetr-{}.pt"),
    *_sizes("RT-DETR", "rtdetr-{}", {"resnet50": 132.7, "resnet101": 193.7}, None),
)

ARCHITECTURES = {architecture.name: architecture for architecture in _TABLE}
"""Every model by its name, family by family, the smallest of each first."""

FAMILIES = tuple(dict.fromkeys(architecture.family for architecture in _TABLE))
"""The families, oldest first."""


def members(family: str) -> tuple[Architecture, ...]:
    """The models of a family, the smallest first."""
    return tuple(sorted((a for a in _TABLE if a.family == family), key=lambda a: a.gflops))


def smallest(family: str) -> Architecture:
    """The cheapest model of a family."""
    return members(family)[0]


def smaller(name: str) -> bool:
    """Whether the model's family has one that takes less memory."""
    return name != smallest(ARCHITECTURES[name].family).name


def has_weights(name: str) -> bool:
    """Whether COCO weights of the model are published."""
    return name in ARCHITECTURES and ARCHITECTURES[name].weights is not None


def find(said: str) -> Architecture:
    """The model that a person means: `YOLOv8n`, `v8n`, `yolo11n.pt`, `yolov11n`, `rt-detr-l`.

    Raises:
        SpecError: there is no such model; it names the nearest ones.
    """
    found = _BY_KEY.get(_key(said))
    if found is None:
        raise SpecError(_unknown(said))
    return found


def check(name: str) -> Architecture:
    """The model with exactly this name.

    Raises:
        SpecError: naming what there is.
    """
    if name not in ARCHITECTURES:
        raise SpecError(_unknown(name))
    return ARCHITECTURES[name]


def check_size(architecture: Architecture, imgsz: int) -> None:
    """Refuse a picture size that the model cannot learn from.

    Raises:
        SpecError: naming the nearest size that it can.
    """
    name, stride, least = architecture.name, architecture.stride, architecture.smallest
    if imgsz < least:
        raise SpecError(
            f"Pictures for {name} have to be at least {least} pixels, so imgsz={least} or more."
        )
    if imgsz % stride:
        near = round(imgsz / stride) * stride
        raise SpecError(
            f"imgsz must be a multiple of {stride} for {name}, for example imgsz={near}."
        )


def _unknown(said: str) -> str:
    near = difflib.get_close_matches(_long(_key(said)), map(_long, _BY_KEY), n=6, cutoff=0.6)
    names = dict.fromkeys(_BY_KEY[key.removeprefix("yolo")].name for key in near)
    if names:
        *first, last = list(names)[:3]
        told = f"{', '.join(first)} or {last}" if first else last
        return f"I don't know the model “{said[:40]}”; do you mean {told}?"
    told = ", ".join(smallest(family).name for family in FAMILIES)
    return f"I don't know the model “{said[:40]}”; try one of {told}, or a bigger one of these."


def _long(key: str) -> str:
    """A key with its family's word again: of `8n` alone too little would be alike."""
    return f"yolo{key}" if key[:1].isdigit() else key


def _key(said: str) -> str:
    """What is left when spellings are alike: `8n` of `YOLOv8n.pt`, `yolo8n` and `v8-n`."""
    stem = re.sub(r"\.(pt|ya?ml)$", "", said.strip().lower())
    return re.sub(r"^(yolo)?v?(?=\d)", "", re.sub(r"[^a-z0-9]", "", stem))


def _keys() -> dict[str, Architecture]:
    keys = {}
    for architecture in _TABLE:
        keys[_key(architecture.name)] = architecture
        if architecture.weights:
            keys[_key(architecture.weights)] = architecture
        if architecture.family == "YOLOv5-P6":
            keys[f"5{architecture.size}6"] = architecture
    return keys


_BY_KEY = _keys()
