"""The training card: what would be trained, and how many minutes each preset takes here."""

from sqlmodel import Session

from bot import wishes
from bot.messages import train as words
from pipeline.jobs import estimate
from pipeline.kinds.train import PRESETS, Choice, go_on
from storage import registry
from storage.models import DatasetVersion, Project, Setting


def unmeasured(*, session: Session) -> bool:
    """Whether nothing is known yet of how fast this machine is."""
    return estimate.seconds(1, 1, 320, "yolov8n", session=session).seconds is None


def expected(dataset: DatasetVersion, choice: Choice, *, session: Session) -> str | None:
    """`~12 min` for this choice on this machine, or None before anything was measured."""
    found = estimate.seconds(
        estimate.pictures(dataset.summary),
        choice.epochs,
        choice.imgsz,
        choice.architecture,
        session=session,
    )
    return None if found.seconds is None else estimate.in_words(found.seconds)


def card_wish(project: Project, dataset: DatasetVersion, *, session: Session) -> wishes.Wish:
    """The card for the project's next model."""
    assert project.id is not None
    choices = dict(PRESETS)
    last = registry.current(project.id, session=session)
    if last is not None:
        choices["on"] = go_on(last)
    times = {name: expected(dataset, choice, session=session) for name, choice in choices.items()}
    speed = session.get(Setting, "speed")
    device = str(speed.value.get("device", "")) if speed else ""
    return words.card(
        project,
        registry.next_number(project.id, session=session),
        dataset,
        choices,
        times,
        gpu=not device.startswith("cpu") if device else None,
    )
