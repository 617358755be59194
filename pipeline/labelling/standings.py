"""Where a project stands, in figures: what is there, what waits, what is missing most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from pipeline.labelling import deal, seconds
from storage import figures, questions, sources
from storage.figures import Agreement, Ready
from storage.models import Project

FIRST_TRY, USEFUL, GOOD = 30, 150, 500
"""Boxes of a class; the tutorials that this way of working follows advise the last."""
GOALS = (FIRST_TRY, USEFUL, GOOD)


@dataclass(frozen=True)
class Standings:
    """A project's figures.

    `right`: right boxes of each class. `asking`: sources whose labels nobody has judged; `check`:
    open boxes; `fix`: wrong ones that may be something else; `confirm`: pictures of which nobody
    said that nothing is missing; `draw`: pictures that need a hand. `saved_s`: how much longer
    drawing each won box by hand would have taken than people really needed.
    """

    right: Mapping[str, int]
    ready: Ready
    asking: int
    check: int
    fix: int
    confirm: int
    draw: int
    agreement: Agreement
    saved_s: float


@dataclass(frozen=True)
class Need:
    """How many boxes of a class lack to a goal."""

    label: str
    lacking: int
    goal: int


def of(project: Project, *, session: Session) -> Standings:
    """The project's figures, all counted by the database."""
    assert project.id is not None
    scope = deal.scope_of(project, session=session)
    right = figures.right_by_class(project.id, session=session)
    won = figures.won_boxes(project.id, session=session)
    return Standings(
        right={label: right.get(label, 0) for label in project.classes},
        ready=figures.ready(project.id, project.classes, session=session),
        asking=sum(
            source.state == "asking" for source in sources.of_project(project.id, session=session)
        ),
        check=sum(questions.open_by_class(scope, session=session).values()),
        fix=questions.fixes(scope, session=session),
        confirm=questions.confirmations(scope, session=session),
        draw=len(questions.to_draw(scope, session=session)),
        agreement=figures.agreement(project.id, session=session),
        saved_s=won * seconds.BY_HAND - seconds.spent(project.id, session=session),
    )


def goal_of(count: int) -> int | None:
    """The goal that so many boxes are on the way to; None beyond the last."""
    return next((goal for goal in GOALS if count < goal), None)


def needs(right: Mapping[str, int]) -> Sequence[Need]:
    """What lacks to the next goal that not every class has reached, the most first."""
    goal = min((goal for count in right.values() if (goal := goal_of(count))), default=None)
    if goal is None:
        return []
    lacking = [Need(label, goal - count, goal) for label, count in right.items() if count < goal]
    return sorted(lacking, key=lambda need: -need.lacking)
