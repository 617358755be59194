"""What `/schedule` understands, and how its menu reads."""

from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import scheduling, wishes
from bot.messages import schedule as words
from pipeline.errors import UserError
from pipeline.kinds import scheduled, train
from pipeline.kinds.schedules import Terms
from storage.models import Job, Project, Schedule, Source
from storage.schedules import LABELS, NIGHTLY, SOURCE

QUICK, BALANCED = train.choose("quick"), train.choose("balanced")
PROJECT = Project(id=7, chat_id=-1, name="f<ruit", classes=["apple"], created_by=1)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("nightly", Terms(NIGHTLY, QUICK, hour=time(2))),
        ("nightly 02:00", Terms(NIGHTLY, QUICK, hour=time(2))),
        ("Nightly at 3.30 balanced", Terms(NIGHTLY, BALANCED, hour=time(3, 30))),
        ("every night 4", Terms(NIGHTLY, QUICK, hour=time(4))),
        ("nightly missed=skip", Terms(NIGHTLY, QUICK, hour=time(2), missed="skip")),
        ("nightly 02:00 balanced epochs=60", None),
        ("every 100 labels", Terms(LABELS, QUICK, every=100)),
        ("every 1,000 balanced", Terms(LABELS, BALANCED, every=1000)),
        ("when source 3 has new videos", Terms(SOURCE, QUICK, source_id=3)),
        ("when source #3. has new pictures balanced", Terms(SOURCE, BALANCED, source_id=3)),
    ],
)
def test_what_is_understood(said: str, wanted: Terms | None) -> None:
    """The occasion first, then the words of a training."""
    found = scheduling.parse(said.split())
    if wanted is None:
        assert (found.choice.preset, found.choice.epochs) == ("balanced", 60)
    else:
        assert found == wanted


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("sometimes", "I don't understand when."),
        ("nightly 25:00", "no time of the day"),
        ("nightly 2:75", "no time of the day"),
        ("nightly 02:00 missed=never", "once or skip"),
        ("nightly purple", "purple"),
        ("every", "How many labels?"),
        ("every 5 labels", "How many labels?"),
        ("every ² labels", "How many labels?"),
        ("every 100 labels missed=skip", "nightly alone"),
        ("when source", "Which source?"),
        ("when source x has new videos", "Which source?"),
        ("nightly epochs=0", "epochs must be"),
    ],
)
def test_what_is_not(said: str, told: str) -> None:
    """One sentence that says how."""
    with pytest.raises(UserError) as refusal:
        scheduling.parse(said.split())
    assert told in refusal.value.user_message
    assert len(refusal.value.user_message) < 220


@given(st.lists(st.text(max_size=20), max_size=6))
def test_any_words_are_understood_or_refused(said: list[str]) -> None:
    """Whatever comes after the command, nothing else happens."""
    try:
        assert isinstance(scheduling.parse(said), Terms)
    except UserError:
        return


def schedule(trigger: str, **request: object) -> Schedule:
    """A schedule that is set."""
    train_with = {"preset": "quick", "epochs": 25, "imgsz": 320, "architecture": "yolov8n"}
    return Schedule(
        id=5,
        project_id=7,
        chat_id=-1,
        member_id=1,
        trigger=trigger,
        request={**request, "train": train_with},
        next_at=datetime(2026, 3, 29, 1) if trigger == NIGHTLY else None,
    )


def every_wish() -> list[wishes.Wish]:
    """One of each message."""
    source = Source(
        id=3, project_id=7, kind="link", what="x", title="<b>film", state="ready", created_by=1
    )
    set_ = [
        words.Row(schedule(NIGHTLY, hour="02:00")),
        words.Row(schedule(LABELS, every=1000), labels=37),
        words.Row(schedule(SOURCE, source_id=3), source=source),
    ]
    set_[0].schedule.state = {"same": True}
    shown = {"zone": "Europe/Berlin", "may_change_zone": True}
    night = set_[0].schedule
    return [
        words.menu(PROJECT, [], [source], **shown),
        words.menu(PROJECT, set_, [source], **shown),
        words.off(PROJECT, 0),
        words.off(PROJECT, 2),
        words.cannot(PROJECT, scheduled.Cannot(night, "Nothing <i>is labelled.")),
        words.missed(PROJECT, scheduled.Missed(night, datetime(2026, 3, 28, 1)), zone="UTC"),
    ]


def test_the_menu_tells_the_next_night_by_the_projects_clock() -> None:
    """When it runs next in local time, how far the labels are, and what a missed night means."""
    said = every_wish()[1]["text"]
    assert "every night at 02:00: quick (25 epochs at 320 px) – next Sun 29 Mar 03:00" in said
    assert "made up for once" in said
    assert "37 of 1,000 so far" in said
    assert "🌙 on its page" in said


@pytest.mark.parametrize("wish", every_wish(), ids=range(6))
def test_every_message_is_what_telegram_takes(wish: wishes.Wish) -> None:
    """No markup of people's passes, and each button's data fits."""
    assert "<b>film" not in wish["text"]
    assert "<i>" not in wish["text"]
    for button in (button for row in wish["keyboard"] for button in row):
        assert button["text"].strip()
        assert len(button["data"].encode()) <= 64


def test_a_scheduled_trainings_card_goes_on_saying_so() -> None:
    """Progress of an asked training does not."""
    bar = wishes.text("training ▓")
    for request, marked in (({"schedule": 5}, True), ({}, False)):
        job = Job(kind="train", chat_id=1, member_id=1, request=request)
        assert (words.MARK in words.marked(job, bar)["text"]) is marked
