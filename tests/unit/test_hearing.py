"""How members choose to hear of jobs: words, quiet hours, watching."""

from datetime import datetime

import pytest
from sqlmodel import Session

from bot.handlers.notices import parse
from pipeline.errors import UserError
from storage import chats, jobs, notices
from storage.models import Job, Notices
from tests.support.project import ANN, BEN, CHAT


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("here", {"place": "here"}),
        ("Private", {"place": "private"}),
        ("results", {"place": "results"}),
        ("quiet 23-7", {"quiet_from": 1380, "quiet_until": 420}),
        ("quiet 22:30 - 6:15", {"quiet_from": 1350, "quiet_until": 375}),
        ("quiet 0-24:00", None),
        ("quiet 20-24", {"quiet_from": 1200, "quiet_until": 0}),
        ("quiet off", {"quiet_from": None, "quiet_until": None}),
        (
            "quiet 23-7 europe/berlin",
            {"quiet_from": 1380, "quiet_until": 420, "zone": "Europe/Berlin"},
        ),
        ("zone=asia/kolkata", {"zone": "Asia/Kolkata"}),
        ("quiet", None),
        ("quiet 25-7", None),
        ("quiet 23:75-7", None),
        ("quiet 7-7", None),
        ("quiet 23-7 Atlantis", None),
        ("loudly", None),
        ("here and there", None),
    ],
)
def test_words(said: str, values: dict[str, object] | None) -> None:
    """What makes sense is understood; anything else is one sentence that shows how."""
    if values is not None:
        assert parse(said) == values
        return
    with pytest.raises(UserError, match="/notices") as refused:
        parse(said)
    assert "\n" not in refused.value.user_message


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        (datetime(2026, 1, 10, 21, 59), False),
        (datetime(2026, 1, 10, 22, 0), True),
        (datetime(2026, 1, 11, 5, 59), True),
        (datetime(2026, 1, 11, 6, 0), False),
        # In summer the clock in Berlin is another hour ahead.
        (datetime(2026, 7, 10, 21, 0), True),
        (datetime(2026, 7, 10, 5, 0), False),
    ],
)
def test_quiet_hours_pass_midnight(at: datetime, quiet: bool) -> None:
    """23 to 7 o'clock by the member's own clock."""
    chosen = Notices(member_id=1, quiet_from=23 * 60, quiet_until=7 * 60, zone="Europe/Berlin")
    assert notices.quiet(chosen, at) is quiet
    assert not notices.quiet(Notices(member_id=1), at)


def test_quiet_hours_within_a_day() -> None:
    """13 to 15 o'clock: somebody sleeps then."""
    chosen = Notices(member_id=1, quiet_from=780, quiet_until=900)
    said = [notices.quiet(chosen, datetime(2026, 1, 1, hour)) for hour in (12, 13, 14, 15)]
    assert said == [False, True, True, False]


def test_who_left_the_group_watches_no_more(session: Session) -> None:
    """What they watched there is forgotten; jobs of other chats stay watched."""
    here, elsewhere = [
        jobs.create(
            kind="train", project_id=None, chat_id=chat, member_id=BEN, request={}, session=session
        )
        for chat in (CHAT, CHAT - 1)
    ]
    for job in (here, elsewhere):
        for member in (ANN, BEN, ANN):
            notices.watch(job.id or 0, member, session=session)
    notices.left(CHAT, ANN, session=session)
    assert notices.watchers(here.id or 0, session=session) == [BEN]
    assert notices.watched_by(ANN, session=session) == [elsewhere.id]
    assert notices.unwatch(elsewhere.id or 0, ANN, session=session)
    assert not notices.unwatch(elsewhere.id or 0, ANN, session=session)


def test_a_private_chat_is_open_once_somebody_pressed_start(session: Session) -> None:
    """Not before, and not after they blocked the bot."""
    assert not notices.open_in_private(ANN, session=session)
    chats.chat(ANN, type_="private", session=session)
    assert notices.open_in_private(ANN, session=session)
    chats.unreachable(ANN, session=session)
    assert not notices.open_in_private(ANN, session=session)


def test_the_newest_job_is_meant(session: Session) -> None:
    """Of the chat, of the kinds that are asked for; a measurement was asked for by nobody."""
    made: list[Job] = [
        jobs.create(
            kind=kind, project_id=None, chat_id=CHAT, member_id=ANN, request={}, session=session
        )
        for kind in ("train", "collect", "measure")
    ]
    assert jobs.newest(CHAT, session=session) == made[1]
    assert jobs.newest(CHAT, ("train",), session=session) == made[0]
    assert jobs.newest(CHAT - 1, session=session) is None
