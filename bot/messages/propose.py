"""What a model's look at pictures brought."""

from bot.messages.common import at, count, head, listed
from bot.wishes import Keyboard, Wish, button, esc, text
from pipeline.kinds.propose import Kept
from storage import settings
from storage.models import Project
from storage.tracks import Waiting


def guesses(project: Project, kept: Kept, by: str, seconds: float) -> Wish:
    """There is something to check; `by` says whose guesses these are, `seconds` how long it takes.

    Args:
        by: plain words, such as `v2`.
    """
    draw = [button("✏️ Draw", at(project, "draw"))]
    if not kept.pictures:
        return text(
            f"{head(project)}{esc(by)} can't tell yet what is on {_pictures(kept.by_hand)}. "
            "Circle some more, then train again.",
            [draw],
        )
    keyboard: Keyboard = [[button("▶ Check", at(project, "label"))]]
    if not kept.boxes:
        words = (
            f"{esc(by)} found nothing in {_pictures(kept.pictures)}. "
            "Say whether that is so, picture by picture."
        )
    else:
        minutes = max(1, round(seconds / 60))
        words = (
            f"{count(kept.boxes, 'guess', 'guesses')} by {esc(by)} to check in "
            f"{_pictures(kept.pictures)}: about {minutes} min."
        )
    if kept.by_hand:
        words += f"\n{_pictures(kept.by_hand)} more: quicker drawn on than checked."
        keyboard.append(draw)
    return text(head(project) + words, keyboard)


def carried(project: Project, title: str, waiting: Waiting, seconds: float) -> Wish:
    """What was confirmed on some frames was followed through the video; `seconds` to check it."""
    minutes = max(1, round(seconds / 60))
    return text(
        f"{head(project)}{count(waiting.boxes, 'box', 'boxes')} followed through "
        f"“{esc(title[:60])}” into {_pictures(waiting.pictures)}: about {minutes} min to check.",
        [[button("▶ Check", at(project, "label"))]],
    )


def _pictures(number: int) -> str:
    return count(number, "picture")


def cannot_guess(project: Project) -> Wish:
    """No model knows these classes: people draw first."""
    what = esc(listed(project.classes)) or "this"
    then = " Then I train a first model by myself." if settings.of(project).autotrain else ""
    return text(
        f"{head(project)}I can't recognise {what} yet. Circle 20 with your finger, about 6 min."
        f"{then}",
        [[button("✏️ Start", at(project, "draw"))]],
    )
