"""Two models compared: asked for, and told."""

from bot import access
from bot.desk import Desk, card_key
from bot.messages import compare as words
from bot.turn import Turn
from bot.versions import model_of
from bot.wishes import Wish
from pipeline.errors import UserError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import CompareResult
from pipeline.kinds import compare
from storage import chats, registry
from storage.models import Job, Model

PAIRS = 6


def choose(turn: Turn, number: int | None = None) -> None:
    """Offer pairs of the project's models: of the one in use, or of version `number`.

    Raises:
        UserError: there are not two that can be compared.
    """
    project = turn.project
    assert project.id is not None
    one = model_of(turn, number)
    rows = registry.of_project(project.id, session=turn.session)
    if len(rows) == 1:
        raise UserError(f"There is only v{one.number} so far: train another, then compare.")
    pairs = compare.pairs(rows, one, PAIRS)
    if not pairs:
        raise UserError(f"No other model finds the same classes as v{one.number}.")
    turn.say(words.choose(project, pairs))


def ask(turn: Turn, first: int, second: int) -> None:
    """Compare two versions, or tell again what was found before.

    Raises:
        UserError: they cannot be compared.
    """
    one, other = sorted(
        (model_of(turn, first), model_of(turn, second)), key=lambda model: model.number
    )
    known = compare.done(one, other, session=turn.session)
    if known is not None:
        current = registry.current(one.project_id, session=turn.session)
        for wish in words.told(turn.project, *known, current):
            turn.say(wish)
        return
    access.check_may_label(turn, turn.project)
    job = compare.queue(
        one,
        other,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        idempotency_key=f"compare:{turn.key}",
        session=turn.session,
    )
    numbers = (one.number, other.number)
    turn.say(words.comparing(turn.project, job, numbers), key=card_key(job), fresh=True)


def progress(job: Job, news: Progress, desk: Desk) -> Wish:
    """Its card."""
    return words.comparing(desk.project(job), job, _numbers(job, desk), news)


def compared(job: Job, result: CompareResult, desk: Desk) -> None:
    """The figures in words, then the pictures on which the two differ."""
    project = desk.project(job)
    current = registry.current(project.id or 0, session=desk.session)
    desk.tell(job, words.compared(project, result.numbers))
    for number, wish in enumerate(words.told(project, job, result, current), start=1):
        desk.tell(job, wish, key=f"compare:{job.id}:{number}")


def failed(job: Job, desk: Desk) -> None:
    """The cause in words, naming who asked."""
    starter = chats.name_of(job.member_id, session=desk.session)
    wish = words.not_compared(desk.project(job), job, _numbers(job, desk), starter)
    desk.tell(job, wish, fresh=True)


def cancelled(job: Job, desk: Desk) -> None:
    """Stopped by a person."""
    desk.tell(job, words.not_compared(desk.project(job), job, _numbers(job, desk)))


def _numbers(job: Job, desk: Desk) -> tuple[int, int]:
    one, other = (desk.session.get_one(Model, i).number for i in job.request["models"])
    return one, other
