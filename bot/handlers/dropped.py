"""👀 What screening left out: pages of it, and the way back."""

from bot import access
from bot.looking import look
from bot.messages import dropped as words
from bot.turn import Turn
from pipeline.errors import UserError
from pipeline.kinds import dropped as kind
from storage import dropped, outbox, projects, sources
from storage.models import Dropped, Shelf, Source

AT_ONCE = 500
"""Pictures that one tap brings back; a reason holds more only where a zip has many films."""


def tap_shelf(turn: Turn, args: list[str]) -> str:
    """👀 Kept / dropped."""
    source = _source(turn, int(args[0]))
    _turn_to(turn, source, "", 0)
    return ""


def tap_page(turn: Turn, args: list[str]) -> str:
    """◀ ▶ and the other reasons."""
    shelf = _shelf(turn, int(args[0]))
    _turn_to(turn, _source(turn, shelf.source_id), args[1], max(0, int(args[2])))
    return ""


def tap_one(turn: Turn, args: list[str]) -> str:
    """A number: that picture comes back."""
    shelf = _shelf(turn, int(args[0]))
    try:
        row = dropped.get(int(args[1]), session=turn.session)
    except LookupError:
        raise UserError("That picture is gone. /sources shows what is there.") from None
    if row.source_id != shelf.source_id:
        raise UserError("I don't know this button. /sources shows what is there.")
    return _bring_back(turn, shelf, [] if row.image_id else [row])


def tap_all(turn: Turn, args: list[str]) -> str:
    """↩ All of a reason."""
    shelf = _shelf(turn, int(args[0]))
    rows = dropped.of_reason(shelf.source_id, args[1], limit=AT_ONCE, session=turn.session)
    return _bring_back(turn, shelf, rows)


def _bring_back(turn: Turn, shelf: Shelf, rows: list[Dropped]) -> str:
    source = _source(turn, shelf.source_id)
    project = projects.get(source.project_id, session=turn.session)
    access.check_may_label(turn, project)
    if source.state not in ("ready", "asking"):
        raise UserError("That source is out. Put it back first: /sources shows what is there.")
    kind.bring_back(rows, session=turn.session)
    if rows:
        source.counts = source.counts | {"kept": source.counts.get("kept", 0) + len(rows)}
        turn.session.add(source)
        turn.session.flush()
        look(turn, project, f"dropped:{rows[-1].id}")
    _turn_to(turn, source, shelf.reason, shelf.page)
    return words.brought_back(len(rows))


def _turn_to(turn: Turn, source: Source, reason: str, page: int) -> None:
    """Have a page painted, or the nearest one that holds something."""
    assert source.id is not None
    counts = dropped.counts(source.id, session=turn.session)
    if not counts:
        _say_all_back(turn, source)
        return
    if reason not in counts:
        reason = next(iter(counts))
    last = (counts[reason] - 1) // dropped.A_PAGE
    dropped.turn_to(
        source.id,
        reason,
        min(page, last),
        project_id=source.project_id,
        chat_id=turn.chat.id,
        session=turn.session,
    )


def _say_all_back(turn: Turn, source: Source) -> None:
    assert source.id is not None
    brought = dropped.brought_back(source.id, session=turn.session)
    if not brought:
        raise UserError("Nothing of that source was left out for its looks.")
    project = projects.get(source.project_id, session=turn.session)
    turn.say(words.empty(project, source, brought))
    shelf = dropped.shelf_of(source.id, turn.chat.id, session=turn.session)
    if shelf is not None:
        outbox.strip(words.key(shelf), session=turn.session)


def _shelf(turn: Turn, shelf_id: int) -> Shelf:
    try:
        return dropped.shelf(shelf_id, session=turn.session)
    except LookupError:
        raise UserError("That list is gone. /sources shows what is there.") from None


def _source(turn: Turn, source_id: int) -> Source:
    try:
        source = sources.get(source_id, session=turn.session)
        project = projects.get(source.project_id, session=turn.session)
    except LookupError:
        raise UserError("That source is gone.") from None
    turn.check_own(project)
    return source
