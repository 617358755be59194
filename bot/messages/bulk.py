"""Accepting many sure boxes at once."""

from bot.messages.common import at, count, head
from bot.wishes import Keyboard, Wish, button, text
from pipeline.labelling.bulk import Offer, upper_bound
from storage.models import Bulk, Project


def offer(project: Project, possible: Offer) -> Wish:
    """So many boxes are sure: a sample will do."""
    return text(
        f"{head(project)}I'm sure of {possible.boxes:,} boxes. Check {possible.sample} of them, "
        "drawn by lot; if those are right, one tap accepts the rest.",
        [
            [button(f"✅ Check {possible.sample}", at(project, "bulk"), "check")],
            [button("☝ One by one", at(project, "bulk"), "each")],
        ],
    )


def judged(project: Project, bulk: Bulk) -> Wish:
    """What the sample says, and what was decided on it."""
    sample = len(bulk.sample)
    right = f"{sample - bulk.wrong} of {sample} were right"
    rest = bulk.size - sample
    bound = f"hardly more than {_in_words(upper_bound(bulk.wrong, sample))} of the rest is wrong"
    keyboard: Keyboard = []
    match bulk.state:
        case "judged":
            said = f"{right}: {bound} (19 times in 20). Accept the other {rest:,}?"
            keyboard = [
                [button(f"✅ Accept {rest:,}", at(project, "bulk"), "yes", bulk.id)],
                [button("☝ Ask about each", at(project, "bulk"), "no", bulk.id)],
            ]
        case "accepted":
            said = f"{right}, {count(rest, 'box', 'boxes')} accepted: {bound}."
            keyboard = [[button("↩ Undo", at(project, "bulk"), "undo", bulk.id)]]
        case "undone":
            said = f"taken back: {count(rest, 'box', 'boxes')} are open again."
        case _:
            said = f"{right}. I'll ask about each of the rest."
    if bulk.state != "judged":
        keyboard.append([button("▶ Go on", at(project, "label"))])
    return text(f"{head(project)}{said}", keyboard)


def _in_words(share: float) -> str:
    """`1 in 15`, as people say shares."""
    if share >= 0.5:
        return "half"
    return f"1 in {int(1 / share)}"
