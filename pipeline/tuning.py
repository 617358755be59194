"""What may be tuned in a training: ultralytics' own words for it, their ranges, and what is not.

The bot reads this, so nothing here imports ultralytics; a test holds both tables against the
settings of the installed one, so that each of its words is either tuned or refused for a reason.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipeline.errors import SpecError

Value = bool | int | float | str


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`; `default` is ultralytics' own."""

    low: float
    high: float
    default: float
    whole: bool = False

    def read(self, name: str, said: str) -> Value:
        """The value that `said` writes.

        Raises:
            SpecError: it is no such number.
        """
        value = _number(said)
        if value is None or not self.low <= value <= self.high or (self.whole and value % 1):
            kind = "a whole number" if self.whole else "a number"
            span = f"{_plain(self.low)} to {_plain(self.high)}"
            raise SpecError(
                f"{name} must be {kind} from {span}, for example {name}={_plain(self.default)}."
            )
        return int(value) if self.whole else value


@dataclass(frozen=True)
class Switch:
    """On or off."""

    default: bool

    def read(self, name: str, said: str) -> Value:
        """The value that `said` writes.

        Raises:
            SpecError: it is neither.
        """
        word = said.lower()
        if word not in _SWITCHES:
            raise SpecError(f"{name} is on or off, for example {name}=on.")
        return _SWITCHES[word]


@dataclass(frozen=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]
    default: str

    def read(self, name: str, said: str) -> Value:
        """The word that `said` writes, in any case.

        Raises:
            SpecError: it is none of them.
        """
        known = {word.lower(): word for word in self.words}
        if said.lower() not in known:
            raise SpecError(f"{name} is one of {', '.join(self.words)}.")
        return known[said.lower()]


_SWITCHES = {"on": True, "true": True, "yes": True, "1": True} | {
    "off": False,
    "false": False,
    "no": False,
    "0": False,
}

ARGS: dict[str, Number | Switch | Word] = {
    "optimizer": Word(
        ("auto", "SGD", "MuSGD", "Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSProp"), "auto"
    ),
    "lr0": Number(1e-6, 1, 0.01),
    "lrf": Number(1e-6, 1, 0.01),
    "momentum": Number(0, 0.999, 0.937),
    "weight_decay": Number(0, 0.1, 0.0005),
    "warmup_epochs": Number(0, 100, 3),
    "warmup_momentum": Number(0, 0.999, 0.8),
    "warmup_bias_lr": Number(0, 1, 0.1),
    "cos_lr": Switch(default=False),
    "patience": Number(0, 1000, 100, whole=True),
    "batch": Number(1, 256, 16, whole=True),
    "nbs": Number(1, 1024, 64, whole=True),
    # A layer more, and of the smallest network nothing would be left to learn.
    "freeze": Number(0, 20, 10, whole=True),
    "seed": Number(0, 1_000_000_000, 0, whole=True),
    "deterministic": Switch(default=True),
    "amp": Switch(default=True),
    "rect": Switch(default=False),
    "multi_scale": Number(0, 0.5, 0),
    "close_mosaic": Number(0, 1000, 10, whole=True),
    "box": Number(0, 100, 7.5),
    "cls": Number(0, 100, 0.5),
    "cls_pw": Number(0, 1, 0),
    "dfl": Number(0, 100, 1.5),
    "hsv_h": Number(0, 1, 0.015),
    "hsv_s": Number(0, 1, 0.7),
    "hsv_v": Number(0, 1, 0.4),
    "degrees": Number(0, 180, 0),
    "translate": Number(0, 0.9, 0.1),
    "scale": Number(0, 0.9, 0.5),
    "shear": Number(0, 45, 0),
    "perspective": Number(0, 0.001, 0),
    "flipud": Number(0, 1, 0),
    "fliplr": Number(0, 1, 0.5),
    "bgr": Number(0, 1, 0),
    "mosaic": Number(0, 1, 1),
    "mixup": Number(0, 1, 0),
    "cutmix": Number(0, 1, 0),
}
"""What people tune, by ultralytics' names: https://docs.ultralytics.com/modes/train/"""

_REASONS = {
    "the data comes from this project: /datasets shows and restores its versions": (
        "data", "fraction", "split", "classes", "single_cls",
    ),
    "what it starts from is said with start=coco, start=last or start=none": (
        "pretrained", "resume", "cls_remap", "distill_model", "dis",
    ),
    "I train object detectors, and train only": ("task", "mode"),
    "I keep the files myself": (
        "project", "name", "exist_ok", "save", "save_period", "save_json", "cache",
    ),
    "the length is said with epochs=": ("time",),
    "this machine's own settings decide that": (
        "device", "workers", "compile", "profile", "channels_last",
    ),
    "each training is judged in the same way, so that models stay comparable": (
        "val", "plots", "verbose", "conf", "iou", "max_det", "nms", "augment", "agnostic_nms",
        "dnn",
    ),
    "words are given one by one, not as a file": ("cfg",),
    "it does nothing for boxes": (
        "overlap_mask", "mask_ratio", "dropout", "pose", "kobj", "rle", "angle", "dlog", "dgrad",
        "dlam", "copy_paste", "copy_paste_mode", "auto_augment", "erasing", "retina_masks",
    ),
    "it is about using a model, not about training one": (
        "source", "vid_stride", "stream_buffer", "visualize", "embed", "show", "save_frames",
        "save_txt", "save_conf", "save_crop", "show_labels", "show_conf", "show_boxes",
        "line_width", "tracker",
    ),
    "it is about packing a model, not about training one": (
        "format", "optimize", "dynamic", "simplify", "opset", "workspace", "quantize",
    ),
}  # fmt: skip  # one word a line would be ninety lines
REFUSED = {name: reason for reason, names in _REASONS.items() for name in names} | {
    "label_smoothing": "the training library has dropped it",
}
"""Words of ultralytics that are not tuned here, each with the reason."""

_NEEDS_NAME = ("lr0", "momentum", "warmup_bias_lr")


def read(said: Mapping[str, str], *, others: Iterable[str] = ()) -> dict[str, Value]:
    """The arguments that `name=value` words stand for, checked, under ultralytics' names.

    Args:
        said: values as they were written, by name.
        others: words that are understood elsewhere, for "do you mean".

    Raises:
        SpecError: a word that is unknown or refused, or a value out of range.
    """
    args = {name: _argument(name, others).read(name, value) for name, value in said.items()}
    if args.get("optimizer", "auto") == "auto" and any(name in args for name in _NEEDS_NAME):
        # Left to choose the optimizer, the library sets its own rate and ignores what was said;
        # the usual figures for these are SGD's.
        args["optimizer"] = "SGD"
    return args


def in_words(args: Mapping[str, Value]) -> str:
    """`lr0=0.005, mosaic=0, cos_lr=on`."""
    return ", ".join(f"{name}={_said(value)}" for name, value in args.items())


def _argument(name: str, others: Iterable[str]) -> Number | Switch | Word:
    if name in ARGS:
        return ARGS[name]
    if name in REFUSED:
        raise SpecError(f"{name}= can't be set: {REFUSED[name]}.")
    near = difflib.get_close_matches(name, [*ARGS, *others], n=3, cutoff=0.6)
    hint = f"do you mean {' or '.join(f'{word}=' for word in near)}?" if near else _ALL
    raise SpecError(f"I don't know “{name[:40]}=”; {hint}")


_ALL = "/train help lists what can be set."


def _number(said: str) -> float | None:
    try:
        # As people write it, 0,005 too.
        value = float(said.replace(",", ".")) if len(said) <= 20 else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return _plain(value) if isinstance(value, float) else str(value)


def _plain(value: float) -> str:
    """`0.000001`, which people read, and not `1e-06`; no digit is lost."""
    return f"{Decimal(repr(value)).normalize():f}"
