"""What works without a public address, and where it is told how to get one."""

from bot.wishes import Button, esc, link
from pipeline.kinds import package
from storage.models import Model, Project

DOCS = "https://github.com/taptrain/taptrain/blob/main/docs"


def without_address(project: Project, model: Model, local: str) -> list[str]:
    """What can be done with a model that is served on this machine alone."""
    lines = [f"On the machine I run on: {local}"]
    if "single_key" in model.details.get("package", {}):
        name = esc(package.single_name(project, model))
        lines.append(
            f"Anywhere else: photos work in {name}; a live camera needs https or localhost."
        )
    else:
        lines.append("Anywhere else the zip has to be hosted; a live camera needs https.")
    return lines


def how_to() -> Button:
    """The page that tells how to put the zip online."""
    return link("🏠 Put it online, free", f"{DOCS}/host-the-page.md")
