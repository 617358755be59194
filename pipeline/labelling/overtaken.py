"""Whether what a sheet asks is still worth asking when its turn comes."""

from sqlmodel import Session

from storage import images, projects, questions, sure, tracks, votes
from storage.models import Sheet
from storage.questions import Scope


def still_asked(sheet: Sheet, *, session: Session) -> bool:
    """Whether what a sheet dealt ahead asks is still open, all of it, and looks as painted."""
    project = projects.get(sheet.project_id, session=session)
    # What a sample held when it was dealt is asked, without drawing the sample once more.
    scope = Scope.of(project, sheet.tiles if sheet.kind == "box" else ())
    wanted = set(sheet.tiles)
    match sheet.kind:
        case "box":
            return _boxes(sheet, scope, session)
        case "fix":
            rows = images.boxes(sheet.tiles, session=session)
            open_ = all(row.fix == "open" and row.verdict == "wrong" for row in rows.values())
            return open_ and _live(sheet, session)
        case "track":
            said = votes.current(
                sheet.tiles, kind="track", project_id=sheet.project_id, session=session
            )
            mine = any(sheet.member_id in answers for answers in said.values())
            return tracks.are_open(sheet.tiles, session=session) and not mine
        case "frame":
            frames = sure.sure_frames(scope, limit=len(wanted), only=sheet.tiles, session=session)
            now = sure.open_on(sheet.tiles, scope, session=session)
            then = sure.open_on(sheet.tiles, scope, until=sheet.opened_at, session=session)
            return set(frames) == wanted and now == then
        case _:
            found = questions.to_confirm(
                scope,
                limit=len(wanted),
                not_by=sheet.member_id or None,
                only=sheet.tiles,
                session=session,
            )
            return set(found) == wanted


def _boxes(sheet: Sheet, scope: Scope, session: Session) -> bool:
    rows = images.boxes(sheet.tiles, session=session)
    gold = [box_id for box_id, row in rows.items() if row.gold is not None]
    asked = set(sheet.tiles) - set(gold)
    open_ = questions.undecided(asked, scope, not_by=sheet.member_id or None, session=session)
    return open_ == asked and all(rows[b].label in scope.classes for b in gold)


def _live(sheet: Sheet, session: Session) -> bool:
    return set(questions.verdicts(sheet.tiles, session=session)) == set(sheet.tiles)
