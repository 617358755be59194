"""What a model's look at new pictures brought."""

from bot.messages.collect import SECONDS_A_BOX
from bot.messages.common import at, count, head, listed
from bot.wishes import Wish, button, esc, text
from storage.models import Project


def guesses(project: Project, boxes: int, pictures: int, by: str) -> Wish:
    """There is something to check; `by` says whose guesses these are."""
    if not boxes:
        return text(
            f"{head(project)}{by} found nothing in {count(pictures, 'picture')}. "
            "Say whether that is so, picture by picture.",
            [[button("▶ Check", at(project, "label"))]],
        )
    minutes = max(1, round(boxes * SECONDS_A_BOX / 60))
    return text(
        f"{head(project)}{count(boxes, 'guess', 'guesses')} by {by} in "
        f"{count(pictures, 'picture')}: about {minutes} min to check.",
        [[button("▶ Check", at(project, "label"))]],
    )


def cannot_guess(project: Project) -> Wish:
    """No model knows these classes: people draw first."""
    what = esc(listed(project.classes)) or "this"
    return text(
        f"{head(project)}I can't recognise {what} yet. Circle 20 with your finger, about 6 min.",
        [[button("✏️ Start", at(project, "draw"))]],
    )
