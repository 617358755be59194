"""What can be said with /train."""

from bot.messages.common import head
from bot.wishes import Wish, text
from pipeline import families, tuning
from pipeline.kinds.train import MAX_EPOCHS, MAX_IMGSZ, PRESETS
from storage.models import Project


def possible(project: Project | None) -> Wish:
    """Every word of /train: presets, numbers, where it starts, models, and what can be tuned."""
    models = [
        f"• {family}: " + " ".join(model.name for model in families.members(family))
        for family in families.FAMILIES
    ]
    lines = [
        f"{head(project)}words for /train, in any order",
        f"<b>{' · '.join(PRESETS)}</b>: how long, at which size",
        f"<b>epochs=40</b>: how often it sees each picture, up to {MAX_EPOCHS}",
        f"<b>imgsz=416</b>: the picture size, 64 to {MAX_IMGSZ} in steps of 32",
        "<b>start=coco</b> (the usual), <b>last</b> or <b>v3</b> (a model of yours), <b>none</b>",
        "<b>model=yolo11n</b>, each family from small and quick to big:",
        *models,
        "<b>lr0=0.005 mosaic=0 …</b>, for those who know ultralytics:",
        " ".join(tuning.ARGS),
    ]
    return text("\n".join(lines))
