"""Times of the day by a place's clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import clock

BERLIN, SAIGON = "Europe/Berlin", "Asia/Ho_Chi_Minh"
ZONES = [BERLIN, SAIGON, "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]


@pytest.mark.parametrize(
    ("zone", "day", "hour", "at"),
    [
        (BERLIN, date(2026, 1, 10), time(2, 30), datetime(2026, 1, 10, 1, 30)),
        (BERLIN, date(2026, 7, 10), time(2, 30), datetime(2026, 7, 10, 0, 30)),
        # Skipped: the clock goes on at 3:00. Shown twice: the first.
        (BERLIN, date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 0)),
        (BERLIN, date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30)),
        (SAIGON, date(2026, 3, 29), time(2, 30), datetime(2026, 3, 28, 19, 30)),
        # Midnight itself is skipped.
        ("America/Havana", date(2026, 3, 8), time(0, 15), datetime(2026, 3, 8, 5, 0)),
        # Half an hour is skipped.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), datetime(2026, 10, 3, 15, 30)),
    ],
)
def test_a_days_time(zone: str, day: date, hour: time, at: datetime) -> None:
    """A time that is not comes when the clock goes on; one that comes twice, the first time."""
    assert clock.on(day, hour, zone) == clock.Moment(at, day)


def test_an_hour_that_comes_twice_is_followed_by_the_next_day() -> None:
    """In the second 2:30 of an autumn night the day's time is over."""
    first = clock.following(time(2, 30), BERLIN, datetime(2026, 10, 24, 12))
    assert first.at == datetime(2026, 10, 25, 0, 30)
    for minutes in (0, 30, 60, 90):
        later = clock.following(time(2, 30), BERLIN, first.at + timedelta(minutes=minutes))
        assert later.day == date(2026, 10, 26)


@given(
    st.sampled_from(ZONES),
    st.times(),
    st.datetimes(min_value=datetime(2011, 1, 1), max_value=datetime(2030, 1, 1)),
)
def test_each_day_has_one_time(zone: str, hour: time, after: datetime) -> None:
    """What follows lies ahead, within two days, belongs to a later day, and shows the hour."""
    hour = hour.replace(second=0, microsecond=0)
    first = clock.following(hour, zone, after)
    second = clock.following(hour, zone, first.at)
    assert after < first.at <= after + timedelta(hours=50)
    assert first.day < second.day <= first.day + timedelta(days=2)
    shown = clock.local(first.at, zone)
    assert shown.replace(tzinfo=None) >= datetime.combine(first.day, hour)
    assert shown.astimezone(UTC).replace(tzinfo=None) == first.at
