"""Labels out to other tools and back: the choice of a form, the archives, what came back."""

from bot.messages.common import at, bar, count, head, in_bytes
from bot.wishes import Keyboard, Wish, button, document, esc, rows, text
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_export import Archive, Form, LabelsResult
from pipeline.kinds.labels import Amounts
from pipeline.kinds.parcels import LIMIT
from pipeline.labelling.answers import Came
from storage.models import DatasetVersion, Job, Project

NAMES: dict[Form, str] = {
    "yolo": "YOLO",
    "voc": "Pascal VOC",
    "coco": "COCO",
    "createml": "Create ML",
    "cvat": "CVAT",
    "labelstudio": "Label Studio",
}
UNKNOWN = (
    "I write voc, yolo, coco, createml, cvat and labelstudio. "
    "Send /export labels and choose with a button."
)


def choose(project: Project, there: Amounts, *, tasks: bool) -> Wish:
    """The forms as buttons, for what is labelled or for what needs hands."""
    which = "tasks" if tasks else "all"
    forms = [button(name, at(project, "lx"), form, which) for form, name in NAMES.items()]
    keyboard = rows(forms, 3)
    if tasks:
        words = (
            f"{count(there.tasks, 'picture')} that need hands, with my guesses so far. "
            "Label them in another tool and send back what comes of it."
        )
        if there.ready:
            keyboard.append([button(f"🏷 The labelled {there.ready:,}", at(project, "labels"))])
    else:
        words = (
            f"{count(there.ready, 'labelled picture')} with {count(there.boxes, 'box', 'boxes')}."
        )
        if there.tasks:
            keyboard.append(
                [button(f"📋 As tasks: {there.tasks:,} to label", at(project, "labels"), "tasks")]
            )
    return text(f"{head(project)}{words}\nFor which tool?", keyboard)


def choose_for(project: Project, version: DatasetVersion) -> Wish:
    """The forms as buttons, for a version of the data."""
    summary = version.summary
    forms = [
        button(name, at(project, "lx"), form, f"v{version.number}") for form, name in NAMES.items()
    ]
    return text(
        f"{head(project)}data v{version.number}: {count(summary['images'], 'picture')} with "
        f"{count(summary['boxes'], 'box', 'boxes')}, as they were.\nFor which tool?",
        [
            *rows(forms, 3),
            [button(f"‹ Data v{version.number}", at(project, "ds"), version.number)],
        ],
    )


def packing(project: Project, job: Job, now: Progress | None = None) -> Wish:
    """The archives are being written."""
    form = NAMES[job.request["form"]]
    if now is None or not now.total:
        how = "⏳ in a moment…"
    else:
        how = f"{bar(now.done / now.total)} {now.done:.0f} of {now.total:.0f}"
    return text(f"{head(project)}packing labels as {form}\n{how}", _stop(job))


def packed(project: Project, result: LabelsResult) -> Wish:
    """All is written; the archives follow."""
    images = sum(archive.images for archive in result.archives)
    boxes = sum(archive.boxes for archive in result.archives)
    what = "pictures to label" if result.tasks else "labelled pictures"
    lines = [
        f"{head(project)}{images:,} {what} with {count(boxes, 'box', 'boxes')}, "
        f"as {NAMES[result.form]}:"
    ]
    if not result.pictures:
        lines.append(
            "With the pictures it would be too much to send, so these are the labels alone. "
            "They can come back alone, too."
        )
    elif result.missing:
        lines.append(
            f"{count(result.missing, 'picture is', 'pictures are')} too large to send or lost: "
            "only the labels are in it."
        )
    if len(result.archives) > 1:
        lines.append(f"{len(result.archives)} zips, each complete in itself.")
    return text("\n".join(lines))


def archive(project: Project, made: Archive, *, tasks: bool) -> Wish:
    """One zip."""
    size = in_bytes(made.size_bytes)
    if made.size_bytes > LIMIT:
        return text(
            f"{head(project)}{esc(made.name)} has {size}, and Telegram takes files up to 50 MB, "
            "so I can't send it. Fewer classes (/classes) make it smaller."
        )
    how = "README.txt in it says how to open it."
    back = "Send back what comes of it" if tasks else "Changed something? Send it back"
    return document(
        made.key,
        made.name,
        f"{head(project)}{count(made.images, 'picture')}, {size}. {how} "
        f"{back}: I know each picture and box again.",
    )


def failed(project: Project, job: Job, starter: str) -> Wish:
    """An export ended by a fault, told with its cause."""
    return text(
        f"{head(project)}⚠️ packing labels stopped (asked by {esc(starter)}): "
        f"{esc(job.error or 'the cause is unknown')}",
        _again(project, job),
        loud=True,
    )


def cancelled(project: Project, job: Job) -> Wish:
    """Stopped by a person."""
    return text(f"{head(project)}packing labels ✖ stopped", _again(project, job))


def _stop(job: Job) -> Keyboard:
    return [[button("✖ Stop", "x", job.id)]]


def _again(project: Project, job: Job) -> Keyboard:
    frozen = job.request.get("dataset")
    which = f"v{frozen}" if frozen else "tasks" if job.request["tasks"] else "all"
    return [[button("🔁 Try again", at(project, "lx"), job.request["form"], which)]]


def came_back(came: Came) -> str:
    """What another tool changed, in one line."""
    about = f"{count(len(came.images), 'picture')} came back"
    if came.known_already:
        return f"{about}: all known already, nothing changed."
    parts = [
        count(number, f"box {what}", f"boxes {what}")
        for number, what in (
            (came.new, "new"),
            (came.changed, "changed"),
            (len(came.gone), "gone"),
            (len(came.open), "confirmed"),
        )
        if number
    ]
    return f"{about}: {', '.join(parts) or 'nothing changed, they are complete now'}."
