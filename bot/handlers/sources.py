"""`/sources`: the list, the page of each, and what can be done with one."""

from telegram import Update

from bot import access, adding
from bot.desk import card_key
from bot.looking import look
from bot.messages import collect as words
from bot.messages import label as label_words
from bot.messages import mapping as mapping_words
from bot.messages import sources as pages
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import refresh
from pipeline.labelling import answers, mapping, outlook, samples
from storage import projects, settings, sources
from storage import sheets as sheet_rows
from storage.models import Project, Source

GONE = ("failed", "removed")
UNKNOWN = "I don't know this button. /sources shows the choices."


async def list_(update: Update, context: Context) -> None:
    """`/sources`."""
    await act(update, context, lambda turn: turn.say(_list(turn, 0)))


def tap_sources(turn: Turn, args: list[str]) -> str:
    """🗂."""
    turn.say(_list(turn, 0))
    return ""


def tap_list(turn: Turn, args: list[str]) -> str:
    """Another page of the list, in place."""
    turn.rewrite(_list(turn, int(args[0])))
    return ""


def _list(turn: Turn, page: int) -> dict[str, object]:
    project = turn.project
    assert project.id is not None
    return pages.listing(project, sources.of_project(project.id, session=turn.session), page)


def tap_source(turn: Turn, args: list[str]) -> str:
    """A source's page, or one of its buttons; the page shows in place what came of it."""
    source, project = _source(turn, args[0])
    if source.state == "removed":
        raise UserError("That source is out. /sources shows what is there.")
    toast = _do(turn, project, source, args[1:]) if len(args) > 1 else ""
    turn.session.flush()
    turn.rewrite(pages.page(project, source, zone=settings.of(project).zone))
    return toast


def _do(turn: Turn, project: Project, source: Source, said: list[str]) -> str:
    match said:
        case ["pause"]:
            access.check_may_delete(turn, project, added_by=source.created_by)
            if source.state not in sources.LIVE:
                raise UserError("That source can't be paused now. /sources shows how it is.")
            sources.pause(source, session=turn.session)
            answers.take_back(source, session=turn.session)
            sheet_rows.lay_aside(source.project_id, session=turn.session)
            return "⏸ Paused: its pictures are left out"
        case ["resume"]:
            access.check_may_delete(turn, project, added_by=source.created_by)
            if source.state != "paused":
                raise UserError("That source is not paused.")
            sources.resume(source, session=turn.session)
            _ask_names_first(turn, source)
            answers.settle(source, member_id=turn.member.id, session=turn.session)
            if source.nightly_at is not None:
                refresh.switch_nights(source, on=True, session=turn.session)
            return "▶ On again"
        case ["again"]:
            access.check_may_label(turn, project)
            _refresh(turn, project, source)
            return "🔄 Looking for news"
        case ["night", ("0" | "1") as on]:
            access.check_may_label(turn, project)
            refresh.switch_nights(source, on=on == "1", session=turn.session)
            return "🌙 Every night at 3:00" if on == "1" else "🌙 No more"
    raise UserError(UNKNOWN)


def _refresh(turn: Turn, project: Project, source: Source) -> None:
    job = refresh.queue(
        source,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        key=turn.key,
        session=turn.session,
    )
    turn.say(pages.fetching(project, source, job), key=card_key(job))


def _source(turn: Turn, source_id: str | int) -> tuple[Source, Project]:
    try:
        source = sources.get(int(source_id), session=turn.session)
        project = projects.get(source.project_id, session=turn.session)
    except LookupError:
        raise UserError("That source is gone.") from None
    turn.check_own(project)
    return source, project


def tap_trust(turn: Turn, args: list[str]) -> str:
    """👍 Trust, 🔎 Check a sample, ✅ Check all."""
    source, project = _source(turn, args[0])
    if source.state == "paused":
        raise refresh.IsPaused
    if source.state != "asking":
        raise UserError("That is answered already. /sources shows how.")
    if args[1] not in ("yes", "sample", "no"):
        raise UserError(UNKNOWN)
    names = mapping.of(source)
    if names is not None and names.waiting:
        # The question may lie far up the chat.
        asked = mapping_words.question(project, source, names)
        turn.say(asked, key=f"map:{source.id}", fresh=True)
        return "First say what its class names mean."
    sources.answer_trust(source, args[1], member_id=turn.member.id, session=turn.session)
    answers.settle(source, member_id=turn.member.id, session=turn.session)
    access.check_may_label(turn, project)
    assert project.id is not None
    turn.session.flush()
    told = samples.settle(project.id, member_id=turn.member.id, session=turn.session)
    state = outlook.askable(project.id, session=turn.session)
    turn.say(words.trust_answered(project, source, state))
    if told:
        turn.say(label_words.samples_settled(project, told))
    look(turn, project, f"source:{source.id}")
    return "👍"


def tap_pick(turn: Turn, args: list[str]) -> str:
    """One of the things that a source offered: it becomes a source of its own."""
    (source, project), number = _source(turn, args[0]), int(args[1])
    if source.state != "offered" or not 0 <= number < len(source.counts["choices"]):
        raise UserError("I don't know this button. Add it again to see what is there.")
    access.check_may_label(turn, project)
    picked = source.counts.get("picked", {})
    if str(number) in picked and _source(turn, picked[str(number)])[0].state not in GONE:
        raise UserError("That one is here already, or on its way. /sources shows it.")
    choice, limits = source.counts["choices"][number], source.counts["limits"]
    came = adding.queue_source(
        project,
        kind="link",
        what=choice["what"],
        title=choice["what"][:80],
        wanted=adding.picked(choice["what"], limits, source.trust),
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        key=turn.key,
        session=turn.session,
    )
    source.counts = {**source.counts, "picked": {**picked, str(number): came}}
    turn.session.add(source)
    return "On its way"


def tap_remove(turn: Turn, args: list[str]) -> str:
    """↩ Remove."""
    source, project = _source(turn, args[0])
    if source.state == "collecting":
        raise UserError("That is still coming. Stop it first, or wait a moment.")
    if source.state in GONE:
        raise UserError("That source is out already. /sources shows what is there.")
    access.check_may_delete(turn, project, added_by=source.created_by)
    pictures = sources.remove(source, session=turn.session)
    answers.take_back(source, session=turn.session)
    turn.say(words.removed(project, source, pictures))
    sheet_rows.lay_aside(source.project_id, session=turn.session)
    return "Removed"


def _ask_names_first(turn: Turn, source: Source) -> None:
    """A source that counts again waits until its class names are told, as it did before."""
    if source.labelled and mapping.blocks(source, session=turn.session):
        source.state = "asking"


def tap_put_back(turn: Turn, args: list[str]) -> str:
    """↩ Put back: what a removal took out counts again."""
    source, project = _source(turn, args[0])
    if source.state != "removed":
        raise UserError("That source is there already. /sources shows what is there.")
    access.check_may_delete(turn, project, added_by=source.created_by)
    sources.put_back(source, session=turn.session)
    if source.state != "paused":
        _ask_names_first(turn, source)
        answers.settle(source, member_id=turn.member.id, session=turn.session)
    turn.say(words.put_back(project, source))
    return "Back again"
