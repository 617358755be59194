"""In which form a model is wanted: what the words for it mean, and what is usual."""

from dataclasses import dataclass
from typing import Literal, get_args

from pipeline import families
from pipeline.errors import SpecError
from pipeline.jobs.spec_package import Precision
from pipeline.kinds.train import MAX_IMGSZ
from storage import projects
from storage.models import Model, Project

Form = Literal["tfjs", "html", "litert", "onnx", "tflite", "pt"]
FORMS: tuple[Form, ...] = get_args(Form)
PAGES: tuple[Form, ...] = ("tfjs", "litert")
"""Forms that come as a zip with a page. `html` is that page as one file, `pt` what was trained; the
others are made of it for programs."""

AS_IT_IS: tuple[Form, ...] = ("html", "pt")
"""Forms that take no precision and no size."""

SAID: dict[str, Form] = {
    **{form: form for form in FORMS},
    "js": "tfjs",
    "tensorflow.js": "tfjs",
    "browser": "tfjs",
    "web": "tfjs",
    "litert.js": "litert",
    "lite": "tflite",
    "single": "html",
    "pytorch": "pt",
    "weights": "pt",
}
"""What people call them."""

PRECISIONS: dict[str, Precision] = {
    "fp32": "fp32",
    "float32": "fp32",
    "fp16": "fp16",
    "float16": "fp16",
    "half": "fp16",
    "uint8": "uint8",
    "int8": "uint8",
}

HOW = "Send it so: /export 3 onnx fp16 imgsz=320"


class NotUnderstood(SpecError):
    """What to export was not said; `user_message` says how."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} {HOW}")


@dataclass(frozen=True)
class Asked:
    """What the words after `/export` say; None is what they leave open."""

    number: int | None = None
    form: Form | None = None
    precision: Precision | None = None
    imgsz: int | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing but a version was said."""
        return self.form is None and self.precision is None and self.imgsz is None


@dataclass(frozen=True)
class Wanted:
    """One file of a model. `imgsz`: the side of its input in pixels."""

    form: Form
    precision: Precision
    imgsz: int

    @property
    def key(self) -> str:
        """What it is kept under in the model's row."""
        return f"{self.form}-{self.precision}-{self.imgsz}"


def read(said: list[str]) -> Asked:
    """Understand `[N] [FORM] [PRECISION] [imgsz=N]` in any order.

    Raises:
        SpecError: a word makes no sense, or there are two for the same thing.
    """
    found: dict[str, object] = {}
    # Some write `imgsz = 320`.
    for word in " ".join(said).lower().replace(" = ", "=").split():
        name, value = _meant(word)
        if name in found and found[name] != value:
            raise NotUnderstood("One version, one form, one precision and one size at a time.")
        found[name] = value
    return Asked(**found)  # type: ignore[arg-type]  # _meant pairs names with their types


def _meant(word: str) -> tuple[str, object]:
    number = word.removeprefix("v").removeprefix("#")
    if number.isdecimal():
        return "number", int(number[:9])
    if (form := SAID.get(word.removeprefix("."))) is not None:
        return "form", form
    if (precision := PRECISIONS.get(word)) is not None:
        return "precision", precision
    name, sign, value = word.partition("=")
    if sign and name in ("imgsz", "size"):
        if not value.isdecimal():
            raise NotUnderstood("imgsz= wants a number of pixels.")
        return "imgsz", int(value[:9])
    raise NotUnderstood(f"Which version? I don't know “{word[:20]}”.")


def usual(model: Model) -> Wanted:
    """The package that is made of every model by itself."""
    return Wanted("tfjs", "fp16", model.imgsz)


def settle(asked: Asked, model: Model) -> Wanted:
    """Fill in what was left open.

    Raises:
        SpecError: a size that the model cannot take, or words that the form has no use for.
    """
    form = asked.form or "tfjs"
    if form in AS_IT_IS:
        if asked.precision or asked.imgsz:
            raise SpecError(f"That goes out as it is: send /export {model.number} {form} alone.")
        return Wanted(form, "fp16" if form == "html" else "fp32", model.imgsz)
    imgsz = model.imgsz if asked.imgsz is None else asked.imgsz
    if imgsz != model.imgsz:
        if imgsz > MAX_IMGSZ:
            raise SpecError(f"imgsz goes up to {MAX_IMGSZ}, for example imgsz=640.")
        families.check_size(families.check(model.architecture), imgsz)
    return Wanted(form, asked.precision or ("fp16" if form in PAGES else "fp32"), imgsz)


def file_name(project: Project, model: Model, wanted: Wanted) -> str:
    """`PROJECT-vN-tfjs.zip`, `PROJECT-vN-uint8-320.onnx`: what is not as usual is named."""
    stem = f"{projects.file_name(project)}-v{model.number}"
    words: list[str] = [wanted.form] if wanted.form in PAGES else []
    if wanted.precision != settle(Asked(form=wanted.form), model).precision:
        words.append(wanted.precision)
    if wanted.imgsz != model.imgsz:
        words.append(str(wanted.imgsz))
    ending = "zip" if wanted.form in PAGES else wanted.form
    return f"{'-'.join([stem, *words])}.{ending}"
