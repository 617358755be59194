"""Times of the day by a place's clock, whatever that clock does in spring and autumn.

Moments are UTC and naive, as in the tables.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Moment:
    """When a day's time comes: `at` (UTC, naive), and the local day that it belongs to."""

    at: datetime
    day: date


def on(day: date, hour: time, zone: str) -> Moment:
    """The first moment of `day` at which the clock of `zone` shows `hour` or later.

    A time that the clock skips comes when the clock goes on; of one that it shows twice, the first
    counts.
    """
    place = ZoneInfo(zone)
    wanted = datetime.combine(day, hour)
    # By the offset before a change and by the one after it; the earlier may lie before a gap.
    both = [_utc(wanted.replace(tzinfo=place, fold=fold)) for fold in (0, 1)]
    at = min(both)
    while local(at, zone).replace(tzinfo=None) < wanted:
        at += MINUTE
    return Moment(at, day)


def following(hour: time, zone: str, after: datetime) -> Moment:
    """The first time that the clock of `zone` comes to `hour` after a moment."""
    # The day before as well: a gap may have moved its time past midnight.
    day = local(after, zone).date() - timedelta(days=1)
    while True:
        moment = on(day, hour, zone)
        if moment.at > after:
            return moment
        day += timedelta(days=1)


def local(moment: datetime, zone: str) -> datetime:
    """A moment by the clock of `zone`."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
