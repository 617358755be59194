"""What a carry job's news means for its chat: proposals around what was just confirmed."""

from bot.desk import Desk
from bot.messages import propose as words
from pipeline.jobs.spec_tracks import CarryResult
from pipeline.kinds import carry
from pipeline.labelling import seconds
from storage import outbox, sources, tracks
from storage.models import Job


def carried(job: Job, result: CarryResult, desk: Desk) -> None:
    """Keep the boxes; one message a source says, and goes on saying, how many wait for a check."""
    kept = carry.keep(job, result, session=desk.session)
    if not kept.boxes or not job.request["tell"]:
        return
    source = sources.get(job.request["source_id"], session=desk.session)
    waiting = tracks.waiting(job.request["source_id"], session=desk.session)
    pace = seconds.learned(source.project_id, session=desk.session)
    told = words.carried(
        desk.project(job),
        source.title or source.what,
        waiting,
        waiting.objects * pace.tiles["track"],
    )
    desk.tell(job, told, key=f"carried:{source.id}:{job.chat_id}", priority=outbox.PROGRESS)
