"""A new model and the one in use: what was found, and the buttons that overrule it."""

from bot.messages.common import at, count
from bot.wishes import Button, button
from pipeline.kinds import promotion
from storage.models import Model, Project


def compared(model: Model) -> str:
    """What a result says of the model in use; empty where there was none to compare with."""
    told = promotion.against(model)
    if told is None:
        return ""
    figures = (
        f"(mAP50-95 {told.new:.2f} / {told.old:.2f} on {count(told.images, 'picture')} kept aside)"
    )
    if told.new > told.old:
        how = "is better than"
    elif not model.promoted:
        how = "is no better than"
    elif told.new >= told.old - promotion.CLEARLY:
        how = "is about as good as"
    else:
        how = "did worse than"
        figures += ", too few boxes to be sure"
    end = f"v{model.number} is in use now" if model.promoted else f"v{told.number} stays in use"
    return f"⚖ v{model.number} {how} v{told.number} {figures}: {end}."


def overrule(project: Project, model: Model) -> list[Button]:
    """The way to the other of the two that were compared."""
    told = promotion.against(model)
    if told is None:
        return []
    if model.promoted:
        return [use_button(project, told.number, f"Use v{told.number} again")]
    return [use_button(project, model.number, f"Use v{model.number} anyway")]


def use_button(project: Project, number: int, words: str) -> Button:
    """Work with that version."""
    return button(words, at(project, "use"), number)
