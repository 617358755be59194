"""A model's files in the chat: the zip, the page as one file, other forms; how each was proven."""

from bot.messages.common import at, count, head, in_bytes
from bot.wishes import Button, Keyboard, Wish, button, document, esc, text
from pipeline.errors import NotPackable
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_package import Proof
from pipeline.kinds import forms, parcels
from pipeline.kinds import package as packages
from pipeline.kinds.forms import Form, Wanted
from storage.models import Job, Json, Model, Project

NOTHING = 0.005
"""With less mAP50 than that both figures would be 0.00: the boxes of the self-test say more."""

PIECES = 10
"""More messages than that are no help."""

NAMES: dict[Form, str] = {
    "tfjs": "TensorFlow.js",
    "html": "one file",
    "litert": "LiteRT.js",
    "onnx": "ONNX",
    "tflite": "TFLite",
    "pt": "PyTorch",
}
EXPLAINED = (
    ("📄 one file", "the page with the model in one .html: photos, no server"),
    ("⚡ litert", "the zip with LiteRT.js in place of TensorFlow.js, often faster"),
    ("🧩 onnx", "one file that most programs and languages load"),
    ("📱 tflite", "one file for Android and small devices"),
    ("🔬 pt", "the weights as they were trained, for ultralytics"),
)


def proven(made: Json) -> str:
    """How the packaged files did beside what was trained; empty where nobody measured."""
    if not made.get("proof"):
        return ""
    proof = Proof.model_validate(made["proof"])
    both = f"{proof.trained_map50:.3f} / {proof.map50:.3f}"
    what = f"mAP50 as trained / packed, {count(proof.pictures, 'picture')}"
    if proof.compared and max(proof.trained_map50, proof.map50) < NOTHING:
        both, what = count(proof.compared, "box", "boxes"), "it hardly finds anything yet"
    if not proof.passed:
        where = "in the browser" if proof.where == "browser" else "once packed"
        return f"⚠️ Not the same {where}: {both} ({what}). Check what it finds before you use it."
    if proof.where == "browser":
        return f"✔ Same in the browser: {both} ({what})."
    return f"✔ Checked here without a browser: {both} ({what})."


def package(project: Project, model: Model, *, page: str | None = None) -> list[Wish]:
    """The zip, in several where one would be too large, then the page as one file.

    `page`: the address where it is served, told where something cannot be sent.
    """
    made: Json = model.details["package"]
    about = f"{head(project)}v{model.number} for the browser"
    whole = {
        "key": model.package_key,
        "name": packages.file_name(project, model),
        "size_bytes": made["size_bytes"],
    }
    how = "Unzip it, serve the folder, open index.html: how is in README.md."
    wishes = _documents(about, made.get("files") or [whole], [proven(made), how], page)
    if "single_key" in made:
        wishes.append(single(project, model))
    return wishes


def single(project: Project, model: Model) -> Wish:
    """The page as one file, and how to open it."""
    made: Json = model.details["package"]
    return document(
        made["single_key"],
        packages.single_name(project, model),
        f"{head(project)}v{model.number} as one file, {in_bytes(made['single_bytes'])}. "
        "Download it, then open it in your browser: photos are looked at there, offline too. "
        "(A preview inside a chat runs nothing.)",
    )


def made_file(project: Project, model: Model, wanted: Wanted, made: Json) -> list[Wish]:
    """What somebody asked for beside the usual package."""
    about = f"{head(project)}v{model.number} as {named(wanted)}"
    if wanted.form in forms.PAGES:
        how = "Unzip it, serve the folder, open index.html: how is in README.md."
    elif wanted.form == "pt":
        how = f"YOLO({made['files'][0]['name']!r}) of ultralytics loads it."
    else:
        how = f"Input: {wanted.imgsz} × {wanted.imgsz} pixels, RGB, 0..1, letterboxed."
    return _documents(about, made["files"], [proven(made), _difference(made), esc(how)], None)


def weights(project: Project, model: Model, size: int) -> list[Wish]:
    """The weights as they were trained."""
    wanted = forms.settle(forms.Asked(form="pt"), model)
    name = forms.file_name(project, model, wanted)
    file = {"key": model.weights_key, "name": name, "size_bytes": size}
    return made_file(project, model, wanted, {"files": [file]})


def named(wanted: Wanted) -> str:
    """`ONNX, fp16, 320 px`."""
    if wanted.form in forms.AS_IT_IS:
        return NAMES[wanted.form]
    return f"{NAMES[wanted.form]}, {wanted.precision}, {wanted.imgsz} px"


def _difference(made: Json) -> str:
    if made.get("proof") or "max_difference" not in made:
        return ""
    return f"✔ Its answer differs from PyTorch's by {made['max_difference']:.0e} at most."


def _documents(about: str, files: list[Json], notes: list[str], page: str | None) -> list[Wish]:
    """A message a file; a file that is too large by itself in pieces that a computer joins."""
    size = in_bytes(sum(file["size_bytes"] for file in files))
    end = " ".join(note for note in notes if note)
    if len(files) > 1:
        together = f"too large for one message, so it comes in {len(files)} zips"
        place = f" It is also served here: {esc(page)}" if page else ""
        return [
            document(
                file["key"],
                file["name"],
                f"{about}, {size}, {together}: unzip all of them into one folder. "
                f"This is {number}.{place} {end}",
            )
            for number, file in enumerate(files, start=1)
        ]
    (file,) = files
    if file["size_bytes"] <= parcels.LIMIT:
        return [document(file["key"], file["name"], f"{about}, {size}. {end}")]
    return _pieces(f"{about}, {size}", file, page, end)


def _pieces(about: str, file: Json, page: str | None, end: str) -> list[Wish]:
    total, limit = file["size_bytes"], parcels.LIMIT
    starts = range(0, total, limit)
    where = f" It is served here: {esc(page)}" if page else ""
    if len(starts) > PIECES or page:
        return [text(f"{about}. Telegram takes files up to 50 MB, so I can't send it.{where}")]
    name = esc(file["name"])
    return [
        document(
            file["key"],
            f"{file['name']}.{number:03}",
            f"{about}, too large for one message: piece {number} of {len(starts)}. On a computer "
            f"<code>cat {name}.* &gt; {name}</code> joins them (Windows: copy /b). {end}",
            piece=(start, min(start + limit, total)),
        )
        for number, start in enumerate(starts, start=1)
    ]


def offers(project: Project, model: Model) -> list[Button]:
    """The smaller package where it was measured to be nearly as good, and all other forms."""
    verb, number = at(project, "ex"), model.number
    made: Json = model.details.get("package", {})
    row = [button("🗂 Other forms", verb, number)]
    if _smaller(made):
        proof = Proof.model_validate(made["smaller"])
        size = f" {in_bytes(made['smaller_bytes'])}," if made.get("smaller_bytes") else ""
        words = f"🪶 Smaller:{size} mAP50 {proof.map50:.2f}"
        row.insert(0, button(words, verb, number, "tfjs", "uint8"))
    return row


def _smaller(made: Json) -> bool:
    """Whether 8 bits were measured and cost little, of a model that finds something."""
    proof = made.get("smaller")
    return bool(proof and proof["passed"] and proof["map50"] > 0)


def menu(project: Project, model: Model) -> Wish:
    """All forms with a line for each, and their buttons; the browser's comes first."""
    verb, number = at(project, "ex"), model.number
    made: Json = model.details.get("package", {})
    size = f", {in_bytes(made['size_bytes'])}" if model.package_key else ""
    lines = [
        f"{head(project)}v{number} – in which form?",
        f"📦 for the browser: a zip with a page, TensorFlow.js{size}",
    ]
    lines += [f"{name}: {words}" for name, words in EXPLAINED]
    lines.append(f"In other words: <code>/export {number} onnx fp16 imgsz={model.imgsz}</code>")
    keyboard: Keyboard = [[button("📦 For the browser", verb, number, "tfjs")]]
    if "single_key" in made:
        keyboard[0].append(button("📄 One file", verb, number, "html"))
    if _smaller(made):
        keyboard.append(offers(project, model)[:1])
    keyboard.append([button("⚡ litert", verb, number, "litert")])
    keyboard[-1] += [button(f"{icon}", verb, number, form) for icon, form in _FILES]
    return text("\n".join(lines), keyboard)


_FILES: tuple[tuple[str, Form], ...] = (
    ("🧩 onnx", "onnx"),
    ("📱 tflite", "tflite"),
    ("🔬 pt", "pt"),
)


def making(
    project: Project, job: Job, number: int, wanted: Wanted, now: Progress | None = None
) -> Wish:
    """A file is being made."""
    words = {
        "load": "loading",
        "convert": "converting",
        "check": "checking that its boxes equal PyTorch's",
    }.get(now.stage if now else "", "in a moment")
    return text(
        f"{head(project)}making v{number} as {named(wanted)}: {words}…",
        [[button("✖ Stop", "x", job.id)]],
    )


def ready(project: Project, number: int, wanted: Wanted) -> Wish:
    """It is made; the file follows."""
    return text(f"{head(project)}v{number} as {named(wanted)} ✔")


def not_made(project: Project, job: Job, number: int, wanted: Wanted, starter: str = "") -> Wish:
    """It could not be made, told with its cause, or (without a `starter`) somebody stopped it."""
    again = [
        [
            button(
                "🔁 Try again",
                at(project, "ex"),
                number,
                wanted.form,
                wanted.precision,
                wanted.imgsz,
            )
        ]
    ]
    about = f"{head(project)}v{number} as {named(wanted)}"
    if not starter:
        return text(f"{about} ✖ stopped", again)
    cause = job.error or "the cause is unknown"
    return text(
        f"{about} ⚠️ was not made (asked by {esc(starter)}): {esc(cause)}",
        [] if cause == NotPackable().user_message else again,
        loud=True,
    )
