"""What an addition is told by: its receipt, and what comes beside it."""

from pathlib import Path

from bot.desk import Desk
from bot.messages import collect as collect_words
from bot.messages import mapping as mapping_words
from pipeline.jobs.spec_collect import CollectResult
from pipeline.kinds.places import made
from pipeline.labelling import mapping
from pipeline.labelling.outlook import askable
from storage import outbox
from storage.models import Job, Source


def tell(
    job: Job, source: Source, result: CollectResult, folder: Path, desk: Desk, *, proposing: bool
) -> None:
    """The receipt; what was left out, as a table; and what class names mean, where that is open.

    Args:
        folder: the attempt's.
        proposing: whether a model looks at the pictures next.
    """
    project, files = desk.project(job), desk.places.files
    assert project.id is not None
    receipt = collect_words.receipt(
        project,
        source,
        result,
        askable(project.id, session=desk.session),
        montage=files.put_file(made(folder, result.montage)) if result.montage else None,
        proposing=proposing,
    )
    desk.tell(job, receipt, priority=outbox.ANSWER)
    if result.report_file:
        report = collect_words.report(
            project, source, result, files.put_file(made(folder, result.report_file))
        )
        desk.tell(job, report, key=f"report:{job.id}")
    names = mapping.of(source)
    if names is not None and names.waiting:
        desk.tell(job, mapping_words.question(project, source, names), key=f"map:{source.id}")
