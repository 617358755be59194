"""The end of a job's log, kept as a file that a chat may be sent."""

import sys
from pathlib import Path

from sqlmodel import Session

from pipeline.jobs import logs
from pipeline.kinds.places import Places
from storage import keys
from storage.models import Job


def keep(job: Job, places: Places, *, session: Session) -> tuple[str, int] | None:
    """The stored file and its number of lines; None where the job's workers printed nothing.

    It is that of the last attempt that said anything, without secrets and paths of this machine.
    """
    own = keys.of_member(job.member_id, session=session)
    hide = {value: logs.HIDDEN for name, value in own.items() if name != "cookies"}
    own_code = Path(__file__).resolve().parents[1]
    places_here = ((places.home, "HOME"), (Path.home(), "~"), (Path(sys.prefix), "PYTHON"))
    for folder, name in (*places_here, (own_code, "TAPTRAIN")):
        hide |= {str(folder): name, str(folder.resolve()): name}
    hide.pop("/", None)
    for attempt in range(job.attempt, 0, -1):
        text = logs.tail(places.jobs / str(job.id) / str(attempt), hide)
        if text:
            key = places.files.put_bytes(text.encode(), suffix=".txt")
            return key, text.count("\n")
    return None
