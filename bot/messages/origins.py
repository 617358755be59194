"""Where a proposal came from, in a few words under every sheet."""

from collections.abc import Mapping

from bot.messages.common import listed
from storage.models import Project
from storage.origins import Origin

COCO = "COCO's yolov8n"
MOST = 3


def model_words(project: Project, number: int | None) -> str:
    """A version of the project's model: `cat v2`."""
    return f"{project.name} v{number}" if number else f"{project.name}'s model"


def origin_words(origins: Mapping[Origin, int], project: Project) -> str:
    """`guessed by cat v2`, `from your data set`, `drawn by Ann`; the most frequent first.

    Not yet harmless inside HTML; empty where there is nothing to tell of.
    """
    most = sorted(origins, key=lambda origin: (-origins[origin], origin.kind, origin.who))
    said = list(dict.fromkeys(_one(origin, project) for origin in most))
    if len(said) > MOST:
        said = [*said[: MOST - 1], "elsewhere"]
    return listed(said)


def _one(origin: Origin, project: Project) -> str:
    match origin.kind:
        case "import":
            return "from your data set"
        case "coco":
            return f"guessed by {COCO}"
        case "track":
            return "followed through the video"
        case "drawn":
            return f"drawn by {origin.who}" if origin.who else "drawn by hand"
        case "fixed":
            return f"put right by {origin.who}" if origin.who else "put right by hand"
        case "merged":
            return "drawn by several of you"
        case "answer":
            return "brought back from another tool"
        case _:
            return f"guessed by {model_words(project, origin.model)}"
