"""Fetching a source anew: a collect job for a source that is there already.

What the project knows counts as duplicate, so only news comes in; whatever goes wrong, the source
stays as it is. Asked for by a person, or every night at three by the project's clock: `nightly_at`
in the table says when, and a night that was missed is made up for once.
"""

from collections import Counter
from datetime import datetime, time
from typing import Any

from sqlmodel import Session

from pipeline import clock
from pipeline.errors import SourceError
from pipeline.jobs.spec_collect import CollectResult
from pipeline.kinds import collect
from storage import jobs, projects, settings, sources
from storage.models import Job, Json, Project, Source, now

NIGHT = time(3)
"""By the project's clock. No zone of today skips or repeats this hour's first minute."""

ASKED, NIGHTLY = "asked", "night"
LIMITS = ("every_s", "max_images", "videos")
SUMMED = ("read", "kept", "labelled", "bad_row_count")
SUMMED_BY_NAME = ("dropped", "boxes", "unknown_classes")


class CannotRefresh(SourceError):
    """That can't be fetched again: send the link, the photos or the files anew."""


class StillComing(SourceError):
    """That source is being fetched already. /queue shows how far it is."""


class IsPaused(SourceError):
    """That source is paused: tap ▶ Resume first."""


def possible(source: Source) -> bool:
    """Whether there is a link to fetch from again."""
    return source.kind == "link" and bool(source.what)


def is_one(job: Job) -> bool:
    """Whether a job fetches a source anew."""
    return job.kind == "collect" and "refresh" in job.request


def by_night(job: Job) -> bool:
    """Whether nobody waits for this refresh."""
    return job.request.get("refresh") == NIGHTLY


def queue(source: Source, *, chat_id: int, member_id: int, key: str, session: Session) -> Job:
    """Queue a refresh that a person asked for; `key` names what asked.

    Raises:
        SourceError: the source cannot be fetched again, or not now.
    """
    if not possible(source):
        raise CannotRefresh
    if source.state == "paused":
        raise IsPaused
    if source.state == "collecting" or _coming(source, session=session):
        raise StillComing
    if source.state not in sources.LIVE:
        raise CannotRefresh
    return _create(source, ASKED, chat_id, member_id, f"refresh:{key}", session)


def queue_due(at: datetime, *, session: Session) -> list[Job]:
    """Queue what is due at this time (UTC, naive), and say when each is due again."""
    queued = []
    for source, project in sources.due(at, session=session):
        key = f"night:{source.id}:{source.nightly_at}"
        source.nightly_at = next_night(settings.of(project).zone, at)
        session.add(source)
        if not _coming(source, session=session):
            member = source.created_by
            queued.append(_create(source, NIGHTLY, project.chat_id, member, key, session))
    return queued


def switch_nights(source: Source, *, on: bool, session: Session) -> None:
    """Fetch the source every night from now on, or no more.

    Raises:
        CannotRefresh: there is nothing to fetch from.
    """
    if on and not possible(source):
        raise CannotRefresh
    project = projects.get(source.project_id, session=session)
    source.nightly_at = next_night(settings.of(project).zone, now()) if on else None
    session.add(source)


def set_clock(project: Project, *, session: Session) -> None:
    """The project's nights are at another hour from now on."""
    assert project.id is not None
    for source in sources.of_project(project.id, session=session):
        if source.nightly_at is not None:
            switch_nights(source, on=True, session=session)


def next_night(zone: str, after: datetime) -> datetime:
    """The first three o'clock of `zone` after a moment; both in UTC, naive."""
    return clock.following(NIGHT, zone, after).at


def keep(job: Job, result: CollectResult, *, session: Session) -> Source:
    """As `collect.keep`, beside what the source has; one that was taken out meanwhile stays out."""
    source = sources.get(job.request["source_id"], session=session)
    if source.state == "removed" or result.choices:
        # Nothing of it came in; of a link that now means several things somebody has to choose.
        return source
    state, title, before = source.state, source.title, dict(source.counts)
    provenance = source.provenance
    source = collect.keep(job, result, session=session)
    source.title = title
    # Where nothing was new there was nothing to tell of it.
    source.provenance = source.provenance or provenance
    counts = _summed(before, source.counts) | {"refreshed": now().isoformat("T", "seconds")}
    source.counts = {name: value for name, value in counts.items() if name != "trouble"}
    if state not in sources.LIVE:
        source.state = state
    session.add(source)
    session.flush()
    return source


def trouble(job: Job, why: str, *, session: Session) -> bool:
    """Remember why nothing came; returns whether that is news."""
    source = sources.get(job.request["source_id"], session=session)
    known = source.counts.get("trouble") == why
    source.counts = {**source.counts, "trouble": why}
    session.add(source)
    return not known


def _summed(before: Json, after: Json) -> Json:
    found: Json = {**before, **after}
    for name in SUMMED:
        found[name] = before.get(name, 0) + after.get(name, 0)
    for name in SUMMED_BY_NAME:
        found[name] = dict(Counter(before.get(name, {})) + Counter(after.get(name, {})))
    return found


def _coming(source: Source, *, session: Session) -> bool:
    return any(not jobs.terminal(job) for job in _jobs(source, session))


def _jobs(source: Source, session: Session) -> list[Job]:
    """The source's collect jobs, newest first."""
    of_project = jobs.of_project(source.project_id, "collect", session=session)
    return [job for job in of_project if job.request.get("source_id") == source.id]


def _create(
    source: Source, why: str, chat_id: int, member_id: int, key: str, session: Session
) -> Job:
    request: dict[str, Any] = {"source_id": source.id, "refresh": why}
    # As often and as many as was asked for when it was added.
    for job in _jobs(source, session)[-1:]:
        request |= {name: job.request[name] for name in LIMITS if name in job.request}
    return jobs.create(
        kind="collect",
        project_id=source.project_id,
        chat_id=chat_id,
        member_id=member_id,
        request=request,
        idempotency_key=key,
        session=session,
    )
