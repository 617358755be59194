"""`/schedule`: when a project trains by itself, by words and by tapping."""

from telegram import Update

from bot import access, scheduling
from bot.messages import schedule as words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import refresh, schedules, train
from pipeline.kinds.schedules import Terms
from storage import schedules as rows
from storage import sources
from storage.models import Schedule, now

OLD = "I don't know this button. /schedule shows what is set."


async def schedule_(update: Update, context: Context) -> None:
    """`/schedule`, `/schedule nightly 02:00 balanced`, `/schedule off`."""
    said = list(context.args or [])

    def work(turn: Turn) -> None:
        if not said:
            _show(turn)
            return
        access.check_may_train(turn, turn.project)
        if said[0].lower() in ("off", "none", "stop", "never"):
            _off(turn)
            return
        _put(turn, scheduling.parse(said))
        _show(turn)

    await act(update, context, work)


def tap_schedule(turn: Turn, args: list[str]) -> str:
    """A button of the menu."""
    if args[0] == "menu":
        _show(turn)
        return ""
    access.check_may_train(turn, turn.project)
    what, value, *more = args
    match what:
        case "off":
            rows.end(_own(turn, int(value)), session=turn.session)
        case "missed" if more[0] in words.MISSED:
            _own(turn, int(value)).missed = more[0]
        case "nightly" if more[0] in train.PRESETS:
            hour = scheduling.hour_of(f"{value[:2]}:{value[2:]}")
            _put(turn, Terms(rows.NIGHTLY, train.choose(more[0]), hour=hour))
        case "labels" if more[0] in train.PRESETS:
            _put(turn, scheduling.parse(["every", value, "labels", more[0]]))
        case "source" if more[0] in train.PRESETS:
            _put(turn, Terms(rows.SOURCE, train.choose(more[0]), source_id=int(value)))
        case _:
            raise UserError(OLD)
    turn.session.flush()
    turn.rewrite(_menu(turn))
    return "Off" if what == "off" else "Set"


def _menu(turn: Turn) -> dict[str, object]:
    return scheduling.menu(
        turn.project,
        may_change_zone=access.is_admin(turn, turn.project),
        session=turn.session,
    )


def _show(turn: Turn) -> None:
    # One menu a chat: an older one loses its buttons.
    key = f"schedule:{turn.project.id}:{turn.chat.id}"
    turn.say(_menu(turn), key=key, fresh=True)


def _off(turn: Turn) -> None:
    assert turn.project.id is not None
    own = rows.of_project(turn.project.id, session=turn.session)
    for schedule in own:
        rows.end(schedule, session=turn.session)
    turn.say(words.off(turn.project, len(own)))


def _put(turn: Turn, terms: Terms) -> None:
    if terms.source_id is not None:
        _check_source(turn, terms.source_id)
    schedules.put(turn.project, terms, member_id=turn.member.id, at=now(), session=turn.session)


def _check_source(turn: Turn, source_id: int) -> None:
    """Only what can be fetched again brings something new.

    Raises:
        UserError: it cannot, or is no source of this project.
    """
    assert turn.project.id is not None
    own = sources.of_project(turn.project.id, session=turn.session)
    source = next((one for one in own if one.id == source_id), None)
    if source is None:
        raise UserError(f"There is no source {source_id} here. /sources shows their numbers.")
    if not refresh.possible(source):
        raise UserError(
            f"Source {source_id} is no link, so nothing new comes of it. /sources shows which are."
        )


def _own(turn: Turn, schedule_id: int) -> Schedule:
    schedule = rows.get(schedule_id, session=turn.session)
    if schedule is None or not schedule.active or schedule.project_id != turn.project.id:
        raise UserError("That is off already. /schedule shows what is set.")
    return schedule
