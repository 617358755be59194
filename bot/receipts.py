"""What comes beside the receipt of an addition."""

from collections.abc import Iterator
from pathlib import Path

from bot.messages import collect as collect_words
from bot.messages import mapping as mapping_words
from bot.wishes import Wish
from pipeline.jobs.spec import CollectResult
from pipeline.labelling import mapping
from storage.files import FileStore
from storage.models import Project, Source


def beside(
    project: Project, source: Source, result: CollectResult, out: Path, files: FileStore
) -> Iterator[tuple[str, Wish]]:
    """Messages by their keys: what was left out as a table, and what its class names mean.

    Args:
        out: the folder of the job's files.
    """
    if result.report_file:
        file = files.put_file(out / result.report_file)
        yield f"report:{source.id}", collect_words.report(project, source, result, file)
    names = mapping.of(source)
    if names is not None and names.waiting:
        yield f"map:{source.id}", mapping_words.question(project, source, names)
